"""The tables of a tenant asked in SQL, and where they contradict one another."""

from typing import Any

import duckdb
from attribution.tenant import Tenant

TABLES = ("requests", "points", "truth", "outside_truth")
CLASSES = "input, output, cache_read, cache_write_5m, cache_write_1h"


def rows(tenant: Tenant, statement: str) -> list[tuple[Any, ...]]:
    """Return the rows of `statement` over the tables of `tenant`, by their names."""
    with duckdb.connect() as connection:
        for name in TABLES:
            connection.register(name, getattr(tenant, name))
        return connection.sql(statement).fetchall()


# Requests of gateway and outside, by the minute of their answers, against the points.
UNEQUAL_MINUTES = f"""
    with counted as (
        select deployment,
            date_trunc('minute', started_at + to_milliseconds(total_time_ms)) as minute,
            1 as requests, {CLASSES}
        from requests join truth using (request_no)
        union all
        select deployment, minute, requests, {CLASSES} from outside_truth
    ),
    expected as (
        unpivot (
            select deployment, minute, sum(requests)::bigint as ModelRequests,
                sum(input)::bigint as InputTokens, sum(output)::bigint as OutputTokens,
                sum(cache_read)::bigint as cacheReadInputTokens,
                sum(cache_write_5m)::bigint as ephemeral5mInputTokens,
                sum(cache_write_1h)::bigint as ephemeral1hInputTokens
            from counted group by all
        )
        on columns(* exclude (deployment, minute)) into name metric value value
    ),
    answered as (select * from points where status is null or status = '200')
    select * from (select * from expected where value > 0) as expected
    full join answered using (deployment, minute, metric)
    where expected.value is distinct from answered.value
"""
"""Cells of deployment, minute and metric in which requests and points differ: none undamaged."""
