"""Tenants of the benchmark: always the same, whole in all their tables, as their recipes say."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from attribution.recipes import RECIPES
from attribution.rows import CLASSES, TABLES, UNEQUAL_MINUTES, rows
from attribution.tenant import Tenant, draw_tenant, read_tenant, write_tenant

DRAWN = [name for name, recipe in RECIPES.items() if not recipe.from_trace]


@cache
def small(name: str, users: int = 14, days: int = 4) -> Tenant:
    return draw_tenant(replace(RECIPES[name], users=users, days=days), 1)


@pytest.mark.parametrize("name", [name for name in DRAWN if name != "late-metrics"])
def test_gateway_and_outside_make_up_the_metrics_of_each_minute(name: str) -> None:
    tenant = small(name)
    assert len(tenant.requests) > 200
    assert len(tenant.points) > 200
    assert rows(tenant, UNEQUAL_MINUTES) == []


@pytest.mark.parametrize("name", DRAWN)
def test_tables_are_well_formed(name: str) -> None:
    tenant = small(name)
    assert tenant.requests.column_names == [
        *("request_no", "started_at", "total_time_ms", "caller", "session", "client"),
        *("deployment", "model", "request_bytes", "input_tokens", "output_tokens"),
    ]
    assert tenant.points.column_names == ["deployment", "minute", "metric", "status", "value"]
    assert (
        rows(
            tenant, "from points where value <= 0 or (status is null) = (metric = 'ModelRequests')"
        )
        == []
    )
    assert rows(tenant, f"select 1 from truth where least({CLASSES}) < 0 or output = 0") == []
    assert rows(tenant, "from requests where total_time_ms <= 0") == []
    numbers = (
        "select request_no, row_number() over (order by started_at) - 1 as place from requests"
    )
    assert rows(tenant, f"from ({numbers}) where request_no != place") == []
    assert rows(tenant, "from requests where started_at < date '2026-10-01'") == []
    # What the log shows is true where it shows anything.
    assert (
        rows(
            tenant,
            """from requests join truth using (request_no)
            where input_tokens != input or output_tokens != output""",
        )
        == []
    )
    assert (
        rows(
            tenant, "select count(distinct unit) from truth group by request_no having count(*) > 1"
        )
        == []
    )


def test_a_tenant_is_drawn_the_same_again_and_otherwise_by_another_seed() -> None:
    recipe = replace(RECIPES["late-metrics"], users=6, days=2)
    first, again, other = (draw_tenant(recipe, seed) for seed in (3, 3, 4))
    for table in TABLES:
        assert getattr(first, table).equals(getattr(again, table))
    assert not first.points.equals(other.points)
    assert not first.requests.equals(other.requests)


def test_a_tenant_is_read_as_it_was_written(tmp_path: Path) -> None:
    tenant = small("no-size-200")
    write_tenant(tenant, tmp_path / "tenant")
    assert read_tenant(tmp_path / "tenant") == tenant


def share(tenant: Tenant, condition: str, table: str = "requests") -> float:
    counted = rows(tenant, f"select avg(({condition})::int) from {table}")
    average: float = counted[0][0]
    return average


def test_recipes_are_as_they_say() -> None:
    assert share(small("no-session-header-200"), "session is null") == 1
    assert share(small("base-200"), "session is null") < 1
    assert 0.05 < share(small("no-size-200"), "coalesce(request_bytes, 0) = 0") < 0.15
    assert share(small("base-200"), "coalesce(request_bytes, 0) = 0") == 0
    assert share(small("one-hour-200"), "cache_write_5m > 0", "truth") == 0
    assert share(small("mixed-ttl-200"), "cache_write_5m > 0 and cache_write_1h > 0", "truth") > 0
    assert len(small("outside-0pct").outside_truth) == 0
    assert share(small("non-caching-200", 60), "input > 3000", "truth") > 0.15
    assert share(small("images-200", 60), "request_bytes > 300000") > 0.1


def test_activity_is_as_recipes_say() -> None:
    by_caller = "select count(*) / sum(count(*)) over () as share from requests group by caller"
    largest = rows(small("dominant-200", 60), f"select max(share) from ({by_caller})")
    assert 0.4 < largest[0][0] < 0.8
    idle = rows(small("idle-200", 200), "select count(*) from requests group by caller")
    assert sorted(idle)[len(idle) // 3][0] < 40 < max(idle)[0]


def test_outside_and_unmetered_shares() -> None:
    tenant = small("outside-20pct", 200)
    counted = "(select sum(requests) from outside_truth) / (select count(*) from requests)"
    assert 0.15 < rows(tenant, f"select {counted}")[0][0] < 0.4
    assert 0.003 < share(tenant, "input_tokens is null") < 0.02
    assert share(tenant, "(input_tokens is null) != (output_tokens is null)") == 0


def test_late_metrics_miss_some_and_move_some() -> None:
    tenant = small("late-metrics", 60)
    seen = rows(tenant, "select sum(value) from points where metric = 'cacheReadInputTokens'")
    true = rows(
        tenant,
        "select (select sum(cache_read) from truth) + (select sum(cache_read) from outside_truth)",
    )
    assert 0.85 < seen[0][0] / true[0][0] < 0.99
    minutes = rows(tenant, "from points where minute != date_trunc('minute', minute)")
    assert minutes == []
