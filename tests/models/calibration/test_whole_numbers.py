"""Whole tokens from estimates: every total is met, nothing moves by a token or more."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.calibration.whole_numbers import whole_numbers

_PLACES = st.lists(
    st.lists(st.floats(0.0, 1e6, allow_subnormal=False), min_size=1, max_size=8),
    min_size=1,
    max_size=6,
)


@given(_PLACES)
def test_rounding_by_largest_remainder_keeps_every_sum(places: list[list[float]]) -> None:
    values = np.array([value for place in places for value in place])
    place = np.repeat(np.arange(len(places)), [len(of) for of in places])
    totals = np.array([int(sum(map(Fraction, of))) for of in places])
    whole = whole_numbers(values, place, totals)
    for number, total in enumerate(totals.tolist()):
        mine = whole[place == number]
        assert mine.min() >= 0
        # Values that are all next to nothing own nothing.
        assert mine.sum() == total or sum(places[number]) < 1
        exact = [Fraction(value) for value in places[number]]
        if total and sum(exact):
            scaled = [value * total / sum(exact) for value in exact]
            pairs = zip(mine.tolist(), scaled, strict=True)
            assert all(abs(one - other) < Fraction(1001, 1000) for one, other in pairs)


def test_what_is_missing_is_spread_in_proportion() -> None:
    whole = whole_numbers(np.array([1.0, 3.0]), np.array([0, 0]), np.array([100]))
    assert whole.tolist() == [25, 75]


def test_a_total_nobody_can_own_stays_unmet() -> None:
    whole = whole_numbers(np.array([0.0, 0.0]), np.array([0, 0]), np.array([7]))
    assert whole.tolist() == [0, 0]


def test_ties_go_to_the_earlier_row() -> None:
    whole = whole_numbers(np.array([0.5, 0.5, 0.5, 0.5]), np.zeros(4, np.int64), np.array([2]))
    assert whole.tolist() == [1, 1, 0, 0]
