"""Export files of the gateway's logs: in any layout and any order, the ledger is the same."""

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from core_rows import Books, open_books, rows_of
from exported_files import (
    GATEWAY_TABLE,
    LLM_TABLE,
    append,
    as_event,
    recorded_rows,
    write_data_export,
    write_events,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import line_files
from ingest.landing import Landed
from ingest.log_exports import load_log_exports, sources_in
from ingest.log_query import log_service
from ingest.logs import LogReading, load_source
from ingest.sandbox.generator import generate_tenant
from ingest.sandbox.process import sandbox_process
from ingest.sandbox.workspace import read_workspace
from ingest.source import GATEWAY_LOG, LLM_LOG
from jobs.demo import clear, tenant_settings
from models import ledger
from models.clock import Clock
from models.errors import SourceError
from models.seed_loading import load_seeds

TABLES = (GATEWAY_TABLE, LLM_TABLE)
DAYS = (date(2026, 10, 1), date(2026, 10, 3))


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with open_books(tmp_path) as opened:
        yield opened


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    folder = tmp_path / "exported"
    folder.mkdir()
    return folder


def load(books: Books, *places: Path | str, **changes: Any) -> Landed:
    asked = books.settings.model_copy(update={"log_exports": tuple(map(str, places)), **changes})
    return load_log_exports(books.connection, asked, books.clock)


def gateway(number: int, **more: object) -> dict[str, Any]:
    return {
        "TimeGenerated": f"2026-10-05T10:{number:02}:00.1234567Z",
        "CorrelationId": f"{number:08d}-0000-4000-8000-000000000002",
        "Method": "POST",
        "Url": "https://gateway.example/anthropic/v1/messages?beta=true",
        "ResponseCode": 200,
        "BackendResponseCode": 200,
        "RequestHeaders": {"User-Agent": "claude-cli/2.0", "note": "ü"},
        "Type": GATEWAY_TABLE,
        "_ResourceId": "/subscriptions/s",
    } | more


def llm(number: int, **more: object) -> dict[str, Any]:
    return {
        "TimeGenerated": f"2026-10-05T10:{number:02}:01Z",
        "CorrelationId": f"{number:08d}-0000-4000-8000-000000000002",
        "RequestId": f"msg_{number}",
        "ModelName": "claude-plain",
        "PromptTokens": 1_000 + number,
        "CompletionTokens": 100,
        "SequenceNumber": 0,
        "Type": LLM_TABLE,
    } | more


def staged(books: Books, *without: str) -> dict[str, list[Any]]:
    """Staging without what says by which load a row came."""
    return {
        name: sorted(
            tuple(str(value) for key, value in row.items() if key not in {"load_id", *without})
            for row in rows_of(books.connection, f"from warehouse.staging.{name}")
        )
        for name in ("gateway_requests", "llm_rows")
    }


def booked(books: Books) -> list[tuple[str, ...]]:
    """Every ledger row of the recorded days, freshly built.

    What differs because the paths differ is left out: the key of a request that no CorrelationId
    names, and the time of one that has none and is booked when it was seen.
    """
    ledger.prepare(books.connection, books.clock.now())
    ledger.build_span(books.connection, *DAYS)
    rows = rows_of(
        books.connection,
        "select charge.* exclude (request_key) replace"
        " (case when call.has_event_time then charge.usage_time end as usage_time)"
        " from ledger.charges as charge inner join ledger.requests as call using (request_key)",
    )
    return sorted(tuple(map(str, row.values())) for row in rows)


# A generated tenant, once through the query API, once through files.


class Tenant:
    """A small recorded tenant, its rows, and how to read it through the query API."""

    def __init__(self, folder: Path, url: str) -> None:
        self.workspace = read_workspace(folder)
        self.url = url
        self.tables = {table: recorded_rows(folder, table) for table in TABLES}

    @contextmanager
    def books(self, folder: Path) -> Iterator[Books]:
        with open_books(folder) as opened:
            books = Books(opened.connection, opened.folder, Clock(self.workspace.now))
            seeds = tenant_settings(clear(folder / "tenant"), self.workspace, self.url).seeds_dir
            load_seeds(books.connection, seeds)
            yield books

    def load_queried(self, books: Books) -> None:
        asked = books.settings.model_copy(
            update={
                "workspace_ids": tuple(self.workspace.workspace_ids),
                "logs_endpoint": self.url,
                "allow_loopback_http": True,
                "history_from": self.workspace.starts_at - timedelta(days=2),
            }
        )
        with log_service(asked) as service:
            reading = LogReading(books.connection, service, asked, books.clock)
            for source in (GATEWAY_LOG, LLM_LOG):
                load_source(reading, source)


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenant]:
    folder = tmp_path_factory.mktemp("tenant")
    generate_tenant(folder / "workspace", truth=folder / "truth", seed=5, users=8, days=2)
    with sandbox_process(folder / "workspace") as url:
        yield Tenant(folder / "workspace", url)


