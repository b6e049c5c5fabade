"""What is read from a publication, held against publications of a few rows known by heart."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from attribution.cost_errors import cost_errors
from attribution.points import SCHEMA
from attribution.product_estimate import product_estimate
from attribution.recipes import RECIPES
from attribution.staged_tenant import stage_tenant
from attribution.tenant import Tenant
from bench.built_data import built

STATEMENTS = Path(__file__).with_name("sql")
CACHE = ("cache_read", "cache_write_5m", "cache_write_1h")


def by_hand() -> Tenant:
    """Three requests of two callers, nothing cached; the last is answered after midnight."""
    starts = ["2026-10-05T10:00:05", "2026-10-05T10:02:05", "2026-10-05T23:59:30"]
    minutes = ["2026-10-05T10:00", "2026-10-05T10:02", "2026-10-06T00:00"]
    tokens = {"input": [20_000, 500_000, 250_000], "output": [1_000, 20_000, 25_000]}
    requests = pa.table(
        {
            "request_no": pa.array([0, 1, 2], pa.int32()),
            "started_at": pa.array(np.array(starts, dtype="datetime64[us]")),
            "total_time_ms": pa.array([10_000, 10_000, 60_000], pa.int32()),
            "caller": pa.array([0, 1, 0], pa.int32()),
            "session": pa.array([0, None, 0], pa.int32()),
            "client": ["claude-code", "sdk", "claude-code"],
            "deployment": pa.array([0, 0, 0], pa.int16()),
            "model": ["claude-opus-5-5"] * 3,
            "request_bytes": pa.array([80_000, None, 1_000_000], pa.int64()),
            "input_tokens": pa.array(tokens["input"], pa.int32()),
            "output_tokens": pa.array(tokens["output"], pa.int32()),
        }
    )
    metrics = ["InputTokens"] * 3 + ["OutputTokens"] * 3 + ["ModelRequests"] * 3
    columns = {
        "deployment": [0] * 9,
        "minute": np.array(minutes * 3, dtype="datetime64[us]"),
        "metric": metrics,
        "status": [None] * 6 + ["200"] * 3,
        "value": tokens["input"] + tokens["output"] + [1] * 3,
    }
    truth = {"request_no": requests["request_no"], **dict.fromkeys(CACHE, [0] * 3), **tokens}
    return Tenant(
        RECIPES["base-20"],
        0,
        requests,
        pa.table(columns, schema=SCHEMA),
        pa.table(truth | {"unit": pa.array([7, 12, 7], pa.int16())}),
        pa.table({}),
    )


def column(table: pa.Table, key: str, value: str) -> dict[Any, Any]:
    return dict(zip(table[key].to_pylist(), table[value].to_pylist(), strict=True))


def test_what_need_not_be_estimated_is_exact(tmp_path: Path) -> None:
    """Claude Opus 5.5 costs 4 USD for a million of input, 20 for a million of output."""
    tenant = by_hand()
    built(tmp_path, stage_tenant(tmp_path, tenant))
    estimate = product_estimate(tmp_path / "published", tenant)
    assert estimate.unequal_days.to_pylist() == []
    users = column(estimate.users, "caller", "cost_usd")
    assert users == pytest.approx({0: 0.08 + 0.02 + 1 + 0.5, 1: 2 + 0.4})
    assert column(estimate.units, "unit", "cost_usd") == pytest.approx({7: users[0], 12: users[1]})
    errors = cost_errors(tenant, estimate.users, "caller")
    assert errors.weighted_error == pytest.approx(0)
    assert (errors.covered, errors.groups) == (2, 2)
    more = pc.add(tenant.points["value"], pa.array([0, 0, 1] + [0] * 6))
    other = replace(tenant, points=tenant.points.set_column(4, "value", more))
    assert product_estimate(tmp_path / "published", other).unequal_days.to_pylist() == [
        {
            "deployment": 0,
            "day": date(2026, 10, 6),
            "metric": "InputTokens",
            "booked_tokens": 250_000,
            "counted_tokens": 250_001,
        }
    ]


# Two requests, of which the second is answered on the day after, and a row labelled with more.
PUBLISHED = (
    """
    create table ledger as
    select * replace (md5('request' || request_key)::uuid as request_key)
    from (
        values
        (0, 1, timestamp '2026-10-05 12:00:00', 1, 2, 3, 4, 5),
        (1, 1, timestamp '2026-10-05 23:59:59', 2, 3, 4, 5, 6),
        (7, 1, timestamp '2026-10-05 12:00:00', null, null, null, null, null)
    ) as rows (
        request_key, deployment_id, usage_time, input_tokens, output_tokens, cache_read_tokens,
        cache_write_5m_tokens, cache_write_1h_tokens
    )
    """,
    "create table requests as select request_key, 2000 as total_time_ms from ledger",
    """
    create table daily as
    select * exclude (request_key, usage_time), usage_time::date as usage_day
    from ledger
    union all by name
    select 1 as deployment_id, 10 as output_tokens, 20 as cache_read_tokens,
        30 as cache_write_5m_tokens, 40 as cache_write_1h_tokens, date '2026-10-06' as usage_day
    """,
    "create table deployments as select 1 as deployment_id, 'opus-0' as deployment",
)
DRAWN = (
    "create table tenant_requests as select unnest([0, 1, 2]) as request_no",
    "create table tenant_deployments as select 0 as deployment, 'opus-0' as name",
    """
    create table tenant_points as
    from (
        values
        (0, timestamp '2026-10-05 12:00', 'InputTokens', null, 1),
        (0, timestamp '2026-10-05 12:00', 'OutputTokens', null, 2),
        (0, timestamp '2026-10-05 12:00', 'cacheReadInputTokens', null, 3),
        (0, timestamp '2026-10-05 12:00', 'ephemeral5mInputTokens', null, 4),
        (0, timestamp '2026-10-05 12:00', 'ephemeral1hInputTokens', null, 5),
        (0, timestamp '2026-10-06 00:00', 'InputTokens', null, 2),
        (0, timestamp '2026-10-06 00:00', 'OutputTokens', null, 13),
        (0, timestamp '2026-10-06 00:00', 'cacheReadInputTokens', null, 24),
        (0, timestamp '2026-10-06 00:00', 'ephemeral5mInputTokens', null, 35),
        (0, timestamp '2026-10-06 00:00', 'ephemeral1hInputTokens', null, 46),
        (0, timestamp '2026-10-06 00:00', 'ModelRequests', '200', 1)
    ) as rows (deployment, minute, metric, status, value)
    """,
)


@pytest.fixture
def views() -> Iterator[duckdb.DuckDBPyConnection]:
    """The views of a publication's reader, and beside them what was drawn."""
    with duckdb.connect() as connection:
        for statement in (*PUBLISHED, *DRAWN):
            connection.execute(statement)
        yield connection


