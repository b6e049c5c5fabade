"""What really happened: the answers that a ledger built from the recording is held against."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ingest.sandbox.generator.answers import response_columns
from ingest.sandbox.generator.arrays import Bools, Objects, kept
from ingest.sandbox.generator.catalog import CLIENT_NAMES, DEPLOYMENTS, OFFICES, utc_text
from ingest.sandbox.generator.company import Company, Person, Service
from ingest.sandbox.generator.faults import FAULTS
from ingest.sandbox.generator.gateway_rows import iso_times
from ingest.sandbox.generator.llm_rows import logged_models
from ingest.sandbox.generator.outcomes import OUTCOMES, Evidence
from ingest.sandbox.generator.timeline import FOREVER_MS, Timeline
from ingest.sandbox.generator.traps import TRAPS, UNATTRIBUTED
from ingest.sandbox.generator.unlogged import REASONS

_EVIDENCE_NAMES = {
    Evidence.BACKEND: "backend_header",
    Evidence.RESPONSE: "response_header",
    Evidence.TRACE: "trace",
    Evidence.SUBSCRIPTION: "subscription",
}
_OF_THE_LOG = (
    "label",
    "caller_oid",
    "caller_evidence",
    "unit",
    "logged_input_tokens",
    "logged_output_tokens",
    "trap",
    "fault",
)
_USAGE = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
)


def truth_columns(
    calls: pd.DataFrame, timeline: Timeline, oids: Sequence[str]
) -> dict[str, list[object]]:
    """Return the columns of requests.jsonl: one position per call, in order of time.

    caller_oid is what the evidence ladder must find, true_oid who sent the call. Everything about
    the model is null where none was reached.
    """
    outcomes = [OUTCOMES[place] for place in calls["outcome"].tolist()]
    traps = [TRAPS[place] for place in calls["trap"].tolist()]
    reached = np.array([outcome.reached_model for outcome in outcomes], dtype=np.bool_)
    caller = calls["caller"].to_numpy()
    true_oid = np.array(oids, dtype=object)[caller]
    evidence, found = _found(calls, reached)
    units = np.array(timeline.units_at(caller, calls["time_ms"].to_numpy()), dtype=object)
    deployments = [DEPLOYMENTS[place] for place in calls["deployment"].tolist()]

    input_known = reached & np.array([trap.input_known for trap in traps], dtype=np.bool_)
    output_known = reached & np.array([trap.output_known for trap in traps], dtype=np.bool_)
    return {
        "correlation_id": calls["correlation_id"].tolist(),
        "time": iso_times(calls["time_ms"].to_numpy()).tolist(),
        "outcome": [outcome.name for outcome in outcomes],
        "reached_model": reached.tolist(),
        "label": [trap.label for trap in traps],
        "caller_oid": kept(true_oid, found).tolist(),
        "caller_evidence": kept(evidence, found).tolist(),
        "true_oid": true_oid.tolist(),
        "unit": kept(units, found).tolist(),
        "client": [CLIENT_NAMES[client] for client in calls["client"].tolist()],
        "model": kept(logged_models(calls), reached).tolist(),
        "deployment": kept([deployment.name for deployment in deployments], reached).tolist(),
        "sku": kept([deployment.sku for deployment in deployments], reached).tolist(),
        "speed": kept(["standard"] * len(calls), reached).tolist(),
        "hosting": kept([deployment.hosting for deployment in deployments], reached).tolist(),
        **{name: calls[name].tolist() for name in _USAGE},
        "web_search_requests": calls["web_searches"].tolist(),
        "logged_input_tokens": kept(calls["input_tokens"].to_numpy(), input_known).tolist(),
        "logged_output_tokens": kept(calls["output_tokens"].to_numpy(), output_known).tolist(),
        "trap": [trap.name for trap in traps],
        "fault": [FAULTS[place].name for place in calls["fault"].tolist()],
        "session_id": calls["session_id"].tolist(),
    }


def unlogged_columns(
    calls: pd.DataFrame, streamed: Bools, timeline: Timeline, oids: Sequence[str]
) -> dict[str, list[object]]:
    """Return the columns of unlogged.jsonl: those of requests.jsonl and responses.jsonl.

    What would tell how the log shows a call is left out, because it does not; `reason` says why.
    """
    columns = truth_columns(calls, timeline, oids) | response_columns(calls, streamed)
    kept = {name: column for name, column in columns.items() if name not in _OF_THE_LOG}
    return kept | {"reason": [REASONS[place] for place in calls["unlogged"].tolist()]}


def _found(calls: pd.DataFrame, reached: Bools) -> tuple[Objects, Bools]:
    """Return the ladder's rung per call, and whether it finds the caller."""
    rungs = np.array([_EVIDENCE_NAMES.get(evidence, "") for evidence in Evidence], dtype=np.object_)
    evidence = calls["evidence"].to_numpy()
    rung = rungs[evidence]
    forwarded = np.array([outcome.forwarded for outcome in OUTCOMES])[calls["outcome"]]
    rung[(evidence == Evidence.BACKEND) & ~forwarded] = _EVIDENCE_NAMES[Evidence.RESPONSE]
    unattributed = np.array([trap.label == UNATTRIBUTED for trap in TRAPS])[calls["trap"]]
    return rung, np.isin(evidence, list(_EVIDENCE_NAMES)) & ~(reached & unattributed)


def people_rows(company: Company, timeline: Timeline, starts_ms: int) -> list[dict[str, object]]:
    """Return one row per caller with their units over time, joining and leaving."""
    units: dict[int, list[dict[str, str]]] = {}
    for caller, from_ms, unit in timeline.spans:
        since = utc_text(max(from_ms, starts_ms))
        units.setdefault(caller, []).append({"from": since, "unit": unit})
    kinds = [person.user_type.lower() for person in company.people]
    kinds += ["service_principal"] * len(company.services)
    offices: list[str | None] = [OFFICES[person.office].name for person in company.people]
    offices += [None] * len(company.services)
    callers: tuple[Person | Service, ...] = (*company.people, *company.services)
    return [
        {
            "oid": caller.oid,
            "display_name": caller.display_name,
            "kind": kinds[place],
            "office": offices[place],
            "active_from": _moment(int(timeline.active_from_ms[place])),
            "active_until": _moment(int(timeline.active_until_ms[place])),
            "units": units[place],
        }
        for place, caller in enumerate(callers)
    ]


def _moment(moment_ms: int) -> str | None:
    return None if moment_ms in (0, FOREVER_MS) else utc_text(moment_ms)
