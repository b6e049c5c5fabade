"""What the retention rule deletes, and that every total stays."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from core_rows import NOW, Books, correlation, gateway, llm, oid, open_books, person
from structlog.testing import capture_logs

from jobs.ingestion import Run
from jobs.pipeline import build_and_publish, delete_old
from models.chargeback import chargeback
from models.coverage import coverage
from models.errors import ReportError
from models.explain import explain
from models.publication import Manifest, read_manifest
from models.retention import DAY_OF_ROW, REQUEST_TABLES, frozen_days
from models.settings import Settings
from models.viewer import operator
from models.warehouse import mark_dirty, scalar

# NOW is 1 November; with 20 days kept, the first that stays is 12 October.
KEPT_DAYS = 20
FIRST_KEPT = date(2026, 10, 12)
DAYS = [date(2026, 10, day) for day in (3, 4, 5, 11, 12, 13, 30)]


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """Two requests a day of two people, published."""
    with open_books(tmp_path) as opened:
        opened.observe(*(person(number) for number in (1, 2)))
        land(opened, DAYS, first_number=1)
        opened.publish()
        yield opened


def land(books: Books, days: list[date], first_number: int) -> None:
    for number, day in enumerate(days):
        for caller in (1, 2):
            request = first_number + 2 * number + caller - 1
            at = f"{day}T{10 + caller}:00:00Z"
            books.land(gateway(request, at, backend_request_headers={"x-caller-oid": oid(caller)}))
            books.land(llm(request, at, prompt_tokens=1_000 + request))


def run_of(books: Books, **rule: int) -> Run:
    settings = Settings(**(books.settings.model_dump() | rule))
    return Run(books.connection, settings, books.clock, lambda *_: None)


def published(books: Books) -> Manifest:
    manifest = read_manifest(books.publication)
    assert manifest
    return manifest


def totals(books: Books) -> str:
    """What the reports of October say, to the last digit."""
    folder, viewer = books.publication, operator()
    said: list[Any] = [coverage(folder, viewer, month="2026-10").records()]
    said += [
        chargeback(folder, viewer, month="2026-10", by=by).records()
        for by in (["user"], ["unit"], ["day", "model"])
    ]
    return json.dumps(said, default=str)


def rows_by_day(books: Books, table: str) -> dict[date, int]:
    return dict(
        books.connection.execute(
            f"select {DAY_OF_ROW[table]}, count(*) from warehouse.{table} group by all"
        ).fetchall()
    )


def test_without_a_rule_everything_is_kept(books: Books) -> None:
    before = published(books)
    delete_old(run_of(books))
    assert published(books) == before
    assert len(rows_by_day(books, "raw.gateway_log")) == len(DAYS)


def test_old_log_rows_go_and_totals_stay(books: Books) -> None:
    before = totals(books)
    delete_old(run_of(books, retention_raw_days=KEPT_DAYS))
    for table in ("raw.gateway_log", "raw.llm_log", "staging.gateway_requests", "staging.llm_rows"):
        assert rows_by_day(books, table) == {day: 2 for day in DAYS if day >= FIRST_KEPT}, table
    assert totals(books) == before
    # single requests are still published
    assert explain(books.publication, operator(), correlation(1))
    # and again, nothing is left to do
    sequence = published(books).sequence
    delete_old(run_of(books, retention_raw_days=KEPT_DAYS))
    assert published(books).sequence == sequence


def test_old_requests_leave_the_publication_and_totals_stay(books: Books) -> None:
    before = totals(books)
    delete_old(run_of(books, retention_requests_days=KEPT_DAYS))
    manifest = published(books)
    old = [str(day) for day in DAYS if day < FIRST_KEPT]
    assert list(manifest.purged) == old
    assert totals(books) == before
    for table in REQUEST_TABLES:
        (shared,) = {manifest.days[day][table] for day in old}
        rows = scalar(books.connection, f"select count(*) from '{books.publication / shared}'")
        assert rows == 0
        files = {path.name for path in (books.publication / table).iterdir()}
        assert not [name for name in files if name[:10] in old]
    with pytest.raises(ReportError, match="4 days between 2026-10-03 and 2026-10-11 were purged"):
        explain(books.publication, operator(), correlation(1))
    assert explain(books.publication, operator(), correlation(2 * len(DAYS)))
    # the log's rows are there, and stay: another rule is about them
    assert len(rows_by_day(books, "raw.gateway_log")) == len(DAYS)


def test_a_purged_day_is_never_built_from_nothing(books: Books) -> None:
    rule = {"retention_raw_days": KEPT_DAYS, "retention_requests_days": KEPT_DAYS}
    delete_old(run_of(books, **rule))
    before, days = totals(books), published(books).days
    mark_dirty(books.connection, [*DAYS, date(2026, 9, 1)], "seeds")
    with capture_logs() as said:
        build_and_publish(run_of(books, **rule))
    # those beside a purged day would miss what was asked before midnight
    frozen = frozen_days(published(books))
    assert FIRST_KEPT in frozen
    assert date(2026, 10, 13) not in frozen
    (warned,) = [line for line in said if line["log_level"] == "warning"]
    assert "not built again: the retention rule deleted rows" in warned["event"]
    assert "2026-10-11" in warned["days"]
    assert totals(books) == before
    renewed = published(books).days
    assert {day for day in days if renewed[day] != days[day]} == {"2026-10-13", "2026-10-30"}
    # the marks are settled, or every build to come would warn
    with capture_logs() as said:
        build_and_publish(run_of(books, **rule))
    assert not [line for line in said if "not built again" in line["event"]]


def test_late_rows_of_a_purged_day_change_nothing_and_go(books: Books) -> None:
    rule = {"retention_raw_days": KEPT_DAYS}
    delete_old(run_of(books, **rule))
    before = totals(books)
    land(books, [DAYS[1]], first_number=900)
    build_and_publish(run_of(books, **rule))
    assert totals(books) == before
    delete_old(run_of(books, **rule))
    assert min(rows_by_day(books, "raw.gateway_log")) == FIRST_KEPT


def test_days_that_wait_for_a_build_are_left_alone(books: Books) -> None:
    # late rows of the fourth, not built yet
    land(books, [DAYS[1]], first_number=900)
    delete_old(run_of(books, retention_raw_days=KEPT_DAYS, retention_requests_days=KEPT_DAYS))
    # it needs the evening before and the morning after, too
    assert set(rows_by_day(books, "staging.gateway_requests")) == {
        *DAYS[:3],
        *(day for day in DAYS if day >= FIRST_KEPT),
    }
    assert str(DAYS[1]) not in published(books).purged
    # once it is built it goes as well
    build_and_publish(run_of(books))
    delete_old(run_of(books, retention_raw_days=KEPT_DAYS))
    assert min(rows_by_day(books, "staging.gateway_requests")) == FIRST_KEPT


def test_new_days_are_built_and_published_as_ever(books: Books) -> None:
    rule = {"retention_raw_days": KEPT_DAYS, "retention_requests_days": KEPT_DAYS}
    delete_old(run_of(books, **rule))
    land(books, [date(2026, 10, 31)], first_number=800)
    build_and_publish(run_of(books, **rule))
    manifest = published(books)
    assert "2026-10-31" in manifest.days
    assert list(manifest.purged) == [str(day) for day in DAYS if day < FIRST_KEPT]
    books.clock.move(NOW + timedelta(days=2))
    delete_old(run_of(books, **rule))
    assert str(date(2026, 10, 13)) in published(books).purged


def test_every_table_of_log_rows_has_its_day(books: Books) -> None:
    # what bills and prices are read from is no log, and stays
    kept = {"raw.cost_rows", "raw.cost_totals", "raw.retail_prices"}
    tables = books.connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables()"
        " where database_name = 'warehouse' and schema_name in ('raw', 'staging')"
    ).fetchall()
    assert {table for (table,) in tables} == DAY_OF_ROW.keys() | kept