@pytest.fixture(scope="module")
def queried(tenant: Tenant, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, ...]]:
    with tenant.books(tmp_path_factory.mktemp("queried")) as books:
        tenant.load_queried(books)
        return booked(books)


Writer = Callable[[Path, dict[str, list[dict[str, Any]]]], None]


@pytest.mark.parametrize("write", [write_data_export, write_events])
def test_files_give_the_ledger_that_the_query_api_gives(
    tenant: Tenant, queried: list[tuple[str, ...]], tmp_path: Path, write: Writer
) -> None:
    write(tmp_path / "exported", tenant.tables)
    with tenant.books(tmp_path / "books") as books:
        landed = load(books, tmp_path / "exported")
        assert landed.rows_received == sum(map(len, tenant.tables.values()))
        assert booked(books) == queried
    assert len(queried) > 100


def test_the_rows_of_a_data_export_are_staged_as_those_of_the_query_api(
    tenant: Tenant, tmp_path: Path
) -> None:
    write_data_export(tmp_path / "exported", tenant.tables)
    # The query API has no room for a count of a trillion and says nothing; a file says it.
    differs = ("ingested_at", "day_key", "refused_counts")
    with tenant.books(tmp_path / "api") as books:
        tenant.load_queried(books)
        from_api = staged(books, *differs)
    with tenant.books(tmp_path / "files") as books:
        load(books, tmp_path / "exported")
        assert staged(books, *differs) == from_api


@pytest.mark.parametrize("files_first", [False, True])
@pytest.mark.parametrize("write", [write_data_export, write_events])
def test_both_paths_into_one_warehouse_double_nothing(
    tenant: Tenant,
    queried: list[tuple[str, ...]],
    tmp_path: Path,
    write: Writer,
    files_first: bool,
) -> None:
    # An event has no id of its own: one that no CorrelationId names is not known again.
    named = {
        table: [row for row in rows if row.get("CorrelationId") or write is write_data_export]
        for table, rows in tenant.tables.items()
    }
    write(tmp_path / "exported", named)
    with tenant.books(tmp_path / "books") as books:
        if files_first:
            load(books, tmp_path / "exported")
        tenant.load_queried(books)
        if not files_first:
            load(books, tmp_path / "exported")
        assert booked(books) == queried


def test_a_request_that_nothing_names_counts_for_each_path(tenant: Tenant, tmp_path: Path) -> None:
    nameless = [row for row in tenant.tables[GATEWAY_TABLE] if not row.get("CorrelationId")]
    distinct = {row["_ItemId"] for row in nameless}
    assert distinct
    write_events(tmp_path / "exported", {GATEWAY_TABLE: nameless})
    with tenant.books(tmp_path / "books") as books:
        tenant.load_queried(books)
        load(books, tmp_path / "exported")
        [found] = rows_of(
            books.connection,
            "select count(*) as rows from warehouse.staging.gateway_requests"
            " where correlation_id is null",
        )
    assert found["rows"] == 2 * len(distinct)


# Files as they grow, break and come again.

HOUR = "y=2026/m=10/d=05/h=10/m=05"
GATEWAY_FILE = f"am-{GATEWAY_TABLE.lower()}/WorkspaceResourceId=/subscriptions/s/{HOUR}/PT05M.json"
LLM_EVENTS = f"insights-logs-gatewayllmlogs/resourceId=/S/{HOUR}/PT1H.json"


def line(row: dict[str, Any]) -> bytes:
    return json.dumps(row).encode() + b"\n"


def problems(books: Books) -> dict[str, int]:
    rows = rows_of(books.connection, "from warehouse.run.problems")
    return {row["reason"]: row["occurrences"] for row in rows}


def correlations(books: Books, table: str = "gateway_requests") -> list[int]:
    rows = rows_of(books.connection, f"from warehouse.staging.{table}")
    return sorted(int(row["correlation_id"][:8]) for row in rows)


def empty(books: Books) -> None:
    for table in (
        *("raw.gateway_log", "raw.llm_log", "staging.gateway_requests", "staging.llm_rows"),
        *("run.files", "run.loads", "run.problems"),
    ):
        books.connection.execute(f"delete from warehouse.{table}")


