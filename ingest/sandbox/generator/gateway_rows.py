"""Calls as rows of ApiManagementGatewayLogs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingest.sandbox.generator.arrays import Bools, Ints, Objects, kept
from ingest.sandbox.generator.catalog import (
    APIM_RESOURCE_ID,
    CI,
    CODE,
    DAY_MS,
    DEPLOYMENTS,
    GATEWAY_HOST,
    LOG_WORKSPACE_ID,
    OFFICES,
    SDK,
    user_agent,
)
from ingest.sandbox.generator.company import FORMULA_TEXT, SCRIPT_TEXT
from ingest.sandbox.generator.deformed_rows import deform
from ingest.sandbox.generator.identifiers import guids
from ingest.sandbox.generator.outcomes import (
    METHODS,
    OPERATIONS,
    OUTCOMES,
    PROBE,
    ROUTES,
    Evidence,
)
from ingest.sandbox.generator.sessions import Habits
from ingest.sandbox.generator.traps import SUBSCRIPTIONS, TRAP

_MALFORMED_OID = "unknown user"
_HUGE_BYTES = 1_000_000
_USER_AGENTS = {
    TRAP["huge_user_agent"]: "A" * _HUGE_BYTES,
    TRAP["script_user_agent"]: SCRIPT_TEXT,
    TRAP["formula_user_agent"]: FORMULA_TEXT,
}
GATEWAY_CONSTANTS: dict[str, object] = {
    "OperationName": "Microsoft.ApiManagement/GatewayLogs",
    "Category": "GatewayLogs",
    "ProductId": "",
    "UserId": "",
    "ClientProtocol": "HTTP/1.1",
    "ClientTlsVersion": "1.3",
    "ClientTime": 0,
    "CacheTime": 0,
    "Cache": "none",
    "Region": "Sweden Central",
    "Type": "ApiManagementGatewayLogs",
    "TenantId": LOG_WORKSPACE_ID,
    "_ResourceId": APIM_RESOURCE_ID.lower(),
}


def _spellings(name: str) -> tuple[str, str, str, str]:
    """Return one header name in the four casings that occur in the log."""
    titled = name.title()
    return name, titled, name.upper(), f"{name[0]}{titled[1:].replace('Oid', 'OID')}"


_OID = _spellings("x-caller-oid")
_DEPLOYMENT = _spellings("x-llm-deployment")
_SPEED = _spellings("x-llm-speed")
_AGENT = _spellings("user-agent")
_SESSION_ID = _spellings("x-claude-code-session-id")
_AGENT_ID = _spellings("x-claude-code-agent-id")
_DENIED_BY = _spellings("x-denied-by")


@dataclass(frozen=True)
class _Senders:
    """Per call: who it shows as where; None where the log has nothing."""

    backend: list[str | None]
    response: list[str | None]
    trace: list[str | None]
    claimed: list[str | None]
    deployment: list[str | None]


def gateway_columns(
    rng: np.random.Generator, calls: pd.DataFrame, habits: Habits, oids: Sequence[str]
) -> dict[str, list[object]]:
    """Return the table's columns for these calls, in their order, but for GATEWAY_CONSTANTS."""
    place = {name: calls[name].to_numpy() for name in ("outcome", "caller", "client", "casing")}
    outcomes = [OUTCOMES[outcome] for outcome in place["outcome"].tolist()]
    senders = _senders(calls, habits, oids)
    trap = calls["trap"].to_numpy()
    timeless = (trap == TRAP["null_time"]) | (trap == TRAP["null_time_gateway"])
    time = kept(iso_times(calls["time_ms"].to_numpy()), ~timeless)
    open_api = (calls["evidence"] == Evidence.CLAIMED).to_numpy()
    subscription = calls["subscription"].tolist()
    old = habits.old_revision[place["caller"]] & ~open_api
    no_code = (place["casing"] % 2 == 0).tolist()
    columns: dict[str, list[object]] = {
        "TimeGenerated": time.tolist(),
        "CorrelationId": calls["correlation_id"].tolist(),
        "ApiId": np.where(open_api, "claude-open", "claude").tolist(),
        "ApiRevision": np.where(old, "1", "3").tolist(),
        "OperationId": [OPERATIONS[o.call] for o in outcomes],
        "ApimSubscriptionId": ["" if s < 0 else SUBSCRIPTIONS[s] for s in subscription],
        "Method": [METHODS[o.call] for o in outcomes],
        "Url": _urls(calls, open_api, old),
        "CallerIpAddress": _addresses(calls, habits),
        "ResponseCode": [o.response_code for o in outcomes],
        "BackendResponseCode": [
            o.backend_code or (None if empty else 0)
            for o, empty in zip(outcomes, no_code, strict=True)
        ],
        "BackendMethod": [METHODS[o.call] if o.forwarded else "" for o in outcomes],
        "BackendProtocol": ["HTTP/1.1" if o.forwarded else "" for o in outcomes],
        "BackendUrl": _backend_urls(calls),
        "RequestSize": calls["request_bytes"].tolist(),
        "ResponseSize": calls["response_bytes"].tolist(),
        "TotalTime": calls["total_ms"].tolist(),
        "BackendTime": calls["backend_ms"].tolist(),
        "IsRequestSuccess": [o.response_code == 200 and not o.reason for o in outcomes],
        "LastErrorReason": [o.reason for o in outcomes],
        "LastErrorSource": [o.source for o in outcomes],
        "LastErrorSection": [
            ("" if not o.reason else "backend" if o.forwarded else "inbound") for o in outcomes
        ],
        "RequestHeaders": _request_headers(calls, senders),
        "ResponseHeaders": _response_headers(calls, senders),
        "BackendRequestHeaders": _backend_headers(calls, senders),
        "TraceRecords": _traces(calls, senders),
        "_IngestionTime": iso_times(calls["gateway_ingested_ms"].to_numpy()).tolist(),
        "_ItemId": list(guids(rng, len(calls))),
    }
    deform(columns, calls)
    return columns


