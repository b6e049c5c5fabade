"""Asking Log Analytics over real HTTP: windows, what goes wrong, and what is said about it."""

import itertools
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from core_rows import Books, open_books, rows_of
from recorded_logs import GATEWAY_LOG as GATEWAY_FILE
from recorded_logs import gateway_row
from scripted_service import Asked, Reply, scripted_service
from tiny_workspace import EMPTY, FIRST, write_workspace

from ingest.log_query import TooMuchError, ask, fetch_window, log_service
from ingest.logs import LogReading, load_source
from ingest.sandbox.process import sandbox_process
from ingest.source import GATEWAY_LOG, LLM_LOG
from ingest.windows import due, high_water
from models.clock import Clock
from models.errors import SourceError
from models.settings import Settings

START = datetime(2026, 10, 1, 10, tzinfo=UTC)
WINDOW = (START, START + timedelta(hours=1))
NOW = datetime(2026, 10, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    rows = [gateway_row(number, _ItemId=f"item-{number}") for number in range(40)]
    folder = write_workspace(tmp_path_factory.mktemp("recorded"), {GATEWAY_FILE: rows})
    with sandbox_process(folder) as url:
        yield url


def settings_for(url: str, folder: Path, *workspaces: str) -> Settings:
    return Settings(
        data_dir=folder,
        workspace_ids=workspaces or (FIRST,),
        logs_endpoint=url,
        allow_loopback_http=True,
        history_from=START - timedelta(hours=1),
        retry_wait_seconds=0.01,
        retry_attempts=3,
    )


@contextmanager
def reading(books: Books, settings: Settings, clock: Clock) -> Iterator[LogReading]:
    with log_service(settings) as service:
        yield LogReading(books.connection, service, settings, clock)


def fetch(url: str, folder: Path, window: tuple[datetime, datetime] = WINDOW) -> int:
    with log_service(settings_for(url, folder)) as service:
        return fetch_window(service, FIRST, GATEWAY_LOG, window, folder / "rows.ndjson").rows


def test_a_window_holds_its_start_and_not_its_end(sandbox: str, tmp_path: Path) -> None:
    # every row becomes queryable five minutes after its time
    first, last = START + timedelta(minutes=7), START + timedelta(minutes=9)
    assert fetch(sandbox, tmp_path, (first, last)) == 2
    lines = [json.loads(line) for line in (tmp_path / "rows.ndjson").read_text().splitlines()]
    assert [line[GATEWAY_LOG.columns.index("correlation_id")] for line in lines] == [
        "request-2",
        "request-3",
    ]
    assert all(len(line) == len(GATEWAY_LOG.columns) for line in lines)


def test_windows_side_by_side_lose_and_double_nothing(sandbox: str, tmp_path: Path) -> None:
    edges = [START + timedelta(minutes=number) for number in (0, 6, 7, 21, 60)]
    found = [fetch(sandbox, tmp_path, (a, b)) for a, b in itertools.pairwise(edges)]
    assert sum(found) == fetch(sandbox, tmp_path) == 40


def test_a_table_that_is_not_there_has_no_rows(sandbox: str, tmp_path: Path) -> None:
    with log_service(settings_for(sandbox, tmp_path)) as service:
        envelope = fetch_window(service, FIRST, LLM_LOG, WINDOW, tmp_path / "rows.ndjson")
    assert envelope.rows == 0


def test_loading_goes_on_with_a_look_back(sandbox: str, tmp_path: Path) -> None:
    settings = settings_for(sandbox, tmp_path / "data", FIRST, EMPTY)
    clock = Clock(START + timedelta(minutes=20))
    with open_books(tmp_path) as books, reading(books, settings, clock) as logs:
        connection = books.connection
        first = load_source(logs, GATEWAY_LOG)
        assert (first.rows_received, first.rows_new) == (15, 15)
        assert high_water(connection, GATEWAY_LOG, EMPTY) is None
        clock.move(START + timedelta(hours=2))
        look_back = timedelta(minutes=5)
        owed = due(connection, settings, clock, GATEWAY_LOG, FIRST, look_back=look_back)
        assert owed == [(START + timedelta(minutes=15), clock.now())]
        again = load_source(logs, GATEWAY_LOG)
        assert (again.rows_received, again.rows_new) == (40, 25)
        staged = rows_of(connection, "from warehouse.staging.gateway_requests")
        assert len({row["item_id"] for row in staged}) == len(staged) == 40


# --- a service that misbehaves --------------------------------------------------------------------


@contextmanager
def misbehaving(answers: Sequence[tuple[int, bytes]]) -> Iterator[tuple[str, list[Asked]]]:
    """Serve each answer once and the last one for ever; a body of b"cut" breaks the connection."""
    script = [Reply(content, status, cut=content == b"cut") for status, content in answers]
    with scripted_service(script) as (url, asked):
        yield url, asked


def body(
    rows: list[list[object]], columns: Sequence[str] = GATEWAY_LOG.columns, **more: object
) -> bytes:
    table = {"name": "T", "columns": [{"name": name} for name in columns], "rows": rows}
    return json.dumps({"tables": [table]} | more).encode()


def row(number: int) -> list[object]:
    values: list[object] = [None] * len(GATEWAY_LOG.columns)
    values[0:2] = [(START + timedelta(minutes=number)).isoformat(), f"item-{number}"]
    return values


MISSING = json.dumps(
    {"error": {"innererror": {"message": "Failed to resolve table or column expression named 'T'"}}}
).encode()
PARTIAL = {"error": {"code": "PartialError", "message": "too much"}}


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((401, b"{}"), "status 401: grant tollbook's identity the role Log Analytics Reader"),
        ((403, b"{}"), "status 403: grant tollbook's identity the role Log Analytics Reader"),
        ((404, b"{}"), "status 404: check TOLLBOOK_WORKSPACE_IDS"),
        ((400, b"{}"), "status 400: the table has other columns than documented"),
        ((400, MISSING), "does not exist: send the gateway's diagnostic logs"),
        ((418, b"<html>"), "status 418: the next run asks again"),
        ((200, b"<html>"), "not a complete Log Analytics result"),
        ((200, b""), "not a complete Log Analytics result"),
        ((200, body([[1]], ["other"])), "answered other columns than asked for"),
    ],
)
def test_a_refusal_says_what_to_do(tmp_path: Path, answer: tuple[int, bytes], says: str) -> None:
    with misbehaving([answer]) as (url, asked), pytest.raises(SourceError) as raised:
        fetch(url, tmp_path)
    assert says in str(raised.value)
    assert "Bearer" not in str(raised.value)
    # a token may have expired on the way; an answer that is none may be one the next time
    expected = {401: 2, 200: 1 if "other columns" in says else 3}
    assert len(asked) == expected.get(answer[0], 1)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_failure_that_may_pass_is_asked_again(tmp_path: Path, status: int) -> None:
    answers = [(status, b"<html>"), (200, body([row(1), row(2)]))]
    with misbehaving(answers) as (url, asked):
        assert fetch(url, tmp_path) == 2
    assert len(asked) == 2
    assert asked[0] == asked[1]


