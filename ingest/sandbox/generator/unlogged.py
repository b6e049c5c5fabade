"""Calls that passed the gateway and are in no row of its log: whole hours, and part of a day.

They are in the platform's metrics and on the bill. Beside them is what only looks like it: an hour
whose rows come days late, a day that lacks a few, and hours in which nobody called.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingest.sandbox.generator.arrays import Bools, Ints
from ingest.sandbox.generator.calls import Scope
from ingest.sandbox.generator.catalog import DAY_MS, HOUR_MS
from ingest.sandbox.generator.faults import FAULT
from ingest.sandbox.generator.traps import TRAP

REASONS = ("", "gap_hour", "sampled_day", "few")
_GAP, _SAMPLED, _FEW = 1, 2, 3
_GAP_HOURS = 2
_BUSY_HOUR, _BUSY_DAY = 12, 150
# UTC; somebody works then in one of the offices.
_WORKING_HOURS = range(6, 23)
_SAMPLED_SHARE = 0.1
_FEW_CALLS = 4
_MOST_QUIET_HOURS = 3
# The first and the last days of a recording are left alone.
_MARGIN_DAYS = 2
# Traps about rows that a day's count lacks anyway.
_ROWLESS = ("gateway_row_missing", "null_time", "null_time_gateway")


@dataclass(frozen=True)
class Unlogged:
    """Starts of the hours and days concerned, in milliseconds, in order of time; may be empty."""

    gap_hours_ms: tuple[int, ...]
    late_hours_ms: tuple[int, ...]
    quiet_hours_ms: tuple[int, ...]
    sampled_days_ms: tuple[int, ...]
    few_days_ms: tuple[int, ...]

    def days_ms(self) -> set[int]:
        """Return the days on which the log and the metrics differ on purpose."""
        times = (*self.gap_hours_ms, *self.sampled_days_ms, *self.few_days_ms)
        return {time // DAY_MS * DAY_MS for time in times}


def plant_unlogged(
    rng: np.random.Generator, scope: Scope, table: pd.DataFrame, taken: Bools
) -> Unlogged:
    """Take calls out of the log, and make an hour's rows late; in place, no call that is `taken`.

    Adds the column unlogged (a position in REASONS).
    """
    time_ms = table["time_ms"].to_numpy()
    hour, day = (time_ms // width * width for width in (HOUR_MS, DAY_MS))
    unlogged = np.zeros(len(table), dtype=np.int64)
    busy = _busy_hours(scope, table, taken)
    gaps = _chosen(rng, busy, _GAP_HOURS)
    unlogged[np.isin(hour, gaps)] = _GAP
    busy = busy[~np.isin(busy // DAY_MS, gaps // DAY_MS)]
    late = _chosen(rng, busy[busy < scope.ends_ms - 2 * _MARGIN_DAYS * DAY_MS], 1)
    _delay(table, np.isin(hour, late), scope.now_ms)
    days = _busy_days(scope, table)
    days = days[~np.isin(days, np.concatenate([gaps, late]) // DAY_MS * DAY_MS)]
    two_days = _chosen(rng, days, 2, sort=False)
    for place, reason in enumerate((_SAMPLED, _FEW)[: len(two_days)]):
        today = day == two_days[place]
        wanted = round(_SAMPLED_SHARE * today.sum()) if reason == _SAMPLED else _FEW_CALLS
        unlogged[rng.choice(np.flatnonzero(today & ~taken), size=wanted, replace=False)] = reason
    table["unlogged"] = unlogged
    return Unlogged(
        gap_hours_ms=tuple(gaps.tolist()),
        late_hours_ms=tuple(late.tolist()),
        quiet_hours_ms=_quiet_hours(scope, table),
        sampled_days_ms=tuple(two_days[:1].tolist()),
        few_days_ms=tuple(two_days[1:].tolist()),
    )


def _chosen(rng: np.random.Generator, times_ms: Ints, count: int, *, sort: bool = True) -> Ints:
    chosen: Ints = rng.choice(times_ms, size=min(count, len(times_ms)), replace=False)
    return np.sort(chosen) if sort else chosen


def _window_ms(scope: Scope) -> tuple[int, int]:
    margin_ms = _MARGIN_DAYS * DAY_MS
    return scope.starts_ms + margin_ms, scope.ends_ms - margin_ms


def _busy_hours(scope: Scope, table: pd.DataFrame, taken: Bools) -> Ints:
    """Return working hours with traffic, by starts and by ends, in which no call is taken."""
    first_ms, end_ms = _window_ms(scope)
    edges = np.arange(first_ms, end_ms + 1, HOUR_MS)
    if len(edges) < 2:
        return np.zeros(0, dtype=np.int64)
    time_ms = table["time_ms"].to_numpy()
    started, _ = np.histogram(time_ms, edges)
    ended, _ = np.histogram(time_ms + table["total_ms"].to_numpy(), edges)
    spoiled, _ = np.histogram(time_ms[taken], edges)
    busy: Ints = edges[:-1][(np.minimum(started, ended) >= _BUSY_HOUR) & (spoiled == 0)]
    return busy[_is_working_day(busy) & np.isin(busy % DAY_MS // HOUR_MS, _WORKING_HOURS)]


def _is_working_day(times_ms: Ints) -> Bools:
    working: Bools = (times_ms // DAY_MS + 3) % 7 < 5
    return working


def _quiet_hours(scope: Scope, table: pd.DataFrame) -> tuple[int, ...]:
    """Return the first hours without any call."""
    first_ms, end_ms = _window_ms(scope)
    ends_ms = (table["time_ms"] + table["total_ms"]).to_numpy()
    used = {*(table["time_ms"].to_numpy() // HOUR_MS).tolist(), *(ends_ms // HOUR_MS).tolist()}
    hours = (hour for hour in range(first_ms, end_ms, HOUR_MS) if hour // HOUR_MS not in used)
    return tuple(hour for _, hour in zip(range(_MOST_QUIET_HOURS), hours, strict=False))


def _busy_days(scope: Scope, table: pd.DataFrame) -> Ints:
    first_ms, end_ms = _window_ms(scope)
    day = table["time_ms"].to_numpy() // DAY_MS * DAY_MS
    days, calls = np.unique(day, return_counts=True)
    rowless = day[table["trap"].isin([TRAP[name] for name in _ROWLESS]).to_numpy()]
    busy = (calls >= _BUSY_DAY) & (days >= first_ms) & (days < end_ms) & _is_working_day(days)
    result: Ints = days[busy & ~np.isin(days, rowless)]
    return result


def _delay(table: pd.DataFrame, chosen: Bools, now_ms: int) -> None:
    """Let the rows of these calls arrive two days later."""
    for column in ("gateway_ingested_ms", "llm_ingested_ms"):
        arrival = table[column].to_numpy(copy=True)
        arrival[chosen] = np.minimum(arrival[chosen] + 2 * DAY_MS, now_ms - HOUR_MS)
        table[column] = arrival
    fault = table["fault"].to_numpy(copy=True)
    fault[chosen] = FAULT["late_hour"]
    table["fault"] = fault
