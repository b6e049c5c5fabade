"""Cells: minutes in which log and platform agree, joined where a request fell into the next."""

from collections import defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.calibration.arrays import MINUTE_US, Ints
from models.calibration.cells import Cells, cells
from models.calibration.platform import PlatformMinutes, clock_reading


def _minutes(rows: list[tuple[int, int, int, int, int]]) -> PlatformMinutes:
    """Rows are deployment, minute, requests, input and output tokens; reads are ten per request."""
    table = np.array(rows, dtype=np.int64).reshape(-1, 5)
    return PlatformMinutes(
        deployment=table[:, 0],
        minute_us=table[:, 1] * MINUTE_US,
        requests=table[:, 2],
        input_tokens=table[:, 3],
        output_tokens=table[:, 4],
        cache_read_tokens=10 * table[:, 2],
        cache_write_5m_tokens=0 * table[:, 2],
        cache_write_1h_tokens=table[:, 2],
    )


def _cells(
    rows: list[tuple[int, int, int, int, int]],
    log: list[tuple[int, int, int, int]],
    *,
    edge_us: int = 0,
) -> Cells:
    """Log rows are deployment, minute, input and output tokens (-1 for unknown)."""
    table = np.array(log, dtype=np.int64).reshape(-1, 4)
    minute_us = table[:, 1] * MINUTE_US
    return cells(_minutes(rows), table[:, 0], minute_us, table[:, 2], table[:, 3], edge_us=edge_us)


def test_a_minute_is_a_cell_where_both_sides_agree() -> None:
    found = _cells([(0, 1, 1, 5, 7), (0, 2, 1, 6, 8)], [(0, 1, 5, 7), (0, 2, 6, 8)])
    assert found.minutes.tolist() == [1, 1]
    assert found.of_request.tolist() == [0, 1]
    assert found.surplus_requests.tolist() == [0, 0]
    assert not found.is_short.any()


def test_a_request_counted_a_minute_later_joins_the_two_minutes() -> None:
    found = _cells([(0, 1, 1, 5, 7), (0, 2, 2, 9, 16)], [(0, 1, 5, 7), (0, 1, 3, 8), (0, 2, 6, 8)])
    assert found.minutes.tolist() == [2]
    assert found.requests.tolist() == [3]
    assert found.surplus_input_tokens.tolist() == [0]
    assert not found.is_short.any()


def test_what_did_not_pass_the_gateway_is_surplus_and_joins_nothing() -> None:
    found = _cells([(0, 1, 3, 50, 70), (0, 2, 1, 6, 8)], [(0, 1, 5, 7), (0, 2, 6, 8)])
    assert found.minutes.tolist() == [1, 1]
    assert found.surplus_requests.tolist() == [2, 0]
    assert found.surplus_input_tokens.tolist() == [45, 0]
    assert found.surplus_output_tokens.tolist() == [63, 0]


def test_a_request_without_usage_is_known_to_be_there() -> None:
    found = _cells([(0, 1, 2, 50, 70)], [(0, 1, 5, 7), (0, 1, -1, -1)])
    assert (found.logged.tolist(), found.unmetered.tolist()) == ([2], [1])
    assert found.surplus_requests.tolist() == [0]
    assert found.surplus_input_tokens.tolist() == [45]


def test_no_cell_reaches_over_an_edge() -> None:
    minutes = [(0, 1, 1, 5, 7), (0, 2, 3, 20, 30)]
    requests = [(0, 1, 5, 7), (0, 1, 9, 9), (0, 2, 11, 21)]
    assert _cells(minutes, requests).minutes.tolist() == [2]
    assert _cells(minutes, requests, edge_us=2 * MINUTE_US).minutes.tolist() == [1, 1]


def test_a_minute_the_platform_lost_has_no_totals() -> None:
    found = _cells([(0, 5, 1, 6, 8)], [(0, 1, 5, 7), (0, 5, 6, 8)])
    assert found.is_measured.tolist() == [False, True]
    assert found.cache_tokens[found.of_request[0]].tolist() == [0, 0, 0]


