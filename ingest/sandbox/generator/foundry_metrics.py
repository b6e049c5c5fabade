"""Foundry's platform metrics: exact sums per minute and deployment, of everybody's traffic.

A request counts in the minute in which its response ended. A minute without a value has no point.
No public page says which values ApiName, OperationName, StreamType and ContextLength take for
Claude: those here are placeholders of the documented dimensions.
"""

import numpy as np
import pandas as pd

from ingest.sandbox.generator.arrays import Bools, Ints, sum_by
from ingest.sandbox.generator.catalog import DEPLOYMENTS, Deployment, utc_text
from ingest.sandbox.generator.metric_points import (
    MINUTE_MS,
    Points,
    available_ms,
    chosen_points,
    series_head,
    with_first_values,
)
from ingest.sandbox.generator.tariff import PROMPT_CLASSES, TOKEN_CLASSES
from ingest.sandbox.generator.unmeasured import ACCOUNT, Unmeasured

NAMESPACE = "Microsoft.CognitiveServices/accounts"
_TOKEN_METRICS = {"InputTokens": "input_tokens", "OutputTokens": "output_tokens"}
_CACHE_METRICS = {
    "cacheReadInputTokens": "cache_read_tokens",
    "ephemeral5mInputTokens": "cache_write_5m_tokens",
    "ephemeral1hInputTokens": "cache_write_1h_tokens",
}
_CONTEXT_LENGTHS = ("<=100K", ">100K")
_LONG_CONTEXT_TOKENS = 100_000
_STATUSES = (200, 429, 500, 503, 529)
_STREAM_TYPES = ("Non-Streaming", "Streaming")


def foundry_points(
    rng: np.random.Generator, answers: pd.DataFrame, unmeasured: Unmeasured
) -> Points:
    """Return the points of all metrics of all deployments, a few of them given twice."""
    place = _minute_places(answers)
    prompt = answers[list(PROMPT_CLASSES)].sum(axis=1).to_numpy()
    long = (prompt > _LONG_CONTEXT_TOKENS).astype(np.int64)
    sums: list[tuple[list[str], Ints, Ints]] = []
    for metric, column in _TOKEN_METRICS.items():
        heads = [_head(deployment, metric) for deployment in DEPLOYMENTS]
        sums.append((heads, *sum_by(place, answers[column].to_numpy())))
    for metric, column in _CACHE_METRICS.items():
        heads = [
            _head(deployment, metric, ContextLength=length)
            for deployment in DEPLOYMENTS
            for length in _CONTEXT_LENGTHS
        ]
        key = place * len(_CONTEXT_LENGTHS) + long
        sums.append((heads, *sum_by(key, answers[column].to_numpy())))
    sums.append(_requests(answers, place))
    points = with_first_values(rng, _points(rng, sums))
    account = np.array([f'/accounts/{ACCOUNT}"' in head for head in points.heads])[points.series]
    return chosen_points(points, unmeasured.recorded(points.time_ms, account))


def minute_columns(answers: pd.DataFrame, unmeasured: Unmeasured) -> dict[str, list[object]]:
    """Return the columns of the truth's metric_minutes.jsonl: 1 row per minute and deployment.

    Each figure is there three times: of the gateway's requests in its log, with `unlogged_` before
    it of those that no row shows, with `outside_` of the others. `recorded` is false where the
    platform recorded no point.
    """
    served = answers[answers["status"] == 200]
    place = _minute_places(served)
    found, _ = sum_by(place, np.zeros(len(place), dtype=np.int64))
    account = np.array([deployment.account == ACCOUNT for deployment in DEPLOYMENTS])
    minute_ms, deployment = found // len(DEPLOYMENTS) * MINUTE_MS, found % len(DEPLOYMENTS)
    columns: dict[str, list[object]] = {
        "time": [utc_text(minute) for minute in minute_ms.tolist()],
        "deployment": [DEPLOYMENTS[place].name for place in deployment.tolist()],
        "recorded": unmeasured.recorded(minute_ms, account[deployment]).tolist(),
    }
    outside, unlogged = (served[name].to_numpy(dtype=np.bool_) for name in ("outside", "unlogged"))
    parts = {"": ~(outside | unlogged), "unlogged_": unlogged, "outside_": outside}
    for prefix, chosen in parts.items():
        columns[f"{prefix}requests"] = _sums_of(place, np.ones(len(place), dtype=np.int64), chosen)
        for name in TOKEN_CLASSES:
            columns[f"{prefix}{name}"] = _sums_of(place, served[name].to_numpy(), chosen)
    return columns


def _sums_of(place: Ints, values: Ints, chosen: Bools) -> list[object]:
    _, sums = sum_by(place, np.where(chosen, values, 0))
    result: list[object] = sums.tolist()
    return result


def _minute_places(answers: pd.DataFrame) -> Ints:
    """Return one number per minute and deployment."""
    minute = answers["ended_ms"].to_numpy() // MINUTE_MS
    place: Ints = minute * len(DEPLOYMENTS) + answers["deployment"].to_numpy()
    return place


def _requests(answers: pd.DataFrame, place: Ints) -> tuple[list[str], Ints, Ints]:
    heads = [
        _head(
            deployment,
            "ModelRequests",
            OperationName="CreateMessage",
            StreamType=stream_type,
            StatusCode=str(status),
            IsSpillover="False",
            ServiceTierRequest="standard",
            ServiceTierResponse="standard",
        )
        for deployment in DEPLOYMENTS
        for status in _STATUSES
        for stream_type in _STREAM_TYPES
    ]
    status = np.searchsorted(np.array(_STATUSES), answers["status"].to_numpy())
    key = (place * len(_STATUSES) + status) * len(_STREAM_TYPES) + answers["streamed"].to_numpy()
    return heads, *sum_by(key, np.ones(len(key), dtype=np.int64))


def _points(rng: np.random.Generator, sums: list[tuple[list[str], Ints, Ints]]) -> Points:
    """Return the sums as points; a sum of zero is a point that is missing."""
    heads: list[str] = []
    series, minutes, totals = [], [], []
    for metric_heads, key, total in sums:
        known = total > 0
        series.append(key[known] % len(metric_heads) + len(heads))
        minutes.append(key[known] // len(metric_heads))
        totals.append(total[known])
        heads += metric_heads
    time_ms: Ints = np.concatenate(minutes) * MINUTE_MS
    return Points(
        heads=heads,
        series=np.concatenate(series),
        time_ms=time_ms,
        total=np.concatenate(totals),
        available_ms=available_ms(rng, time_ms),
    )


def _head(deployment: Deployment, metric: str, **more: str) -> str:
    dimensions = {
        "ApiName": "Messages",
        "Region": deployment.region,
        "ModelDeploymentName": deployment.name,
        "ModelName": deployment.model,
        "ModelVersion": deployment.version,
        **more,
    }
    return series_head(deployment.foundry_resource_id, NAMESPACE, metric, dimensions)
