"""The chargeback page: one sentence, how sure it is, and the way down to single requests."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import streamlit as st

from dashboard.blocks import Cell, Facts, Line, Table, show
from dashboard.breadcrumbs import breadcrumbs, caller_name, unit_name
from dashboard.charts import bars_by_day, bars_by_part
from dashboard.downloads import downloads
from dashboard.figures import (
    count_text,
    moment_text,
    money_text,
    month_text,
    share_text,
)
from dashboard.place import BILL_LABELS, LABELS, Place
from dashboard.reader import PAGE_ROWS, Source, View, read_parts, read_view
from dashboard.sentence import headline
from dashboard.tables import part_name, parts_table, requests_table

_LEGEND = (
    "Amounts are USD at list price, exact to 15 decimals, rounded only for display; days are UTC."
    " measured: token counts that a source shows for the request itself; the rest of a list cost is"
    " calibrated, estimated for each request and scaled to Foundry's own counts, and the true cost"
    " lies between low and high nine times in ten."
    " partial: a token class is in no log, so the list cost covers the known classes and the true"
    " cost lies between low and high. unknown: no source says it; it is not zero. Shared: the row's"
    " part of the gateway's and other shared costs, by the reviewed policies; it comes on top."
)
_NAMED = {"unit": "unit", "user": "caller", "day": "day", "request": "request"}


def chargeback_page(source: Source, place: Place) -> None:
    """Draw a place of the chargeback page, from the sentence down to the downloads."""
    view = read_view(source, place)
    show("top", *_top(source, place, view))
    if not view.total["requests"]:
        return
    _charts(place, view)
    table = requests_table if place.lists == "request" else parts_table
    columns, numbers, rows = table(place, view)
    caption = f"List cost by {_NAMED[place.lists]}, {_where(place, view)}"
    show(
        "parts",
        Table(caption, columns, numbers, rows, _pager(place, view)),
        Line("note", [Cell(_LEGEND)]),
    )
    downloads(
        lambda: read_parts(source, place),
        name=f"chargeback-{place.day or place.month}-by-{place.lists}",
        sheet=f"chargeback {place.month}",
    )


def _top(source: Source, place: Place, view: View) -> list[Line | Facts]:
    crumbs = breadcrumbs(place, view)
    if not view.total["requests"]:
        return [crumbs, _nothing(place, view)]
    return [
        crumbs,
        Line("sentence", headline(place, _where(place, view), view.total)),
        _coverage(source, place, view),
    ]


def _nothing(place: Place, view: View) -> Line:
    month = place.at(unit=None, label=None, oid=None, day=None, request=None)
    where = _where(place, view)
    advice = "The name in the link may be misspelled, or there was no usage."
    return Line(
        "warning",
        [
            Cell(f"No request is booked for {where}. {advice} "),
            Cell(f"Look at all of {month_text(place.month)}", link=month.link),
            Cell(" and open a row from there."),
        ],
    )


def _coverage(source: Source, place: Place, view: View) -> Facts:
    total, manifest = view.total, source.manifest
    requests = total["logged_requests"]

    def labelled(label: str) -> Cell:
        count = total[label]
        return Cell(count_text(count), link=place.at(label=label).link if count else None)

    # Rows of one label, or without any, say nothing about how many there are of the others.
    labels = () if place.label else LABELS
    return Facts(
        "row",
        [
            (
                "Caller known",
                Cell(share_text(total["with_caller"], requests), hint="share of requests"),
            ),
            (
                "Usage known",
                Cell(share_text(total["with_usage"], requests), hint="share of requests"),
            ),
            *((label.capitalize(), labelled(label)) for label in labels),
            ("Data until", Cell(moment_text(manifest.data_until))),
            ("Published at", Cell(moment_text(manifest.published_at))),
        ],
    )


def _charts(place: Place, view: View) -> None:
    if view.days is None:
        return
    first, last = place.days
    by_day = bars_by_day(view.days.records(), first, last)
    rows = [
        row
        for row in (view.largest.records() if view.largest else [])
        if row["label"] not in BILL_LABELS
    ]
    by_part = bars_by_part([(part_name(place, row), row) for row in rows])
    drawn = [
        (title, more, figure)
        for title, more, figure in (
            (f"List cost by {_NAMED[place.lists]}, USD", _others(view, rows), by_part),
            ("List cost by day (UTC), USD", "", by_day),
        )
        if figure is not None
    ]
    columns = st.columns(len(drawn), gap="large") if drawn else []
    for column, (title, more, figure) in zip(columns, drawn, strict=True):
        with column:
            heading = [Cell(title, is_strong=True), Cell(more, is_quiet=True)]
            show(f"title {title}", Line("chart-title", heading))
            st.plotly_chart(figure, key=f"chart {title}", config={"displayModeBar": False})


def _others(view: View, rows: Sequence[Mapping[str, Any]]) -> str:
    """Say what the rows that are not drawn cost together, so that the chart is not read as all."""
    hidden = view.part_count - len(rows)
    drawn = sum((row["list_cost_usd"] or Decimal(0) for row in rows), Decimal(0))
    rest = (view.total["list_cost_usd"] or Decimal(0)) - drawn
    return f" · {len(rows)} largest; {hidden:,} more rows cost {money_text(rest)}" if rest else ""


def _where(place: Place, view: View) -> str:
    """Name a place in words: who or what, and when."""
    parts = [caller_name(place, view)] if place.oid else []
    parts += [unit_name(place, view)] if place.unit else []
    parts += [place.day or month_text(place.month)]
    if place.label in LABELS:
        parts[-1] += f" ({place.label} only)"
    return ", ".join(parts)


def _pager(place: Place, view: View) -> list[Cell]:
    before = (place.page - 1) * PAGE_ROWS
    shown = len(view.parts.rows)
    if not shown:
        return [
            Cell(f"This page is past the last of {view.part_count:,} rows."),
            Cell("First page", place.at().link),
        ]
    pager = [
        Cell(f"Rows {before + 1:,} to {before + shown:,} of {view.part_count:,}", is_quiet=True)
    ]
    if place.page > 1:
        pager.append(Cell("Previous", place.at(page=place.page - 1).link))
    if before + shown < view.part_count:
        pager.append(Cell("Next", place.at(page=place.page + 1).link))
    return pager