def traced_in_log(calls: pd.DataFrame, habits: Habits) -> Bools:
    """Return which calls the policy traces into the log; its old revision does not trace."""
    forwarded = np.array([outcome.forwarded for outcome in OUTCOMES])[calls["outcome"]]
    evidence, old = calls["evidence"].to_numpy(), habits.old_revision[calls["caller"]]
    traced = (evidence == Evidence.BACKEND) & ~old & forwarded & (calls["traced"] == 1).to_numpy()
    return np.asarray(traced | (evidence == Evidence.TRACE))


def names_deployment(calls: pd.DataFrame, habits: Habits) -> Bools:
    """Return for which calls the policy writes the deployment; its old revision does not."""
    forwarded = np.array([outcome.forwarded for outcome in OUTCOMES])[calls["outcome"]]
    old = habits.old_revision[calls["caller"]]
    return np.asarray(forwarded & ~old & (calls["evidence"] != Evidence.CLAIMED))


def iso_times(times_ms: Ints) -> Objects:
    """Return RFC 3339 texts in UTC with milliseconds."""
    moments = times_ms.astype("datetime64[ms]")
    return np.char.add(np.datetime_as_string(moments, unit="ms"), "Z").astype(np.object_)


def _senders(calls: pd.DataFrame, habits: Habits, oids: Sequence[str]) -> _Senders:
    names = np.array([*oids, None], dtype=object)
    caller, claimed = calls["caller"].to_numpy(), calls["claimed"].to_numpy()
    evidence = calls["evidence"].to_numpy()
    forwarded = np.array([o.forwarded for o in OUTCOMES])[calls["outcome"]]
    true_oid, claimed_oid = names[caller], names[claimed]
    bad = evidence == Evidence.MALFORMED
    written = evidence == Evidence.BACKEND
    backend = kept(true_oid, written & forwarded)
    passed = evidence == Evidence.CLAIMED
    backend[passed] = claimed_oid[passed]
    response = kept(true_oid, written | (evidence == Evidence.RESPONSE))
    backend[bad] = response[bad] = _MALFORMED_OID
    deployments = np.array([d.name for d in DEPLOYMENTS], dtype=object)[calls["deployment"]]
    return _Senders(
        backend=backend.tolist(),
        response=response.tolist(),
        trace=kept(true_oid, traced_in_log(calls, habits)).tolist(),
        claimed=claimed_oid.tolist(),
        deployment=kept(deployments, names_deployment(calls, habits)).tolist(),
    )


