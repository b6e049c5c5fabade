"""Usage records: the response's own usage object, which the tenant keeps for unstreamed answers."""

import numpy as np
import pandas as pd

from ingest.sandbox.generator.arrays import Bools
from ingest.sandbox.generator.catalog import DEPLOYMENTS
from ingest.sandbox.generator.gateway_rows import iso_times
from ingest.sandbox.generator.outcomes import OUTCOME
from ingest.sandbox.generator.tariff import TOKEN_CLASSES
from ingest.sandbox.generator.traps import TRAP

_REPEATED_SHARE = 0.002
# A record must not tell what a planted oddity is there to hide.
_TRAPS = ("", "response_header_only", "trace_only", "no_identity", "late_days", "duplicate_line")
_HAIKU_TRAPS = ("haiku_at_100000", "haiku_at_100001", "haiku_uncached_above_100k")


def recorded_answers(table: pd.DataFrame, streamed: Bools) -> Bools:
    """Return which calls a usage record is kept of: whole answers that came in one piece."""
    whole = (table["outcome"] == OUTCOME["ok"]).to_numpy() & ~streamed
    told = [TRAP[name] for name in (*_TRAPS, *_HAIKU_TRAPS)]
    kept: Bools = whole & np.isin(table["trap"].to_numpy(), told)
    return kept


def usage_columns(rng: np.random.Generator, calls: pd.DataFrame) -> dict[str, list[object]]:
    """Return the columns of the records of these calls, in the order of their ends.

    A few records are there twice.
    """
    count = len(calls)
    place = np.arange(count)
    repeated = place[rng.random(count) < _REPEATED_SHARE]
    ended_ms = (calls["time_ms"] + calls["total_ms"]).to_numpy()
    place = np.concatenate([place, repeated])
    place = place[np.argsort(ended_ms[place], kind="stable")]
    rows = calls.iloc[place]
    return {
        "correlation_id": rows["correlation_id"].tolist(),
        "time": iso_times(ended_ms[place]).tolist(),
        "usage": _usage(rows),
    }


def _usage(rows: pd.DataFrame) -> list[object]:
    """Return the usage object of the Messages API per call."""
    columns = [rows[name].tolist() for name in (*TOKEN_CLASSES, "web_searches", "deployment")]
    usages: list[object] = []
    for uncached, output, read, write_5m, write_1h, searches, deployment in zip(
        *columns, strict=True
    ):
        usages.append(
            {
                "input_tokens": uncached,
                "cache_creation_input_tokens": write_5m + write_1h,
                "cache_read_input_tokens": read,
                "cache_creation": {
                    "ephemeral_5m_input_tokens": write_5m,
                    "ephemeral_1h_input_tokens": write_1h,
                },
                "output_tokens": output,
                "server_tool_use": {"web_search_requests": searches, "web_fetch_requests": 0},
                "service_tier": "standard",
                "inference_geo": _GEOS[deployment],
                "speed": "standard",
            }
        )
    return usages


def _geo(hosting: str, sku: str) -> str:
    """Return where the answer says it was made; Anthropic's own hosting does not say."""
    if hosting == "anthropic":
        return "not_available"
    return "us" if sku == "DataZoneStandard" else "global"


_GEOS = [_geo(deployment.hosting, deployment.sku) for deployment in DEPLOYMENTS]
