from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.clock import Clock, parse_utc, rfc3339, to_utc

MOMENT = datetime(2026, 10, 5, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-10-05T12:00:00Z",
        " 2026-10-05T12:00:00+00:00 ",
        "2026-10-05T14:00:00+02:00",
        "2026-10-05T12:00:00",
    ],
)
def test_times_are_read_as_utc(text: str) -> None:
    assert parse_utc(text) == MOMENT


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-30T00:00:00Z", "12:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|range"):
        parse_utc(text)


@given(st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.timezones()))  # noqa: DTZ001
def test_what_is_written_reads_back(moment: datetime) -> None:
    text = rfc3339(moment)
    assert text.endswith("Z")
    assert parse_utc(text) == to_utc(moment)


def test_fractions_show_only_where_there_are_any() -> None:
    assert rfc3339(MOMENT) == "2026-10-05T12:00:00Z"
    assert rfc3339(MOMENT + timedelta(microseconds=1)) == "2026-10-05T12:00:00.000001Z"


def test_a_fixed_clock_stands_until_it_is_moved() -> None:
    clock = Clock(MOMENT)
    assert clock.now() == clock.now() == MOMENT
    clock.move(datetime(2026, 10, 6, 1, tzinfo=timezone(timedelta(hours=2))))
    assert rfc3339(clock.now()) == "2026-10-05T23:00:00Z"


def test_a_free_clock_is_the_machines() -> None:
    assert datetime.now(UTC) - Clock().now() < timedelta(minutes=1)
