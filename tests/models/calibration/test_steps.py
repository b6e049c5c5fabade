"""Which request continues which, held against a plain search; and what large steps carry on."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.calibration.arrays import MINUTE_US
from models.calibration.steps import OPENING, RESUMED, SAME_CHAPTER, along, steps
from models.calibration.traffic import Traffic, filled_sizes


def _traffic(rows: list[tuple[int, int, int]], lasts_us: int = 1_000_000) -> Traffic:
    """Rows are conversation, second of the start, bytes; in order."""
    table = np.array(sorted(rows), dtype=np.int64).reshape(-1, 3)
    nothing = np.zeros(len(table), dtype=np.int64)
    started = table[:, 1] * 1_000_000
    return Traffic(
        started_us=started,
        counted_us=started + lasts_us,
        ended_us=started + lasts_us,
        caller=table[:, 0],
        client=nothing,
        model=nothing,
        deployment=nothing,
        conversation=table[:, 0],
        size_bytes=table[:, 2],
        input_tokens=nothing + 5,
        output_tokens=nothing + 5,
        told_read_tokens=nothing - 1,
        told_write_5m_tokens=nothing - 1,
        told_write_1h_tokens=nothing - 1,
        reads_group=nothing - 1,
        group_requests=nothing,
        group_read_tokens=nothing,
    )


def test_a_growing_conversation_continues_its_last_request() -> None:
    traffic = _traffic([(1, 0, 9_000), (1, 60, 12_000), (1, 120, 15_500), (2, 90, 12_100)])
    found = steps(traffic, filled_sizes(traffic))
    assert found.previous.tolist() == [-1, 0, 1, -1]
    assert found.bytes_added.tolist() == [9_000, 3_000, 3_500, 12_100]
    assert found.chapter.tolist() == [OPENING, SAME_CHAPTER, SAME_CHAPTER, OPENING]


def test_conversations_side_by_side_are_told_apart_by_size() -> None:
    rows = [(1, 0, 50_000), (1, 10, 9_000), (1, 20, 51_000), (1, 30, 9_400), (1, 40, 52_500)]
    traffic = _traffic(rows)
    assert steps(traffic, filled_sizes(traffic)).previous.tolist() == [-1, -1, 0, 1, 2]


def test_what_is_still_being_answered_left_nothing() -> None:
    traffic = _traffic([(1, 0, 9_000), (1, 5, 9_100)], lasts_us=60_000_000)
    assert steps(traffic, filled_sizes(traffic)).previous.tolist() == [-1, -1]


def test_after_a_compaction_the_old_prompt_is_not_continued() -> None:
    traffic = _traffic([(1, 0, 600_000), (1, 60, 90_000)])
    assert steps(traffic, filled_sizes(traffic)).previous.tolist() == [-1, -1]


def test_the_next_morning_resumes_and_the_cache_is_cold() -> None:
    traffic = _traffic([(1, 0, 9_000), (1, 16 * 3600, 9_500)])
    found = steps(traffic, filled_sizes(traffic))
    assert found.previous.tolist() == [-1, 0]
    assert found.chapter.tolist() == [OPENING, RESUMED]
    assert found.gap_us[1] == 16 * 60 * MINUTE_US


def test_pauses_and_growth_decide_the_situation() -> None:
    rows = [(n, at, size) for n in range(3) for at, size in ((0, 100_000),)]
    rows += [(0, 60, 101_000), (1, 600, 101_000), (2, 60, 130_000)]
    found = steps(_traffic(rows), _traffic(rows).size_bytes.astype(np.float64))
    warm, paused, grown = (int(found.situation[place]) for place in (1, 3, 5))
    assert len({warm, paused, grown}) == 3
    assert max(warm, paused, grown) < 16
    assert (found.situation[[0, 2, 4]] >= 16).all()


def test_a_picture_is_a_large_step_and_stays_in_the_conversation() -> None:
    rows = [(1, 0, 9_000), (1, 60, 900_000), (1, 120, 903_000), (1, 180, 1_800_000)]
    traffic = _traffic(rows)
    found = steps(traffic, filled_sizes(traffic))
    assert found.is_large.tolist() == [False, True, False, True]
    pairs = set(
        zip(*(part.tolist() for part in along(found.previous, found.is_large)), strict=True)
    )
    assert pairs == {(1, 1), (2, 1), (3, 1), (3, 3)}


def test_an_unknown_size_is_that_of_the_request_before_it() -> None:
    traffic = _traffic([(1, 0, 9_000), (1, 60, 0), (2, 0, 0), (2, 5, 7_000)])
    assert filled_sizes(traffic).tolist() == [9_000, 9_000, 8_000, 7_000]


_ROWS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 20_000), st.integers(1, 400_000)),
    min_size=1,
    max_size=15,
    unique_by=lambda row: row[:2],
)


@given(_ROWS)
def test_the_search_is_the_plain_one(rows: list[tuple[int, int, int]]) -> None:
    """With no more requests than are looked back on, the most alike earlier one is found."""
    traffic = _traffic(rows)
    found = steps(traffic, traffic.size_bytes.astype(np.float64))
    table = sorted(rows)
    for later, (conversation, second, size) in enumerate(table):
        scores = {}
        for earlier, (other, moment, bytes_before) in enumerate(table[:later]):
            if other != conversation or moment + 1 > second + 2:
                continue
            if bytes_before <= size * 1.05 + 300:
                scores[earlier] = abs(size - bytes_before) + 0.003 * size * (later - earlier)
        best = int(found.previous[later])
        if not scores:
            assert best == -1
        else:
            assert scores[best] <= min(scores.values()) + 1e-6


@given(_ROWS, st.integers(0, 2**15 - 1))
def test_marked_steps_are_those_met_going_back(
    rows: list[tuple[int, int, int]], marks: int
) -> None:
    traffic = _traffic(rows)
    previous = steps(traffic, traffic.size_bytes.astype(np.float64)).previous
    marked = np.array([bool(marks >> place & 1) for place in range(len(rows))])
    expected = set()
    for place in range(len(rows)):
        at = place
        while at >= 0:
            if marked[at]:
                expected.add((place, at))
            at = int(previous[at])
    pairs = along(previous, marked)
    assert set(zip(pairs[0].tolist(), pairs[1].tolist(), strict=True)) == expected
    assert len(pairs[0]) == len(expected)
