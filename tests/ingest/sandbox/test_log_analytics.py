import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from types import SimpleNamespace

import duckdb
import httpx
import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.policies import HeadersPolicy
from azure.monitor.query import LogsQueryClient, LogsQueryPartialResult, LogsQueryStatus
from tiny_workspace import EMPTY, FIRST, FOUNDRY, GATEWAY, SECOND, write_workspace

from ingest.sandbox.process import sandbox_process

GATEWAY_LOG = "tables/ApiManagementGatewayLogs/day.jsonl"
LLM_LOG = "tables/ApiManagementGatewayLlmLog/day.jsonl"
HEADERS = {"x-caller-oid": "oid", "note": 'quote " and ü'}


def gateway_row(number: int, **more: object) -> dict[str, object]:
    generated = datetime(2026, 10, 1, 10, tzinfo=UTC) + timedelta(minutes=number)
    return {
        "TimeGenerated": generated.strftime("%Y-%m-%dT%H:%M:%S.1234567Z"),
        "CorrelationId": f"request-{number}",
        "Method": "POST",
        "ResponseCode": 200,
        "TotalTime": 2**40 + number,
        "IsRequestSuccess": True,
        "RequestHeaders": HEADERS,
        "_ResourceId": GATEWAY,
        "_IngestionTime": (generated + timedelta(minutes=5)).isoformat(),
        **more,
    }


def llm_row(number: int, **more: object) -> dict[str, object]:
    return {
        "TimeGenerated": f"2026-10-01T10:{number:02}:01Z",
        "CorrelationId": f"request-{number}",
        "RequestId": f"msg_{number}",
        "ModelName": "claude-opus-5",
        "PromptTokens": 12,
        "CompletionTokens": 49,
        "TotalTokens": 61,
        **more,
    }


