"""The caller trace in Application Insights counts as the one in the gateway's log."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from core_rows import (
    DAY,
    Books,
    Row,
    correlation,
    gateway,
    land_rows,
    llm,
    oid,
    open_books,
    person,
    rows_of,
)

from ingest.landing import Landed
from ingest.source import APP_TRACES

UNNAMED: Row = {"backend_request_headers": {}, "response_headers": {}}


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with open_books(tmp_path) as opened:
        opened.observe(*(person(number) for number in range(1, 9)))
        yield opened


def trace(
    number: int, at: str = "2026-10-05T10:00:00Z", request: int | None = None, **metadata: Any
) -> Row:
    """A row of AppTraces as projected, about request `number` unless told otherwise."""
    properties = {"request_id": correlation(request or number), **metadata}
    return {
        "ingested_at": at,
        "item_id": f"trace-{number}",
        "resource_id": None,
        "time_generated": at,
        "properties": json.dumps(properties),
    }


def land(books: Books, *traces: Row) -> Landed:
    return land_rows(books.connection, books.folder, APP_TRACES, traces, clock=books.clock)


def test_a_trace_names_the_caller_the_deployment_and_the_speed(books: Books) -> None:
    books.land(gateway(1, **UNNAMED))
    books.land(llm(1))
    land(books, trace(1, oid=oid(2).upper(), deployment="plain", speed="Fast"))
    row, seen = books.book()[correlation(1)], books.attributed()[correlation(1)]
    assert (row["caller_oid"], row["caller_evidence"], row["label"]) == (oid(2), "trace", "")
    assert (seen["deployment"], seen["deployment_evidence"]) == ("plain", "policy")
    # fast mode of the test's price list: 1,000 x 4 and 100 x 20 per million
    assert float(row["list_cost_usd"]) == pytest.approx(0.006)


def test_what_the_log_itself_says_comes_before_the_trace(books: Books) -> None:
    books.land(
        gateway(1),
        gateway(2, **UNNAMED | {"trace_records": [{"metadata": {"oid": oid(3)}}]}),
    )
    land(books, trace(1, oid=oid(2)), trace(2, oid=oid(4)))
    booked, seen = books.book(), books.attributed()
    first, second = booked[correlation(1)], booked[correlation(2)]
    assert (first["caller_oid"], first["caller_evidence"]) == (oid(1), "backend_header")
    assert seen[correlation(1)]["caller_conflict"]
    assert (second["caller_oid"], second["caller_evidence"]) == (oid(3), "trace")


def test_a_clients_own_value_is_believed_where_the_trace_confirms_it(books: Books) -> None:
    sides = {"x-caller-oid": oid(5)}
    books.land(
        *(
            gateway(n, request_headers=sides, backend_request_headers=sides, response_headers={})
            for n in (1, 2)
        )
    )
    land(books, trace(1, oid=oid(5)))
    booked = books.book()
    assert booked[correlation(1)]["caller_evidence"] == "backend_header"
    assert booked[correlation(2)]["caller_evidence"] == "none"


def test_a_malformed_object_id_is_noted_and_not_used(books: Books) -> None:
    books.land(gateway(1, **UNNAMED))
    land(books, trace(1, oid="anna@tenant.example"))
    row, seen = books.book()[correlation(1)], books.attributed()[correlation(1)]
    assert (row["caller_oid"], row["label"]) == (None, "unattributed")
    assert seen["malformed_oid"]


def test_several_traces_of_one_request_make_it_one_request(books: Books) -> None:
    books.land(gateway(1, **UNNAMED))
    land(
        books,
        trace(1, "2026-10-05T10:00:02Z", oid=oid(3)),
        trace(2, "2026-10-05T10:00:01Z", request=1, oid=oid(2)),
        trace(3, "2026-10-05T10:00:03Z", request=1, oid=oid(2)),
    )
    (row,) = books.book_rows()
    assert row["caller_oid"] == oid(2), "the first trace is the policy's of this request"


def test_a_trace_that_comes_later_reopens_the_requests_day(books: Books) -> None:
    books.land(gateway(1, "2026-10-05T23:59:59Z", **UNNAMED))
    books.publish()
    assert rows_of(books.connection, "from warehouse.run.dirty_days") == []
    land(books, trace(1, "2026-10-06T00:00:01Z", oid=oid(2)), trace(9, oid=oid(2)))
    dirty = rows_of(books.connection, "select distinct usage_day from warehouse.run.dirty_days")
    assert dirty == [{"usage_day": DAY}]
    assert books.book(DAY, date(2026, 10, 6))[correlation(1)]["caller_oid"] == oid(2)


def test_a_trace_may_come_twice_and_of_a_time_that_is_none(books: Books) -> None:
    books.land(gateway(1, None, **UNNAMED))
    late = trace(1, oid=oid(2)) | {"time_generated": None}
    assert land(books, late).rows_new == 1
    assert land(books, late).rows_new == 0
    assert len(rows_of(books.connection, "from warehouse.staging.caller_traces")) == 1
    assert books.book()[correlation(1)]["caller_oid"] == oid(2)