def _urls(calls: pd.DataFrame, open_api: Bools, old: Bools) -> list[object]:
    base = f"https://{GATEWAY_HOST}/claude"
    prefix = np.where(open_api, f"{base}-open", np.where(old, f"{base};rev=1", base))
    calls_made = np.array([outcome.call for outcome in OUTCOMES])[calls["outcome"]]
    beta = np.isin(calls["client"], (CODE, CI)) & (calls_made <= 1)
    route = np.array(ROUTES, dtype=object)[calls_made]
    # Some clients probe the messages route itself.
    probing = (calls_made == PROBE) & (calls["casing"] == 0).to_numpy()
    route = np.where(probing, ROUTES[0], route)
    url: list[object] = (prefix.astype(object) + route + np.where(beta, "?beta=true", "")).tolist()
    return url


def _backend_urls(calls: pd.DataFrame) -> list[object]:
    urls = [deployment.backend_url for deployment in DEPLOYMENTS]
    outcomes = [OUTCOMES[place] for place in calls["outcome"].tolist()]
    return [
        urls[deployment].replace(ROUTES[0], ROUTES[outcome.call]) if outcome.forwarded else ""
        for deployment, outcome in zip(calls["deployment"].tolist(), outcomes, strict=True)
    ]


def _addresses(calls: pd.DataFrame, habits: Habits) -> list[object]:
    caller = calls["caller"].to_numpy()
    office = np.where(habits.is_service[caller], len(OFFICES), habits.office[caller])
    networks = [*(f"{o.network}.{{}}" for o in OFFICES), "198.51.100.{}"]
    first = [*(o.first_address for o in OFFICES), 200]
    host = caller % 4 * 3 + calls["address"].to_numpy()
    return [
        networks[place].format(first[place] + number)
        for place, number in zip(office.tolist(), host.tolist(), strict=True)
    ]


def _request_headers(calls: pd.DataFrame, senders: _Senders) -> list[object]:
    # Releases roll out over the weeks, to half of the people some days later.
    build = (calls["time_ms"] // DAY_MS + 3 * (calls["caller"] % 2)) // 6 % 10
    texts = [[user_agent(client, number) for number in range(10)] for client in range(SDK + 2)]
    rows = zip(
        calls["casing"].tolist(),
        calls["client"].tolist(),
        build.tolist(),
        calls["trap"].tolist(),
        calls["session_id"].tolist(),
        calls["agent"].tolist(),
        senders.claimed,
        strict=True,
    )
    headers: list[object] = []
    for casing, client, number, trap, session, agent, claimed in rows:
        header = {_AGENT[casing]: _USER_AGENTS.get(trap) or texts[client][number]}
        if client in (CODE, CI):
            header[_SESSION_ID[casing]] = session
            if agent:
                header[_AGENT_ID[casing]] = f"agent-{agent}"
        if claimed:
            header[_OID[casing]] = claimed
        headers.append(header)
    return headers


def _response_headers(calls: pd.DataFrame, senders: _Senders) -> list[object]:
    denied_by = [outcome.denied_by for outcome in OUTCOMES]
    rows = zip(
        calls["casing"].tolist(),
        calls["outcome"].tolist(),
        senders.response,
        senders.deployment,
        strict=True,
    )
    headers: list[object] = []
    for casing, outcome, oid, deployment in rows:
        header = _policy_headers(casing, oid, deployment)
        if denied_by[outcome]:
            header[_DENIED_BY[casing]] = denied_by[outcome]
        headers.append(header)
    return headers


def _backend_headers(calls: pd.DataFrame, senders: _Senders) -> list[object]:
    return [
        _policy_headers(casing, oid, deployment)
        for casing, oid, deployment in zip(
            calls["casing"].tolist(), senders.backend, senders.deployment, strict=True
        )
    ]


def _policy_headers(casing: int, oid: str | None, deployment: str | None) -> dict[str, str]:
    header = {_OID[casing]: oid} if oid else {}
    if deployment:
        header[_DEPLOYMENT[casing]] = deployment
        header[_SPEED[casing]] = "standard"
    return header


def _traces(calls: pd.DataFrame, senders: _Senders) -> list[object]:
    rows = zip(calls["correlation_id"].tolist(), senders.trace, senders.deployment, strict=True)
    return [
        _trace(correlation_id, oid, deployment) if oid else []
        for correlation_id, oid, deployment in rows
    ]


def _trace(correlation_id: str, oid: str, deployment: str | None) -> list[dict[str, object]]:
    metadata = {
        "request_id": correlation_id,
        "oid": oid,
        "user_authorization_forwarded": "false",
        "credential_kind": "managed_identity",
    }
    if deployment:
        metadata |= {"deployment": deployment, "speed": "standard"}
    return [{"source": "claude-gateway", "message": "caller", "metadata": metadata}]
