"""Calls as rows of AppTraces: what the gateway's policy says of each, among others' traces.

Only calls of the offices in the US are traced to Application Insights. A trace says what the
gateway's own row says, but for a few that are planted to contradict it.
"""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from ingest.sandbox.generator.app_metrics import APP_CONSTANTS, GATEWAY_PROPERTIES
from ingest.sandbox.generator.arrays import Bools, Ints, kept
from ingest.sandbox.generator.calls import Scope
from ingest.sandbox.generator.catalog import (
    APP_INSIGHTS_RESOURCE_ID,
    DEPLOYMENTS,
    LOG_WORKSPACE_ID,
    OFFICES,
)
from ingest.sandbox.generator.deformed_rows import told
from ingest.sandbox.generator.gateway_rows import iso_times
from ingest.sandbox.generator.identifiers import guids
from ingest.sandbox.generator.outcomes import OUTCOMES, Evidence
from ingest.sandbox.generator.sessions import Habits
from ingest.sandbox.generator.traps import TRAP

TRACE_CONSTANTS: dict[str, object] = {**APP_CONSTANTS, "Type": "AppTraces"}
OTHER_CONSTANTS: dict[str, object] = {
    "TenantId": LOG_WORKSPACE_ID,
    "_ResourceId": APP_INSIGHTS_RESOURCE_ID.lower(),
    "Type": "AppTraces",
}
TRACE_TRAPS = ("", "other_caller", "user_authorization_forwarded", "key_credential")
_PLANTED_SHARE = 0.0005
_FEWEST_PLANTED = 2
# What has no row of its own, or no caller there, is not traced either.
_TRAPS = ("", "response_header_only", "late_days", "duplicate_line", "aborted_metered")
_OTHERS_PER_DAY = 48
_OTHERS = (
    ("report-exporter", "Export finished", {"CategoryName": "Contoso.Reports.Export"}),
    ("meeting-rooms", "Request finished", {"RequestId": "0HN5Q2:00000001", "StatusCode": "200"}),
    ("badge-sync", "Synchronised badges", {"prop__Count": "42", "oid": "not for the gateway"}),
)
_CORRELATION_ID = re.compile(r"[0-9a-f-]{36}")


def choose_traced(rng: np.random.Generator, table: pd.DataFrame, habits: Habits) -> Ints:
    """Return for every call how the policy traced it to Application Insights.

    It is a position in TRACE_TRAPS, or -1 for a call that it did not trace there.
    """
    is_traced = _is_traced(table, habits)
    chosen = np.full(len(table), -1, dtype=np.int64)
    chosen[is_traced] = _planted(rng, table[is_traced].reset_index(drop=True))
    return chosen


def traced_calls(table: pd.DataFrame, trace_trap: Ints, oids: Sequence[str]) -> pd.DataFrame:
    """Return the calls that the policy traced to Application Insights, by time.

    `trace_trap` is of choose_traced. Columns of their own: trace_trap, trace_oid (what the trace
    says).
    """
    traced = table.assign(trace_trap=trace_trap)[trace_trap >= 0].reset_index(drop=True)
    caller, trap = traced["caller"].to_numpy(), traced["trace_trap"].to_numpy()
    named = np.where(trap == TRACE_TRAPS.index("other_caller"), (caller + 1) % len(oids), caller)
    return traced.assign(trace_oid=np.array(oids, dtype=object)[named])


def _is_traced(table: pd.DataFrame, habits: Habits) -> Bools:
    caller = table["caller"].to_numpy()
    in_us = np.array([office.in_us for office in OFFICES])[habits.office[caller]]
    traced: Bools = in_us & ~habits.is_service[caller] & ~habits.old_revision[caller]
    traced &= table["evidence"].isin((Evidence.BACKEND, Evidence.RESPONSE)).to_numpy()
    traced &= table["trap"].isin([TRAP[name] for name in _TRAPS]).to_numpy()
    traced &= [bool(_CORRELATION_ID.fullmatch(text)) for text in table["correlation_id"]]
    return traced