def test_a_failure_that_stays_ends_after_the_attempts_asked_for(tmp_path: Path) -> None:
    with (
        misbehaving([(502, b"")]) as (url, asked),
        pytest.raises(SourceError, match="status 502: the next run asks again"),
    ):
        fetch(url, tmp_path)
    assert len(asked) == 3


def test_no_content_is_no_rows(tmp_path: Path) -> None:
    with misbehaving([(204, b"")]) as (url, _):
        assert fetch(url, tmp_path) == 0
    assert (tmp_path / "rows.ndjson").read_bytes() == b""


def test_nobody_listening_is_named(tmp_path: Path) -> None:
    with misbehaving([(200, b"")]) as (url, _):
        pass
    with (
        log_service(settings_for(url, tmp_path)) as asking,
        pytest.raises(SourceError, match=r"did not answer \(.*TOLLBOOK_LOGS_ENDPOINT"),
    ):
        ask(asking, FIRST, "T", tmp_path / "rows.ndjson")


def test_a_partial_answer_is_none_and_its_halves_are_asked_for(tmp_path: Path) -> None:
    answers = [
        (200, body([row(1)], **PARTIAL)),
        (200, body([row(1)])),
        (200, body([row(31), row(32)])),
    ]
    with misbehaving(answers) as (url, asked), open_books(tmp_path) as books:
        settings = settings_for(url, tmp_path / "data")
        with log_service(settings) as asking, pytest.raises(TooMuchError):
            fetch_window(asking, FIRST, GATEWAY_LOG, WINDOW, tmp_path / "rows.ndjson")
        asked.clear()
        with reading(books, settings, books.clock) as logs:
            landed = load_source(logs, GATEWAY_LOG, asked=WINDOW)
        landed_rows = rows_of(books.connection, "from warehouse.raw.gateway_log")
    assert (landed.rows_received, landed.rows_new) == (3, 3)
    assert {row["item_id"] for row in landed_rows} == {"item-1", "item-31", "item-32"}
    middle = "2026-10-01T10:30:00Z"
    assert [middle.encode() in question.body for question in asked] == [False, True, True]


def test_a_second_with_more_rows_than_an_answer_holds_is_an_error(tmp_path: Path) -> None:
    narrow = (START, START + timedelta(seconds=2))
    with (
        misbehaving([(200, body([row(1)], **PARTIAL))]) as (url, asked),
        open_books(tmp_path) as books,
    ):
        settings = settings_for(url, tmp_path / "data")
        with (
            reading(books, settings, books.clock) as logs,
            pytest.raises(SourceError, match="read that time from a data export instead"),
        ):
            load_source(logs, GATEWAY_LOG, asked=narrow)
        assert rows_of(books.connection, "from warehouse.run.loads") == []
    # the two seconds at once, then each of them, side by side
    assert len(asked) == 3


def test_a_connection_that_breaks_off_never_passes_for_fewer_rows(tmp_path: Path) -> None:
    whole = (200, body([row(1), row(2), row(3)]))
    with misbehaving([(200, b"cut"), whole]) as (url, asked):
        assert fetch(url, tmp_path) == 3
    assert len(asked) == 2
