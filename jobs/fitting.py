"""When windows are learned from, and which days have to be built anew for it."""

from calendar import monthrange
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog

from models import ledger
from models.calibrated_days import learned_from, own_part
from models.calibration_fits import (
    Fit,
    Fits,
    days_of_window,
    fit_of_window,
    read_fit,
    record_fit,
)
from models.warehouse import Connection
from models.warehouse import run as statement

MOST_LEARNED_ROWS = 1_500_000
"""A window with more gateway rows is learned from as many whole days, evenly spread."""
_LOOK_BACK = timedelta(days=30)
_DAY = timedelta(days=1)
_SETTLES = timedelta(days=2)

log = structlog.get_logger()


@dataclass(frozen=True)
class Calibration:
    """What days are calibrated with, and the days that have to be built with it."""

    fits: Fits
    days: frozenset[date]


def calibration_of(
    connection: Connection, days: Collection[date], known_at: datetime
) -> Calibration:
    """Decide with what each of some days is calibrated; learn what is not learned yet.

    A month that has ended gets what it teaches itself, and all its days with it. A day that
    is calibrated otherwise than it was changes the nights before and after it.
    """
    known: dict[date, Fit] = {}
    all_days = set(days)
    for month in _months(connection, days, known_at):
        last_day = _last_day(month)
        recorded = days_of_window(connection, month, last_day)
        of_month = {day for day in days if month <= day <= last_day}
        if _is_over(month, known_at):
            fit = _final(connection, month, last_day, known_at)
            of_month |= recorded.keys()
            chosen = dict.fromkeys(of_month, fit)
        else:
            chosen = _provisional(connection, of_month, recorded, known_at)
        changed = {day for day, fit in chosen.items() if fit and recorded.get(day) != fit.fit_id}
        all_days |= changed
        known |= {day: fit for day, fit in chosen.items() if fit}
        all_days |= _neighbours(connection, changed)
    around = {day + step for day in all_days for step in (-_DAY, _DAY)} | all_days
    known |= _read(connection, _recorded(connection, around - known.keys()))
    return Calibration(Fits(known), frozenset(all_days))


def _neighbours(connection: Connection, changed: Collection[date]) -> set[date]:
    beside = {day + step for day in changed for step in (-_DAY, _DAY)} - set(changed)
    return set(_recorded(connection, beside))


def _recorded(connection: Connection, days: Collection[date]) -> Mapping[date, int]:
    if not days:
        return {}
    found = days_of_window(connection, min(days), max(days))
    return {day: fit_id for day, fit_id in found.items() if day in days}


def _read(connection: Connection, ids: Mapping[date, int]) -> dict[date, Fit]:
    fits = {fit_id: read_fit(connection, fit_id) for fit_id in set(ids.values())}
    return {day: fits[fit_id] for day, fit_id in ids.items()}


def _final(connection: Connection, first: date, last: date, known_at: datetime) -> Fit | None:
    known = fit_of_window(connection, first, last, is_final=True)
    return known or _learn(connection, first, last, known_at, is_final=True)


def _provisional(
    connection: Connection,
    days: Collection[date],
    recorded: Mapping[date, int],
    known_at: datetime,
) -> dict[date, Fit | None]:
    """A day keeps what it was calibrated with first, unless that rests on too little."""
    fits = _read(connection, {day: recorded[day] for day in days if day in recorded})
    kept = {day: fit for day, fit in fits.items() if fit.is_firm}
    chosen: dict[date, Fit | None] = dict(kept)
    if new := set(days) - kept.keys():
        last = known_at.date()
        first = last - _LOOK_BACK
        fit = fit_of_window(connection, first, last, is_final=False)
        if fit is None or not fit.is_firm:
            fit = _learn(connection, first, last, known_at, is_final=False) or fit
        chosen |= dict.fromkeys(new, fit)
    return chosen


def _learn(
    connection: Connection, first: date, last: date, known_at: datetime, *, is_final: bool
) -> Fit | None:
    rows = dict(
        statement(connection, "calibration/rows_of_days", first_day=first, last_day=last).fetchall()
    )
    parts = []
    for first_day, last_day in ledger.spans(_sample(rows), rows):
        ledger.attribute_span(connection, first_day, last_day)
        parts.append(own_part(connection, first_day, last_day))
    learned = learned_from(parts)
    if learned is None:
        return None
    log.info("learned", first_day=str(first), last_day=str(last), requests=learned.requests)
    return record_fit(connection, first, last, learned, fitted_at=known_at, is_final=is_final)


def _sample(rows: Mapping[date, int]) -> list[date]:
    """Return all days, or so many of them, evenly spread, as have few enough rows."""
    days = sorted(rows)
    total = sum(rows.values())
    if total <= MOST_LEARNED_ROWS:
        return days
    wanted = max(1, len(days) * MOST_LEARNED_ROWS // total)
    return sorted({days[place * len(days) // wanted] for place in range(wanted)})


def _months(connection: Connection, days: Collection[date], known_at: datetime) -> list[date]:
    """Return the first days of months with something to calibrate, or to calibrate for good."""
    found = statement(connection, "calibration/open_months").fetchall()
    months = {month for (month,) in found if _is_over(month, known_at)}
    if days:
        span = {"first_day": min(days), "last_day": max(days)}
        found = statement(connection, "calibration/metered_months", **span).fetchall()
        months |= {month for (month,) in found}
    return sorted(months)


def _last_day(month: date) -> date:
    return month.replace(day=monthrange(month.year, month.month)[1])


def _is_over(month: date, known_at: datetime) -> bool:
    """Tell whether a month has ended, and its late rows have come."""
    return known_at.date() > _last_day(month) + _SETTLES