# Every row in both layouts, with and without an id, a time or a CorrelationId.
ROWS: tuple[dict[str, Any], ...] = (
    *(gateway(n, _ItemId=f"item-{n}") for n in range(3)),
    *(gateway(n) for n in range(3, 6)),
    gateway(6, CorrelationId=None),
    *(as_event(GATEWAY_TABLE, gateway(n)) for n in range(7, 9)),
    *(llm(n) for n in range(4)),
    *(as_event(LLM_TABLE, llm(n, PromptCachedTokens=5 * n)) for n in range(3, 6)),
)
FILES = ("one.json", "two.jsonl", f"{HOUR}/three.json", "four.json.gz")
# Per round: which rows are appended to which file, in this order.
ROUNDS = st.lists(
    st.lists(st.tuples(st.sampled_from(range(len(ROWS))), st.sampled_from(FILES)), max_size=12),
    min_size=1,
    max_size=3,
)


def append_rows(folder: Path, rows: list[tuple[int, str]]) -> None:
    for number, name in rows:
        file = folder / name
        if name.endswith(".gz"):
            before = gzip.decompress(file.read_bytes()) if file.exists() else b""
            file.write_bytes(gzip.compress(before + line(ROWS[number])))
        else:
            append(folder, {name: [ROWS[number]]})


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rounds=ROUNDS, last=st.permutations(range(len(ROWS))))
def test_rows_in_any_files_in_any_order_again_and_again_are_the_same_rows(
    books: Books,
    tmp_path_factory: pytest.TempPathFactory,
    rounds: list[list[tuple[int, str]]],
    last: list[int],
) -> None:
    folder = tmp_path_factory.mktemp("split")
    (folder / "split").mkdir()
    append(folder / "at-once", {"all.json": ROWS})
    empty(books)
    assert load(books, folder / "at-once").rows_new == len(ROWS)
    at_once = staged(books)
    empty(books)
    for rows in [*rounds, [(number, FILES[number % 4]) for number in last]]:
        append_rows(folder / "split", rows)
        load(books, folder / "split")
    assert staged(books) == at_once
    assert problems(books) == {}


def test_a_file_is_read_on_from_where_it_was_left(books: Books, exported: Path) -> None:
    append(exported, {GATEWAY_FILE: [gateway(1), gateway(2)]})
    assert load(books, exported).rows_received == 2
    assert load(books, exported) == Landed()
    append(exported, {GATEWAY_FILE: [gateway(3)]})
    assert load(books, exported) == Landed(1, 1)
    assert correlations(books) == [1, 2, 3]


def test_half_a_line_waits_for_its_other_half(books: Books, exported: Path) -> None:
    whole = line(gateway(2))
    append(exported, {GATEWAY_FILE: [line(gateway(1)), whole[:50]]})
    assert load(books, exported) == Landed(1, 1)
    assert load(books, exported) == Landed()
    append(exported, {GATEWAY_FILE: [whole[50:], whole[:0]]})
    assert load(books, exported) == Landed(1, 1)
    assert correlations(books) == [1, 2]
    assert problems(books) == {}


def test_a_last_line_that_is_whole_needs_no_line_end(books: Books, exported: Path) -> None:
    append(exported, {GATEWAY_FILE: [line(gateway(1)), line(gateway(2)).rstrip()]})
    assert load(books, exported) == Landed(2, 2)
    append(exported, {GATEWAY_FILE: [b"\n", gateway(3)]})
    assert load(books, exported) == Landed(1, 1)


def test_half_a_line_that_nobody_finished_is_shown(books: Books, exported: Path) -> None:
    append(exported, {GATEWAY_FILE: [line(gateway(1)), line(gateway(2))[:50]]})
    load(books, exported)
    assert problems(books) == {}
    changed = (exported / GATEWAY_FILE).stat().st_mtime
    later = Clock(books.clock.now().fromtimestamp(changed + 100_000, tz=books.clock.now().tzinfo))
    asked = books.settings.model_copy(update={"log_exports": (str(exported),)})
    load_log_exports(books.connection, asked, later)
    assert problems(books) == {"the last line breaks off: store the file again": 1}


@pytest.mark.parametrize("more", [0, 300])
def test_a_file_that_was_written_anew_is_read_whole(
    books: Books, exported: Path, more: int
) -> None:
    append(exported, {GATEWAY_FILE: [gateway(1), gateway(2), b"{broken\n"]})
    load(books, exported)
    assert problems(books) == {"lines that are no rows": 1}
    (exported / GATEWAY_FILE).write_bytes(b"".join(line(gateway(n)) for n in range(3, 4 + more)))
    load(books, exported)
    assert correlations(books) == [1, 2, *range(3, 4 + more)]
    assert problems(books) == {}