def answer(views: duckdb.DuckDBPyConnection, name: str) -> list[dict[str, Any]]:
    statement = (STATEMENTS / f"{name}.sql").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = views.sql(statement).to_arrow_table().to_pylist()
    return rows


def test_requests_are_read_with_every_class(views: duckdb.DuckDBPyConnection) -> None:
    classes = ("input", "output", *CACHE)
    assert answer(views, "estimated") == [
        {"request_no": number} | {name: number + n for n, name in enumerate(classes, 1)}
        for number in (0, 1)
    ]


def test_users_and_labelled_rows_add_up_to_the_metrics(views: duckdb.DuckDBPyConnection) -> None:
    assert answer(views, "unequal_days") == []


def test_totals_other_than_the_metrics_are_found(views: duckdb.DuckDBPyConnection) -> None:
    for statement in (
        "insert into daily by name select 7 as input_tokens, date '2026-10-05' as usage_day",
        "update tenant_points set value = 47 where value = 46",
        "insert into tenant_points values (3, '2026-10-07', 'cacheReadInputTokens', null, 9)",
    ):
        views.execute(statement)
    assert {tuple(row.values()) for row in answer(views, "unequal_days")} == {
        (None, date(2026, 10, 5), "InputTokens", 7, 0),
        (0, date(2026, 10, 6), "ephemeral1hInputTokens", 46, 47),
        (3, date(2026, 10, 7), "cacheReadInputTokens", 0, 9),
    }


def costs(caller: list[int], cost: list[float], low: list[float], high: list[float]) -> pa.Table:
    return pa.table({"caller": caller, "cost_usd": cost, "cost_low": low, "cost_high": high})


def test_errors_are_those_worked_out_by_hand() -> None:
    """Caller 0 truly costs 1.60, caller 1 truly 2.40."""
    tenant = by_hand()
    errors = cost_errors(tenant, costs([1, 0], [2.0, 1.8], [2.4, 1.0], [3.0, 1.5]), "caller")
    assert errors.weighted_error == pytest.approx((0.4 + 0.2) / 4)
    assert (errors.true_usd, errors.reported_usd) == (pytest.approx(4), pytest.approx(3.8))
    assert (errors.groups, errors.covered) == (2, 1)
    assert errors.mean_width == pytest.approx((0.6 / 2.4 + 0.5 / 1.6) / 2)
    assert errors.large_p90_error is None
    left_out = cost_errors(tenant, costs([1], [2.4], [2.4], [2.4]), "caller")
    assert left_out.weighted_error == pytest.approx(1.6 / 4)
    assert left_out.covered == 1


def test_only_large_users_are_in_the_percentile() -> None:
    """Ten times the tokens: caller 0 truly costs 16.00, caller 1 truly 24.00."""
    whole = by_hand()
    truth = whole.truth
    for number, name in enumerate(("input", "output"), truth.column_names.index("input")):
        truth = truth.set_column(number, name, pc.multiply(truth[name], 10))
    tenant = replace(whole, truth=truth)
    errors = cost_errors(tenant, costs([0, 1], [16, 18], [0, 0], [16, 24]), "caller")
    assert errors.large_p90_error == pytest.approx(0.9 * 6 / 24)
    assert errors.covered == 2


@pytest.mark.parametrize("callers", [[0, 0], [0, 5]])
def test_callers_named_twice_or_unknown_are_refused(callers: list[int]) -> None:
    with pytest.raises(ValueError, match="check what they are joined by"):
        cost_errors(by_hand(), costs(callers, [1, 1], [1, 1], [1, 1]), "caller")
