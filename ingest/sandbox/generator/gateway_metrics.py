"""The gateway's own platform metrics: how busy it is, and how its answers fall by kind of code."""

import numpy as np
import pandas as pd

from ingest.sandbox.generator.arrays import Floats, Ints, sum_by
from ingest.sandbox.generator.catalog import APIM_RESOURCE_ID, GATEWAY_HOST, GATEWAY_REGION
from ingest.sandbox.generator.metric_points import MINUTE_MS, Points, available_ms, series_head
from ingest.sandbox.generator.outcomes import OUTCOMES

NAMESPACE = "Microsoft.ApiManagement/service"
_GAUGE_EVERY_MS = 5 * MINUTE_MS
_IDLE_PERCENT, _MOST_PERCENT = 3.0, 97.0
# Of the processor per request in five minutes, until most of it is used.
_PERCENT_PER_REQUEST = 0.22
# An answer that was never sent has code 0.
_CATEGORIES = ("0xx", "1xx", "2xx", "3xx", "4xx", "5xx")


def request_points(rng: np.random.Generator, table: pd.DataFrame) -> Points:
    """Return `Requests` per minute of the answer and kind of response code."""
    category = np.array([outcome.response_code // 100 for outcome in OUTCOMES])[table["outcome"]]
    minute = _ended_ms(table) // MINUTE_MS
    key, total = sum_by(minute * len(_CATEGORIES) + category, np.ones(len(table), dtype=np.int64))
    time_ms: Ints = key // len(_CATEGORIES) * MINUTE_MS
    place = {"Location": GATEWAY_REGION, "Hostname": GATEWAY_HOST}
    return Points(
        heads=[
            _head("Requests", {**place, "GatewayResponseCodeCategory": name})
            for name in _CATEGORIES
        ],
        series=key % len(_CATEGORIES),
        time_ms=time_ms,
        total=total,
        available_ms=available_ms(rng, time_ms),
    )


def gauge_points(
    rng: np.random.Generator, table: pd.DataFrame, starts_ms: int, ends_ms: int
) -> Points:
    """Return the gauges `Capacity` and `CpuPercent_Gateway`, a percentage every five minutes."""
    edges = np.arange(starts_ms, ends_ms + 1, _GAUGE_EVERY_MS)
    load, _ = np.histogram(_ended_ms(table), bins=edges)
    count = len(load)
    work = 1 - np.exp(-load * _PERCENT_PER_REQUEST / _MOST_PERCENT)
    cpu: Floats = _IDLE_PERCENT + (_MOST_PERCENT - _IDLE_PERCENT) * work + rng.gamma(2, 0.8, count)
    capacity: Floats = 0.8 * cpu + rng.gamma(2, 0.5, count)
    percent = np.round(np.minimum(np.concatenate([capacity, cpu]), 100), 1)
    time_ms = np.tile(edges[:-1], 2)
    return Points(
        heads=[_head("Capacity", {}), _head("CpuPercent_Gateway", {})],
        series=np.repeat(np.arange(2), count),
        time_ms=time_ms,
        total=percent,
        available_ms=available_ms(rng, time_ms),
    )


def _ended_ms(table: pd.DataFrame) -> Ints:
    ended: Ints = (table["time_ms"] + table["total_ms"]).to_numpy()
    return ended


def _head(metric: str, dimensions: dict[str, str]) -> str:
    return series_head(APIM_RESOURCE_ID, NAMESPACE, metric, dimensions)
