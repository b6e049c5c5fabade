"""Claude traffic that never passes the gateway: programs that hold a key to the deployments.

It is on the invoice and in Foundry's own metrics, and in no log of the gateway.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingest.sandbox.generator.arrays import Ints, kept, weighted
from ingest.sandbox.generator.calls import Scope
from ingest.sandbox.generator.catalog import (
    DAY_MS,
    DEPLOYMENTS,
    HAIKU_4_5,
    HOUR_MS,
    OPUS_5,
    OPUS_5_US,
    SDK,
    SONNET_5_5,
)
from ingest.sandbox.generator.conversation import hold_conversations
from ingest.sandbox.generator.gateway_rows import iso_times
from ingest.sandbox.generator.sessions import CACHE_1H, CACHE_5M, NO_CACHE, Threads
from ingest.sandbox.generator.tariff import TOKEN_CLASSES

# Of the gateway's model requests.
_SHARE = 0.03
_FEWEST = 8
_REFUSED_SHARE = 0.03
_MEAN_TURNS = 6.0
_MOST_TURNS = 24


@dataclass(frozen=True)
class _Workload:
    """One kind of program: when it runs (hours UTC, half-open), where, and how it caches."""

    name: str
    weight: float
    first_hour: int
    end_hour: int
    deployment: int
    cache: int
    base_tokens: int
    streams: bool


_WORKLOADS = (
    _Workload("nightly-evaluation", 0.4, 1, 4, SONNET_5_5, NO_CACHE, 2_400, streams=False),
    _Workload("notebook", 0.3, 7, 18, OPUS_5, CACHE_5M, 9_000, streams=True),
    _Workload("us-notebook", 0.1, 14, 23, OPUS_5_US, CACHE_1H, 9_000, streams=True),
    _Workload("ticket-labels", 0.2, 0, 24, HAIKU_4_5, NO_CACHE, 1_300, streams=False),
)


def draw_outside(scope: Scope, gateway_requests: int) -> pd.DataFrame:
    """Return the calls around the gateway, a few per cent of `gateway_requests`, by time.

    Columns: time_ms, ended_ms, workload (a name), deployment, status (200 or 429), streamed, the
    TOKEN_CLASSES and web_searches.
    """
    rng = scope.stream("outside")
    threads, workload = _threads(rng, scope, max(_FEWEST, round(_SHARE * gateway_requests)))
    calls = hold_conversations(rng, threads)
    calls["workload"] = workload[calls["thread"]]
    calls["status"] = 200
    refused = calls[rng.random(len(calls)) < _REFUSED_SHARE].copy()
    refused[[*TOKEN_CLASSES, "web_searches"]] = 0
    refused["status"] = 429
    refused["time_ms"] -= rng.integers(1_500, 20_000, len(refused))
    refused["latency_ms"] = rng.integers(30, 300, len(refused))
    calls = pd.concat([calls, refused], ignore_index=True)
    calls["ended_ms"] = calls["time_ms"] + calls["latency_ms"]
    calls["streamed"] = np.array([work.streams for work in _WORKLOADS])[calls["workload"]]
    calls["workload"] = np.array([work.name for work in _WORKLOADS], dtype=object)[
        calls["workload"]
    ]
    inside = (calls["time_ms"] >= scope.starts_ms) & (calls["time_ms"] < scope.ends_ms)
    columns = ["time_ms", "ended_ms", "workload", "deployment", "status", "streamed"]
    calls = calls.loc[inside, [*columns, *TOKEN_CLASSES, "web_searches"]]
    return calls.sort_values("time_ms", kind="stable", ignore_index=True)


def _threads(rng: np.random.Generator, scope: Scope, wanted: int) -> tuple[Threads, Ints]:
    """Return conversations of about `wanted` requests together, and each one's workload."""
    count = max(2, round(wanted / _MEAN_TURNS))
    workload = weighted(rng, np.array([work.weight for work in _WORKLOADS]), count)
    first, end, deployment, cache, base = (
        np.array([getattr(work, name) for work in _WORKLOADS], dtype=np.int64)[workload]
        for name in ("first_hour", "end_hour", "deployment", "cache", "base_tokens")
    )
    hour = first + rng.random(count) * (end - first)
    day_ms = scope.starts_ms + rng.integers(0, scope.days, count) * DAY_MS
    nothing = np.zeros(count, dtype=np.int64)
    turns = rng.geometric(1 / _MEAN_TURNS, count)
    threads = Threads(
        start_ms=day_ms + (hour * HOUR_MS).astype(np.int64),
        caller=nothing,
        session=nothing,
        agent=nothing,
        client=nothing + SDK,
        deployment=deployment,
        turns=np.minimum(turns, _MOST_TURNS),
        base_tokens=(base * rng.uniform(0.8, 1.4, count)).astype(np.int64),
        compaction_tokens=nothing + 150_000,
        cache=cache,
        base_is_warm=rng.random(count) < 0.2,
    )
    return threads, workload


def outside_columns(calls: pd.DataFrame) -> dict[str, list[object]]:
    """Return the columns of the truth's outside.jsonl; a refused call has no model."""
    served = (calls["status"] == 200).to_numpy()
    deployments = [DEPLOYMENTS[place] for place in calls["deployment"].tolist()]
    return {
        "time": iso_times(calls["time_ms"].to_numpy()).tolist(),
        "ended_at": iso_times(calls["ended_ms"].to_numpy()).tolist(),
        "workload": calls["workload"].tolist(),
        "status": calls["status"].tolist(),
        "model": kept([deployment.model for deployment in deployments], served).tolist(),
        "deployment": [deployment.name for deployment in deployments],
        "sku": [deployment.sku for deployment in deployments],
        "hosting": [deployment.hosting for deployment in deployments],
        "speed": ["standard"] * len(calls),
        "streamed": calls["streamed"].tolist(),
        **{name: calls[name].tolist() for name in TOKEN_CLASSES},
        "web_search_requests": calls["web_searches"].tolist(),
    }