FILES = {
    GATEWAY_LOG: [
        *(gateway_row(number) for number in range(40)),
        gateway_row(40, TenantId=SECOND.upper()),
        gateway_row(41, _ResourceId="/subscriptions/s/elsewhere"),
        gateway_row(42, _IngestionTime="2026-10-02T18:00:00Z"),
        "{broken",
    ],
    LLM_LOG: [*(llm_row(number) for number in range(30)), llm_row(30, PromptTokens="many")],
    "tables/AppMetrics/day.jsonl": [
        {"TimeGenerated": "2026-10-01T10:00:00Z", "Name": "Total Tokens", "Sum": 1.5}
    ],
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    folder = write_workspace(tmp_path_factory.mktemp("recorded"), FILES)
    with sandbox_process(folder) as url:
        header = HeadersPolicy(base_headers={"Authorization": "Bearer any"})
        with LogsQueryClient(object(), endpoint=url, authentication_policy=header) as client:
            yield SimpleNamespace(url=url, client=client, folder=folder)


@pytest.fixture
def ask(sandbox):
    def query(text, timespan=None, workspace=FIRST, **more):
        return sandbox.client.query_workspace(workspace, text, timespan=timespan, **more)

    return query


@pytest.fixture
def move_clock(sandbox):
    before = httpx.get(f"{sandbox.url}/sandbox/clock").json()
    yield lambda now: httpx.post(f"{sandbox.url}/sandbox/clock", json={"now": now})
    httpx.post(f"{sandbox.url}/sandbox/clock", json=before)


def raw(url, body, headers=None):
    """Status, body and headers of the answer to a POST that no SDK touched."""
    headers = {"Accept-Encoding": "identity", **(headers or {})}
    answer = httpx.post(url, content=json.dumps(body).encode(), headers=headers)
    return answer.status_code, answer.content, answer.headers


BEARER = {"Authorization": "Bearer any", "Content-Type": "application/json"}


def count(result) -> int:
    return result.tables[0].rows[0][0]


def contract_query(name: str) -> str:
    text = (files("sql") / "kql" / name).read_text(encoding="utf-8")
    return (
        text.replace("$table", "AppTraces")
        .replace("$window_start", "2026-10-01T10:10:00Z")
        .replace("$window_end", "2026-10-01T10:30:00Z")
        .replace("$time_floor", "2026-09-28T00:00:00Z")
    )


@pytest.mark.parametrize(
    ("query", "file", "ingested"),
    [
        ("gateway_log.kql", GATEWAY_LOG, '"_IngestionTime"'),
        ("llm_log.kql", LLM_LOG, '"TimeGenerated" + interval 5 minute'),
    ],
)
def test_the_products_queries_give_the_rows_of_the_file(sandbox, ask, query, file, ingested):
    columns = "{TimeGenerated: 'timestamptz', _IngestionTime: 'timestamptz', CorrelationId: text}"
    expected = duckdb.execute(
        f"""
        select "CorrelationId"
        from read_json('{sandbox.folder / file}', columns = {columns}, ignore_errors = true)
        where {ingested} >= '2026-10-01T10:10:00Z' and {ingested} < '2026-10-01T10:30:00Z'
            and coalesce("CorrelationId", '') != 'request-40'
        order by all
        """
    ).fetchall()
    table = ask(contract_query(query)).tables[0]
    assert len(expected) == 20
    assert sorted((row["correlation_id"],) for row in table.rows) == expected


@pytest.mark.parametrize("name", sorted(file.name for file in (files("sql") / "kql").iterdir()))
def test_every_query_of_the_product_runs(ask, name):
    assert ask(contract_query(name)).status == LogsQueryStatus.SUCCESS


def test_many_queries_at_once_see_their_own_data(ask):
    asked = [(FIRST, 42), (SECOND, 1)] * 20
    with ThreadPoolExecutor(max_workers=8) as pool:
        results = pool.map(
            lambda one: count(ask("ApiManagementGatewayLogs | count", workspace=one[0])), asked
        )
    assert list(results) == [expected for _, expected in asked]


def test_values_have_the_documented_types(ask):
    table = ask(
        'ApiManagementGatewayLogs | where CorrelationId == "request-1" '
        "| project TimeGenerated, ResponseCode, TotalTime, IsRequestSuccess, RequestHeaders, "
        "Errors, UserId, BackendResponseCode, _BilledSize"
    ).tables[0]
    assert table.columns_types == [
        "datetime", "int", "long", "bool", "dynamic", "dynamic", "string", "int", "real",
    ]  # fmt: skip
    row = table.rows[0]
    assert row[0] == datetime(2026, 10, 1, 10, 1, 0, 123456, tzinfo=UTC)
    assert list(row)[1:4] == [200, 2**40 + 1, True]
    assert json.loads(row["RequestHeaders"]) == HEADERS
    assert list(row)[5:] == [None, "", None, None]


def test_a_table_shows_exactly_its_documented_columns(ask):
    columns = ask("AppTraces").tables[0].columns
    assert columns[:4] == ["TimeGenerated", "Message", "SeverityLevel", "Properties"]
    assert not [name for name in columns if name.startswith("__")]


def test_ingestion_time_is_a_value_like_any_other(ask):
    table = ask(
        "ApiManagementGatewayLogs | where ingestion_time() > datetime(2026-10-02) "
        "| extend seen = ingestion_time() | project seen, ingestion_time()"
    ).tables[0]
    assert [list(row) for row in table.rows] == [[datetime(2026, 10, 2, 18, tzinfo=UTC)] * 2]
    text = "print 'ingestion_time()' // ingestion_time()"
    assert count(ask(text)) == "ingestion_time()"
    plain = ask("ApiManagementGatewayLogs | where ingestion_time() > datetime(2026-10-02)")
    assert "_ItemId" in plain.tables[0].columns
    assert not [name for name in plain.tables[0].columns if "ingested" in name]


def test_rows_belong_to_the_workspace_they_name_else_to_the_first(ask):
    query = "ApiManagementGatewayLogs | count"
    assert count(ask(query)) == 42
    assert count(ask(query, workspace=SECOND)) == 1
    assert count(ask(query, additional_workspaces=[SECOND])) == 43


def test_a_resource_sees_its_own_rows(sandbox):
    result = sandbox.client.query_resource(
        GATEWAY, "ApiManagementGatewayLogs | count", timespan=None
    )
    assert count(result) == 42
    nothing = sandbox.client.query_resource(
        FOUNDRY, "ApiManagementGatewayLogs | count", timespan=None
    )
    assert count(nothing) == 0
    with pytest.raises(HttpResponseError) as error:
        sandbox.client.query_resource("/subscriptions/x/y", "AppTraces", timespan=None)
    assert error.value.status_code == 404


@pytest.mark.parametrize(
    ("timespan", "expected"),
    [
        (timedelta(hours=38), 42),
        (timedelta(hours=37, minutes=50), 32),
        ((datetime(2026, 10, 1, 10, 5, tzinfo=UTC), timedelta(minutes=5)), 5),
        (
            (
                datetime(2026, 10, 1, 10, 5, tzinfo=UTC),
                datetime(2026, 10, 1, 10, 20, tzinfo=UTC),
            ),
            15,
        ),
    ],
)
def test_the_timespan_narrows_the_query(ask, timespan, expected):
    # The sandbox clock says 2026-10-03T00:00:00Z: 38 hours after the first row's minute.
    assert count(ask("ApiManagementGatewayLogs | count", timespan)) == expected
    none = ask("ApiManagementGatewayLogs | where TimeGenerated > datetime(2027-01-01)", timespan)
    assert none.tables[0].rows == []


def test_nothing_later_than_the_clock_is_visible(ask, move_clock):
    move_clock("2026-10-01T10:15:30Z")
    assert count(ask("ApiManagementGatewayLogs | count")) == 11
    assert count(ask("print now()")) == datetime(2026, 10, 1, 10, 15, 30, tzinfo=UTC)
    move_clock("2026-10-02T19:00:00Z")
    assert count(ask("ApiManagementGatewayLogs | count")) == 42


def test_a_clock_needs_a_time(sandbox, move_clock):
    for now in ("2026-10-01", "soon", None, 5):
        assert move_clock(now).status_code == 400
    status, body, _ = raw(f"{sandbox.url}/sandbox/clock", [])
    assert status == 400
    assert b"2026-10-01T00:00:00Z" in body


def test_a_workspace_without_data_answers_204(sandbox, move_clock):
    url = f"{sandbox.url}/v1/workspaces/{EMPTY}/query"
    assert raw(url, {"query": "AppTraces"}, BEARER)[:2] == (204, b"")
    move_clock("2026-10-01T00:00:00Z")
    url = f"{sandbox.url}/v1/workspaces/{FIRST}/query"
    assert raw(url, {"query": "AppTraces"}, BEARER)[0] == 204


def test_a_workspace_of_somebody_else_is_refused(ask):
    with pytest.raises(HttpResponseError) as error:
        ask("AppTraces", workspace="00000000-0000-0000-0000-0000000000ff")
    assert error.value.status_code == 403
    assert error.value.model.code == "InsufficientAccessError"


def test_no_credentials_is_401(sandbox):
    headers = {"Content-Type": "application/json"}
    url = f"{sandbox.url}/v1/workspaces/{FIRST}/query"
    status, body, _ = raw(url, {"query": "AppTraces"}, headers)
    assert status == 401
    assert json.loads(body)["error"]["code"] == "AuthorizationRequiredError"
    with (
        LogsQueryClient(
            object(), endpoint=sandbox.url, authentication_policy=HeadersPolicy()
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
def test_a_broken_body_is_a_400(sandbox, body):
    url = f"{sandbox.url}/v1/workspaces/{FIRST}/query"
    status, answer, _ = raw(url, body, BEARER)
    assert (status, json.loads(answer)["error"]["code"]) == (400, "BadArgumentError")


def test_a_request_without_json_gets_an_empty_200(sandbox):
    url = f"{sandbox.url}/v1/workspaces/{FIRST}/query"
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


def test_a_query_that_takes_too_long_is_a_504(sandbox):
    url = f"{sandbox.url}/v1/workspaces/{FIRST}/query"
    query = (
        "range a from 1 to 100000 step 1 | extend k = 1 "
        "| join kind=inner (range b from 1 to 100000 step 1 | extend k = 1) on k "
        "| summarize sum(a * b)"
    )
    status, body, _ = raw(url, {"query": query}, {**BEARER, "Prefer": "wait=0.2"})
    assert (status, json.loads(body)["error"]["code"]) == (504, "GatewayTimeout")


def test_statistics_come_when_asked_for(ask):
    with_statistics = ask("AppMetrics | project Sum", include_statistics=True)
    assert with_statistics.statistics["query"]["datasetStatistics"] == [
        {"table_row_count": 1, "table_size": 5}
    ]
    assert not ask("AppMetrics").statistics


def test_answers_are_gzipped_for_those_who_accept_it(sandbox):
    url = f"{sandbox.url}/v1/workspaces/{FIRST}/query"
    body = {"query": "ApiManagementGatewayLogs"}
    plain = httpx.post(url, json=body, headers={**BEARER, "Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    packed = httpx.post(url, json=body, headers=BEARER)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.num_bytes_downloaded < len(plain.content) / 3
    assert packed.json() == plain.json()


def test_numbers_json_has_no_text_for_are_text(ask):
    row = ask("print real(nan), real(+inf), 1.5, long(null), 90m, dynamic([1, 'a'])").tables[0]
    assert list(row.rows[0])[:4] == ["NaN", "Infinity", 1.5, None]
    assert row.columns_types[4:] == ["timespan", "dynamic"]
    assert json.loads(row.rows[0][5]) == [1, "a"]


def test_the_old_diagnostics_table_is_there_and_empty(ask):
    query = 'AzureDiagnostics | where Category == "GatewayLlmLogs" | summarize count()'
    assert count(ask(query)) == 0


def test_problems_of_the_recording_are_shown(sandbox):
    shown = httpx.get(f"{sandbox.url}/sandbox/problems").json()
    assert shown["counts"] == {GATEWAY_LOG: 1, LLM_LOG: 1}
    assert [(problem["file"], problem["line"]) for problem in shown["problems"]] == [
        (GATEWAY_LOG, 44),
        (LLM_LOG, 31),
    ]
    assert "PromptTokens" in shown["problems"][1]["reason"]


def test_health(sandbox):
    assert httpx.get(f"{sandbox.url}/sandbox/health").json() == {"status": "ok"}
