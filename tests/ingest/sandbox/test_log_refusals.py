"""What the query API refuses, cuts short or has nothing for."""

import json

import httpx
import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.policies import HeadersPolicy
from azure.monitor.query import LogsQueryClient, LogsQueryPartialResult, LogsQueryStatus
from tiny_workspace import EMPTY, FIRST

BEARER = {"Authorization": "Bearer any", "Content-Type": "application/json"}


def raw(url, body, headers=None):
    """Status, body and headers of the answer to a POST that no SDK touched."""
    headers = {"Accept-Encoding": "identity", **(headers or {})}
    answer = httpx.post(url, content=json.dumps(body).encode(), headers=headers)
    return answer.status_code, answer.content, answer.headers


def test_a_workspace_without_data_answers_204(log_server, move_clock):
    url = f"{log_server.url}/v1/workspaces/{EMPTY}/query"
    assert raw(url, {"query": "AppTraces"}, BEARER)[:2] == (204, b"")
    move_clock("2026-10-01T00:00:00Z")
    url = f"{log_server.url}/v1/workspaces/{FIRST}/query"
    assert raw(url, {"query": "AppTraces"}, BEARER)[0] == 204


def test_a_workspace_of_somebody_else_is_refused(ask):
    with pytest.raises(HttpResponseError) as error:
        ask("AppTraces", workspace="00000000-0000-0000-0000-0000000000ff")
    assert error.value.status_code == 403
    assert error.value.model.code == "InsufficientAccessError"


def test_no_credentials_is_401(log_server):
    headers = {"Content-Type": "application/json"}
    url = f"{log_server.url}/v1/workspaces/{FIRST}/query"
    status, body, _ = raw(url, {"query": "AppTraces"}, headers)
    assert status == 401
    assert json.loads(body)["error"]["code"] == "AuthorizationRequiredError"
    with (
        LogsQueryClient(
            object(), endpoint=log_server.url, authentication_policy=HeadersPolicy()
        ) as client,
        pytest.raises(HttpResponseError) as error,
    ):
        client.query_workspace(FIRST, "AppTraces", timespan=None)
    assert error.value.status_code == 401


@pytest.mark.parametrize(
    ("query", "code", "named"),
    [
        ("AppTraces | where Foo == 1", "SEM0100", "'Foo'"),
        ("NoSuchTable | take 1", "SEM0100", "'NoSuchTable'"),
        ("appTraces | take 1", "SEM0100", "'appTraces'"),
        ("AppTraces | project message", "SEM0100", "'message'"),
        ("AppTraces | where __ingested_at > now()", "SEM0100", "'__ingested_at'"),
        ("duckdb_settings | take 1", "SEM0100", "'duckdb_settings'"),
        ("database('recorded').AppTraces", "SEM0100", "'recorded.AppTraces'"),
        ("AppTraces | where", "SYN0002", "1:10"),
    ],
)
def test_a_wrong_query_has_the_documented_error(ask, query, code, named):
    with pytest.raises(HttpResponseError) as error:
        ask(query)
    assert error.value.status_code == 400
    body = json.loads(error.value.response.text())["error"]
    assert body["code"] == "BadArgumentError"
    assert body["correlationId"]
    inner = body["innererror"]["innererror"]
    assert inner["code"] == code
    assert named in inner["message"]
    assert inner["message"] in error.value.model.message


@pytest.mark.parametrize(
    "query",
    [
        ".drop table AppTraces",
        ".set-or-replace X <| AppTraces",
        "workspace('other').AppTraces",
        "externaldata(x: string) ['http://127.0.0.1/']",
        "(" * 3_000,
        "",
        "declare query_parameters(x: string); print x",
    ],
)
def test_a_hostile_query_is_a_400(ask, query):
    with pytest.raises(HttpResponseError) as error:
        ask(query)
    assert error.value.status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"query": 5},
        {"query": "AppTraces", "timespan": "P1M"},
        {"query": "AppTraces", "timespan": "yesterday/today"},
        {"query": "AppTraces", "timespan": 3600},
        {"query": "AppTraces", "workspaces": "one"},
    ],
)
def test_a_broken_body_is_a_400(log_server, body):
    url = f"{log_server.url}/v1/workspaces/{FIRST}/query"
    status, answer, _ = raw(url, body, BEARER)
    assert (status, json.loads(answer)["error"]["code"]) == (400, "BadArgumentError")


def test_a_request_without_json_gets_an_empty_200(log_server):
    url = f"{log_server.url}/v1/workspaces/{FIRST}/query"
    headers = {"Authorization": "Bearer any", "Content-Type": "text/plain"}
    assert raw(url, {"query": "AppTraces"}, headers)[:2] == (200, b"")


def test_too_many_rows_are_a_partial_result(ask):
    result = ask("range n from 1 to 500001 step 1")
    assert isinstance(result, LogsQueryPartialResult)
    assert result.status == LogsQueryStatus.PARTIAL
    assert len(result.partial_data[0].rows) == 500_000
    assert result.partial_error.code == "PartialError"
    assert "500000 records" in str(result.partial_error.details)
    whole = ask("range n from 1 to 500000 step 1")
    assert whole.status == LogsQueryStatus.SUCCESS
    assert len(whole.tables[0].rows) == 500_000


def test_too_many_bytes_are_a_partial_result(ask):
    result = ask("range n from 1 to 120000 step 1 | extend text = strrep('0123456789', 100)")
    assert isinstance(result, LogsQueryPartialResult)
    assert 100_000 < len(result.partial_data[0].rows) < 110_000
    assert "104857600 bytes" in str(result.partial_error.details)


def test_a_query_that_takes_too_long_is_a_504(log_server):
    url = f"{log_server.url}/v1/workspaces/{FIRST}/query"
    query = (
        "range a from 1 to 100000 step 1 | extend k = 1 "
        "| join kind=inner (range b from 1 to 100000 step 1 | extend k = 1) on k "
        "| summarize sum(a * b)"
    )
    status, body, _ = raw(url, {"query": query}, {**BEARER, "Prefer": "wait=0.2"})
    assert (status, json.loads(body)["error"]["code"]) == (504, "GatewayTimeout")


def test_a_clock_needs_a_time(log_server, move_clock):
    for now in ("2026-10-01", "soon", None, 5):
        assert move_clock(now).status_code == 400
    status, body, _ = raw(f"{log_server.url}/sandbox/clock", [])
    assert status == 400
    assert b"2026-10-01T00:00:00Z" in body
