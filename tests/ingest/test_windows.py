"""Windows of time as sets of minutes: what is left, what loads vouch for, what is missing."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from core_rows import Books, open_books
from hypothesis import given
from hypothesis import strategies as st

from ingest.source import GATEWAY_LOG
from ingest.windows import FIRST_HISTORY, Window, covered, cut, due, halved, holes, without
from models.settings import Settings

START = datetime(2026, 10, 1, tzinfo=UTC)
LENGTH = 60
ORIGIN = "a workspace"

minutes = st.integers(0, LENGTH)
spans = st.tuples(minutes, minutes).map(lambda pair: (min(pair), max(pair)))
loads = st.lists(st.tuples(spans, minutes), max_size=8)


def moment(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def window(span: tuple[int, int]) -> Window:
    return moment(span[0]), moment(span[1])


def minutes_of(windows: Sequence[Window]) -> set[int]:
    """The minutes that the windows hold, each as its number since the start."""
    minute = timedelta(minutes=1)
    return {
        number
        for start, end in windows
        for number in range((start - START) // minute, (end - START) // minute)
    }


def stretches_of(numbers: set[int]) -> list[Window]:
    """The same minutes as windows that are in order, apart, and as few as possible."""
    edges = sorted(
        number for number in range(LENGTH + 2) if (number in numbers) != (number - 1 in numbers)
    )
    return [window((first, last)) for first, last in zip(edges[::2], edges[1::2], strict=True)]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    with open_books(tmp_path_factory.mktemp("books")) as opened:
        yield opened


def vouch(books: Books, done: Sequence[tuple[tuple[int, int], int]]) -> None:
    """Replace all load records: the window of each, and the minute it was landed."""
    books.connection.execute("delete from warehouse.run.loads")
    for number, ((start, end), landed) in enumerate(done):
        times = [moment(minute).replace(tzinfo=None) for minute in (start, end, landed)]
        books.connection.execute(
            "insert into warehouse.run.loads values (?, ?, ?, ?, ?, 1, 1, ?, null, null)",
            [number, GATEWAY_LOG.name, ORIGIN, *times],
        )


@given(spans, st.sets(minutes))
def test_what_is_left_of_a_window_is_what_no_stretch_holds(
    span: tuple[int, int], numbers: set[int]
) -> None:
    left = without(window(span), stretches_of(numbers))
    assert minutes_of(left) == minutes_of([window(span)]) - numbers
    assert left == stretches_of(minutes_of(left))


@given(done=loads, look_back=minutes)
def test_a_minute_is_covered_when_a_load_of_it_is_older_than_the_look_back(
    books: Books, done: list[tuple[tuple[int, int], int]], look_back: int
) -> None:
    vouch(books, done)
    found = covered(books.connection, GATEWAY_LOG.name, ORIGIN, timedelta(minutes=look_back))
    vouched = {
        minute
        for (start, end), landed in done
        for minute in range(start, end)
        if minute < landed - look_back
    }
    assert found == stretches_of(vouched)


@given(done=loads)
def test_holes_lie_between_what_is_covered(
    books: Books, done: list[tuple[tuple[int, int], int]]
) -> None:
    vouch(books, [(span, LENGTH) for span, _ in done])
    asked = minutes_of([window(span) for span, _ in done])
    missing = set(range(min(asked), max(asked))) - asked if asked else set()
    assert holes(books.connection, GATEWAY_LOG.name, ORIGIN) == stretches_of(missing)


@given(done=loads, look_back=minutes, first=minutes, asked=st.none() | spans)
def test_due_is_all_of_history_that_nobody_vouches_for(
    books: Books,
    done: list[tuple[tuple[int, int], int]],
    look_back: int,
    first: int,
    asked: tuple[int, int] | None,
) -> None:
    vouch(books, done)
    books.clock.move(moment(LENGTH))
    owed = due(
        books.connection,
        Settings(data_dir=Path(), history_from=moment(first)),
        books.clock,
        GATEWAY_LOG,
        ORIGIN,
        look_back=timedelta(minutes=look_back),
        asked=window(asked) if asked else None,
    )
    vouched = {
        minute
        for (start, end), landed in done
        for minute in range(start, end)
        if minute < landed - look_back
    }
    wanted = set(range(min({first, *vouched}), LENGTH))
    if asked:
        wanted = set(range(*asked))
    assert minutes_of(owed) == wanted - vouched
    assert owed == stretches_of(minutes_of(owed))


def test_a_first_history_has_a_length_unless_the_settings_say_where_it_begins(books: Books) -> None:
    vouch(books, [])
    books.clock.move(START)
    [owed] = due(
        books.connection,
        Settings(data_dir=Path()),
        books.clock,
        GATEWAY_LOG,
        ORIGIN,
        look_back=timedelta(),
    )
    assert owed == (START - FIRST_HISTORY, START)


@given(spans, st.integers(1, LENGTH))
def test_pieces_are_the_window_in_order_and_none_too_wide(
    span: tuple[int, int], width: int
) -> None:
    pieces = list(cut(window(span), timedelta(minutes=width)))
    assert minutes_of(pieces) == minutes_of([window(span)])
    assert all(end - start <= timedelta(minutes=width) for start, end in pieces)
    assert all(end == start for (_, end), (start, _) in pairwise(pieces))
    assert len(pieces) == -(-(span[1] - span[0]) // width)


@given(spans.filter(lambda span: span[0] < span[1]))
def test_halves_are_the_whole_and_of_one_size(span: tuple[int, int]) -> None:
    (start, middle), (other_middle, end) = halved(window(span))
    assert (start, end) == window(span)
    assert middle == other_middle
    assert middle - start == end - middle
