"""The truth about faults that are no single calls: hours, days, callers, and others' traffic."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ingest.sandbox.generator.app_metrics import MOST_CALLERS, shown_callers
from ingest.sandbox.generator.calls import Calls
from ingest.sandbox.generator.catalog import DAY_MS, utc_text
from ingest.sandbox.generator.gateway_rows import iso_times
from ingest.sandbox.generator.known_calls import KnownCalls
from ingest.sandbox.generator.planting import Planted
from ingest.sandbox.generator.traps import TRAPS, UNATTRIBUTED
from ingest.sandbox.generator.unlogged import REASONS
from ingest.sandbox.generator.unmeasured import ACCOUNT

Line = dict[str, object]
_MOST_ORDINARY = 20


def hour_lines(
    calls: Calls, known: KnownCalls, planted: Planted, outside: pd.DataFrame
) -> list[Line]:
    """Return the lines of these checks; their counts are no lists of CorrelationIds."""
    unlogged, unmeasured = planted.unlogged, planted.unmeasured
    reason = calls.table["unlogged"]
    gap = _line("gap_hours", len(unlogged.gap_hours_ms), unlogged.gap_hours_ms)
    gap["times"] = _texts(unlogged.gap_hours_ms)
    gap["near_misses"] = [
        _near("the rows of the hour arrive two days late", unlogged.late_hours_ms),
        _near("nobody called in the hour", unlogged.quiet_hours_ms),
    ]
    sampled = int((reason == REASONS.index("sampled_day")).sum())
    days = _line("log_sampled", sampled, unlogged.sampled_days_ms)
    days["times"] = _texts(unlogged.sampled_days_ms)
    few = int((reason == REASONS.index("few")).sum())
    days["near_misses"] = [_near(f"the log lacks {few} calls of the day", unlogged.few_days_ms)]
    missing = _line("metrics_missing", len(unmeasured.hours_ms), unmeasured.hours_ms)
    missing |= {"times": _texts(unmeasured.hours_ms), "account": ACCOUNT}
    missing["near_misses"] = [
        _near("one or two requests in the hour, and no point", unmeasured.small_hours_ms),
        _near("no request in the hour, and so no point", unmeasured.idle_hours_ms),
    ]
    around = _outside(outside, planted)
    counted_twice = known.ids(known.outcome("foundry_429"))[:_MOST_ORDINARY]
    around["near_misses"] = [
        {"why": "refused by Foundry, and in the log as well", "correlation_ids": counted_twice}
    ]
    return [gap, days, missing, around, _dropped(calls, known)]


def _outside(outside: pd.DataFrame, planted: Planted) -> Line:
    """Return the traffic around the gateway, refused calls included, as ModelRequests counts it.

    `count_on_whole_days` leaves out the days of gap_hours and log_sampled.
    """
    times = outside["time_ms"].to_numpy()
    first_and_last = (int(times.min()), int(times.max())) if len(times) else ()
    line = _line("outside_gateway", len(times), ())
    if first_and_last:
        line["since"], line["last"] = iso_times(np.array(first_and_last)).tolist()
    unlogged = planted.unlogged
    days = {time // DAY_MS for time in (*unlogged.gap_hours_ms, *unlogged.sampled_days_ms)}
    line["count_on_whole_days"] = int((~np.isin(times // DAY_MS, list(days))).sum())
    return line


def _dropped(calls: Calls, known: KnownCalls) -> Line:
    """Return the callers that reached a model, as the log tells, and are not in the full metric."""
    shown = shown_callers(calls.table, calls.habits)
    named = ~np.array([trap.label == UNATTRIBUTED for trap in TRAPS])[known.table["trap"]]
    rows = known.table[known.reached & named]
    is_full = len(shown) >= MOST_CALLERS
    dropped = rows[~rows["caller"].isin(shown) & is_full]
    line = _line("metric_values_dropped", int(dropped["caller"].nunique()), ())
    if len(dropped):
        times = dropped["time_ms"].to_numpy()
        line["since"], line["last"] = iso_times(times[[0, -1]]).tolist()
    else:
        line["near_misses"] = [{"why": f"the metric names {len(shown)} callers, and has room"}]
    return line


def _line(check: str, count: int, times_ms: Sequence[int]) -> Line:
    since, last = (utc_text(times_ms[0]), utc_text(times_ms[-1])) if times_ms else (None, None)
    return {
        "check": check,
        "correlation_ids": [],
        "count": count,
        "since": since,
        "last": last,
        "near_misses": [],
    }


def _near(why: str, times_ms: Sequence[int]) -> Line:
    return {"why": why, "times": _texts(times_ms)}


def _texts(times_ms: Sequence[int]) -> list[str]:
    return [utc_text(time) for time in times_ms]
