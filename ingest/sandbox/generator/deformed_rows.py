"""Gateway rows put out of shape: header columns as exports have them, and the planted faults."""

import json
from collections.abc import Callable

import numpy as np
import pandas as pd

from ingest.sandbox.generator.faults import FAULT, FAULTS
from ingest.sandbox.generator.traps import TRAP

Columns = dict[str, list[object]]
Words = dict[str, object]
FAKE_CREDENTIAL = "fake-credential-of-the-sandbox"
AGENTS = (
    "Anthropic/Python 0.103.0",
    "Anthropic/JS 0.71.2",
    "python-requests/2.32.5",
    "node-fetch/3.3.2",
    "okhttp/5.1.0",
    "axios/1.12.2",
    "curl/8.16.0",
    "Go-http-client/2.0",
    "PostmanRuntime/7.48.0",
    "Java-http-client/24.0.2",
    "aiohttp/3.13.1",
    "undici/7.16.0",
)
_POOL_HOST = "claude-pool.contoso.example"
_PROXY_AGENT = "litellm/1.55.3"
_OUTDATED = ("1.4.88", "0.14.10", "1.4.0")
_CURRENT = ("1.15.2", "1.5.0")
_SIDES = ("RequestHeaders", "ResponseHeaders", "BackendRequestHeaders")


def deform(columns: Columns, calls: pd.DataFrame) -> None:
    """Put the rows of some calls out of shape, in place."""
    trap = calls["trap"].to_numpy()
    for place in np.flatnonzero(trap == TRAP["headers_as_text"]).tolist():
        for name in (*_SIDES, "TraceRecords"):
            columns[name][place] = json.dumps(columns[name][place])
    for place in np.flatnonzero(trap == TRAP["headers_as_list"]).tolist():
        for name in _SIDES:
            columns[name][place] = _name_value_list(columns[name][place])
    fault, number = calls["fault"].to_numpy(), calls["fault_number"].to_numpy()
    for place in np.flatnonzero(fault).tolist():
        change = _CHANGES.get(FAULTS[fault[place]].name)
        if change:
            change(columns, place, int(number[place]))


def told(metadata: Words, fault: int, number: int) -> Words:
    """Return what a trace says of the leaving credential; `number` counts the fault's calls."""
    if fault == FAULT["told_in_capitals"]:
        return metadata | {"user_authorization_forwarded": "False"}
    if fault not in (FAULT["untold_in_log"], FAULT["untold_in_app_traces"]):
        return metadata
    if number % 3 == 0:
        return metadata | {"credential_kind": "unknown"}
    if number % 3 == 1:
        return metadata | {"user_authorization_forwarded": "unknown"}
    return {name: word for name, word in metadata.items() if name != "credential_kind"}


def _name_value_list(header: object) -> object:
    if not isinstance(header, dict):
        return header
    return [{"name": name, "value": value} for name, value in header.items()]


def _header(columns: Columns, side: str, place: int) -> dict[str, str]:
    header = columns[side][place]
    if not isinstance(header, dict):
        raise TypeError(f"{side} of a planted call is no object: plant on calls without a trap.")
    return header


def _put(columns: Columns, place: int, name: str, value: str) -> None:
    """Set a header of the client, whatever its casing was."""
    header = _header(columns, _SIDES[0], place)
    known = next((known for known in header if known.lower() == name.lower()), name)
    header[known] = value


def _drop(columns: Columns, place: int, side: str, name: str) -> None:
    header = _header(columns, side, place)
    columns[side][place] = {k: value for k, value in header.items() if k.lower() != name}


def _log_credential(columns: Columns, place: int, number: int) -> None:
    name, value = (
        ("Authorization", f"Bearer {FAKE_CREDENTIAL}"),
        ("x-api-key", FAKE_CREDENTIAL),
        ("x-note", f"sent again with Bearer {FAKE_CREDENTIAL}"),
    )[number % 3]
    _put(columns, place, name, value)


def _put_oid_in_capitals(columns: Columns, place: int, _number: int) -> None:
    for side in _SIDES[1:]:
        header = _header(columns, side, place)
        columns[side][place] = {
            name: value.upper() if name.lower() == "x-caller-oid" else value
            for name, value in header.items()
        }


def _untell(fault: str) -> Callable[[Columns, int, int], None]:
    def change(columns: Columns, place: int, number: int) -> None:
        records = columns["TraceRecords"][place]
        if isinstance(records, list) and records:
            (record,) = records
            words = told(record["metadata"], FAULT[fault], number)
            columns["TraceRecords"][place] = [record | {"metadata": words}]

    return change


def _unname_deployment(columns: Columns, place: int, _number: int) -> None:
    """Leave only a host that stands for several accounts."""
    for side in _SIDES[1:]:
        _drop(columns, place, side, "x-llm-deployment")
    records = columns["TraceRecords"][place]
    if isinstance(records, list) and records:
        (record,) = records
        words = {name: word for name, word in record["metadata"].items() if name != "deployment"}
        columns["TraceRecords"][place] = [record | {"metadata": words}]
    columns["BackendUrl"][place] = f"https://{_POOL_HOST}/anthropic/v1/messages"


def _empty_response(columns: Columns, place: int, _number: int) -> None:
    columns["ResponseHeaders"][place] = {}


def _cut_headers(columns: Columns, place: int, _number: int) -> None:
    text = json.dumps(columns["RequestHeaders"][place])
    columns["RequestHeaders"][place] = text[: len(text) // 2]


def _desktop(versions: tuple[str, ...]) -> Callable[[Columns, int, int], None]:
    def change(columns: Columns, place: int, number: int) -> None:
        agent = f"Mozilla/5.0 (KHTML, like Gecko) Claude/{versions[number % len(versions)]}"
        _put(columns, place, "user-agent", f"{agent} Chrome/138.0.7204.100 Electron/37.2.0")

    return change


def _put_agent(columns: Columns, place: int, number: int) -> None:
    _put(columns, place, "user-agent", AGENTS[number])


_CHANGES: dict[str, Callable[[Columns, int, int], None]] = {
    "credential_logged": _log_credential,
    "authorization_mode": lambda columns, place, _: _put(
        columns, place, "x-authorization-mode", "sso"
    ),
    "bearer_agent": lambda columns, place, _: _put(
        columns, place, "user-agent", "bearer-bot/1.0 (+https://bots.contoso.example)"
    ),
    "untold_in_log": _untell("untold_in_log"),
    "told_in_capitals": _untell("told_in_capitals"),
    "oid_in_capitals": _put_oid_in_capitals,
    "response_header_missing": lambda columns, place, _: _drop(
        columns, place, "ResponseHeaders", "x-caller-oid"
    ),
    "aborted_without_response": _empty_response,
    "malformed_headers": _cut_headers,
    "deployment_unnamed": _unname_deployment,
    "desktop_outdated": _desktop(_OUTDATED),
    "desktop_current": _desktop(_CURRENT),
    "user_agent_missing": lambda columns, place, _: _drop(
        columns, place, "RequestHeaders", "user-agent"
    ),
    "opening_without_agent": lambda columns, place, _: _drop(
        columns, place, "RequestHeaders", "user-agent"
    ),
    "session_missing": lambda columns, place, _: _drop(
        columns, place, "RequestHeaders", "x-claude-code-session-id"
    ),
    "proxy_agent": lambda columns, place, _: _put(columns, place, "user-agent", _PROXY_AGENT),
    "many_agents": _put_agent,
    "seven_agents": _put_agent,
}
