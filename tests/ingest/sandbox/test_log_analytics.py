import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import duckdb
import httpx
import pytest
from azure.core.exceptions import HttpResponseError
from azure.monitor.query import LogsQueryStatus
from recorded_logs import GATEWAY_LOG, HEADERS, LLM_LOG
from tiny_workspace import FIRST, FOUNDRY, GATEWAY, SECOND

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
def test_the_products_queries_give_the_rows_of_the_file(log_server, ask, query, file, ingested):
    columns = "{TimeGenerated: 'timestamptz', _IngestionTime: 'timestamptz', CorrelationId: text}"
    expected = duckdb.execute(
        f"""
        select "CorrelationId"
        from read_json('{log_server.folder / file}', columns = {columns}, ignore_errors = true)
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


def test_a_resource_sees_its_own_rows(log_server):
    result = log_server.client.query_resource(
        GATEWAY, "ApiManagementGatewayLogs | count", timespan=None
    )
    assert count(result) == 42
    nothing = log_server.client.query_resource(
        FOUNDRY, "ApiManagementGatewayLogs | count", timespan=None
    )
    assert count(nothing) == 0
    with pytest.raises(HttpResponseError) as error:
        log_server.client.query_resource("/subscriptions/x/y", "AppTraces", timespan=None)
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


def test_statistics_come_when_asked_for(ask):
    with_statistics = ask("AppMetrics | project Sum", include_statistics=True)
    assert with_statistics.statistics["query"]["datasetStatistics"] == [
        {"table_row_count": 1, "table_size": 5}
    ]
    assert not ask("AppMetrics").statistics


def test_answers_are_gzipped_for_those_who_accept_it(log_server):
    url = f"{log_server.url}/v1/workspaces/{FIRST}/query"
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


def test_problems_of_the_recording_are_shown(log_server):
    shown = httpx.get(f"{log_server.url}/sandbox/problems").json()
    assert shown["counts"] == {GATEWAY_LOG: 1, LLM_LOG: 1}
    assert [(problem["file"], problem["line"]) for problem in shown["problems"]] == [
        (GATEWAY_LOG, 44),
        (LLM_LOG, 31),
    ]
    assert "PromptTokens" in shown["problems"][1]["reason"]


def test_health(log_server):
    assert httpx.get(f"{log_server.url}/sandbox/health").json() == {"status": "ok"}
