"""The warehouse: one writer at a time, in a schema this code knows."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from models.clock import Clock
from models.errors import WarehouseError
from models.warehouse import (
    SCHEMA_VERSION,
    build,
    in_memory,
    run,
    scalar,
    schema_version,
    transaction,
    writing,
)

CLOCK = Clock(datetime(2026, 10, 5, tzinfo=UTC))

# Opens the warehouse, inserts without committing, says so, and holds on.
WRITER = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from models.clock import Clock
from models.warehouse import writing
clock = Clock(datetime(2026, 10, 5, tzinfo=UTC))
with writing(Path(sys.argv[1]), clock, wait_seconds=5, memory_limit="1GB") as connection:
    connection.execute("insert into warehouse.run.dirty_days values (current_date, 'committed')")
    connection.execute("begin")
    connection.execute("insert into warehouse.run.dirty_days values (current_date, 'open')")
    print("open", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a folder" / "it's a warehouse.duckdb"


@contextmanager
def opened(file: Path, wait_seconds: float = 5) -> Iterator[duckdb.DuckDBPyConnection]:
    with writing(file, CLOCK, wait_seconds=wait_seconds, memory_limit="1GB") as connection:
        yield connection


@contextmanager
def another_writer(file: Path) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE, text=True
    )
    with child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "open\n"
            yield child
        finally:
            child.kill()


def test_a_new_file_gets_the_schema_and_an_old_one_keeps_its_rows(file: Path) -> None:
    with opened(file) as connection:
        assert schema_version(connection) == SCHEMA_VERSION
        connection.execute("insert into warehouse.run.dirty_days values ('2026-10-05', 'x')")
        assert scalar(connection, "select current_setting('TimeZone')") == "UTC"
    with opened(file) as connection:
        assert scalar(connection, "select count(*) from warehouse.run.dirty_days") == 1
        assert (
            scalar(connection, "select max(version) from warehouse.run.schema_version")
            == SCHEMA_VERSION
        )


def test_a_second_writer_waits_the_stated_time_and_says_who_holds_the_lock(file: Path) -> None:
    with another_writer(file) as child:
        started = time.monotonic()
        with pytest.raises(WarehouseError) as raised, opened(file, wait_seconds=0.4):
            pass
        waited = time.monotonic() - started
        text = str(raised.value)
        assert f"is being written by process {child.pid} since 2026-10-05T00:00:00Z" in text
        assert "waited 0.4 s" in text
        assert "TOLLBOOK_WRITER_WAIT_SECONDS" in text
        assert 0.4 <= waited < 5


def test_the_lock_is_free_and_the_file_whole_after_a_writer_was_killed(file: Path) -> None:
    with another_writer(file) as child:
        child.kill()
        child.wait()
    with opened(file, wait_seconds=0) as connection:
        rows = connection.execute("select reason from warehouse.run.dirty_days").fetchall()
    assert rows == [("committed",)]


def test_a_writer_gets_its_turn_when_the_other_ends(file: Path) -> None:
    with another_writer(file) as child:
        killer = subprocess.Popen(["sh", "-c", f"sleep 0.3; kill -9 {child.pid}"])
        with opened(file, wait_seconds=20) as connection:
            assert schema_version(connection) == SCHEMA_VERSION
        assert killer.wait() == 0


def test_the_lock_is_released_after_an_error(file: Path) -> None:
    with pytest.raises(ZeroDivisionError), opened(file):
        _ = 1 / 0
    with opened(file, wait_seconds=0):
        pass
    assert not list(file.parent.glob("*.holder.json"))


def test_a_newer_schema_is_refused_and_left_alone(file: Path) -> None:
    with opened(file) as connection:
        connection.execute(
            "insert into warehouse.run.schema_version values (?, now()::timestamp)",
            [SCHEMA_VERSION + 1],
        )
    before = file.read_bytes()
    with (
        pytest.raises(WarehouseError, match=rf"version {SCHEMA_VERSION + 1}.*install the newer"),
        opened(file),
    ):
        pass
    assert file.read_bytes() == before


def test_a_damaged_file_is_named(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"this is no database" * 1000)
    with pytest.raises(WarehouseError, match=r"cannot be opened.*restore a backup"), opened(file):
        pass
    assert file.read_bytes().startswith(b"this is no database")


def test_a_transaction_commits_all_or_nothing() -> None:
    connection = in_memory()
    connection.execute("create table t (x integer not null)")
    with transaction(connection):
        connection.execute("insert into t values (0)")
    with pytest.raises(duckdb.ConstraintException), transaction(connection):
        connection.execute("insert into t values (1); insert into t values (null)")
    assert scalar(connection, "select sum(x) from t") == 0


def test_statements_take_values_and_never_text(file: Path) -> None:
    hostile = "x'); drop schema warehouse.run cascade; --"
    with opened(file) as connection:
        connection.execute("create schema ledger")
        rows = build(connection, "ledger.deployments", known_at=datetime(2026, 1, 1))  # noqa: DTZ001
        assert rows == 0
        assert run(connection, "staging/days_of_llm_rows", load_id=hostile).fetchall() == []
        assert scalar(connection, "select count(*) from warehouse.run.dirty_days") == 0


def test_a_query_that_should_yield_a_row_and_does_not_is_a_fault_of_the_code() -> None:
    with pytest.raises(AssertionError, match="yielded none"):
        scalar(in_memory(), "select 1 where false")


def test_the_warehouse_file_is_not_left_open(file: Path) -> None:
    with opened(file):
        pass
    other = duckdb.connect(str(file), read_only=True)
    assert other.execute("select max(version) from run.schema_version").fetchone() == (
        SCHEMA_VERSION,
    )
    other.close()
