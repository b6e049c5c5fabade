"""Foundry's answers: to the gateway's calls and to others, with all that is billed for them."""

import numpy as np
import pandas as pd

from ingest.sandbox.generator.arrays import Bools
from ingest.sandbox.generator.calls import Calls, Scope
from ingest.sandbox.generator.gateway_rows import iso_times
from ingest.sandbox.generator.outcomes import MESSAGES, OUTCOMES
from ingest.sandbox.generator.tariff import TOKEN_CLASSES

# By client: code, desktop, sdk, ci. Together about every eighth request does without a stream.
_UNSTREAMED_SHARE = np.array([0.12, 0.1, 0.5, 0.2])
_COLUMNS = ("time_ms", "deployment", *TOKEN_CLASSES, "web_searches")


def draw_streamed(scope: Scope, calls: Calls) -> Bools:
    """Return for every call whether its client asked for a stream."""
    draw = scope.stream("responses").random(len(calls.table))
    streamed: Bools = draw >= _UNSTREAMED_SHARE[calls.table["client"]]
    return streamed


def foundry_answers(table: pd.DataFrame, streamed: Bools, outside: pd.DataFrame) -> pd.DataFrame:
    """Return one row per answer of the messages route, refusals included.

    Columns: time_ms, ended_ms (when the last byte had passed the gateway), deployment, status,
    streamed, outside, unlogged (passed the gateway, is in no row of its log), the TOKEN_CLASSES and
    web_searches.
    """
    status = np.array(
        [outcome.backend_code if outcome.call == MESSAGES else 0 for outcome in OUTCOMES]
    )[table["outcome"]]
    answered = status > 0
    own = table.loc[answered, list(_COLUMNS)].copy()
    own["ended_ms"] = (table["time_ms"] + table["total_ms"])[answered]
    own["status"], own["streamed"] = status[answered], streamed[answered]
    own["unlogged"] = (table["unlogged"] > 0)[answered]
    others = outside[[*_COLUMNS, "ended_ms", "status", "streamed"]]
    others = others.assign(outside=True, unlogged=False)
    return pd.concat([own.assign(outside=False), others], ignore_index=True)


def response_columns(table: pd.DataFrame, streamed: Bools) -> dict[str, list[object]]:
    """Return the columns of the truth's responses.jsonl: line for line those of its requests."""
    ended_ms = (table["time_ms"] + table["total_ms"]).to_numpy()
    return {
        "correlation_id": table["correlation_id"].tolist(),
        "ended_at": iso_times(ended_ms).tolist(),
        "foundry_status": [
            OUTCOMES[place].backend_code or None if OUTCOMES[place].call == MESSAGES else None
            for place in table["outcome"].tolist()
        ],
        "streamed": streamed.tolist(),
    }
