"""Usage records: the response's own numbers, and nothing else of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from core_rows import Books, open_books, rows_of
from exported_files import append
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_workspace import write_workspace

from ingest.landing import Landed
from ingest.sandbox.control import SandboxControl
from ingest.sandbox.process import sandbox_process
from ingest.usage_records import load_usage_records
from models.clock import parse_utc
from models.errors import SourceError

FULL = {
    "input_tokens": 2,
    "cache_creation_input_tokens": 42_334,
    "cache_read_input_tokens": 7,
    "cache_creation": {"ephemeral_5m_input_tokens": 334, "ephemeral_1h_input_tokens": 42_000},
    "output_tokens": 121,
    "server_tool_use": {"web_search_requests": 3, "web_fetch_requests": 1},
    "service_tier": "standard",
    "inference_geo": "not_available",
    "speed": "fast",
}


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with open_books(tmp_path) as opened:
        yield opened


def load(books: Books, *places: Path | str, **changes: Any) -> Landed:
    asked = books.settings.model_copy(update={"usage_records": tuple(map(str, places)), **changes})
    return load_usage_records(books.connection, asked, books.clock)


def record(number: int, usage: Any, **more: object) -> dict[str, Any]:
    return {
        "correlation_id": f"request-{number}",
        "time": f"2026-10-05T10:{number:02}:00.25Z",
        "usage": usage,
    } | more


def staged(books: Books) -> list[dict[str, Any]]:
    return rows_of(
        books.connection, "from warehouse.staging.usage_records order by record_time, item_id"
    )


def counts(books: Books, usage: dict[str, Any]) -> tuple[Any, ...]:
    """What is staged of one usage object: the five classes, and whether a count was refused."""
    append(books.folder / "usage", {"day.jsonl": [record(1, usage)]})
    load(books, books.folder / "usage")
    [row] = staged(books)
    names = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")
    return (*(row[f"{name}_tokens"] for name in names), row["refused_counts"])


def test_every_part_of_a_usage_object_has_its_column(books: Books) -> None:
    assert counts(books, FULL) == (2, 121, 7, 334, 42_000, False)
    [row] = staged(books)
    assert row["correlation_id"] == "request-1"
    assert str(row["record_time"]) == "2026-10-05 10:01:00.250000"
    words = (row["speed"], row["inference_geo"], row["service_tier"], row["web_searches"])
    assert words == ("fast", "not_available", "standard", 3)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        # What a response does not say is unknown, not zero.
        ({"input_tokens": 25, "output_tokens": 13}, (25, 13, None, None, None, False)),
        # Only their sum: how writes split is unknown, unless there are none.
        ({"cache_creation_input_tokens": 5}, (None, None, None, None, None, False)),
        ({"cache_creation_input_tokens": 0}, (None, None, None, 0, 0, False)),
        (
            {"cache_creation": {"ephemeral_5m_input_tokens": 1, "ephemeral_1h_input_tokens": 2}},
            (None, None, None, 1, 2, False),
        ),
        (
            {
                "cache_creation_input_tokens": 4,
                "cache_creation": {"ephemeral_5m_input_tokens": 1, "ephemeral_1h_input_tokens": 2},
            },
            (None, None, None, None, None, True),
        ),
        ({"input_tokens": -1, "output_tokens": 13}, (None, 13, None, None, None, True)),
        ({"input_tokens": 10**12, "output_tokens": 0}, (None, 0, None, None, None, True)),
        ({"input_tokens": 10**40, "output_tokens": "7"}, (None, 7, None, None, None, False)),
        ({"input_tokens": "many", "output_tokens": [1]}, (None, None, None, None, None, False)),
        ({"cache_creation": "none", "output_tokens": 1}, (None, 1, None, None, None, False)),
    ],
)
def test_a_count_is_what_it_says_or_unknown(
    books: Books, usage: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    assert counts(books, usage) == expected


def test_text_of_a_request_is_kept_nowhere(books: Books) -> None:
    prompt = "Dear Ms Example"
    usage = FULL | {"speed": prompt, "service_tier": prompt, "note": prompt, "inference_geo": 5}
    append(books.folder / "usage", {"day.jsonl": [record(1, usage, prompt=prompt)]})
    load(books, books.folder / "usage")
    [row] = staged(books)
    assert row["speed"] is None
    assert row["service_tier"] is None
    [raw] = rows_of(books.connection, "from warehouse.raw.usage_records")
    assert json.loads(raw["usage"])["output_tokens"] == 121
    assert prompt not in str(raw) + str(row)


def test_lines_that_are_no_records_are_counted(books: Books) -> None:
    wrong = (b"{broken\n", {"usage": {}}, record(1, {}, time="soon"), record(2, 5), [1])
    append(books.folder / "usage", {"day.jsonl": [*wrong, record(3, FULL)]})
    assert load(books, books.folder / "usage") == Landed(1, 1)
    [problem] = rows_of(books.connection, "from warehouse.run.problems")
    assert problem["occurrences"] == len(wrong)
    assert problem["file"].endswith("usage/day.jsonl")


RECORDS = [record(n, FULL | {"input_tokens": n}) for n in range(6)]


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rounds=st.lists(
        st.lists(st.tuples(st.integers(0, 5), st.sampled_from("ab")), max_size=8), max_size=3
    ),
    last=st.permutations(range(6)),
)
def test_records_in_any_files_again_and_again_are_the_same_records(
    books: Books,
    tmp_path_factory: pytest.TempPathFactory,
    rounds: list[list[tuple[int, str]]],
    last: list[int],
) -> None:
    folder = tmp_path_factory.mktemp("usage")
    for table in ("raw.usage_records", "staging.usage_records", "run.files"):
        books.connection.execute(f"delete from warehouse.{table}")
    for rows in [*rounds, [(number, "c") for number in last]]:
        for number, name in rows:
            append(folder, {f"{name}.jsonl": [RECORDS[number]]})
        load(books, folder)
    assert [row["input_tokens"] for row in staged(books)] == list(range(6))


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, SandboxControl]]:
    """A sandbox whose container has six records, of as many hours."""
    lines = [
        record(n, FULL | {"input_tokens": n}, time=f"2026-10-01T1{n}:00:00Z") for n in range(6)
    ]
    folder = tmp_path_factory.mktemp("recorded")
    write_workspace(folder, {"usage/day.jsonl.gz": lines[::-1]})
    with sandbox_process(folder) as url, SandboxControl(url) as control:
        yield url, control


def load_blobs(books: Books, url: str) -> Landed:
    changes = {"allow_loopback_http": True, "retry_wait_seconds": 0.01, "retry_attempts": 3}
    return load(books, f"{url}/blobs/usage", **changes)


def test_records_are_read_from_a_container_that_grows(
    books: Books, sandbox: tuple[str, SandboxControl]
) -> None:
    """From the sandbox's own container, as its clock moves on."""
    url, control = sandbox
    seen = []
    for hour in (9, 12, 12, 20):
        control.move_clock(parse_utc(f"2026-10-01T{hour:02}:30:00Z"))
        seen.append(load_blobs(books, url).rows_received)
    assert seen == [0, 3, 0, 3]
    assert [row["input_tokens"] for row in staged(books)] == list(range(6))


@pytest.mark.parametrize("path", ["comp=list", "day.jsonl"])
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 200, "body": "html"},
        {"kind": "status", "status": 200, "body": "empty"},
        {"kind": "truncate", "bytes": 150},
        {"kind": "drop"},
    ],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
def test_what_is_no_answer_is_asked_for_again_and_is_never_nothing(
    books: Books, sandbox: tuple[str, SandboxControl], fault: dict[str, Any], path: str
) -> None:
    url, control = sandbox
    control.move_clock(parse_utc("2026-10-02T00:00:00Z"))
    place = {"service": "blobs", "path": path}
    try:
        control.set_faults([place | fault])
        with pytest.raises(SourceError, match=r"the next run asks again|start one there"):
            load_blobs(books, url)
        control.set_faults([place | fault | {"times": 1}])
        assert load_blobs(books, url) == Landed(6, 6)
    finally:
        control.set_faults([])
