"""Reviewed budgets, periods and calendars: bad lines are named with what to do."""

from pathlib import Path
from typing import Any

import pytest
from core_rows import oid, write_seed

from models.errors import SeedError
from models.seed_files import read_seeds

_DATED = {
    "valid_from": "",
    "valid_to": "",
    "recorded_from": "",
    "recorded_to": "",
    "source": "a test",
}


def budget(**cells: str) -> dict[str, Any]:
    line = {"subject_kind": "unit", "subject": "Tools", "period": "", "amount_usd": "100"}
    return line | {"thresholds": ""} | _DATED | cells


def period(name: str, start: str, end: str, **cells: str) -> dict[str, Any]:
    line = {"calendar": "4-4-5", "fiscal_period": name}
    return line | _DATED | {"valid_from": start, "valid_to": end} | cells


def calendar(**cells: str) -> dict[str, Any]:
    return {"unit": "", "country": "DE", "subdivision": ""} | _DATED | cells


def problems(folder: Path, name: str, *lines: dict[str, Any]) -> list[str]:
    write_seed(folder, name, lines)
    with pytest.raises(SeedError) as raised:
        read_seeds(folder)
    return str(raised.value).splitlines()


def test_good_lines_are_read(tmp_path: Path) -> None:
    write_seed(
        tmp_path,
        "budgets.csv",
        [
            budget(),
            budget(subject_kind="user", subject=oid(1).upper().replace("0", "a")),
            budget(subject_kind="total", subject="", period="4-4-5", thresholds="0.5; 0.9 ;1.2"),
        ],
    )
    write_seed(
        tmp_path,
        "fiscal_periods.csv",
        [period("P2", "2026-10-05", "2026-11-02"), period("P1", "2026-09-07", "2026-10-05")],
    )
    write_seed(
        tmp_path,
        "calendars.csv",
        [calendar(), calendar(unit="Tools", country="US", subdivision="CA")],
    )
    tables = read_seeds(tmp_path)
    kinds = [(row[0], row[2], row[4]) for row in tables["budgets.csv"]]
    assert kinds == [
        ("unit", "month", '["0.8", "1"]'),
        ("user", "month", '["0.8", "1"]'),
        ("total", "4-4-5", '["0.5", "0.9", "1.2"]'),
    ]
    assert tables["budgets.csv"][1][1] == oid(1).replace("0", "a")
    assert len(tables["fiscal_periods.csv"]) == len(tables["calendars.csv"]) == 2


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"amount_usd": "-5"}, "amount_usd '-5' is under 0: write how much may be spent"),
        ({"amount_usd": "0.00"}, "amount_usd is 0: write the amount, or remove the line"),
        ({"amount_usd": "1,000"}, "amount_usd '1,000' is no plain decimal: write digits"),
        ({"period": "quarter"}, "period 'quarter' is unknown: write one of month, or add"),
        ({"subject_kind": "team"}, "subject_kind 'team' is unknown: write total, unit, user"),
        ({"subject": ""}, "subject is empty: write which unit the budget is for"),
        ({"subject_kind": "total"}, "subject is not empty: leave it empty for total"),
        ({"subject_kind": "user", "subject": "a@b.example"}, "is no object id: write the GUID"),
        ({"thresholds": "1;0.8"}, "thresholds '1;0.8' is not rising from over 0 to at most 10"),
        ({"thresholds": "0;1"}, "thresholds '0;1' is not rising"),
        ({"thresholds": "80%"}, "thresholds '80%' is no plain decimal"),
    ],
)
def test_a_bad_budget_is_named_with_its_line(
    tmp_path: Path, cells: dict[str, str], said: str
) -> None:
    (problem,) = problems(tmp_path, "budgets.csv", budget(subject="Other"), budget(**cells))
    assert problem.startswith("budgets.csv line 3: ")
    assert said in problem


def test_two_budgets_of_a_subject_may_not_overlap(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "budgets.csv", budget(), budget(amount_usd="200"))
    assert "line 3: overlaps line 2 for unit, Tools, month" in problem


def test_fiscal_periods_follow_one_another(tmp_path: Path) -> None:
    gap, overlap = (
        problems(tmp_path, "fiscal_periods.csv", period("P1", "2026-09-07", "2026-10-05"), second)
        for second in (
            period("P2", "2026-10-07", "2026-11-02"),
            period("P2", "2026-10-01", "2026-11-02"),
        )
    )
    assert gap[0].removeprefix("fiscal_periods.csv line 3: ") == (
        "4-4-5 has no period from 2026-10-05 to 2026-10-07, after line 2: add one, or move an end"
    )
    assert "line 3: overlaps line 2 for 4-4-5" in overlap[0]


def test_fiscal_periods_are_bounded_and_named_apart(tmp_path: Path) -> None:
    first = period("P1", "2026-09-07", "2026-10-05")
    (open_end,) = problems(tmp_path, "fiscal_periods.csv", first, period("P2", "2026-10-05", ""))
    assert "line 3: valid_to is empty: fill it in" in open_end
    (noon,) = problems(
        tmp_path, "fiscal_periods.csv", first, period("P2", "2026-10-05T12:00:00Z", "2026-11-02")
    )
    assert "line 3: valid_from '2026-10-05T12:00:00Z' is no day: write it as 2026-10-07" in noon
    (same,) = problems(
        tmp_path, "fiscal_periods.csv", first, period("P1", "2026-10-05", "2026-11-02")
    )
    assert "line 3: 4-4-5 has 'P1' on line 2 already" in same


def test_a_calendar_corrected_later_is_looked_at_as_known_then(tmp_path: Path) -> None:
    """The first end was wrong until 1 October: at no time is there a gap or an overlap."""
    write_seed(
        tmp_path,
        "fiscal_periods.csv",
        [
            period("P1", "2026-09-07", "2026-10-05", recorded_to="2026-10-01"),
            period("P2", "2026-10-05", "2026-11-02", recorded_to="2026-10-01"),
            period("P1", "2026-09-07", "2026-10-12", recorded_from="2026-10-01"),
            period("P2", "2026-10-12", "2026-11-02", recorded_from="2026-10-01"),
        ],
    )
    assert len(read_seeds(tmp_path)["fiscal_periods.csv"]) == 4


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"country": "XX"}, "country 'XX' is no country with known holidays"),
        ({"country": "Germany"}, "country 'Germany' is no country with known holidays"),
        ({"subdivision": "ZZ"}, "subdivision 'ZZ' is unknown in DE: write one of BB, BE, BW"),
    ],
)
def test_a_calendar_of_nowhere_is_named(tmp_path: Path, cells: dict[str, str], said: str) -> None:
    (problem,) = problems(tmp_path, "calendars.csv", calendar(**cells))
    assert problem.startswith("calendars.csv line 2: ")
    assert said in problem
