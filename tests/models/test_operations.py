"""The operations database: what is written stays, and only a newer tollbook changes its shape."""

import sqlite3
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.errors import OperationsError
from models.forgetting.needles import needles
from models.forgetting.words import put_words, words_naming
from models.operations import (
    OPERATIONS_VERSION,
    alerts_delivered,
    audit_line,
    audit_lines,
    compact,
    operations,
    record_alerts,
    record_audit,
)
from models.sql_files import sql

NOW = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
LINE = audit_line(NOW, action="forget", subject="caller 42")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    with operations(tmp_path / "operations.sqlite") as database:
        record_audit(database, LINE)
    return tmp_path / "operations.sqlite"


def test_a_line_reads_back_as_it_was_written_once(file: Path) -> None:
    with operations(file) as database:
        record_audit(database, LINE)
        assert audit_lines(database) == [LINE]
    assert (LINE.at, LINE.actor, LINE.subject) == (
        "2026-11-01T09:30:00Z",
        "command line",
        "caller 42",
    )


@pytest.mark.parametrize("statement", ["update audit set actor = 'x'", "delete from audit"])
def test_the_audit_refuses_to_change(file: Path, statement: str) -> None:
    refused = pytest.raises(sqlite3.IntegrityError, match="audit rows are never")
    with closing(sqlite3.connect(file)) as database, refused:
        database.execute(statement)
    with operations(file) as database:
        assert audit_lines(database) == [LINE]


def test_what_fails_half_way_leaves_nothing(file: Path) -> None:
    other = audit_line(NOW, action="reveal", subject="caller 7")

    def fail() -> None:
        with operations(file) as database:
            record_audit(database, other)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    with operations(file) as database:
        assert audit_lines(database) == [LINE]


def test_several_processes_may_write(file: Path) -> None:
    with closing(sqlite3.connect(file)) as reader:
        assert reader.execute("pragma journal_mode").fetchone() == ("wal",)
        reader.execute("begin")
        assert reader.execute("select count(*) from audit").fetchone() == (1,)
        with operations(file) as database:
            record_audit(database, audit_line(NOW, action="reveal", subject="caller 7"))
        assert reader.execute("select count(*) from audit").fetchone() == (1,)


def test_a_newer_or_broken_file_is_refused_with_what_to_do(file: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.execute(f"pragma user_version = {OPERATIONS_VERSION + 1}")
    with pytest.raises(OperationsError, match="install the newer tollbook"), operations(file):
        pass
    broken = tmp_path / "broken.sqlite"
    broken.write_bytes(b"no database at all" * 100)
    with pytest.raises(OperationsError, match="restore a backup"), operations(broken):
        pass


def test_words_about_a_person_go_and_the_guards_stay(file: Path) -> None:
    # given a line that should never have been written
    oid = "5f0e1c3a-7b2d-4e6f-9a81-c0ffee15dead"
    with operations(file) as database:
        record_audit(database, audit_line(NOW, action="note", subject="x", detail=f"of {oid}"))
    # when
    wanted = needles(oid, "00000000-0000-4000-8000-000000000001")
    with operations(file) as database:
        put_words(database, words_naming(database, wanted))
    compact(file)
    # then neither rows nor bytes hold it, and rows are as fixed as before
    with operations(file) as database:
        assert audit_lines(database)[1].detail == "of 00000000-0000-4000-8000-000000000001"
    assert not [path for path in file.parent.iterdir() if oid.encode() in path.read_bytes()]
    with closing(sqlite3.connect(file)) as raw, pytest.raises(sqlite3.IntegrityError):
        raw.execute("delete from audit")


def test_a_file_of_the_first_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    old = tmp_path / "old.sqlite"
    with closing(sqlite3.connect(old)) as database:
        database.executescript(sql("operations/v1"))
        database.execute("pragma user_version = 1")
        database.execute(sql("operations/record_audit"), asdict(LINE))
        database.commit()
    with operations(old) as database:
        assert audit_lines(database) == [LINE]
        assert alerts_delivered(database) == set()
        record_alerts(database, NOW, "channel", ["one", "two"])
        record_alerts(database, NOW, "channel", ["two"])
    with operations(old) as database:
        assert alerts_delivered(database) == {("one", "channel"), ("two", "channel")}