def test_a_lost_minute_does_not_join_one_with_traffic_beside_the_gateway() -> None:
    """Two requests of the log in a minute without points; the next has one the log does not."""
    log = [(0, 1, 5, 7), (0, 1, 6, 8), (0, 2, 4, 9)]
    lost = _cells([(0, 2, 2, 9, 15)], log)
    assert lost.minutes.tolist() == [1, 1]
    assert lost.is_measured.tolist() == [False, True]
    assert lost.surplus_requests.tolist() == [0, 1]
    late = _cells([(0, 2, 3, 15, 24)], log)
    assert late.minutes.tolist() == [2]
    assert late.surplus_requests.tolist() == [0]


def test_less_than_the_log_shows_is_told() -> None:
    found = _cells([(0, 1, 1, 4, 7)], [(0, 1, 5, 7)])
    assert found.is_short.tolist() == [True]
    assert found.surplus_input_tokens.tolist() == [0]


def test_a_measure_that_a_deployment_does_not_have_joins_nothing() -> None:
    rows = [(0, 1, 0, 5, 7), (0, 2, 0, 6, 8), (1, 1, 1, 1, 1)]
    found = _cells(rows, [(0, 1, 5, 7), (0, 2, 6, 8), (1, 1, 1, 1)])
    assert found.minutes.tolist() == [1, 1, 1]
    assert not found.is_short.any()


_ROW = st.tuples(
    st.integers(0, 2), st.integers(0, 12), st.integers(0, 3), st.integers(0, 9), st.integers(0, 9)
)
_LOG = st.tuples(st.integers(0, 2), st.integers(0, 12), st.integers(-1, 9), st.integers(-1, 9))


@given(
    st.lists(_ROW, max_size=25, unique_by=lambda row: row[:2]),
    st.lists(_LOG, min_size=1, max_size=25),
)
def test_cells_split_time_and_lose_nothing(
    rows: list[tuple[int, int, int, int, int]], log: list[tuple[int, int, int, int]]
) -> None:
    found = _cells(rows, log)
    for deployment in range(3):
        mine = found.deployment == deployment
        of_rows = [row for row in rows if row[0] == deployment]
        assert found.requests[mine].sum() == sum(row[2] for row in of_rows)
        assert found.input_tokens[mine].sum() == sum(row[3] for row in of_rows)
        assert found.cache_tokens[mine, 0].sum() == 10 * sum(row[2] for row in of_rows)
        assert found.logged[mine].sum() == sum(entry[0] == deployment for entry in log)
    inside: dict[int, set[int]] = defaultdict(set)
    for cell, (deployment, minute, _, _) in zip(found.of_request.tolist(), log, strict=True):
        assert found.deployment[cell] == deployment
        inside[cell].add(minute)
        begins = found.first_minute_us[cell] // MINUTE_US
        assert minute >= begins
    # Spans of one deployment do not overlap.
    for one, minutes in inside.items():
        for other, others in inside.items():
            if one < other and found.deployment[one] == found.deployment[other]:
                assert max(minutes) < min(others)


def _traffic(seed: int, offset_s: int, *, at_start: bool) -> tuple[PlatformMinutes, list[Ints]]:
    random = np.random.default_rng(seed)
    started = np.sort(random.integers(0, 600 * MINUTE_US, 400))
    ended = started + random.integers(1, 90, 400) * 1_000_000
    tokens = random.integers(1, 5_000, 400)
    counted = (started if at_start else ended) + offset_s * 1_000_000 + 30 * MINUTE_US
    minute, place = np.unique(counted // MINUTE_US, return_inverse=True)
    rows = np.zeros((len(minute), 5), dtype=np.int64)
    rows[:, 1] = minute
    np.add.at(rows[:, 2], place, 1)
    np.add.at(rows[:, 3], place, tokens)
    shift = 30 * MINUTE_US
    columns = [np.zeros(400, dtype=np.int64), started + shift, ended + shift, tokens]
    return _minutes([tuple(row) for row in rows.tolist()]), columns


def test_the_platforms_clock_is_found() -> None:
    for offset_s, at_start in ((0, False), (0, True), (40, False), (-35, False), (70, True)):
        minutes, columns = _traffic(7, offset_s, at_start=at_start)
        base = columns[1] if at_start else columns[2]
        moment = clock_reading(minutes, *columns).of(columns[1], columns[2])
        found_s = (moment - base) / 1_000_000
        assert np.abs(found_s - offset_s).max() <= 1, (offset_s, at_start)
