"""The budget report: spending against plain sums over rows, and what a row says beside."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from budget_rows import Line, budget, calendar, fiscal_period, moment
from core_rows import oid
from hypothesis import given, settings
from hypothesis import strategies as st
from written_publication import FIRST, Span, Usage, Written, at, publish_empty, publish_written

from models.budgets import budgets
from models.errors import ReportError
from models.viewer import Viewer, operator

MONTH = "2026-10"
DAYS = 8
KNOWN_AT = datetime(2026, 11, 1, tzinfo=UTC)
SEEN_TO = datetime(2026, 10, DAYS + 1, tzinfo=UTC)

Row = dict[str, Any]

USAGE = st.lists(
    st.builds(
        Usage,
        day=st.integers(-3, DAYS - 1),
        caller=st.integers(1, 4),
        unit=st.integers(1, 4),
        cost=st.none() | st.integers(0, 10**18).map(lambda cost: cost * Decimal("1e-15")),
        model=st.integers(1, 2),
        requests=st.integers(1, 3),
    ),
    min_size=1,
    max_size=14,
)
GROUPS = st.lists(
    st.tuples(st.integers(1, 4), st.integers(1, 2), st.integers(-4, 8), st.integers(9, 12)),
    max_size=5,
)
# Of units 1 to 4 only higher ones are part of lower ones, so there is no circle.
TREE = st.lists(
    st.tuples(st.integers(3, 4), st.integers(1, 2), st.integers(-1, 5), st.integers(6, 12)),
    max_size=2,
    unique_by=lambda span: span[0],
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_empty(tmp_path_factory.mktemp("budgets"))


def report(
    folder: Path,
    usage: Sequence[Usage],
    lines: Sequence[Line],
    *by: str,
    viewer: Viewer | None = None,
    known_at: datetime = KNOWN_AT,
    month: str = MONTH,
    seen_to: datetime = SEEN_TO,
    days: int = DAYS,
    first: int = -3,
    unit_tree: Sequence[Span] = (),
    memberships: Sequence[Span] = (),
    **small: Sequence[Line],
) -> list[Row]:
    written = Written(
        usage,
        unit_tree=unit_tree,
        memberships=memberships,
        small={"budgets": lines, "fiscal_periods": (), "calendars": (), **small},
    )
    publish_written(folder, written, days=days - first, first=first, data_until=seen_to)
    answer = budgets(folder, viewer or operator(), month=month, known_at=known_at, by=by)
    return answer.records()


def in_groups(used: Usage, spans: Iterable[Span]) -> set[int]:
    begins, ends = at_or_before(used.day), at_or_before(used.day + 1)
    return {
        group for who, group, start, end in spans
        if who == used.caller and at(start) < ends and begins < at(end)
    }  # fmt: skip


def at_or_before(day: int) -> datetime:
    return datetime.combine(FIRST, datetime.min.time()) + timedelta(days=day)


def at_or_below(used: Usage, spans: Iterable[Span]) -> set[int]:
    begins = at_or_before(used.day)
    above = {
        parent for part, parent, start, end in spans
        if part == used.unit and at(start) <= begins < at(end)
    }  # fmt: skip
    return {used.unit or 0, *above}


@settings(max_examples=25, deadline=None)
@given(USAGE, TREE, GROUPS)
def test_what_was_spent_is_the_sum_of_its_rows(
    folder: Path, usage: list[Usage], tree: list[Span], groups: list[Span]
) -> None:
    lines = [
        budget("total", "", 1000),
        *(budget("unit", f"U{number}", 1000) for number in (1, 2, 3, 4)),
        *(budget("user", oid(number), 1000) for number in (1, 2, 3, 4)),
        *(budget("model", f"M{number}", 1000) for number in (1, 2)),
        *(budget("group", f"G{number}", 1000) for number in (1, 2)),
    ]
    rows = report(folder, usage, lines, unit_tree=tree, memberships=groups)
    spent: dict[tuple[str, str], Decimal] = {}
    for used in (used for used in usage if used.day >= 0):
        for whose in (
            ("total", ""),
            ("user", oid(used.caller or 0)),
            ("model", f"M{used.model}"),
            *(("unit", f"U{unit}") for unit in at_or_below(used, tree)),
            *(("group", f"G{group}") for group in in_groups(used, groups)),
        ):
            spent[whose] = spent.get(whose, Decimal(0)) + (used.cost or 0)
    assert len(rows) == len(lines)
    for row in rows:
        if row["note"] is None or "is published" not in row["note"]:
            assert row["spent_usd"] == spent.get((row["subject_kind"], row["subject"]), 0)
        else:
            assert (row["subject_kind"], row["subject"]) not in spent
            assert row["spent_usd"] is row["state"] is None


def daily(cost: int, days: Iterable[int], caller: int = 1, unit: int = 1) -> list[Usage]:
    return [Usage(day, caller, unit, Decimal(cost)) for day in days]


def test_a_budget_that_was_used_up_says_when(folder: Path) -> None:
    # given 10 USD a day from 1 October on
    rows = report(folder, daily(10, range(8)), [budget("user", oid(1), 30)])
    # then the third day's end has used 30
    (row,) = rows
    assert (row["spent_usd"], row["spent_share"]) == (80, Decimal("2.666667"))
    assert (row["state"], row["exhausted_on"]) == ("over", date(2026, 10, 3))
    assert row["thresholds_reached"] == [Decimal("0.8"), 1]
    assert row["thresholds_expected"] == []
    assert (row["period_from"], row["period_to"]) == (date(2026, 10, 1), date(2026, 11, 1))
    assert row["data_until"] == SEEN_TO.replace(tzinfo=None)
    assert row["name"] == "Name 1"


def test_states_follow_from_what_is_spent_and_expected(folder: Path) -> None:
    """Seven weeks of 7 USD on every workday: 42 USD of October spent, 112 to come."""
    workdays = [day for day in range(-45, 8) if (FIRST + timedelta(days=day)).weekday() < 5]
    lines = [
        budget("total", "", amount, period)
        for amount, period in ((1_000, "month"), (50, "A"), (150, "B"), (180, "C"))
    ]
    periods = [
        fiscal_period(name, "October", "2026-10-01", "2026-11-01") for name in ("A", "B", "C")
    ]
    found = {
        row["period"]: row
        for row in report(folder, daily(7, workdays), lines, first=-45, fiscal_periods=periods)
    }
    assert {row["spent_usd"] for row in found.values()} == {42}
    assert {name: row["state"] for name, row in found.items()} == {
        "month": "ok", "A": "forecast_over", "B": "forecast_over", "C": "watch",
    }  # fmt: skip
    for row in found.values():
        assert (
            150 < row["forecast_low_usd"] <= row["forecast_usd"] <= row["forecast_high_usd"] < 158
        )
        assert row["forecast_usd"] == row["forecast_usd"].quantize(Decimal("0.01"))
    assert found["A"]["thresholds_reached"] == [Decimal("0.8")]
    assert found["A"]["thresholds_expected"] == [1]
    # 8 USD are left, which Friday 9 and Monday 12 October take.
    assert found["A"]["exhausted_on"] == date(2026, 10, 12)
    assert found["C"]["thresholds_expected"] == [Decimal("0.8")]
    assert found["C"]["exhausted_on"] is None


def test_a_month_that_is_over_is_forecast_to_be_what_it_was(folder: Path) -> None:
    (row,) = report(
        folder, daily(3, range(31)), [budget("total", "", 100)], days=31, seen_to=KNOWN_AT
    )
    for name in ("forecast_usd", "forecast_low_usd", "forecast_high_usd", "spent_usd"):
        assert row[name] == 93
    assert (row["state"], row["exhausted_on"]) == ("watch", None)


def test_a_fiscal_period_is_the_one_that_holds_the_last_day(folder: Path) -> None:
    periods = [
        fiscal_period("4-4-5", "P1", "2026-09-30", "2026-10-05"),
        fiscal_period("4-4-5", "P2", "2026-10-05", "2026-11-02"),
    ]
    lines = [budget("total", "", 100, "4-4-5"), budget("unit", "U1", 100, "other")]
    ours, other = report(folder, daily(1, range(-3, 8)), lines, fiscal_periods=periods)
    assert (ours["fiscal_period"], ours["spent_usd"]) == ("P2", 4)
    assert (ours["period_from"], ours["period_to"]) == (date(2026, 10, 5), date(2026, 11, 2))
    assert other["spent_usd"] is other["period_from"] is other["state"] is None
    assert other["note"].startswith("no period of the calendar other")


def test_of_two_amounts_the_later_counts_and_only_what_was_known(folder: Path) -> None:
    changed = moment("2026-10-04")
    lines = [
        budget("total", "", 10, valid_to=changed),
        budget("total", "", 20, valid_from=changed, recorded_to=moment("2026-10-20")),
        budget("total", "", 30, valid_from=changed, recorded_from=moment("2026-10-20")),
        budget("unit", "U1", 40, valid_to=moment("2026-10-01")),
        budget("unit", "U2", 50, valid_from=moment("2026-10-20")),
    ]
    usage = daily(1, range(4))
    amounts = [
        [row["amount_usd"] for row in report(folder, usage, lines, known_at=known_at)]
        for known_at in (datetime(2026, 10, 19, tzinfo=UTC), datetime(2026, 10, 20, tzinfo=UTC))
    ]
    assert amounts == [[20], [30]]


def test_kinds_can_be_asked_for_and_others_are_refused(folder: Path) -> None:
    lines = [budget("total", "", 10), budget("unit", "U1", 10), budget("model", "M1", 10)]
    usage = daily(1, range(4))
    kinds = [row["subject_kind"] for row in report(folder, usage, lines, "unit", "total")]
    assert kinds == ["total", "unit"]
    assert report(folder, usage, lines, "group") == []
    with pytest.raises(ReportError, match="choose from total, unit, user, model, group"):
        report(folder, usage, lines, "day")


def test_a_subject_without_usage_has_spent_nothing_and_an_unknown_one_says_so(
    folder: Path,
) -> None:
    usage = [*daily(1, [0]), Usage(-2, 2, 2, Decimal(5))]
    lines = [budget("unit", "U2", 10), budget("unit", "Typo", 10), budget("user", oid(77), 10)]
    typo, unused, nobody = report(folder, usage, lines)
    assert (unused["subject"], unused["spent_usd"], unused["state"]) == ("U2", 0, "ok")
    assert "no unit of this name is published" in typo["note"]
    assert (nobody["subject"], nobody["spent_usd"]) == (oid(77), None)


def test_requests_without_a_price_are_counted_beside(folder: Path) -> None:
    usage = [*daily(4, [0]), Usage(1, 1, 1, None, requests=3)]
    (row,) = report(folder, usage, [budget("total", "", 10)])
    assert row["spent_usd"] == 4
    assert row["note"] == "3 requests without a price are not in it"


def test_holidays_of_a_unit_take_from_its_forecast(folder: Path) -> None:
    """Both units work alike; on Labor Day and Columbus Day, two Mondays, only one is off."""
    workdays = [day for day in range(-45, 8) if (FIRST + timedelta(days=day)).weekday() < 5]
    labor_day = (date(2026, 9, 7) - FIRST).days
    american = daily(7, [day for day in workdays if day != labor_day])
    usage = american + daily(7, workdays, caller=2, unit=2)
    lines = [budget("unit", "U1", 200), budget("unit", "U2", 200)]
    calendars = [calendar("U1", "US"), calendar("U2", "DE", "BY")]
    ours, other = report(folder, usage, lines, first=-45, calendars=calendars)
    assert Decimal(5) < other["forecast_usd"] - ours["forecast_usd"] < Decimal(8)


HIDING = Viewer("analyst", sees_everything=True, smallest_group=3)


def of_people(unit: int, people: Iterable[int], cost: int, day: int = 0) -> list[Usage]:
    return [Usage(day, person, unit, Decimal(cost)) for person in people]


def test_who_sees_no_names_sees_no_small_unit_and_pseudonyms(folder: Path) -> None:
    usage = of_people(1, (1, 2, 3), 10) + of_people(2, (4,), 7) + of_people(3, (5, 6), 5)
    lines = [
        budget("unit", "U1", 100),
        budget("unit", "U2", 100),
        budget("user", oid(4), 100),
        budget("user", oid(99), 100),
        budget("total", "", 100),
    ]
    rows = report(folder, usage, lines, viewer=HIDING, unit_tree=[(2, 1, -1, 99)])
    found = {row["subject"]: row for row in rows}
    assert oid(4) not in str(rows)
    assert oid(99) not in str(rows)
    assert found["U2"]["spent_usd"] is found["U2"]["state"] is None
    assert found["U2"]["note"] == "not shown: too few people"
    # What is below a unit and hidden is not in it either: the difference would tell.
    assert found["U1"]["spent_usd"] == 30
    assert found["U1"]["note"] == "without units of too few people"
    assert (found["Person 00004"]["name"], found["Person 00004"]["spent_usd"]) == (
        "Person 00004",
        7,
    )
    assert found[""]["spent_usd"] == 47


def test_a_unit_that_is_small_this_month_stays_hidden_though_it_was_large(folder: Path) -> None:
    usage = of_people(1, (1, 2, 3), 10, -2) + of_people(1, (1,), 9) + of_people(2, (4, 5, 6), 1)
    (row,) = report(folder, usage, [budget("unit", "U1", 100)], viewer=HIDING)
    assert row["spent_usd"] is None


def test_who_sees_one_unit_sees_its_budget_and_their_own(folder: Path) -> None:
    usage = of_people(1, (1, 2), 10) + of_people(2, (3, 4), 7)
    lines = [
        budget("unit", "U1", 100),
        budget("unit", "U2", 100),
        budget("user", oid(3), 100),
        budget("total", "", 100),
    ]
    viewer = Viewer("head", sees_names=True, units=frozenset({"U1"}), oid=oid(4))
    rows = report(folder, usage, [*lines, budget("user", oid(4), 50)], viewer=viewer)
    assert {(row["subject"], row["spent_usd"]) for row in rows} == {("U1", 20), (oid(4), 7)}
    alone = report(folder, usage, lines, viewer=replace(viewer, units=frozenset()))
    assert alone == []
