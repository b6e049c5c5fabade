"""Public holidays: which countries and subdivisions are known, and which days are free where."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import holidays
import numpy as np
import numpy.typing as npt

EVERYWHERE = ""
"""The unit in calendars.csv that stands for all units without a line of their own."""

_SHOWN = 12


@cache
def _subdivisions() -> Mapping[str, Sequence[str]]:
    return holidays.list_supported_countries()


def country_problem(code: str) -> str | None:
    """Say what is wrong with a country code, if anything."""
    if len(code) == 2 and code in _subdivisions():
        return None
    return f"{code[:40]!r} is no country with known holidays: write its ISO 3166 code, as DE"


def subdivision_problem(country: str, subdivision: str) -> str | None:
    """Say what is wrong with a subdivision of a known country, if anything."""
    known = _subdivisions()[country]
    if subdivision in known:
        return None
    if not known:
        return f"{subdivision[:40]!r} is unknown, {country} has none: leave it empty"
    few = ", ".join(known[:_SHOWN]) + (", ..." if len(known) > _SHOWN else "")
    return f"{subdivision[:40]!r} is unknown in {country}: write one of {few}"


def free_days(
    lines: Sequence[Mapping[str, Any]], first_day: date, days: int
) -> tuple[dict[str, int], npt.NDArray[np.bool_]]:
    """Return each unit's column, and days x columns: which days are holidays.

    `lines` have unit, country, subdivision, valid_from and valid_to. Units with the same calendar
    share a column. Column 0 is for units that are not named: the calendar of EVERYWHERE, or none.
    """
    by_unit: dict[str, tuple[tuple[Any, ...], ...]] = {EVERYWHERE: ()}
    for line in lines:
        span = tuple(line[name] for name in ("country", "subdivision", "valid_from", "valid_to"))
        by_unit[line["unit"]] = (*by_unit.get(line["unit"], ()), span)
    columns = {spans: number for number, spans in enumerate(dict.fromkeys(by_unit.values()))}
    free = np.zeros((days, len(columns)), dtype=bool)
    for spans, column in columns.items():
        for span in spans:
            free[:, column] |= _free_in(*span, first_day=first_day, days=days)
    return {unit: columns[spans] for unit, spans in by_unit.items()}, free


def _free_in(
    country: str,
    subdivision: str | None,
    valid_from: datetime,
    valid_to: datetime,
    *,
    first_day: date,
    days: int,
) -> npt.NDArray[np.bool_]:
    all_days = [first_day + timedelta(days=number) for number in range(days)]
    years = range(first_day.year, all_days[-1].year + 1)
    named = holidays.country_holidays(country, subdiv=subdivision, years=years)
    return np.array(
        [valid_from.date() <= day < valid_to.date() and day in named for day in all_days]
    )
