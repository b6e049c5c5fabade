"""The price list: what is read, what is refused and in which words, and the two times."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from models.price_book import (
    PriceBookError,
    as_known,
    find_price,
    price_gaps,
    read_price_book,
)

PRICES = Path(__file__).parents[2] / "sql/seeds/prices.csv"
HEADER = PRICES.read_text(encoding="utf-8").splitlines()[0]
GOOD = {
    "price_id": "p1",
    "model": "claude-test",
    "speed": "standard",
    "prompt_over_tokens": "0",
    "prompt_up_to_tokens": "",
    "input_usd_per_mtok": "0.10",
    "output_usd_per_mtok": "0.50",
    "cache_read_usd_per_mtok": "0.01",
    "cache_write_5m_usd_per_mtok": "0.125",
    "cache_write_1h_usd_per_mtok": "0.2",
    "web_search_usd_per_thousand": "10",
    "us_data_zone_multiplier": "1.1",
    "valid_from": "2026-01-01",
    "valid_to": "",
    "recorded_from": "2026-01-01",
    "recorded_to": "",
    "source": "a test",
    "checked_on": "2026-11-22",
    "link": "https://prices.example/list",
    "reviewer": "somebody",
}
BookOf = Callable[..., Path]


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def book_of(tmp_path: Path) -> BookOf:
    """Write a price list of rows that differ from GOOD as given."""

    def write(*rows: dict[str, str], end: str = "\n", mark: str = "") -> Path:
        lines = [HEADER]
        for number, changes in enumerate(rows, start=1):
            row = GOOD | {"price_id": f"p{number}"} | changes
            lines.append(",".join(row[name] for name in HEADER.split(",")))
        path = tmp_path / "prices.csv"
        path.write_bytes((mark + end.join(lines) + end).encode())
        return path

    return write


def problems(path: Path) -> list[str]:
    with pytest.raises(PriceBookError) as raised:
        read_price_book(path)
    return str(raised.value).splitlines()


def test_amounts_become_exact_usd_per_token(book_of: BookOf) -> None:
    (price,) = read_price_book(book_of({}))
    assert price.input_usd_per_token == Decimal("0.00000010")
    assert price.cache_read_usd_per_token == Decimal("0.00000001")
    assert price.cache_write_5m_usd_per_token == Decimal("0.000000125")
    assert price.web_search_usd_per_search == Decimal("0.01")
    assert price.us_data_zone_multiplier == Decimal("1.1")
    assert (price.valid_from, price.valid_to) == (day("2026-01-01"), None)


def test_empty_optional_cells_are_none_and_not_zero(book_of: BookOf) -> None:
    empty = {"web_search_usd_per_thousand": "", "us_data_zone_multiplier": ""}
    (price,) = read_price_book(book_of(empty))
    assert price.web_search_usd_per_search is None
    assert price.us_data_zone_multiplier is None
    assert price.prompt_up_to_tokens is None


def test_a_byte_order_mark_crlf_and_blank_lines_change_nothing(book_of: BookOf) -> None:
    plain = read_price_book(book_of({}))
    path = book_of({}, end="\r\n", mark="\ufeff")
    path.write_bytes(path.read_bytes() + b"\r\n , ,\r\n\r\n")
    assert read_price_book(path) == plain


@pytest.mark.parametrize(
    ("column", "text", "says"),
    [
        ("input_usd_per_mtok", "3e-7", "no plain decimal: write digits and at most one point"),
        ("input_usd_per_mtok", "-1", "no plain decimal"),
        ("input_usd_per_mtok", "NaN", "no plain decimal"),
        ("input_usd_per_mtok", "Infinity", "no plain decimal"),
        ("input_usd_per_mtok", "1_000", "no plain decimal"),
        ("input_usd_per_mtok", "١", "no plain decimal"),
        ("input_usd_per_mtok", "9" * 10_000, "no plain decimal"),
        ("output_usd_per_mtok", "", "no plain decimal"),
        ("output_usd_per_mtok", "0.0000000001", "more than 15 decimals: round the list price"),
        ("output_usd_per_mtok", "0.123456789", "more than 15 decimals"),
        ("web_search_usd_per_thousand", "0.0000000000001", "more than 15 decimals"),
        ("speed", "turbo", "no known speed: write one of standard, fast"),
        ("model", "Claude-Test", "write it in lower case"),
        ("model", "claude-test-20260101", "without its -YYYYMMDD date"),
        ("valid_from", "2026-02-30", "no day: write it as 2026-10-07"),
        ("valid_from", "20260201", "no day"),
        ("valid_from", "", "no day"),
        ("valid_to", "2026-01-01", "valid_to 2026-01-01 is not after valid_from 2026-01-01"),
        ("recorded_to", "2025-12-31", "recorded_to 2025-12-31 is not after recorded_from"),
        ("prompt_over_tokens", "100_000", "no whole number"),
        ("prompt_up_to_tokens", "0", "prompt_up_to_tokens 0 is not above prompt_over_tokens 0"),
        ("prompt_up_to_tokens", "100000", "prompts over 100000 tokens have no price"),
        ("prompt_over_tokens", "5", "prompts of 1 to 5 tokens have no price"),
        ("price_id", "", "is empty: fill it in"),
        ("source", "", "is empty: fill it in"),
        ("checked_on", "today", "no day"),
    ],
)
def test_a_wrong_cell_is_named_with_its_line(
    book_of: BookOf, column: str, text: str, says: str
) -> None:
    found = problems(book_of({"model": "claude-other"}, {column: text}))
    assert len(found) == 1
    assert found[0].startswith("prices.csv line 3: ")
    assert says in found[0]


def test_fifteen_decimals_after_the_zone_are_kept_and_sixteen_refused(book_of: BookOf) -> None:
    fits = {"input_usd_per_mtok": "0.12345678"}  # 14 decimals a token, 15 with the 1.1
    assert read_price_book(book_of(fits))[0].input_usd_per_token == Decimal("0.00000012345678")
    assert "more than 15 decimals" in problems(book_of({"input_usd_per_mtok": "0.123456789"}))[0]
    without = {"input_usd_per_mtok": "0.123456789", "us_data_zone_multiplier": ""}
    assert read_price_book(book_of(without))


def test_all_problems_come_at_once(book_of: BookOf) -> None:
    found = problems(
        book_of(
            {"input_usd_per_mtok": "3e-7", "speed": "turbo"},
            {"model": "claude-other", "valid_to": "2025-01-01"},
            {"price_id": "p2", "model": "claude-third"},
        )
    )
    assert [text.split(":")[0] for text in found] == [
        "prices.csv line 2",
        "prices.csv line 2",
        "prices.csv line 3",
        "prices.csv line 4",
    ]
    assert "price_id 'p2' is on line 3 too" in found[3]


def test_overlap_needs_both_times_and_the_band(book_of: BookOf) -> None:
    found = problems(book_of({}, {"valid_from": "2026-06-01"}))
    assert found == [
        "prices.csv line 3: holds at the same time as line 2: end one row where the other begins"
    ]
    apart_in_valid = ({"valid_to": "2026-06-01"}, {"valid_from": "2026-06-01"})
    apart_in_recorded = ({"recorded_to": "2026-06-01"}, {"recorded_from": "2026-06-01"})
    apart_in_band = ({"prompt_up_to_tokens": "100"}, {"prompt_over_tokens": "100"})
    apart_in_speed = ({}, {"speed": "fast"})
    for rows in (apart_in_valid, apart_in_recorded, apart_in_band, apart_in_speed):
        assert len(read_price_book(book_of(*rows))) == 2


def test_bands_may_neither_overlap_nor_leave_a_hole(book_of: BookOf) -> None:
    overlap = problems(book_of({"prompt_up_to_tokens": "101"}, {"prompt_over_tokens": "100"}))
    assert ["holds at the same time" in text for text in overlap] == [True]
    hole = problems(book_of({"prompt_up_to_tokens": "100"}, {"prompt_over_tokens": "200"}))
    assert ["prompts of 101 to 200 tokens have no price" in text for text in hole] == [True]
    ends_early = problems(
        book_of(
            {"prompt_up_to_tokens": "100"}, {"prompt_over_tokens": "100", "valid_to": "2026-03-01"}
        )
    )
    assert ["prompts over 100 tokens have no price" in text for text in ends_early] == [True]


def test_a_hole_in_time_is_a_warning(book_of: BookOf) -> None:
    rows = ({"valid_to": "2026-03-01"}, {"valid_from": "2026-03-05"})
    (warning,) = price_gaps(read_price_book(book_of(*rows)))
    assert warning == (
        "claude-test standard has no price from 2026-03-01 to 2026-03-05:"
        " requests of those days stay unpriced; add a row"
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "line 1: column price_id is missing"),
        (HEADER.encode(), "has no price rows"),
        (HEADER.replace("speed,", "").encode(), "column speed is missing: add it"),
        (HEADER.replace("speed,", "speed,Speed,").encode(), "column 'Speed' is unknown"),
        (HEADER.replace("speed,", "speed,speed,").encode(), "column speed is there 2 times"),
        (HEADER.encode() + b"\na,b\n", "line 2: 2 cells under 20 columns"),
        (HEADER.encode() + b'\n"a', "line 2: unexpected end of data: correct the quotes"),
        (HEADER.encode() + b"\n\xff\xfe", "is not UTF-8 text"),
    ],
)
def test_a_broken_file_says_what_to_do(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "prices.csv"
    path.write_bytes(content)
    assert says in problems(path)[0]


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    (found,) = problems(tmp_path / "prices.csv")
    assert found == "prices.csv is missing: restore the file, the product ships one in sql/seeds"
    assert problems(tmp_path)[0].endswith("cannot be read (Is a directory): correct the file")


def test_absurdly_many_rows_of_one_model_are_refused_quickly(book_of: BookOf) -> None:
    begin = day("1990-01-01")
    days = [f"{begin + timedelta(days=number):%Y-%m-%d}" for number in range(152)]
    rows = [{"valid_from": one, "valid_to": two} for one, two in pairwise(days)]
    assert "more than 150 rows of one model and speed" in problems(book_of(*rows))[0]
    assert len(read_price_book(book_of(*rows[:150]))) == 150


# The committed list.


def test_the_committed_list_is_valid_and_without_holes() -> None:
    book = read_price_book(PRICES)
    assert {"claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5"} <= {p.model for p in book}
    assert price_gaps(book) == ()


def read_rate(model: str, at: str, known_at: str) -> Decimal | None:
    price = find_price(
        as_known(read_price_book(PRICES), day(known_at)), model, "standard", 1000, day(at)
    )
    return None if price is None else price.cache_read_usd_per_token.scaleb(6)


def test_sonnet_5_5_cache_reads_before_and_after_the_cut_was_known() -> None:
    assert read_rate("claude-sonnet-5-5", "2026-10-08", known_at="2026-10-06") == Decimal("0.2")
    assert read_rate("claude-sonnet-5-5", "2026-10-08", known_at="2026-10-07") == Decimal("0.1")
    assert read_rate("claude-sonnet-5-5", "2026-10-06", known_at="2026-11-22") == Decimal("0.2")
    assert read_rate("claude-sonnet-5-5", "2026-09-27", known_at="2026-11-22") is None


def test_the_cancelled_rise_of_sonnet_5_is_only_what_was_said_then() -> None:
    def input_price(at: str, known_at: str) -> Decimal:
        known = as_known(read_price_book(PRICES), day(known_at))
        price = find_price(known, "claude-sonnet-5", "standard", 1, day(at))
        assert price is not None
        return price.input_usd_per_token.scaleb(6)

    assert input_price("2026-09-15", known_at="2026-07-15") == 3
    assert input_price("2026-08-31", known_at="2026-07-15") == 2
    assert input_price("2026-09-15", known_at="2026-08-10") == 2
    assert input_price("2026-09-15", known_at="2026-11-22") == 2


def test_there_is_no_price_before_the_first_one_nor_for_unknown_models() -> None:
    known = as_known(read_price_book(PRICES), day("2026-11-22"))
    assert find_price(known, "claude-opus-5", "standard", 1, day("2026-07-23")) is None
    assert find_price(known, "claude-opus-5", "standard", 1, day("2026-07-24")) is not None
    assert find_price(known, "claude-unheard-of", "standard", 1, day("2026-11-22")) is None
    assert find_price(known, "claude-opus-4-7", "fast", 1, day("2026-11-22")) is None


def test_choosing_among_rows_of_several_moments_is_refused() -> None:
    book = read_price_book(PRICES)
    with pytest.raises(LookupError, match="choose with as_known first"):
        find_price(book, "claude-sonnet-5-5", "standard", 1, day("2026-10-08"))
