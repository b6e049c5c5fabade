"""The reviewed files of budgets: amounts, the periods they are for, and whose holidays count.

A budget of the period `month` is for every calendar month; any other period is the name of a
calendar, whose periods `fiscal_periods.csv` lists from day to day without a gap.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from models import seed_cells as cells
from models.holiday_calendars import country_problem, subdivision_problem
from models.money import USD_SCALE, exact
from models.seeds import (
    REVIEW,
    TIMES,
    NumberedRows,
    SeedTable,
    is_oid,
    naive,
    optional,
    read_dated,
)

SUBJECT_KINDS = ("total", "unit", "user", "model", "group")
MONTH = "month"

_Numbered = tuple[int, Mapping[str, Any]]


def subject_kind(text: str) -> str:
    """Read what a budget is for."""
    if text not in SUBJECT_KINDS:
        raise ValueError(f"{text[:40]!r} is unknown: write {', '.join(SUBJECT_KINDS)}")
    return text


def subject(text: str) -> str:
    """Read whose budget it is; object ids are compared in small letters."""
    return text.lower() if is_oid(text) else text


def budget_usd(text: str) -> Decimal:
    """Read an amount over zero."""
    if text.startswith("-"):
        raise ValueError(f"{text[:40]!r} is under 0: write how much may be spent, as 2500")
    number = cells.amount(text)
    if not number:
        raise ValueError("is 0: write the amount, or remove the line")
    if cells.decimal_places(number) > USD_SCALE:
        raise ValueError(f"{text} has more than {USD_SCALE} decimals: round it")
    return number


def thresholds(text: str) -> str:
    """Read shares of the amount such as `0.8;1`, in rising order, as a JSON list of texts."""
    shares = [cells.amount(part.strip()) for part in (text or "0.8;1").split(";")]
    if sorted(set(shares)) != shares or not 0 < shares[0] <= shares[-1] <= 10:
        raise ValueError(f"{text[:40]!r} is not rising from over 0 to at most 10: write 0.8;1")
    return json.dumps([exact(share) for share in shares])


def country(text: str) -> str:
    """Read an ISO 3166 country code whose holidays are known."""
    if problem := country_problem(text):
        raise ValueError(problem)
    return text


def period_edge(text: str) -> datetime:
    """Read the day on which a fiscal period begins or the next one does; it is never left open."""
    return naive(cells.midnight_utc(cells.filled(text)))


def _budget_problems(row: Mapping[str, Any]) -> Iterator[str]:
    kind, name = row["subject_kind"], row["subject"]
    if kind == "total" and name:
        yield "subject is not empty: leave it empty for total, which is everybody"
    if kind != "total" and not name:
        yield f"subject is empty: write which {kind} the budget is for"
    if kind == "user" and name and not is_oid(name):
        yield f"subject {name[:40]!r} is no object id: write the GUID that Entra shows"


def _calendar_problems(row: Mapping[str, Any]) -> Iterator[str]:
    if row["subdivision"] and (problem := subdivision_problem(row["country"], row["subdivision"])):
        yield f"subdivision {problem}"


def _period_problems(rows: NumberedRows) -> Iterator[str]:
    """Yield gaps between the periods of a calendar, and names it uses twice, at any known time."""
    calendars: dict[str, list[_Numbered]] = defaultdict(list)
    for number, row in rows:
        calendars[row["calendar"]].append((number, row))
    for name, group in calendars.items():
        yield from dict.fromkeys(
            problem
            for moment in sorted({row["recorded_from"] for _, row in group})
            for problem in _problems_at(moment, name, group)
        )


def _problems_at(moment: datetime, calendar: str, group: list[_Numbered]) -> Iterator[str]:
    known = [
        (number, row)
        for number, row in group
        if row["recorded_from"] <= moment < row["recorded_to"]
    ]
    known.sort(key=lambda numbered: numbered[1]["valid_from"])
    for (before, earlier), (number, later) in pairwise(known):
        if earlier["valid_to"] < later["valid_from"]:
            yield (
                f"line {number}: {calendar} has no period from {earlier['valid_to']:%Y-%m-%d} to"
                f" {later['valid_from']:%Y-%m-%d}, after line {before}: add one, or move an end"
            )
    named: dict[str, int] = {}
    for number, row in known:
        name = row["fiscal_period"]
        if name in named:
            yield (
                f"line {number}: {calendar} has {name[:40]!r} on line {named[name]} already:"
                " give each period its own name"
            )
        named.setdefault(name, number)


BUDGETS = SeedTable(
    "budgets.csv",
    {
        "subject_kind": subject_kind,
        "subject": subject,
        "period": lambda text: text or MONTH,
        "amount_usd": budget_usd,
        "thresholds": thresholds,
        **TIMES,
    },
    key=("subject_kind", "subject", "period"),
    problems_of=_budget_problems,
    review=REVIEW,
)
FISCAL_PERIODS = SeedTable(
    "fiscal_periods.csv",
    {
        "calendar": cells.filled,
        "fiscal_period": cells.filled,
        **TIMES,
        "valid_from": period_edge,
        "valid_to": period_edge,
    },
    key=("calendar",),
    problems_among=_period_problems,
    review=REVIEW,
)
CALENDARS = SeedTable(
    "calendars.csv",
    {"unit": str, "country": country, "subdivision": optional, **TIMES},
    key=("unit",),
    problems_of=_calendar_problems,
    review=REVIEW,
)
BUDGET_SEEDS = (BUDGETS, FISCAL_PERIODS, CALENDARS)


def read_budgets(file: cells.SeedFile, periods: cells.SeedFile) -> list[tuple[Any, ...]]:
    """Read budgets.csv, whose periods must be MONTH or a calendar that the file `periods` names.

    Raises SeedError that lists every problem.
    """
    lines, _ = cells.read_seed(periods, [*FISCAL_PERIODS.columns, "source"], REVIEW)
    calendars = sorted({line["calendar"] for _, line in lines} - {""})

    def period(text: str) -> str:
        if text and text not in {MONTH, *calendars}:
            known = ", ".join([MONTH, *calendars])
            raise ValueError(
                f"{text[:40]!r} is unknown: write one of {known}, or add the calendar to"
                " fiscal_periods.csv"
            )
        return text or MONTH

    return read_dated(replace(BUDGETS, columns={**BUDGETS.columns, "period": period}), file)
