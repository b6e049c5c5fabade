"""Scores against numbers worked out by hand, and the baselines against what they must be."""

from dataclasses import replace
from functools import cache

import numpy as np
import pyarrow as pa
import pytest
from attribution.baselines import BASELINES, by_session, log_only, pool_by_input, pool_by_size
from attribution.recipes import RECIPES
from attribution.scores import score
from attribution.tenant import Tenant, draw_tenant

MILLION = 1_000_000
CACHE = ("cache_read", "cache_write_5m", "cache_write_1h")


def by_hand() -> Tenant:
    """Three requests of two callers in one unit, prices in USD for a million of each class.

    Caller 0: claude-sonnet-5-5 with 1 M uncached (2.00), 10 M read before 7 October (2.00), then
    with 10 M read after (1.00) and 1 M of output (10.00): together 15.00, of which cache 3.00.
    Caller 1: claude-opus-5-5 with 1 M written for an hour: 8.00.
    """
    times = ["2026-10-06T23:59:59", "2026-10-07T00:00:00", "2026-10-07T00:00:00"]
    requests = pa.table(
        {
            "request_no": pa.array([0, 1, 2], pa.int32()),
            "started_at": pa.array(np.array(times, dtype="datetime64[us]")),
            "caller": pa.array([0, 0, 1], pa.int32()),
            "model": ["claude-sonnet-5-5", "claude-sonnet-5-5", "claude-opus-5-5"],
            "input_tokens": pa.array([MILLION, 0, 0], pa.int32()),
            "output_tokens": pa.array([0, MILLION, 0], pa.int32()),
        }
    )
    truth = pa.table(
        {
            "request_no": pa.array([0, 1, 2], pa.int32()),
            "cache_read": [10 * MILLION, 10 * MILLION, 0],
            "cache_write_5m": [0, 0, 0],
            "cache_write_1h": [0, 0, MILLION],
            "input": [MILLION, 0, 0],
            "output": [0, MILLION, 0],
            "unit": pa.array([0, 0, 0], pa.int16()),
        }
    )
    nothing = pa.table({})
    return Tenant(RECIPES["base-20"], 0, requests, nothing, truth, nothing)


def estimate(
    read: list[float], write_1h: list[float], numbers: tuple[int, ...] = (0, 1, 2)
) -> pa.Table:
    return pa.table(
        {
            "request_no": pa.array(numbers, pa.int32()),
            "cache_read": [each * MILLION for each in read],
            "cache_write_5m": [0.0] * len(numbers),
            "cache_write_1h": [each * MILLION for each in write_1h],
        }
    )


def test_the_truth_has_no_error() -> None:
    tenant = by_hand()
    scores = score(tenant, tenant.truth.select(["request_no", *CACHE]))
    assert (scores.user_error, scores.user_cache_error, scores.unit_error, scores.total_error) == (
        0,
        0,
        0,
        0,
    )
    assert list(scores.total_tokens_errors or ()) == [0, None, 0]
    assert scores.true_usd == pytest.approx(23)
    assert scores.large_user_p90_error == 0


def test_errors_are_those_worked_out_by_hand() -> None:
    """Caller 0 gets 4.00 too much (1 M of hour writes), caller 1 gets 8.00 too little."""
    scores = score(by_hand(), estimate([10, 10], [0, 1], (1, 0)))
    assert scores.user_error == pytest.approx(12 / 23)
    assert scores.user_cache_error == pytest.approx(12 / 11)
    assert scores.unit_error == pytest.approx(4 / 23)
    assert scores.unit_cache_error == pytest.approx(4 / 11)
    assert scores.total_error == pytest.approx(-4 / 23)
    assert list(scores.total_tokens_errors or ()) == [0, None, 0]
    assert (scores.users, scores.large_users) == (2, 2)
    assert scores.large_user_p90_error == pytest.approx(0.9 * 1 + 0.1 * 4 / 15)


def test_costs_may_be_estimated_whole() -> None:
    costs = pa.table({"request_no": pa.array([0, 1, 2], pa.int32()), "cost_usd": [5.0, 10.0, 10.0]})
    scores = score(by_hand(), costs)
    assert scores.user_error == pytest.approx(2 / 23)
    assert scores.user_cache_error == pytest.approx(2 / 11)
    assert scores.total_tokens_errors is None


def test_tokens_the_log_does_not_have_may_be_estimated() -> None:
    """The second request, without usage row: its 10.00 of output are lost, or estimated half."""
    whole = by_hand()
    absent = pa.array([0, None, 0], pa.int32())
    requests = whole.requests.set_column(5, "output_tokens", absent)
    tenant = replace(whole, requests=requests)
    said = estimate([10, 10, 0], [0, 0, 1])
    assert score(tenant, said).user_error == pytest.approx(10 / 23)
    said = said.append_column("output", pa.array([7.0, MILLION / 2, 7.0]))
    assert score(tenant, said).user_error == pytest.approx(5 / 23)


