"""A recorded workspace of any size, written by DuckDB: traffic for load tests, not a tenant."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
from tiny_workspace import DESCRIPTION, FIRST, GATEWAY

STARTS_AT = datetime(2026, 10, 1, tzinfo=UTC)

_GATEWAY_ROWS = """
select
    strftime(moment, '%Y-%m-%dT%H:%M:%S.%fZ') as "TimeGenerated",
    strftime(moment + interval 4 minute, '%Y-%m-%dT%H:%M:%S.%fZ') as "_IngestionTime",
    md5('gateway' || n) as "_ItemId",
    correlation as "CorrelationId",
    $workspace as "TenantId",
    $resource as "_ResourceId",
    'claude' as "ApiId",
    'POST' as "Method",
    'https://gateway.example/claude/v1/messages?beta=true' as "Url",
    '10.' || n % 250 || '.' || n % 240 || '.7' as "CallerIpAddress",
    case when n % 50 = 0 then 429 else 200 end as "ResponseCode",
    case when n % 50 = 0 then 0 else 200 end as "BackendResponseCode",
    'https://claude.services.example/anthropic/v1/messages' as "BackendUrl",
    2000 + n * 7919 % 900000 as "RequestSize",
    500 + n * 31 % 9000 as "ResponseSize",
    900 + n * 13 % 30000 as "TotalTime",
    880 + n * 13 % 30000 as "BackendTime",
    'East US 2' as "Region",
    {
        'User-Agent': 'claude-cli/2.1.' || n % 300 || ' (external, cli)',
        'x-claude-code-session-id': md5('session' || n // 40)
    } as "RequestHeaders",
    {'x-caller-oid': person, 'x-llm-deployment': 'opus'} as "BackendRequestHeaders",
    {'x-caller-oid': person} as "ResponseHeaders",
from calls
"""

_LLM_ROWS = """
select
    strftime(moment + interval 9 second, '%Y-%m-%dT%H:%M:%S.%fZ') as "TimeGenerated",
    strftime(moment + interval 5 minute, '%Y-%m-%dT%H:%M:%S.%fZ') as "_IngestionTime",
    md5('llm' || n) as "_ItemId",
    correlation as "CorrelationId",
    $workspace as "TenantId",
    $resource as "_ResourceId",
    'msg_' || md5('message' || n) as "RequestId",
    'claude-opus-5' as "ModelName",
    10 + n * 17 % 4000 as "PromptTokens",
    20 + n * 23 % 1500 as "CompletionTokens",
    30 + n * 17 % 4000 + n * 23 % 1500 as "TotalTokens",
    0 as "SequenceNumber",
    'East US 2' as "Region",
from calls
where n % 50 <> 0
"""

_CALLS = """
create or replace temp table calls as
select
    n,
    $starts_at::timestamp + n * ($seconds / $requests) * interval 1 second as moment,
    uuid_like(md5('request' || n)) as correlation,
    uuid_like(md5('person' || n % $people)) as person,
from range($first, $last) as numbers(n)
"""
_UUID = """
create or replace temp macro uuid_like(hash) as
    hash[1:8] || '-' || hash[9:12] || '-4' || hash[14:16]
    || '-8' || hash[18:20] || '-' || hash[21:32]
"""


def write_traffic(folder: Path, *, requests: int, days: int, people: int = 500) -> Path:
    """Write a workspace of `requests` requests, evenly over `days` from 2026-10-01 on."""
    folder.mkdir(parents=True)
    now = STARTS_AT + timedelta(days=days, hours=1)
    description = DESCRIPTION.replace("now = 2026-10-03T00:00:00Z", f"now = {now.isoformat()}")
    (folder / "workspace.toml").write_text(description, encoding="utf-8")
    connection = duckdb.connect()
    connection.execute(_UUID)
    seconds = days * 86400.0
    per_day = -(-requests // days)
    for day in range(days):
        connection.execute(
            _CALLS,
            {
                "starts_at": STARTS_AT.replace(tzinfo=None),
                "seconds": seconds,
                "requests": requests,
                "people": people,
                "first": day * per_day,
                "last": min((day + 1) * per_day, requests),
            },
        )
        for table, rows in (
            ("ApiManagementGatewayLogs", _GATEWAY_ROWS),
            ("ApiManagementGatewayLlmLog", _LLM_ROWS),
        ):
            file = folder / "tables" / table / f"day-{day:03}.jsonl"
            file.parent.mkdir(parents=True, exist_ok=True)
            connection.execute(
                f"copy ({rows}) to '{file}' (format json)",
                {"workspace": FIRST, "resource": GATEWAY},
            )
    connection.close()
    return folder
