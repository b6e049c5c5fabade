"""Staged tenants: written is what ingestion makes of them, and the product books all of it."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.compute as pc
import pytest
from attribution.prices import CLASSES, usd_per_token
from attribution.product_estimate import ProductEstimate, product_estimate
from attribution.recipes import RECIPES
from attribution.staged_tenant import deployments_of, stage_tenant
from attribution.tenant import Tenant, draw_tenant
from bench.built_data import answered_requests, built, ledger_requests

from models.clock import Clock
from models.published import reading
from models.sql_files import sql
from models.viewer import operator
from models.warehouse import writing

STATEMENTS = Path(__file__).with_name("sql")


@dataclass(frozen=True)
class Built:
    """A tenant, the data folder in which the command built it, and what that says of it."""

    tenant: Tenant
    folder: Path
    estimate: ProductEstimate


@pytest.fixture(scope="module")
def base_20(tmp_path_factory: pytest.TempPathFactory) -> Built:
    tenant = draw_tenant(RECIPES["base-20"], 1)
    folder = tmp_path_factory.mktemp("base") / "data"
    built(folder, stage_tenant(folder, tenant))
    return Built(tenant, folder, product_estimate(folder / "published", tenant))


@pytest.mark.parametrize(
    ("raw", "staged", "drawn"),
    [
        ("gateway_log", "gateway_requests", "from requests"),
        ("llm_log", "llm_rows", "from requests where input_tokens is not null"),
        ("platform_metrics", "metric_points", "from points"),
    ],
)
def test_staging_is_what_ingestion_makes_of_raw(
    tmp_path: Path, raw: str, staged: str, drawn: str
) -> None:
    tenant = draw_tenant(replace(RECIPES["no-size-200"], users=8, days=3), 1)
    now = stage_tenant(tmp_path, tenant)
    table = f"warehouse.staging.{staged}"
    with writing(
        tmp_path / "warehouse.duckdb", Clock(now), wait_seconds=1, memory_limit="1GB"
    ) as connection:
        connection.execute(f"create temp table written as from {table}")
        connection.execute(f"delete from {table}")
        connection.execute(f"create temp view landed_rows as from warehouse.raw.{raw}")
        connection.execute(f"insert into {table} by name\n{sql(f'staging/{staged}')}")
        different = connection.execute(
            f"(from written except all from {table}) union all"
            f" (from {table} except all from written)"
        ).fetchall()
        connection.register("requests", tenant.requests)
        connection.register("points", tenant.points)
        counts = [
            connection.execute(f"select count(*) {rows}").fetchone()
            for rows in ("from written", drawn)
        ]
    assert different == []
    assert counts[0] == counts[1]


def test_metrics_and_loads_are_those_of_the_tenant(tmp_path: Path) -> None:
    tenant = draw_tenant(replace(RECIPES["outside-20pct"], users=8, days=3), 1)
    now = stage_tenant(tmp_path, tenant)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{tmp_path / 'warehouse.duckdb'}' as w (read_only)")
        connection.register("points", tenant.points)
        connection.register("places", deployments_of(tenant))
        seen = connection.execute(
            "select deployment, model_name, point_time, metric, status_code, value"
            " from w.staging.metric_points"
        ).fetchall()
        known = connection.execute(
            "select name, model, minute, metric, status, value"
            " from points join places using (deployment)"
        ).fetchall()
        heads = connection.execute(
            "select distinct resource_id, namespace, aggregation from w.staging.metric_points"
        ).fetchall()
        loads = connection.execute(
            "select source, rows_new, window_start, window_end, landed_at from w.run.loads"
        ).fetchall()
        marked = connection.execute("select distinct reason from w.run.dirty_days").fetchall()
    assert len(seen) == len(tenant.points)
    assert set(seen) == set(known)
    [(resource_id, *rest)] = heads
    assert resource_id == resource_id.lower()
    assert rest == ["Microsoft.CognitiveServices/accounts", "Total"]
    requests = tenant.requests
    assert {source: rows for source, rows, *_ in loads} == {
        "gateway_log": len(requests),
        "llm_log": len(requests) - requests["input_tokens"].null_count,
        "platform_metrics": len(tenant.points),
    }
    last = pc.max(tenant.points["minute"]).as_py()
    for _, _, start, end, landed_at in loads:
        assert start == datetime(2026, 10, 1)  # noqa: DTZ001 (tables hold naive UTC)
        assert last < end < landed_at < now.replace(tzinfo=None)
    assert {reason for (reason,) in marked} == {source for source, *_ in loads}


def test_a_build_books_every_request_as_the_tenant_has_it(base_20: Built) -> None:
    """Caller, unit, deployment, client, size, time and logged tokens of each, and no other."""
    requests = base_20.tenant.requests
    with reading(base_20.folder / "published", operator()) as published:
        published.connection.register("tenant_requests", requests)
        published.connection.register("tenant_truth", base_20.tenant.truth)
        statement = (STATEMENTS / "misbooked.sql").read_text(encoding="utf-8")
        misbooked = published.connection.execute(statement).fetchall()
    assert misbooked == []
    assert answered_requests(base_20.folder) == len(requests) > 5_000
    assert ledger_requests(base_20.folder) >= len(requests)


def test_sessions_stay_apart(base_20: Built) -> None:
    with reading(base_20.folder / "published", operator()) as published:
        published.connection.register("drawn", base_20.tenant.requests)
        pairs = published.connection.execute(
            "select distinct session, session_id from drawn inner join requests"
            " on md5('request' || request_no)::uuid = request_key"
        ).fetchall()
    drawn, told = zip(*pairs, strict=True)
    assert len(set(drawn)) == len(set(told)) == len(pairs) > 20


def test_the_estimate_names_every_request_and_its_logged_tokens(base_20: Built) -> None:
    requests, tokens = base_20.tenant.requests, base_20.estimate.tokens
    assert tokens["request_no"].to_pylist() == requests["request_no"].to_pylist()
    metered = requests["input_tokens"].is_valid()
    for said, logged in (("input", "input_tokens"), ("output", "output_tokens")):
        assert tokens[said].filter(metered).to_pylist() == requests[logged].drop_null().to_pylist()


def test_users_and_units_owe_what_their_tokens_cost(base_20: Built) -> None:
    """By the price list of the benchmark, which is not the product's."""
    tenant, estimate = base_20.tenant, base_20.estimate
    prices = usd_per_token(tenant.requests["model"], tenant.requests["started_at"])
    tokens = np.column_stack([estimate.tokens[name].to_numpy() for name in CLASSES])
    cost = (tokens * prices).sum(axis=1)
    for reported, key, of in (
        (estimate.users, "caller", tenant.requests["caller"]),
        (estimate.units, "unit", tenant.truth["unit"]),
    ):
        expected = np.bincount(of.to_numpy(), cost)
        said = dict(zip(reported[key].to_pylist(), reported["cost_usd"].to_pylist(), strict=True))
        assert said.keys() == set(of.to_pylist())
        assert said == pytest.approx({number: expected[number] for number in said})
        assert pc.all(pc.less_equal(reported["cost_low"], reported["cost_usd"])).as_py()
        assert pc.all(pc.less_equal(reported["cost_usd"], reported["cost_high"])).as_py()
