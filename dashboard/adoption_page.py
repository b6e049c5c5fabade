"""The adoption page: who may use Claude and who does, in one sentence, two charts and tables."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard.adoption_tables import (
    clients_table,
    groups_table,
    not_arrived_table,
    units_table,
    watched_table,
)
from dashboard.blocks import Cell, Facts, Line, Table, show
from dashboard.charts import retention, weekly_people
from dashboard.downloads import downloads
from dashboard.figures import (
    UNKNOWN,
    count_text,
    exact_text,
    moment_text,
    money_text,
    month_text,
    share_text,
)
from dashboard.place import Place
from dashboard.reader import Adoption, Source, read_month_adoption

_LEGEND = (
    "entitled: held an assignment of the application, directly or through a group, at any moment of"
    " the month. active: at least one request that reached a model. never used: entitled at the"
    " month's end, and no request ever up to then. dormant: entitled, used it before, not in the"
    " last 30 days. People count in the unit they were in at the month's end; applications are left"
    " out. Costs are USD at list price."
)
_ARRIVAL = (
    "Not arrived: in the group at the month's end, and no request ever. The configuration of their"
    " device is missing, most likely."
)
_WATCHED = (
    "After leaving: requests while the account was disabled or deleted. A token that was given out"
    " before stays valid for an hour or so; what goes on longer wants a look."
)


def adoption_page(source: Source, place: Place, *, rollout_groups: Sequence[str]) -> None:
    """Draw who uses Claude in a month."""
    adoption = read_month_adoption(source, place.month, rollout_groups)
    if adoption.total is None:
        text = (
            f"{month_text(place.month)}: nobody used Claude, and nobody it is assigned to is known."
        )
        show("top", Line("sentence", [Cell(text)]))
        return
    show(
        "top",
        Line("sentence", _sentence(place, adoption.total)),
        _facts(source, adoption.total),
    )
    _charts(adoption)
    show("parts", *_tables(place, adoption), Line("note", [Cell(_LEGEND)]))
    downloads(
        lambda: adoption.users,
        name=f"adoption-{place.month}-by-user",
        sheet=f"adoption {place.month}",
    )


def _sentence(place: Place, total: Mapping[str, Any]) -> list[Cell]:
    month, entitled = month_text(place.month), total["entitled"]
    if entitled is None:
        return [
            Cell(f"{month}: "),
            _people(total["active"]),
            Cell(
                " used Claude; whom it is assigned to is unknown: set TOLLBOOK_CLAUDE_APP_ID and"
                " run tollbook run directory build."
            ),
        ]
    without, left = total["active_without_assignment"], total["after_leaving"]
    sentence = [
        Cell(f"{month}: "),
        Cell(f"{total['active'] - without:,} of {entitled:,}", is_strong=True),
        Cell(f" entitled {'person' if entitled == 1 else 'people'} used Claude, "),
        Cell(f"{total['never_used']:,}", is_strong=True),
        Cell(" never " + ("has, " if total["never_used"] == 1 else "have, ")),
        Cell(f"{without:,}", is_strong=True),
        Cell(f" {'is' if without == 1 else 'are'} active without assignment"),
    ]
    if left:
        sentence += [Cell(", "), Cell(f"{left:,}", is_strong=True), Cell(" after leaving")]
    return [*sentence, Cell(".")]


def _people(count: int) -> Cell:
    return Cell(f"{count:,} {'person' if count == 1 else 'people'}", is_strong=True)


def _facts(source: Source, total: Mapping[str, Any]) -> Facts:
    entitled, without = total["entitled"], total["active_without_assignment"]
    share = UNKNOWN if entitled is None else share_text(total["active"] - without, entitled)
    cost = total["cost_per_active_usd"]
    return Facts(
        "row",
        [
            ("Active of entitled", Cell(share)),
            ("Dormant", Cell(count_text(total["dormant"]), hint="used it, not in 30 days")),
            ("After leaving", Cell(count_text(total["after_leaving"]))),
            ("List cost per active person", Cell(money_text(cost), hint=exact_text(cost))),
            ("Data until", Cell(moment_text(source.manifest.data_until))),
            ("Published at", Cell(moment_text(source.manifest.published_at))),
        ],
    )


def _charts(adoption: Adoption) -> None:
    drawn = [
        (title, figure)
        for title, figure in (
            ("People by week", weekly_people(adoption.weeks.records())),
            ("Came back, by month of first use", retention(adoption.cohorts.records())),
        )
        if figure is not None
    ]
    columns = st.columns(len(drawn), gap="large") if drawn else []
    for column, (title, figure) in zip(columns, drawn, strict=True):
        with column:
            show(f"title {title}", Line("chart-title", [Cell(title, is_strong=True)]))
            st.plotly_chart(figure, key=f"chart {title}", config={"displayModeBar": False})


def _tables(place: Place, adoption: Adoption) -> list[Table | Line]:
    shown: list[Table | Line] = [units_table(place, adoption.units)]
    watched = watched_table(place, adoption.users)
    if watched:
        shown += [watched, Line("note", [Cell(_WATCHED)])]
    if adoption.groups.rows:
        shown.append(groups_table(adoption.groups))
    if adoption.not_arrived.rows:
        shown += [not_arrived_table(adoption.not_arrived), Line("note", [Cell(_ARRIVAL)])]
    return [*shown, clients_table(adoption.clients)]
