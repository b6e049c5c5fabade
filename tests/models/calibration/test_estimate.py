"""Estimates on drawn tenants, held against what really happened and against simple ways."""

from dataclasses import replace

import numpy as np
import pytest
from attribution.baselines import BASELINES
from attribution.drawn_columns import Drawn, drawn
from attribution.scores import score
from attribution.trace import FILE as TRACE

from models.calibration.estimate import estimate, learn
from models.calibration.platform import PlatformMinutes


@pytest.fixture(scope="module")
def small() -> Drawn:
    return drawn("base-20", 3, days=14)


def test_people_get_nearly_what_they_used(small: Drawn) -> None:
    cells = small.cells
    result = estimate(small.traffic, cells, learn(small.traffic, cells))
    found = score(small.tenant, small.of_log(result.tokens))
    simple = [
        score(small.tenant, baseline(small.tenant.requests, small.tenant.points))
        for baseline in BASELINES.values()
    ]
    assert found.user_error < 0.02
    assert found.user_cache_error < min(one.user_cache_error for one in simple) / 3


def test_every_cell_is_met_with_what_is_outside(small: Drawn) -> None:
    cells = small.cells
    result = estimate(small.traffic, cells, learn(small.traffic, cells))
    assert result.tokens.min() >= 0
    together = result.outside.copy()
    np.add.at(together, cells.of_request, result.tokens)
    met = cells.is_measured & (cells.logged > 0)
    assert together[met] == pytest.approx(cells.cache_tokens[met], rel=1e-6, abs=1.0)


def test_knowledge_of_one_fortnight_serves_a_single_day(small: Drawn) -> None:
    knowledge = learn(small.traffic, small.cells)
    day = small.traffic.counted_us // 86_400_000_000 == small.traffic.counted_us.max() // (
        86_400_000_000
    )
    minute_day = small.minutes.minute_us // 86_400_000_000
    last = minute_day == minute_day.max()
    minutes = _chosen(small.minutes, last)
    one = replace(small, traffic=small.traffic.chosen(day), minutes=minutes, row=small.row[day])
    result = estimate(one.traffic, one.cells, knowledge)
    truth = np.stack(
        [small.tenant.truth[name].to_numpy()[one.row] for name in _CLASSES], axis=1
    ).astype(np.float64)
    # Priced roughly: reads are a tenth of the input, writes a quarter more, or twice.
    price = np.array([0.1, 1.25, 2.0])
    callers = np.unique(one.traffic.caller)
    missed = sum(
        abs(((result.tokens - truth)[one.traffic.caller == caller] @ price).sum())
        for caller in callers
    )
    assert missed / (truth @ price).sum() < 0.08


@pytest.mark.skipif(not TRACE.is_file(), reason=f"{TRACE.name} is not in ../shared/data")
def test_long_texts_are_not_taken_for_pictures() -> None:
    """An hour of real prompts: half of them over 60,000 bytes, all of it text."""
    shown = drawn("trace", 2)
    names = ("input", *_CLASSES)
    whole = sum(shown.tenant.truth[name].to_numpy()[shown.row] for name in names)
    result = estimate(shown.traffic, shown.cells, learn(shown.traffic, shown.cells))
    # One rate for all bytes would be off by 8 %: bytes per token differ by person and by text.
    assert np.abs(result.prompt_tokens - whole).sum() / whole.sum() < 0.08


def test_what_is_told_of_several_together_holds_and_improves_the_rest() -> None:
    """As the gateway's own metric tells the reads of each caller's minute."""
    shown = drawn("no-session-header-200", 3, users=60, days=5)
    read = shown.tenant.truth["cache_read"].to_numpy()[shown.row].astype(np.int64)
    traffic, cells = shown.traffic, shown.cells
    minute = traffic.ended_us // 60_000_000
    group = np.unique(np.stack([traffic.caller, minute]), axis=1, return_inverse=True)[1]
    requests, tokens = np.bincount(group), np.bincount(group, read).astype(np.int64)
    told = replace(
        traffic,
        reads_group=group.astype(np.int64),
        group_requests=requests[group],
        group_read_tokens=tokens[group],
    )
    knowledge = learn(traffic, cells)
    result = estimate(told, cells, knowledge).tokens
    told_of, found = tokens.astype(np.float64), np.bincount(group, result[:, 0])
    deployments = [len(set(traffic.deployment[group == one])) for one in range(len(tokens))]
    at_one = np.array(deployments) == 1
    assert found[at_one] == pytest.approx(told_of[at_one], abs=0.01)
    # Those of several deployments have totals of their own to meet.
    assert np.abs(found - told_of).sum() < 0.002 * told_of.sum()
    several = requests[group] > 1
    alone = estimate(traffic, cells, knowledge).tokens
    assert np.abs(result - alone)[several].sum() > 0
    better, usual = (score(shown.tenant, shown.of_log(one)).user_error for one in (result, alone))
    assert better < usual
    # One of a group is not here: what the others read is not known.
    partial = replace(told, group_requests=requests[group] + 1)
    assert (estimate(partial, cells, knowledge).tokens == alone).all()


def test_what_is_told_holds_and_improves_the_rest(small: Drawn) -> None:
    known = np.arange(len(small.traffic)) % 4 == 0
    told = {
        f"told_{name}_tokens": np.where(
            known, small.tenant.truth[column].to_numpy()[small.row], -1
        ).astype(np.int64)
        for name, column in zip(("read", "write_5m", "write_1h"), _CLASSES, strict=True)
    }
    traffic = replace(small.traffic, **told)
    cells = small.cells
    knowledge = learn(small.traffic, cells)
    result = estimate(traffic, cells, knowledge).tokens
    for place, column in enumerate(_CLASSES):
        true = small.tenant.truth[column].to_numpy()[small.row]
        assert (result[known, place] == true[known]).all()
    with_more = score(small.tenant, small.of_log(result)).user_error
    assert (
        with_more
        < score(
            small.tenant, small.of_log(estimate(small.traffic, cells, knowledge).tokens)
        ).user_error
    )


@pytest.mark.parametrize(
    "recipe", ["late-metrics", "no-size-200", "outside-20pct", "non-caching-200", "images-200"]
)
def test_bad_input_stays_bounded(recipe: str) -> None:
    tenant = drawn(recipe, 2, users=15, days=7)
    cells = tenant.cells
    result = estimate(tenant.traffic, cells, learn(tenant.traffic, cells))
    assert np.isfinite(result.tokens).all()
    assert result.tokens.min() >= 0
    assert score(tenant.tenant, tenant.of_log(result.tokens)).user_error < 0.12


def test_without_any_metrics_the_bytes_alone_still_tell_most() -> None:
    tenant = drawn("base-20", 4, days=7)
    knowledge = learn(tenant.traffic, tenant.cells)
    nothing = replace(tenant, minutes=_chosen(tenant.minutes, np.zeros(len(tenant.minutes), bool)))
    result = estimate(nothing.traffic, nothing.cells, knowledge)
    assert np.isfinite(result.tokens).all()
    assert score(tenant.tenant, tenant.of_log(result.tokens)).user_error < 0.25


_CLASSES = ("cache_read", "cache_write_5m", "cache_write_1h")


def _chosen(minutes: PlatformMinutes, rows: np.ndarray) -> PlatformMinutes:
    return PlatformMinutes(**{name: getattr(minutes, name)[rows] for name in vars(minutes)})
