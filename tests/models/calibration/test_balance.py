"""Estimates meet the totals of their cells, and move as far as they are uncertain."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calibration.balance import balanced, remaining_doubt


def _doubt(*deviations: float) -> list[list[float]]:
    return np.diag(np.square(deviations)).tolist()


def test_the_less_certain_moves_more() -> None:
    expected = np.array([[1_000.0, 0.0, 0.0], [1_000.0, 0.0, 0.0]])
    doubt = np.array([_doubt(300.0, 0, 0), _doubt(100.0, 0, 0)])
    result = balanced(expected, doubt, np.array([0, 0]), np.array([[3_000.0, 0.0, 0.0]]))
    assert result[:, 0].sum() == pytest.approx(3_000.0)
    # Nine parts of variance against one.
    assert result[0, 0] == pytest.approx(1_900.0, rel=0.01)
    assert result[1, 0] == pytest.approx(1_100.0, rel=0.01)


def test_what_was_not_read_was_written() -> None:
    """A miss takes as much from the reads as it adds to the writes."""
    swap = 20_000.0**2
    expected = np.array([[20_000.0, 20_000.0, 0.0], [50_000.0, 1_000.0, 0.0]])
    uncertain = [[swap, -swap, 0.0], [-swap, swap, 0.0], [0.0, 0.0, 0.0]]
    doubt = np.array([uncertain, _doubt(100.0, 100.0, 0.0)])
    totals = np.array([[50_000.0, 41_000.0, 0.0]])
    result = balanced(expected, doubt, np.array([0, 0]), totals)
    remaining = remaining_doubt(doubt, np.array([0, 0]), 1)
    assert result[0] == pytest.approx([0.0, 40_000.0, 0.0], abs=50)
    assert result[1] == pytest.approx([50_000.0, 1_000.0, 0.0], abs=50)
    assert remaining[0, 0, 0] < 0.01 * swap


def test_what_a_source_told_does_not_move() -> None:
    expected = np.array([[700.0, 50.0, 0.0], [100.0, 0.0, 0.0]])
    doubt = np.array([np.zeros((3, 3)).tolist(), _doubt(10.0, 10.0, 10.0)])
    totals = np.array([[1_000.0, 90.0, 5.0]])
    result = balanced(expected, doubt, np.array([0, 0]), totals)
    assert result[0].tolist() == [700.0, 50.0, 0.0]
    assert result[1] == pytest.approx([300.0, 40.0, 5.0])


def test_one_request_alone_owns_its_minute() -> None:
    doubt = np.array([_doubt(1_000.0, 1_000.0, 1_000.0)])
    result = balanced(
        np.array([[9.0, 500.0, 0.0]]), doubt, np.array([0]), np.array([[80_000.0, 20.0, 3.0]])
    )
    remaining = remaining_doubt(doubt, np.array([0]), 1)
    assert result[0] == pytest.approx([80_000.0, 20.0, 3.0])
    assert np.sqrt(np.diagonal(remaining[0])).max() < 10


_ESTIMATE = st.tuples(
    st.integers(0, 3),
    *[st.floats(0, 1e5, allow_subnormal=False)] * 3,
    *[st.floats(1, 1e4, allow_subnormal=False)] * 3,
)


@given(
    st.lists(_ESTIMATE, min_size=1, max_size=20),
    st.lists(st.tuples(*[st.integers(0, 200_000)] * 3), min_size=4, max_size=4),
)
def test_totals_are_met_and_nothing_is_negative(
    rows: list[tuple[float, ...]], totals: list[tuple[int, ...]]
) -> None:
    cell = np.array([row[0] for row in rows], dtype=np.int64)
    expected = np.array([row[1:4] for row in rows])
    doubt = np.array([_doubt(*row[4:]) for row in rows])
    wanted = np.array(totals, dtype=np.float64)
    result = balanced(expected, doubt, cell, wanted)
    assert result.min() >= 0
    for number in set(cell.tolist()):
        got = result[cell == number].sum(axis=0)
        assert got == pytest.approx(wanted[number], rel=1e-6, abs=1e-3)