def _planted(rng: np.random.Generator, traced: pd.DataFrame) -> Ints:
    """Plant what contradicts, into plain requests whose own row carries no trace."""
    forwarded = np.array([outcome.forwarded for outcome in OUTCOMES])[traced["outcome"]]
    plain = (traced["trap"] == 0) & (traced["traced"] == 0) & forwarded
    trap = np.zeros(len(traced), dtype=np.int64)
    for number in range(1, len(TRACE_TRAPS)):
        free = np.flatnonzero(plain & (trap == 0))
        wanted = max(_FEWEST_PLANTED, round(_PLANTED_SHARE * len(traced)))
        trap[rng.choice(free, size=min(wanted, len(free) // 10), replace=False)] = number
    return trap


def trace_columns(rng: np.random.Generator, traced: pd.DataFrame) -> dict[str, list[object]]:
    """Return the table's columns for these calls, but for TRACE_CONSTANTS."""
    time_ms = traced["time_ms"].to_numpy()
    return {
        **_times(rng, time_ms),
        "Message": ["caller"] * len(traced),
        "Properties": _properties(traced),
        "OperationName": ["claude - messages"] * len(traced),
    }


def other_columns(rng: np.random.Generator, scope: Scope) -> dict[str, list[object]]:
    """Return rows of other software that writes to the same Application Insights."""
    count = _OTHERS_PER_DAY * scope.days
    time_ms = np.sort(rng.integers(scope.starts_ms, scope.ends_ms, count))
    writers = [_OTHERS[place] for place in rng.integers(0, len(_OTHERS), count).tolist()]
    return {
        **_times(rng, time_ms),
        "Message": [message for _, message, _ in writers],
        "Properties": [properties for _, _, properties in writers],
        "AppRoleName": [role for role, _, _ in writers],
    }


def trace_truth_columns(traced: pd.DataFrame, oids: Sequence[str]) -> dict[str, list[object]]:
    """Return the columns of the truth's traces.jsonl: what each trace says, and who it was."""
    trap = traced["trace_trap"].tolist()
    return {
        "correlation_id": traced["correlation_id"].tolist(),
        "trace_oid": traced["trace_oid"].tolist(),
        "true_oid": np.array(oids, dtype=object)[traced["caller"]].tolist(),
        "trap": [TRACE_TRAPS[number] for number in trap],
    }


def days_of(columns: dict[str, list[object]]) -> Ints:
    """Return the day since 1970 of each row."""
    times = np.array([str(time)[:10] for time in columns["TimeGenerated"]], dtype="datetime64[D]")
    return times.astype(np.int64)


def _times(rng: np.random.Generator, time_ms: Ints) -> dict[str, list[object]]:
    count = len(time_ms)
    return {
        "TimeGenerated": iso_times(time_ms).tolist(),
        "SeverityLevel": [1] * count,
        # A trace id of W3C's kind: no correlation id of the gateway.
        "OperationId": [text.replace("-", "") for text in guids(rng, count)],
        "_IngestionTime": iso_times(time_ms + rng.integers(120_000, 420_000, count)).tolist(),
        "_ItemId": list(guids(rng, count)),
    }


def _properties(traced: pd.DataFrame) -> list[object]:
    forwarded = np.array([outcome.forwarded for outcome in OUTCOMES])[traced["outcome"]]
    names = np.array([deployment.name for deployment in DEPLOYMENTS], dtype=object)
    rows = zip(
        traced["correlation_id"].tolist(),
        traced["trace_oid"].tolist(),
        kept(names[traced["deployment"]], forwarded).tolist(),
        traced["trace_trap"].tolist(),
        strict=True,
    )
    faults = zip(traced["fault"].tolist(), traced["fault_number"].tolist(), strict=True)
    return [told(_metadata(*row), *fault) for row, fault in zip(rows, faults, strict=True)]


def _metadata(
    correlation_id: str, oid: str, deployment: str | None, trap: int
) -> dict[str, object]:
    forwarded = TRACE_TRAPS[trap] == "user_authorization_forwarded"
    metadata: dict[str, object] = {
        "request_id": correlation_id,
        "oid": oid,
        "user_authorization_forwarded": "true" if forwarded else "false",
        "credential_kind": "key" if TRACE_TRAPS[trap] == "key_credential" else "managed_identity",
    }
    if deployment:
        metadata |= {"deployment": deployment, "speed": "standard"}
    return metadata | GATEWAY_PROPERTIES