def test_broken_lines_are_counted_and_cost_no_other_row(books: Books, exported: Path) -> None:
    broken = (
        *(b"{broken\n", b"[1, 2]\n", b'"text"\n', b'{"TimeGenerated": NaN}\n', b"[" * 9_000),
        *(
            b"\n",
            b"\n",
            b'{"neither": 1}\n',
            b'{"properties": "no object", "category": "GatewayLogs"}\n',
        ),
    )
    append(exported, {GATEWAY_FILE: [gateway(1), *broken, gateway(2)]})
    assert load(books, exported) == Landed(2, 2)
    [file] = rows_of(books.connection, "from warehouse.run.files")
    # the list counts for its two values; the empty line is none
    assert file["broken_lines"] == 8
    assert problems(books) == {"lines that are no rows": 8}


def test_bytes_that_are_no_text_are_replaced(books: Books, exported: Path) -> None:
    odd = line(gateway(1, RequestHeaders={"User-Agent": "x"})).replace(b'"x"', b'"\xff\xfe"')
    half = line(gateway(2)).replace(b"claude-cli", b"\\ud83d")
    append(exported, {GATEWAY_FILE: [b"\xef\xbb\xbf", odd, half, gateway(3)]})
    assert load(books, exported) == Landed(3, 3)
    assert correlations(books) == [1, 2, 3]


def test_an_empty_file_and_other_files_bring_nothing(books: Books, exported: Path) -> None:
    other = GATEWAY_FILE.replace(GATEWAY_TABLE.lower(), "apptraces")
    append(exported, {GATEWAY_FILE: [], other: [gateway(1)], "notes.txt": [gateway(2)]})
    append(exported, {".hidden/rows.json": [gateway(3)]})
    assert load(books, exported) == Landed()
    assert problems(books) == {}


def test_a_late_row_in_an_old_file_opens_its_day_again(books: Books, exported: Path) -> None:
    append(exported, {GATEWAY_FILE: [gateway(1)]})
    load(books, exported)
    books.connection.execute("delete from warehouse.run.dirty_days")
    append(exported, {GATEWAY_FILE: [gateway(2)]})
    load(books, exported)
    days = rows_of(books.connection, "select distinct usage_day from warehouse.run.dirty_days")
    assert [day["usage_day"] for day in days] == [date(2026, 10, 5)]


def test_a_row_without_a_time_lies_in_the_hour_of_its_path(books: Books, exported: Path) -> None:
    append(exported, {GATEWAY_FILE: [gateway(1, TimeGenerated=None)]})
    append(exported, {"plain.json": [gateway(2, TimeGenerated="yesterday")]})
    load(books, exported)
    [row] = rows_of(books.connection, "from warehouse.raw.gateway_log")
    assert row["time_generated"] is None
    assert str(row["ingested_at"]) == "2026-10-05 10:00:00"
    assert problems(books) == {"lines that are no rows": 1}


def test_records_of_an_event_hub_come_several_in_a_line(books: Books, exported: Path) -> None:
    records = [
        as_event(GATEWAY_TABLE, gateway(1)),
        as_event(LLM_TABLE, llm(1, PromptCachedTokens=48_854)),
        {"category": "WebSocketConnectionLogs", "properties": {}, "time": "2026-10-05T10:00:00Z"},
        as_event(LLM_TABLE, llm(2)) | {"properties": json.dumps({"correlationId": "00000002"})},
    ]
    append(exported, {"capture.json": [{"records": records}]})
    assert load(books, exported) == Landed(3, 3)
    rows = rows_of(books.connection, "from warehouse.staging.llm_rows order by row_time")
    assert [row["cached_input_tokens"] for row in rows] == [48_854, None]
    assert [row["input_tokens"] for row in rows] == [1_001, None]
    assert problems(books) == {}


def test_what_landing_does_not_read_is_kept_nowhere(books: Books, exported: Path) -> None:
    prompt = "a prompt of nobody's business"
    token = "Bearer " + "e" * 40
    row = gateway(1, RequestBody=prompt, RequestHeaders={"Authorization": token, "x": "y"})
    append(exported, {GATEWAY_FILE: [row], "llm.json": [llm(1, RequestMessages=[prompt])]})
    append(exported, {LLM_EVENTS: [as_event(LLM_TABLE, llm(2, RequestMessages=[prompt]))]})
    assert load(books, exported) == Landed(3, 3)
    books.connection.execute("checkpoint warehouse")
    kept = b"".join(
        file.read_bytes()
        for file in books.folder.rglob("*")
        if file.is_file() and exported not in file.parents
    )
    assert b"claude-plain" in kept
    assert prompt.encode() not in kept
    assert token.encode() not in kept


