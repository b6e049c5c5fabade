"""Every call of the recording as one table: model requests and all the rest, in order of time."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingest.sandbox.generator.arrays import Bools, Ints, random_stream
from ingest.sandbox.generator.attempts import draw_attempts
from ingest.sandbox.generator.catalog import DAY_MS, HOUR_MS
from ingest.sandbox.generator.company import Company
from ingest.sandbox.generator.conversation import duration_ms, hold_conversations
from ingest.sandbox.generator.identifiers import guids, message_ids
from ingest.sandbox.generator.outcomes import OUTCOMES
from ingest.sandbox.generator.sessions import Habits, draw_habits, draw_sessions, draw_subagents
from ingest.sandbox.generator.timeline import Timeline
from ingest.sandbox.generator.traps import TRAP, KeyOwners, plant_traps

MINUTE_MS = 60_000
# Bytes per prompt token by client (code, desktop, sdk, ci), before the person's own factor.
_BYTES_PER_TOKEN = np.array([3.75, 4.15, 3.9, 3.65])
_LEAST_BYTES_PER_TOKEN, _MOST_BYTES_PER_TOKEN = 3.2, 4.6
_OVERHEAD_BYTES = np.array([5_200, 2_600, 800, 4_700])
_BYTES_PER_TURN = 110
_MALFORMED_CORRELATION_IDS = ("not-a-guid", "{8c1f-broken")


@dataclass(frozen=True)
class Scope:
    """Which tenant is generated: its seed and size, and the window in milliseconds."""

    seed: int
    users: int
    days: int
    starts_ms: int
    now_ms: int

    @property
    def ends_ms(self) -> int:
        """The end of the last recorded day."""
        return self.starts_ms + self.days * DAY_MS

    def stream(self, name: str) -> np.random.Generator:
        """Return the random stream of one part."""
        return random_stream(self.seed, self.users, self.days, name)


@dataclass(frozen=True)
class Calls:
    """The calls and what is needed to read them.

    Columns of `table` beyond those of hold_conversations and plant_traps: prompt_tokens (what the
    body held), request_bytes, response_bytes, total_ms, backend_ms, casing, address,
    traced (0 or 1), gateway_ingested_ms, llm_ingested_ms, correlation_id, message_id, session_id.
    """

    table: pd.DataFrame
    habits: Habits
    owners: KeyOwners
    sessions: int


def draw_calls(scope: Scope, company: Company, timeline: Timeline) -> Calls:
    """Return every call of the recording, sorted by time."""
    habits = draw_habits(scope.stream("habits"), company)
    requests, sessions = _model_requests(scope, habits, timeline)
    owners = plant_traps(scope.stream("traps"), requests, timeline, scope.starts_ms, scope.days)
    requests["prompt_tokens"] = (
        requests["input_tokens"]
        + requests["cache_read_tokens"]
        + requests["cache_write_5m_tokens"]
        + requests["cache_write_1h_tokens"]
    )
    attempts = draw_attempts(
        scope.stream("attempts"), requests, timeline, scope.starts_ms, scope.days
    )
    table = pd.concat([requests, attempts], ignore_index=True)
    table = table.sort_values("time_ms", kind="stable", ignore_index=True)
    rng = scope.stream("wire")
    _measure(rng, table, habits)
    _date_arrival(rng, table, scope.now_ms)
    _identify(rng, table, sessions)
    return Calls(table=table, habits=habits, owners=owners, sessions=sessions)


def _model_requests(scope: Scope, habits: Habits, timeline: Timeline) -> tuple[pd.DataFrame, int]:
    rng = scope.stream("sessions")
    main = draw_sessions(rng, habits, timeline, scope.starts_ms, scope.days)
    spoken = hold_conversations(scope.stream("conversations"), main)
    helpers = draw_subagents(rng, habits, main, duration_ms(spoken, main))
    parts = [spoken]
    if len(helpers.start_ms):
        parts.append(hold_conversations(scope.stream("subagents"), helpers))
    requests = pd.concat(parts, ignore_index=True)
    time_ms, caller = requests["time_ms"].to_numpy(), requests["caller"].to_numpy()
    kept = (time_ms < scope.ends_ms) & (time_ms >= timeline.active_from_ms[caller])
    kept &= time_ms < timeline.active_until_ms[caller]
    requests = requests[kept].sort_values("time_ms", kind="stable", ignore_index=True)
    return requests.drop(columns="thread"), len(main.start_ms)


def _measure(rng: np.random.Generator, table: pd.DataFrame, habits: Habits) -> None:
    """Add sizes and durations."""
    count = len(table)
    client, caller = table["client"].to_numpy(), table["caller"].to_numpy()
    ratio = _BYTES_PER_TOKEN[client] * habits.bytes_per_token[caller] * rng.normal(1, 0.012, count)
    ratio = np.clip(ratio, _LEAST_BYTES_PER_TOKEN, _MOST_BYTES_PER_TOKEN)
    prompt = table["prompt_tokens"].to_numpy()
    body = (prompt * ratio).astype(np.int64) + _BYTES_PER_TURN * table["turn"].to_numpy()
    table["request_bytes"] = np.where(prompt > 0, body + _OVERHEAD_BYTES[client], 0)
    output = table["output_tokens"].to_numpy()
    # A stream repeats its envelope with every few tokens.
    streamed = (output * rng.uniform(22, 34, count)).astype(np.int64) + 1_400
    table["response_bytes"] = np.where(output > 0, streamed, rng.integers(90, 420, count))
    forwarded = np.array([outcome.forwarded for outcome in OUTCOMES])[table["outcome"]]
    gateway_ms = rng.integers(3, 45, count)
    table["total_ms"] = table["latency_ms"] + gateway_ms
    table["backend_ms"] = np.where(forwarded, table["latency_ms"], 0)
    table["casing"] = rng.integers(0, 4, count)
    table["address"] = rng.integers(0, 3, count)
    table["traced"] = (rng.random(count) < 0.4).astype(np.int64)


def _date_arrival(rng: np.random.Generator, table: pd.DataFrame, now_ms: int) -> None:
    """Add when each of the two rows became queryable: minutes later, sometimes much more."""
    ends_ms = (table["time_ms"] + table["total_ms"]).to_numpy()
    trap = table["trap"].to_numpy()
    which = rng.integers(0, 3, len(table))
    for side, column in enumerate(("gateway_ingested_ms", "llm_ingested_ms")):
        delay = _delays(rng, len(table))
        # 0 and 1 make one side late, 2 makes both.
        days_late = (trap == TRAP["late_days"]) & ((which == side) | (which == 2))
        delay = np.where(days_late, rng.integers(DAY_MS, 3 * DAY_MS, len(table)), delay)
        table[column] = np.minimum(ends_ms + delay, now_ms - HOUR_MS)


def _delays(rng: np.random.Generator, count: int) -> Ints:
    minutes = rng.uniform(3, 10, count)
    hours_late: Bools = rng.random(count) < 0.004
    minutes = np.where(hours_late, rng.uniform(30, 9 * 60, count), minutes)
    return np.asarray(minutes * MINUTE_MS, dtype=np.int64)


def _identify(rng: np.random.Generator, table: pd.DataFrame, sessions: int) -> None:
    """Add correlation, response and session ids, the damaged ones among them."""
    correlation = guids(rng, len(table))
    malformed = np.flatnonzero(table["trap"] == TRAP["malformed_correlation_id"])
    for place, text in zip(malformed, _MALFORMED_CORRELATION_IDS, strict=False):
        correlation[place] = text
    for place in np.flatnonzero(table["trap"] == TRAP["empty_correlation_id"]):
        correlation[place] = ""
    session = np.array(guids(rng, sessions), dtype=object)
    table["correlation_id"] = np.array(correlation, dtype=object)
    table["message_id"] = np.array(message_ids(rng, len(table)), dtype=object)
    table["session_id"] = session[table["session"]]
