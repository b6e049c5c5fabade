"""Calls as rows of AppMetrics: what the gateway's token-metric policy emits per minute and caller.

It is a view, not a ledger, and has the flaws of one: calls that the gateway rejected are absent,
and so is every caller beyond the first hundred, in silence.
"""

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd

from ingest.sandbox.generator.arrays import Bools, Ints
from ingest.sandbox.generator.catalog import (
    APP_INSIGHTS_RESOURCE_ID,
    DAY_MS,
    DEPLOYMENTS,
    GATEWAY_NAME,
    GATEWAY_REGION,
    LOG_WORKSPACE_ID,
)
from ingest.sandbox.generator.identifiers import guids
from ingest.sandbox.generator.metric_points import MINUTE_MS
from ingest.sandbox.generator.outcomes import OUTCOMES, Evidence
from ingest.sandbox.generator.sessions import Habits
from ingest.sandbox.generator.traps import TRAP

MOST_CALLERS = 100
APP_CONSTANTS: dict[str, object] = {
    "AppRoleName": f"{GATEWAY_NAME} {GATEWAY_REGION}",
    "ClientType": "PC",
    "TenantId": LOG_WORKSPACE_ID,
    "_ResourceId": APP_INSIGHTS_RESOURCE_ID.lower(),
}
# What Application Insights adds to a policy's own dimensions.
GATEWAY_PROPERTIES = {
    "Region": GATEWAY_REGION,
    "Service ID": GATEWAY_NAME,
    "Service Name": f"{GATEWAY_NAME}.azure-api.net",
    "Service Type": "API Management",
}
_METRICS = ("Prompt Tokens", "Completion Tokens", "Total Tokens", "Prompt Cached Tokens")
_MODELS = sorted({deployment.model for deployment in DEPLOYMENTS})
_TRAPS = ("", "response_header_only", "late_days", "duplicate_line", "aborted_metered")


def app_metric_lines(
    rng: np.random.Generator, calls: pd.DataFrame, habits: Habits, oids: Sequence[str]
) -> tuple[list[str], Ints]:
    """Return the table's rows for these calls as JSON lines, and each line's day since 1970."""
    shown = calls[_emitted(calls, habits)]
    ended_ms = (shown["time_ms"] + shown["total_ms"]).to_numpy()
    shown = shown.iloc[np.argsort(ended_ms, kind="stable")]
    ended_ms = np.sort(ended_ms, kind="stable")
    known = shown["caller"].isin(shown_callers(calls, habits)).to_numpy()
    shown, minute = shown[known], ended_ms[known] // MINUTE_MS
    if shown.empty:
        return [], minute
    model = np.array([_MODELS.index(deployment.model) for deployment in DEPLOYMENTS])[
        shown["deployment"]
    ]
    key = (minute * len(oids) + shown["caller"].to_numpy()) * len(_MODELS) + model
    order = np.argsort(key, kind="stable")
    prompt, completion, cached = (
        shown[name].to_numpy()[order]
        for name in ("input_tokens", "output_tokens", "cache_read_tokens")
    )
    found, first = np.unique(key[order], return_index=True)
    values = np.stack([prompt, completion, prompt + completion, cached])
    return _lines(rng, found, first, values, oids)


def shown_callers(calls: pd.DataFrame, habits: Habits) -> Ints:
    """Return the callers that the metric shows, in the order of their first answer's end.

    A dimension keeps its first values and drops the rest.
    """
    emitted = calls[_emitted(calls, habits)]
    order = np.argsort((emitted["time_ms"] + emitted["total_ms"]).to_numpy(), kind="stable")
    shown: Ints = pd.unique(emitted["caller"].to_numpy()[order])[:MOST_CALLERS]
    return shown


def _emitted(calls: pd.DataFrame, habits: Habits) -> Bools:
    """Return which calls the policy emits metrics of; its old revision has no such policy."""
    reached = np.array([outcome.reached_model for outcome in OUTCOMES])[calls["outcome"]]
    validated = calls["evidence"].isin((Evidence.BACKEND, Evidence.RESPONSE)).to_numpy()
    plain = calls["trap"].isin([TRAP[name] for name in _TRAPS]).to_numpy()
    emitted: Bools = reached & validated & plain & ~habits.old_revision[calls["caller"]]
    return emitted


def _lines(
    rng: np.random.Generator, found: Ints, first: Ints, values: Ints, oids: Sequence[str]
) -> tuple[list[str], Ints]:
    """Return a line per group and metric, and its day; `first` is where groups begin in `values`.

    A sum of zero is not emitted.
    """
    count = len(found)
    minute = found // (len(oids) * len(_MODELS))
    caller, model = found // len(_MODELS) % len(oids), found % len(_MODELS)
    time = _seconds(minute * MINUTE_MS)
    arrival = _seconds(minute * MINUTE_MS + rng.integers(150, 400, count) * 1000)
    items = np.diff(np.append(first, values.shape[1])).tolist()
    pairs = list(zip(caller.tolist(), model.tolist(), strict=True))
    tail = f",{json.dumps({**APP_CONSTANTS, 'Type': 'AppMetrics'})[1:]}"
    properties = {
        (caller, model): json.dumps(_properties(oids[caller], _MODELS[model]))
        for caller, model in set(pairs)
    }
    middles = [
        f'"TimeGenerated":"{at}Z","ItemCount":{number},"Properties":{properties[pair]},'
        f'"_IngestionTime":"{seen}Z","_ItemId":"'
        for at, number, pair, seen in zip(time, items, pairs, arrival, strict=True)
    ]
    lines: list[str] = []
    days: list[Ints] = []
    for metric, column in zip(_METRICS, values, strict=True):
        total = np.add.reduceat(column, first)
        least, most = np.minimum.reduceat(column, first), np.maximum.reduceat(column, first)
        rows = zip(
            total.tolist(), least.tolist(), most.tolist(), middles, guids(rng, count), strict=True
        )
        lines += [
            f'{{"Name":"{metric}","Sum":{sum_},"Min":{low},"Max":{high},{middle}{item_id}"{tail}'
            for sum_, low, high, middle, item_id in rows
            if sum_
        ]
        days.append((minute * MINUTE_MS // DAY_MS)[total > 0])
    return lines, np.concatenate(days)


def _properties(oid: str, model: str) -> dict[str, str]:
    return {"oid": oid, "model": model, "API ID": "claude", **GATEWAY_PROPERTIES}


def _seconds(times_ms: Ints) -> list[str]:
    texts: list[str] = np.datetime_as_string(times_ms.astype("datetime64[ms]"), unit="s").tolist()
    return texts