def test_many_pieces_are_one_file(
    books: Books, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is larger than a piece, with a line that is, lands piece by piece."""
    monkeypatch.setattr(line_files, "MOST_BYTES", 2_000)
    large = gateway(50, RequestHeaders={"User-Agent": "x" * 6_000})
    rows = [*(gateway(n) for n in range(20)), large, gateway(51)]
    append(exported, {GATEWAY_FILE: rows})
    (exported / "packed.json.gz").write_bytes(gzip.compress(b"".join(map(line, rows))))
    load(books, exported)
    assert correlations(books) == [*range(20), 50, 51]
    loads = rows_of(books.connection, "from warehouse.run.loads where source = 'gateway_log'")
    assert len(loads) > 4
    files = rows_of(books.connection, "from warehouse.run.files where source = 'gateway_log'")
    assert all(file["read_bytes"] == file["size_bytes"] for file in files)


def test_a_compressed_file_that_breaks_off_is_shown(books: Books, exported: Path) -> None:
    packed = gzip.compress(b"".join(line(gateway(n, x="%030x" % (7**n))) for n in range(50)))
    (exported / "day.json.gz").write_bytes(packed[: len(packed) // 2])
    (exported / "none.json.gz").write_bytes(b"no gzip")
    load(books, exported)
    assert 5 < len(correlations(books)) < 50
    assert problems(books) == {"lines that are no rows": 1}
    (exported / "day.json.gz").write_bytes(packed)
    load(books, exported)
    assert correlations(books) == list(range(50))


def test_a_run_that_is_killed_between_two_tables_loses_nothing(
    books: Books, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(exported, {"both.json": [gateway(1), llm(1)]})
    real, calls = line_files.LineBatch._land, Counter[str]()

    def killed(self: Any, source: Any, *rest: Any) -> None:
        calls[source.name] += 1
        if calls.total() == 2:
            raise KeyboardInterrupt
        real(self, source, *rest)

    monkeypatch.setattr(line_files.LineBatch, "_land", killed)
    with pytest.raises(KeyboardInterrupt):
        load(books, exported)
    load(books, exported)
    assert correlations(books) == correlations(books, "llm_rows") == [1]


def test_history_begins_where_the_settings_say(books: Books, exported: Path) -> None:
    append(exported, {GATEWAY_FILE: [gateway(1)], "plain.json": [gateway(2)]})
    begin = books.clock.now().replace(month=10, day=5, hour=11)
    assert load(books, exported, history_from=begin).rows_new == 1
    assert load(books, exported, history_from=begin - timedelta(hours=1)).rows_new == 1


def test_a_place_that_is_not_there_keeps_no_other_from_being_read(
    books: Books, exported: Path
) -> None:
    append(exported, {GATEWAY_FILE: [gateway(1)]})
    with pytest.raises(SourceError, match="nowhere does not exist: create it"):
        load(books, exported / "nowhere", exported)
    assert correlations(books) == [1]


def test_one_file_can_be_a_place(books: Books, exported: Path) -> None:
    append(exported, {"a.json": [gateway(1)], "b.json": [gateway(2)]})
    assert load(books, exported / "a.json") == Landed(1, 1)
    assert load(books, exported) == Landed(1, 1)


@pytest.mark.parametrize(
    ("path", "sources"),
    [
        ("https://a.blob.core.windows.net/AM-ApiManagementGatewayLogs/x.json", (GATEWAY_LOG,)),
        (f"/data/{GATEWAY_FILE}", (GATEWAY_LOG,)),
        (f"/data/{LLM_EVENTS}", (LLM_LOG,)),
        ("/data/tables/ApiManagementGatewayLlmLog/day.jsonl", (LLM_LOG,)),
        ("/am-backup/any.json", (GATEWAY_LOG, LLM_LOG)),
        ("/data/am-apptraces/WorkspaceResourceId=/s/y=2026/x.json", ()),
        ("/data/insights-logs-websocketconnectionlogs/resourceId=/s/x.json", ()),
    ],
)
def test_a_path_says_which_rows_are_there(path: str, sources: tuple[object, ...]) -> None:
    assert sources_in(path) == sources
