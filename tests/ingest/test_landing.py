"""Landing: any window may come twice, late, in any order or not at all, and the tables agree."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from core_rows import (
    WINDOW,
    Books,
    Row,
    correlation,
    gateway,
    land_rows,
    llm,
    oid,
    open_books,
    rows_of,
)
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ingest.landing import land
from ingest.source import GATEWAY_LOG, LLM_LOG
from ingest.windows import high_water
from models.errors import SourceError

STAGED = {
    "gateway_requests": "from warehouse.staging.gateway_requests order by all",
    "llm_rows": "from warehouse.staging.llm_rows order by all",
}
LANDED_TABLES = (
    "raw.gateway_log",
    "raw.llm_log",
    "staging.gateway_requests",
    "staging.llm_rows",
    "run.loads",
    "run.dirty_days",
)


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with open_books(tmp_path) as opened:
        yield opened


def state(books: Books) -> dict[str, Any]:
    """What must not depend on the order of landing: staging without its load ids, dirty days."""
    tables: dict[str, Any] = {
        name: sorted(
            tuple(str(value) for key, value in row.items() if key != "load_id")
            for row in rows_of(books.connection, statement)
        )
        for name, statement in STAGED.items()
    }
    days = books.connection.execute("select distinct usage_day from warehouse.run.dirty_days")
    return tables | {"dirty": sorted(day for (day,) in days.fetchall())}


def empty(books: Books) -> None:
    for table in LANDED_TABLES:
        books.connection.execute(f"delete from warehouse.{table}")


def at_minute(minute: int) -> str:
    moment = datetime(2026, 10, 5, 22, tzinfo=UTC) + timedelta(minutes=minute)
    return moment.isoformat()


# Requests around midnight whose rows become queryable at other times than they happen; some come
# again as exact doubles, later or at once, some have no time or no CorrelationId.
TRAFFIC: tuple[Row, ...] = (
    *(gateway(n, at_minute(17 * n), ingested_at=at_minute(60 + 13 * n)) for n in range(8)),
    *(llm(n, at_minute(17 * n + 1), ingested_at=at_minute(50 + 16 * n)) for n in range(1, 10)),
    gateway(2, at_minute(34), ingested_at=at_minute(200)),
    gateway(3, at_minute(51), ingested_at=at_minute(60 + 13 * 3)),
    llm(4, at_minute(69), ingested_at=at_minute(200)),
    gateway(20, None, ingested_at=at_minute(115)),
    llm(20, at_minute(30), ingested_at=at_minute(140)),
    gateway(21, at_minute(119), ingested_at=at_minute(121), correlation_id=None),
    llm(22, None, ingested_at=at_minute(90)),
)
EDGES = list(range(0, 261, 52))
WINDOWS = st.tuples(st.sampled_from(EDGES), st.sampled_from(EDGES)).filter(lambda w: w[0] < w[1])


def land_window(books: Books, first: int, last: int) -> None:
    """Land what a query for that window of ingestion time answers, for both tables."""
    window = (datetime.fromisoformat(at_minute(first)), datetime.fromisoformat(at_minute(last)))
    for source in (GATEWAY_LOG, LLM_LOG):
        rows = [
            row
            for row in TRAFFIC
            if at_minute(first) <= row["ingested_at"] < at_minute(last)
            and ("method" in row) == (source is GATEWAY_LOG)
        ]
        land_rows(books.connection, books.folder, source, rows, window, books.clock)


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(windows=[], order=list(pairwise(EDGES))[::-1])
@given(
    windows=st.lists(WINDOWS, max_size=2),
    order=st.permutations(list(pairwise(EDGES))),
)
def test_windows_in_any_order_and_overlap_end_in_the_same_tables(
    books: Books, windows: list[tuple[int, int]], order: list[tuple[int, int]]
) -> None:
    empty(books)
    land_window(books, EDGES[0], EDGES[-1])
    at_once = state(books)
    empty(books)
    assert min(order)[0] == EDGES[0]
    for first, last in [*windows, *order, *reversed(windows), (EDGES[-2], EDGES[-1])]:
        land_window(books, first, last)
    assert state(books) == at_once
    assert len(at_once["gateway_requests"]) == 10
    assert at_once["dirty"] == [date(2026, 10, 5), date(2026, 10, 6)]


def test_the_same_window_twice_brings_nothing_new(books: Books) -> None:
    rows = [gateway(n) for n in range(3)]
    first, again = books.land(*rows), books.land(*rows)
    assert (first.rows_received, first.rows_new) == (3, 3)
    assert (again.rows_received, again.rows_new) == (3, 0)
    assert len(rows_of(books.connection, "from warehouse.raw.gateway_log")) == 3
    before = books.connection.execute("select count(*) from warehouse.run.dirty_days").fetchone()
    books.land(*rows)
    after = books.connection.execute("select count(*) from warehouse.run.dirty_days").fetchone()
    assert before == after


def test_an_empty_answer_moves_the_mark_and_an_old_window_does_not_move_it_back(
    books: Books,
) -> None:
    early = (WINDOW[0], WINDOW[0] + timedelta(hours=1))
    land_rows(books.connection, books.folder, GATEWAY_LOG, [], WINDOW)
    assert high_water(books.connection, GATEWAY_LOG, "workspace") == WINDOW[1]
    land_rows(books.connection, books.folder, GATEWAY_LOG, [], early)
    assert high_water(books.connection, GATEWAY_LOG, "workspace") == WINDOW[1]
    assert high_water(books.connection, LLM_LOG, "workspace") is None
    assert high_water(books.connection, GATEWAY_LOG, "another") is None


@pytest.mark.parametrize("late", [False, True])
def test_a_landing_that_breaks_off_leaves_nothing(books: Books, late: bool) -> None:
    file = books.folder / "answer.ndjson"
    books.land(gateway(1))
    empty(books)
    if late:  # the load record refuses a missing origin, after all rows are in
        with pytest.raises(duckdb.ConstraintException):
            land(books.connection, books.clock, GATEWAY_LOG, None, WINDOW, file)
    else:  # the rows are in raw when the statement for staging turns out not to exist
        broken = replace(GATEWAY_LOG, staging_table="nowhere")
        with pytest.raises(FileNotFoundError):
            land(books.connection, books.clock, broken, "workspace", WINDOW, file)
    for table in LANDED_TABLES:
        assert rows_of(books.connection, f"from warehouse.{table}") == [], table
    assert land(books.connection, books.clock, GATEWAY_LOG, "workspace", WINDOW, file).rows_new == 1


# --- the shapes header columns come in ------------------------------------------------------------

AGENT, TOKEN = "claude-cli/9.9-marker", "sk-ant-very-secret-0123456789"
PAIRS = [{"name": "User-Agent", "value": AGENT}, {"Name": "X-Caller-Oid", "Value": oid(7)}]


SHAPES: tuple[tuple[Any, str | None], ...] = (
    ({"User-Agent": AGENT}, AGENT),
    (json.dumps(json.dumps({"user-agent": AGENT})), AGENT),
    (PAIRS, AGENT),
    (json.dumps(json.dumps(PAIRS)), AGENT),
    ({"User-Agent": ["a", "b"]}, '["a","b"]'),
    ({"User-Agent": "x" * 2**20}, "x" * 300),
    ({"User-Agent": "  "}, None),
    ({}, None),
    ([], None),
    (None, None),
    ("", None),
)


def test_header_columns_are_read_in_every_shape(books: Books) -> None:
    books.land(*(gateway(n, request_headers=headers) for n, (headers, _) in enumerate(SHAPES)))
    rows = rows_of(books.connection, STAGED["gateway_requests"])
    by_id = {row["correlation_id"]: row for row in rows}
    for number, (headers, agent) in enumerate(SHAPES):
        row = by_id[correlation(number)]
        assert (row["user_agent"], row["malformed_headers"]) == (agent, False), str(headers)[:80]


def test_garbage_in_header_columns_is_noted_and_harms_nothing(books: Books) -> None:
    garbage = ["not json", '{"cut": "off', "7", '"text"', "true", "[1, 2]", '{"a": {"b": []}}']
    books.land(
        *(
            gateway(n, request_headers=text, trace_records=text)
            for n, text in enumerate(garbage)
        )
    )  # fmt: skip
    rows = rows_of(books.connection, STAGED["gateway_requests"])
    by_id = {row["correlation_id"]: row for row in rows}
    noted = [by_id[correlation(n)]["malformed_headers"] for n in range(len(garbage))]
    assert noted == [True, True, True, True, True, False, False]
    assert {row["backend_oid"] for row in rows} == {oid(1)}


@pytest.mark.parametrize("text", ['{"User-Agent": "half \\ud83d a pair"}', "\ud83d"])
def test_a_header_that_is_no_text_does_not_stop_the_load(books: Books, text: str) -> None:
    books.land(gateway(1, request_headers=text), gateway(2))
    assert len(rows_of(books.connection, STAGED["gateway_requests"])) == 2


def test_bytes_that_are_not_utf8_do_not_stop_the_load_and_no_json_does(books: Books) -> None:
    file = books.folder / "answer.ndjson"
    books.land(gateway(1), gateway(2))
    empty(books)
    good = file.read_bytes()
    file.write_bytes(good.replace(b"claude-cli", b"claude\xff\xfecli"))
    assert land(books.connection, books.clock, GATEWAY_LOG, "w", WINDOW, file).rows_new == 2
    empty(books)
    file.write_bytes(good[:-20] + b"\n")
    with pytest.raises(SourceError, match=r"a row that is no JSON.*asks for it again"):
        land(books.connection, books.clock, GATEWAY_LOG, "w", WINDOW, file)
    assert rows_of(books.connection, "from warehouse.raw.gateway_log") == []


CREDENTIALS: tuple[Any, ...] = (
    {"Authorization": f"Bearer {TOKEN}", "User-Agent": AGENT},
    {"X-Api-Key": TOKEN, "User-Agent": AGENT},
    {"ocp-apim-subscription-key": TOKEN},
    {"Cookie": f"session={TOKEN}"},
    {"X-Forwarded-Authorization": f"Bearer {TOKEN}", "authorization": "x"},
    {"authorization": [f"Bearer {TOKEN}"]},
    {"headers": {"Authorization": TOKEN}},
    {"note": f"bearer {TOKEN}"},
    [{"name": "Api-Key", "value": TOKEN}],
    [{"Name": "AUTHORIZATION", "Value": TOKEN}],
    [f"x-api-key: {TOKEN}"],
    json.dumps(json.dumps({"Authorization": TOKEN})),
    json.dumps(json.dumps([{"name": "Set-Cookie", "value": TOKEN}])),
    json.dumps(f"Authorization: {TOKEN}"),
    f"Authorization: {TOKEN}",
    f"x-api-key={TOKEN}; other",
    f'{{"Authorization": "{TOKEN}", "cut": "off',
)


def test_values_of_credential_headers_are_stored_nowhere(tmp_path: Path) -> None:
    columns = ("request_headers", "backend_request_headers", "response_headers", "trace_records")
    with open_books(tmp_path) as books:
        books.land(
            *(
                gateway(
                    20 * column + n,
                    url=f"https://gateway.example/v1/messages?api-key={TOKEN}",
                    backend_url=f"https://one.example/v1/messages?key={TOKEN}",
                    **{columns[column]: headers},
                )
                for column in range(4)
                for n, headers in enumerate(CREDENTIALS)
            )
        )
        books.publish()
        books.connection.execute("checkpoint warehouse")
        stored = _texts(books)
        seen = rows_of(books.connection, STAGED["gateway_requests"])
    assert any(AGENT in text for text in stored)
    assert not [text for text in stored if TOKEN in text]
    held = b"".join(file.read_bytes() for file in (tmp_path / "data").rglob("*") if file.is_file())
    assert AGENT.encode() in held
    assert TOKEN.encode() not in held
    # what was dropped is still known to have been there
    assert {row["credential_headers"] for row in seen} >= {"authorization", "x-api-key", "cookie"}


def _texts(books: Books) -> list[str]:
    """Every text of every column of the warehouse."""
    columns = books.connection.execute(
        "select schema_name, table_name, column_name from duckdb_columns()"
        " where database_name = 'warehouse' and data_type = 'VARCHAR'"
    ).fetchall()
    return [
        text
        for schema, table, column in columns
        for (text,) in books.connection.execute(
            f"select {column} from warehouse.{schema}.{table} where {column} is not null"
        ).fetchall()
    ]


def test_rows_without_a_time_are_staged_on_the_day_they_arrived(books: Books) -> None:
    books.land(
        gateway(1, None, ingested_at="2026-10-06T01:00:00Z"),
        gateway(2, "not a time", ingested_at="2026-10-06T01:00:00Z"),
        gateway(3, "0001-01-01T00:00:00Z", ingested_at="2026-10-06T01:00:00Z"),
    )
    days = [row["day_key"] for row in rows_of(books.connection, STAGED["gateway_requests"])]
    assert sorted(days) == [date(1, 1, 1), date(2026, 10, 6), date(2026, 10, 6)]


def test_rows_without_an_item_id_are_told_apart_by_their_content(books: Books) -> None:
    books.land(gateway(1, item_id=None), gateway(2, item_id=""), gateway(2, item_id=""))
    assert len(rows_of(books.connection, STAGED["gateway_requests"])) == 2


def test_absurd_numbers_become_unknown(books: Books) -> None:
    books.land(
        gateway(
            1,
            response_code="two hundred",
            request_size_bytes=-1,
            response_size_bytes=2**70,
            total_time_ms=-3,
            backend_response_code=0,
        )
    )
    books.land(
        llm(1, prompt_tokens="many", completion_tokens=2**70),
        llm(2, prompt_tokens=2_000_000, completion_tokens=2_000_001),
    )
    (row,) = rows_of(books.connection, STAGED["gateway_requests"])
    absent = ("response_code", "request_size_bytes", "total_time_ms", "backend_response_code")
    assert [row[name] for name in (*absent, "response_size_bytes")] == [None] * 5
    counts = {
        row["item_id"]: (row["input_tokens"], row["output_tokens"], row["refused_counts"])
        for row in rows_of(books.connection, STAGED["llm_rows"])
    }
    assert counts == {
        llm(1)["item_id"]: (None, None, False),
        llm(2)["item_id"]: (2_000_000, None, True),
    }