def test_bounds_are_scored() -> None:
    """Caller 0 costs 15.00, within 12 to 15; caller 1 costs 8.00, not within 9 to 13."""
    bounds = pa.table(
        {
            "caller": pa.array([1, 0], pa.int32()),
            "cost_low": [9.0, 12.0],
            "cost_high": [13.0, 15.0001],
        }
    )
    scores = score(by_hand(), estimate([10, 10, 0], [0, 0, 1]), bounds)
    assert scores.covered_users == 0.5
    assert scores.covered_cost == pytest.approx(15 / 23)
    assert scores.mean_width == pytest.approx((3.0001 / 15 + 4 / 8) / 2)
    unbounded = score(by_hand(), estimate([10, 10, 0], [0, 0, 1]))
    assert unbounded.covered_users is None


@pytest.mark.parametrize("numbers", [(0, 0), (0, 3), (-1, 0)])
def test_requests_named_twice_or_unknown_are_refused(numbers: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="check its request_no"):
        score(by_hand(), estimate([1, 1], [0, 0], numbers))


@cache
def drawn(name: str) -> Tenant:
    return draw_tenant(replace(RECIPES[name], users=20, days=8), 2)


@pytest.mark.parametrize(
    "name", ["base-20", "no-session-header-200", "no-size-200", "outside-20pct"]
)
def test_knowing_sessions_beats_the_log_alone(name: str) -> None:
    tenant = drawn(name)
    scores = {
        of: score(tenant, estimated(tenant.requests, tenant.points))
        for of, estimated in BASELINES.items()
    }
    assert scores["by session"].user_error < scores["log only"].user_error / 2
    assert scores["by session"].user_cache_error < scores["pool by request size"].user_cache_error
    assert scores["log only"].user_cache_error == pytest.approx(1)
    assert scores["log only"].total_error < 0


@pytest.mark.parametrize("pooled", [pool_by_input, pool_by_size])
def test_pools_are_given_out_whole(pooled: type) -> None:
    tenant = drawn("base-20")
    served = set(tenant.requests["deployment"].to_pylist())
    measured = dict.fromkeys(CACHE, 0)
    names = ("cacheReadInputTokens", "ephemeral5mInputTokens", "ephemeral1hInputTokens")
    for point in tenant.points.to_pylist():
        if point["metric"] in names and point["deployment"] in served:
            measured[CACHE[names.index(point["metric"])]] += point["value"]
    estimated = pooled(tenant.requests, tenant.points)
    assert measured["cache_read"] > MILLION
    for name in CACHE:
        assert estimated[name].to_numpy().sum() == pytest.approx(measured[name])


def test_the_log_alone_has_no_cache_tokens() -> None:
    tenant = drawn("base-20")
    estimated = log_only(tenant.requests, tenant.points)
    assert estimated["request_no"].equals(tenant.requests["request_no"])
    assert all(estimated[name].to_numpy().sum() == 0 for name in CACHE)


def test_sessions_are_continued_within_five_minutes() -> None:
    """Caller 1 sends 4,000 bytes, 6,000 half a minute later, 8,000 after another six minutes."""
    times = [
        "2026-10-07T00:00:10",
        "2026-10-07T00:00:40",
        "2026-10-07T00:00:50",
        "2026-10-07T00:07:00",
    ]
    requests = pa.table(
        {
            "request_no": pa.array([0, 1, 2, 3], pa.int32()),
            "started_at": pa.array(np.array(times, dtype="datetime64[us]")),
            "caller": pa.array([1, 1, 2, 1], pa.int32()),
            "session": pa.nulls(4, pa.int32()),
            "deployment": pa.array([0, 0, 0, 0], pa.int16()),
            "request_bytes": [4_000, 6_000, 2_000, 8_000],
        }
    )
    metrics = (
        "cacheReadInputTokens",
        "ephemeral5mInputTokens",
        "cacheReadInputTokens",
        "ephemeral1hInputTokens",
    )
    minutes = ["2026-10-07T00:00"] * 2 + ["2026-10-07T00:07"] * 2
    points = pa.table(
        {
            "deployment": pa.array([0, 0, 0, 0], pa.int16()),
            "minute": pa.array(np.array(minutes, dtype="datetime64[us]")),
            "metric": metrics,
            "value": [800, 600, 100, 40],
        }
    )
    estimated = by_session(requests, points)
    # The last request continues nothing, so what was read in its minute is shared by size.
    assert estimated["cache_read"].to_pylist() == [0, 800, 0, 100]
    assert estimated["cache_write_5m"].to_pylist() == [300, 150, 150, 0]
    assert estimated["cache_write_1h"].to_pylist() == [0, 0, 0, 40]


def test_the_scaled_log_makes_up_the_invoice() -> None:
    """Of a tenant without requests past the gateway: what all requests truly cost."""
    tenant = drawn("outside-0pct")
    scores = score(tenant, BASELINES["log scaled to invoice"](tenant.requests, tenant.points))
    # A request around midnight of 7 October is priced by its start here, by its answer there.
    assert scores.total_error == pytest.approx(0, abs=1e-3)
