"""Forecasts: what must hold whatever is used, and what plain habits are expected to go on as."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.day_shape import Floats
from models.forecast import Outlook, Past, forecast

SERIES = 4
WORKDAYS = (1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0)

COSTS = st.integers(0, 70).flatmap(
    lambda days: st.lists(
        st.lists(st.just(0.0) | st.floats(0.01, 5_000), min_size=SERIES, max_size=SERIES),
        min_size=days,
        max_size=days,
    ).map(lambda rows: np.array(rows).reshape(days, SERIES))
)
KINDS = st.lists(st.integers(0, 1), min_size=SERIES, max_size=SERIES).map(np.array)
AHEAD = st.integers(0, 40)


def outlook(
    costs: Floats,
    ahead: int,
    *,
    kind: Floats | None = None,
    free: tuple[int, ...] = (),
    shares: Floats | None = None,
) -> Outlook:
    """Forecast series that begin on a Monday; `free` are the numbers of holidays."""
    days, series = costs.shape
    holidays = np.zeros((days + ahead, 1), dtype=bool)
    holidays[list(free)] = True
    past = Past(
        costs=costs,
        peers=costs.sum(axis=1, keepdims=True),
        calendar=np.zeros(series, dtype=np.int64),
        kind=np.zeros(series, dtype=np.int64) if kind is None else kind,
        weekday=np.arange(days + ahead) % 7,
        is_holiday=holidays,
    )
    return forecast(past, np.ones(ahead) if shares is None else shares)


@settings(max_examples=60, deadline=None)
@given(COSTS, AHEAD, KINDS)
def test_bounds_hold_what_is_expected_and_nothing_is_under_zero(
    costs: Floats, ahead: int, kind: Floats
) -> None:
    found = outlook(costs, ahead, kind=kind)
    assert found.daily.shape == (ahead, SERIES)
    assert np.isfinite([found.low, found.rest, found.high]).all()
    assert (found.low >= 0).all()
    assert (found.low <= found.rest).all()
    assert (found.rest <= found.high).all()


@settings(max_examples=30, deadline=None)
@given(COSTS, KINDS)
def test_without_days_left_nothing_more_is_expected(costs: Floats, kind: Floats) -> None:
    found = outlook(costs, 0, kind=kind)
    for rest in (found.low, found.rest, found.high):
        assert rest.tolist() == [0.0] * SERIES


@settings(max_examples=40, deadline=None)
@given(COSTS, AHEAD, KINDS, st.sampled_from([0.001, 0.5, 7.0, 10_000.0]))
def test_costs_times_k_are_forecast_times_k(
    costs: Floats, ahead: int, kind: Floats, k: float
) -> None:
    one, many = outlook(costs, ahead, kind=kind), outlook(costs * k, ahead, kind=kind)
    scale = max(1e-9, k * costs.max(initial=0) * max(ahead, 1))
    for name in ("rest", "low", "high"):
        np.testing.assert_allclose(
            getattr(many, name), k * getattr(one, name), rtol=1e-6, atol=1e-7 * scale
        )


@settings(max_examples=40, deadline=None)
@given(COSTS, AHEAD, KINDS, st.permutations(range(SERIES)))
def test_the_order_of_series_changes_nothing(
    costs: Floats, ahead: int, kind: Floats, order: list[int]
) -> None:
    straight = outlook(costs, ahead, kind=kind)
    mixed = outlook(costs[:, order], ahead, kind=kind[order])
    scale = max(1e-9, costs.max(initial=0) * max(ahead, 1))
    for name in ("rest", "low", "high"):
        np.testing.assert_allclose(
            getattr(mixed, name), getattr(straight, name)[order], rtol=1e-6, atol=1e-7 * scale
        )


def test_a_plain_week_goes_on() -> None:
    costs = np.outer(np.tile(WORKDAYS, 8), [10.0, 300.0])
    found = outlook(costs, 14)
    np.testing.assert_allclose(found.rest, [100.0, 3_000.0], rtol=0.03)
    weekend = found.daily[[5, 6, 12, 13]]
    assert (weekend < [0.3, 9.0]).all()


def test_who_joined_on_a_friday_rests_on_sunday_like_everybody() -> None:
    everybody = np.tile(WORKDAYS, 8)[:-2]
    joined = np.zeros(len(everybody))
    joined[-2:] = 10.0
    found = outlook(np.column_stack([*(everybody * 10.0,) * 5, joined]), 9)
    assert found.daily[:2, 5].sum() < 1.0
    assert 30 < found.daily[2:7, 5].sum() < 60


def test_a_holiday_ahead_is_a_day_off_even_if_none_was_seen() -> None:
    costs = np.tile(WORKDAYS, 8)[:, None] * 10.0
    # The ninth week's Wednesday.
    found = outlook(costs, 7, free=(58,))
    assert found.daily[2, 0] < 0.3
    assert found.daily[3, 0] > 9.0


def test_holidays_are_what_holidays_were() -> None:
    costs = np.tile(WORKDAYS, 12)[:, None] * 10.0
    free = (2, 16, 31, 45, 59, 74)
    costs[list(free)] = 5.0
    found = outlook(costs, 7, free=(*free, 86))
    assert 3.0 < found.daily[2, 0] < 7.0
    assert found.daily[1, 0] == pytest.approx(10.0, rel=0.05)


def test_a_day_that_is_half_over_has_half_to_come() -> None:
    costs = np.tile(WORKDAYS, 8)[:, None] * 10.0
    whole, half = outlook(costs, 3), outlook(costs, 3, shares=np.array([0.5, 1.0, 1.0]))
    np.testing.assert_allclose(half.daily[0], whole.daily[0] / 2)
    np.testing.assert_allclose(half.daily[1:], whole.daily[1:])


def test_eight_of_ten_intervals_hold_what_comes() -> None:
    """Spenders whose days are drawn from one heavy-tailed distribution each."""
    random = np.random.default_rng(4)
    means = random.lognormal(2, 1, 300)
    drawn = random.gamma(0.4, means / 0.4, (150, 300))
    drawn[np.arange(150) % 7 >= 5] = 0
    found, actual = outlook(drawn[:130], 20), drawn[130:].sum(axis=0)
    held = ((found.low <= actual) & (actual <= found.high)).mean()
    assert 0.72 < held < 0.9
    straight = drawn[120:130].sum(axis=0) * 2
    assert np.abs(found.rest - actual).sum() < np.abs(straight - actual).sum()
