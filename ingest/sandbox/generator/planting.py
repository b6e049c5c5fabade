"""Planting faults into the finished calls: the traps that are there stay as they are."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingest.sandbox.generator.answers import draw_streamed
from ingest.sandbox.generator.app_traces import choose_traced
from ingest.sandbox.generator.arrays import Bools, Ints
from ingest.sandbox.generator.calls import Calls, Scope
from ingest.sandbox.generator.catalog import (
    CI,
    CODE,
    DAY_MS,
    DESKTOP,
    HOUR_MS,
    OPUS_5,
    SDK,
    SONNET_5_5,
)
from ingest.sandbox.generator.deformed_rows import AGENTS
from ingest.sandbox.generator.faults import FAULT, FAULTS
from ingest.sandbox.generator.gateway_rows import traced_in_log
from ingest.sandbox.generator.outcomes import OUTCOME, Evidence
from ingest.sandbox.generator.unlogged import Unlogged, plant_unlogged
from ingest.sandbox.generator.unmeasured import Unmeasured, choose_unmeasured

_MANY_AGENTS, _SEVEN_AGENTS = 9, 7
# In a tiny tenant a fault takes no more than this part of the calls it fits.
_LARGEST_PART = 5


@dataclass(frozen=True)
class Planted:
    """What is known of every call beside its columns, and what was planted around them.

    `streamed` and `trace_trap` (see choose_traced) are over the calls.
    """

    streamed: Bools
    trace_trap: Ints
    unlogged: Unlogged
    unmeasured: Unmeasured


def plant_faults(scope: Scope, calls: Calls) -> Planted:
    """Plant every fault and near miss into the table of the calls, in place.

    Adds the columns fault (a position in FAULTS), fault_number (counts a fault's calls from 0, in
    order of time) and unlogged.
    """
    table = calls.table
    table["fault"] = table["fault_number"] = np.zeros(len(table), dtype=np.int64)
    streamed = draw_streamed(scope, calls)
    trace_trap = choose_traced(scope.stream("traced calls"), table, calls.habits)
    taken = (table["trap"] != 0).to_numpy() | (trace_trap > 0)
    unlogged = plant_unlogged(scope.stream("unlogged"), scope, table, taken)
    unmeasured = choose_unmeasured(scope.stream("unmeasured"), scope, table, unlogged)
    free = ~taken & (table["fault"] == 0).to_numpy() & (table["unlogged"] == 0).to_numpy()
    rng = scope.stream("faults")
    for name, agents in (("many_agents", _MANY_AGENTS), ("seven_agents", _SEVEN_AGENTS)):
        _plant(table, free, name, _caller_hour(rng, table, free, agents))
    pools = _pools(calls, streamed, trace_trap)
    requests = int((table["outcome"] == OUTCOME["ok"]).sum())
    for fault in FAULTS:
        if fault.pool:
            since_ms = scope.starts_ms + fault.from_share * scope.days * DAY_MS
            later = (table["time_ms"] >= since_ms).to_numpy()
            found = np.flatnonzero(free & pools[fault.pool] & later)
            wanted = max(fault.least, round(fault.share * requests))
            wanted = min(wanted, -(-len(found) // _LARGEST_PART))
            chosen = np.sort(rng.choice(found, size=wanted, replace=False))
            _plant(table, free, fault.name, chosen)
    return Planted(streamed, trace_trap, unlogged, unmeasured)


def _plant(table: pd.DataFrame, free: Bools, name: str, chosen: Ints) -> None:
    """Mark the calls and overwrite their columns; they are free no more."""
    number = np.arange(len(chosen))
    fault = FAULTS[FAULT[name]]
    values: dict[str, int | Ints] = {"fault": FAULT[name], "fault_number": number, **fault.sets}
    for column, value in values.items():
        changed = table[column].to_numpy(copy=True)
        changed[chosen] = value
        table[column] = changed
    free[chosen] = False


def _caller_hour(rng: np.random.Generator, table: pd.DataFrame, free: Bools, size: int) -> Ints:
    """Return all calls of one caller in one hour, `size` of them, each with a caller in the log.

    A little more than `size` where the calls may have an agent each, none in a tiny tenant.
    """
    hour = table["time_ms"].to_numpy() // HOUR_MS
    key = table["caller"].to_numpy() * (int(hour.max()) + 1) + hour
    named = np.isin(table["evidence"].to_numpy(), (Evidence.BACKEND, Evidence.RESPONSE))
    _, group, count = np.unique(key, return_inverse=True, return_counts=True)
    fit = np.bincount(group, weights=free & named) == count
    largest = len(AGENTS) if size == _MANY_AGENTS else size
    for calls in range(size, largest + 1):
        groups = np.flatnonzero(fit & (count == calls))
        if len(groups):
            return np.flatnonzero(group == rng.choice(groups))
    return np.zeros(0, dtype=np.int64)


def _pools(calls: Calls, streamed: Bools, trace_trap: Ints) -> dict[str, Bools]:
    """Return by name which calls a fault may be planted on, leaving aside what they carry."""
    table = calls.table
    outcome, client = table["outcome"].to_numpy(), table["client"].to_numpy()
    old = calls.habits.old_revision[table["caller"]]
    in_log, elsewhere = traced_in_log(table, calls.habits), trace_trap >= 0
    served = (outcome == OUTCOME["ok"]) & (table["evidence"] == Evidence.BACKEND).to_numpy()
    sdk = served & (client == SDK)
    programmer = np.bincount(table["caller"], weights=sdk).argmax()
    opening = np.isin(outcome, (OUTCOME["models"], OUTCOME["probe"]))
    deployment = table["deployment"].to_numpy()
    return {
        "served": served,
        "streamed": served & streamed,
        "sdk": sdk,
        "one programmer": sdk & (table["caller"] == programmer).to_numpy(),
        "desktop": served & (client == DESKTOP),
        "code": served & np.isin(client, (CODE, CI)),
        "sessionless": served & np.isin(client, (DESKTOP, SDK)),
        "traced in the log": served & in_log & ~elsewhere,
        "traced elsewhere": served & elsewhere & ~in_log,
        "opus": served & (deployment == OPUS_5) & ~elsewhere,
        "sonnet": served & (deployment == SONNET_5_5) & ~old,
        "refused": np.isin(outcome, (OUTCOME["gateway_429"], OUTCOME["quota_403"])) & ~elsewhere,
        "limited": (outcome == OUTCOME["gateway_429"]) & ~elsewhere,
        "model list": (outcome == OUTCOME["models"]) & ~elsewhere,
        "opening": opening,
        "uncounted": opening | (outcome == OUTCOME["count_tokens"]),
    }
