"""A warehouse that holds a year of requests, written straight into its tables: only its size
matters, so it does not go through the pipeline.
"""

from datetime import datetime, timedelta
from pathlib import Path

from models.clock import Clock
from models.warehouse import writing

_RAW_GATEWAY = """
insert into warehouse.raw.gateway_log by name
select
    -1 - d as load_id, moment + interval 4 minute as ingested_at, md5('old' || n) as item_id,
    '/gateway' as resource_id, moment as time_generated, md5('request' || n) as correlation_id,
    'claude' as api_id, 'POST' as method, 'https://gateway.example/claude/v1/messages' as url,
    200 as response_code, 200 as backend_response_code, 40000 as request_size_bytes,
    'East US 2' as region, '{"User-Agent":"claude-cli/2.1"}' as request_headers,
from old_calls
"""
_STAGED_GATEWAY = """
insert into warehouse.staging.gateway_requests by name
select
    -1 - d as load_id, md5('old' || n) as item_id, moment + interval 4 minute as ingested_at,
    moment as request_time, md5('request' || n) as correlation_id, 'POST' as method,
    '/claude/v1/messages' as url_path, 200 as response_code, 200 as backend_response_code,
    40000 as request_size_bytes, false as malformed_oid, false as malformed_headers,
    moment::date as day_key,
from old_calls
"""
_RAW_LLM = """
insert into warehouse.raw.llm_log by name
select
    -1 - d as load_id, moment + interval 5 minute as ingested_at, md5('llm' || n) as item_id,
    '/gateway' as resource_id, moment as time_generated, md5('request' || n) as correlation_id,
    'msg_' || n as request_id, 'claude-opus-5' as model_name, 10 as prompt_tokens,
    20 as completion_tokens, 30 as total_tokens, 0 as sequence_number,
from old_calls
"""
_STAGED_LLM = """
insert into warehouse.staging.llm_rows by name
select
    -1 - d as load_id, md5('llm' || n) as item_id, moment + interval 5 minute as ingested_at,
    moment as row_time, md5('request' || n) as correlation_id, 'msg_' || n as response_id,
    'claude-opus-5' as model_name, 10 as input_tokens, 20 as output_tokens,
    false as refused_counts, moment::date as day_key,
from old_calls
"""
_CALLS = """
create or replace temp table old_calls as
select d, d * $a_day + i as n, $first::timestamp + d * interval 1 day
    + i * (86400.0 / $a_day) * interval 1 second as moment
from range($from_day, $to_day) as days(d), range($a_day) as numbers(i)
order by moment
"""


def store_year(data_dir: Path, ends_at: datetime, *, days: int, requests_a_day: int) -> None:
    """Write a warehouse with `days` of requests before `ends_at`, hourly load records included."""
    first = ends_at - timedelta(days=days)
    file = data_dir / "warehouse.duckdb"
    with writing(file, Clock(ends_at), wait_seconds=1, memory_limit="4GB") as connection:
        for from_day in range(0, days, 30):
            to_day = min(from_day + 30, days)
            connection.execute(
                _CALLS,
                {
                    "a_day": requests_a_day,
                    "first": first.replace(tzinfo=None),
                    "from_day": from_day,
                    "to_day": to_day,
                },
            )
            for statement in (_RAW_GATEWAY, _STAGED_GATEWAY, _RAW_LLM, _STAGED_LLM):
                connection.execute(statement)
        connection.execute(
            "insert into warehouse.run.loads by name"
            " select -h as load_id, source, $workspace as origin,"
            " $first::timestamp + (h - 7) * interval 1 hour as window_start,"
            " $first::timestamp + h * interval 1 hour as window_end,"
            " 1 as rows_received, 1 as rows_new,"
            " $first::timestamp + h * interval 1 hour as landed_at"
            " from range(1, $hours + 1) as numbers(h),"
            " unnest(['gateway_log', 'llm_log', 'app_metrics', 'app_traces']) as names(source)",
            {
                "first": first.replace(tzinfo=None),
                "hours": days * 24,
                "workspace": "00000000-0000-0000-0000-0000000000aa",
            },
        )
