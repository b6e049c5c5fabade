"""The gateway's token metrics by caller and minute: cache reads of one request, or of several."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from core_rows import Books, Row, correlation, gateway, land_rows, llm, oid, open_books, person

from ingest.source import APP_METRICS

MINUTE = "2026-10-05T10:00:00Z"


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with open_books(tmp_path) as opened:
        opened.observe(person(1), person(2))
        yield opened


def metric(name: str, value: float, caller: int = 1, minute: str = MINUTE) -> Row:
    """A row of AppMetrics as projected."""
    return {
        "ingested_at": minute,
        "item_id": f"{name}-{caller}-{minute}",
        "resource_id": None,
        "time_generated": minute,
        "properties": json.dumps({"oid": oid(caller)}),
        "metric": name,
        "value_sum": value,
        "item_count": 1,
    }


def land(books: Books, *rows: Row) -> None:
    land_rows(books.connection, books.folder, APP_METRICS, rows, clock=books.clock)


def shown(books: Books) -> dict[str, tuple[int, int]]:
    """By CorrelationId: how many requests share the count, and the count."""
    books.book()
    rows = books.connection.execute(
        "select request_key::varchar, requests, cache_read_tokens from ledger.metered_reads"
    ).fetchall()
    return {key: (requests, tokens) for key, requests, tokens in rows}


def requests_of_a_minute(books: Books, *numbers: int) -> None:
    for number in numbers:
        books.land(gateway(number))
        books.land(llm(number))


def test_a_request_alone_in_its_minute_read_what_the_metric_shows(books: Books) -> None:
    requests_of_a_minute(books, 1)
    land(
        books,
        metric("Prompt Tokens", 1_000),
        metric("Completion Tokens", 100),
        metric("Prompt Cached Tokens", 5_000),
    )
    assert shown(books) == {correlation(1): (1, 5_000)}
    told = books.connection.execute("select cache_read_tokens from ledger.told_usage").fetchall()
    assert told == [(5_000,)]


def test_requests_of_one_minute_share_what_the_metric_shows(books: Books) -> None:
    requests_of_a_minute(books, 1, 2)
    land(
        books,
        metric("Prompt Tokens", 2_000),
        metric("Completion Tokens", 200),
        metric("Prompt Cached Tokens", 9_000),
    )
    assert shown(books) == {correlation(1): (2, 9_000), correlation(2): (2, 9_000)}
    # Nobody says how much of it each read, so neither is measured by itself.
    assert books.connection.execute("select * from ledger.told_usage").fetchall() == []


def test_metrics_that_show_other_requests_too_say_nothing(books: Books) -> None:
    requests_of_a_minute(books, 1, 2)
    land(
        books,
        metric("Prompt Tokens", 2_001),
        metric("Completion Tokens", 200),
        metric("Prompt Cached Tokens", 9_000),
    )
    assert shown(books) == {}


def test_metrics_say_nothing_beside_a_request_without_usage(books: Books) -> None:
    """The gateway counted neither of its tokens, so the reads are those of the other alone."""
    requests_of_a_minute(books, 1)
    books.land(gateway(2))
    land(
        books,
        metric("Prompt Tokens", 1_000),
        metric("Completion Tokens", 100),
        metric("Prompt Cached Tokens", 5_000),
    )
    assert shown(books) == {}


@pytest.mark.parametrize("absurd", [-1, 4_000_001])
def test_impossible_reads_say_nothing(books: Books, absurd: int) -> None:
    requests_of_a_minute(books, 1, 2)
    land(
        books,
        metric("Prompt Tokens", 2_000),
        metric("Completion Tokens", 200),
        metric("Prompt Cached Tokens", absurd),
    )
    assert shown(books) == {}
