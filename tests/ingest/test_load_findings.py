"""What doctor says of the load records: holes with the command that fills them, failed jobs."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from core_rows import Books, gateway, land_rows, open_books

from ingest.load_findings import load_findings
from ingest.source import GATEWAY_LOG, LLM_LOG
from models.finding import DoctorFinding
from models.settings import Settings
from models.warehouse import looking

START = datetime(2026, 10, 1, tzinfo=UTC)


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with open_books(tmp_path) as opened:
        yield opened


def read(books: Books, first_day: int, last_day: int) -> None:
    window = (START + timedelta(days=first_day), START + timedelta(days=last_day))
    for source in (GATEWAY_LOG, LLM_LOG):
        land_rows(books.connection, books.folder, source, [], window)


def warnings(settings: Settings) -> list[DoctorFinding]:
    return [found for found in load_findings(settings) if found.severity != "ok"]


def test_windows_that_nobody_answered_are_listed_with_the_command(tmp_path: Path) -> None:
    with open_books(tmp_path) as books:
        for first, last in ((0, 2), (5, 6), (1, 3), (6, 7)):
            read(books, first, last)
        settings = books.settings
    found = warnings(settings)
    assert [finding.text for finding in found] == [
        f"{source} of workspace was not read from 2026-10-04T00:00:00Z to 2026-10-06T00:00:00Z"
        for source in ("gateway_log", "llm_log")
    ]
    assert found[0].advice.endswith(
        "`tollbook run ingest --from 2026-10-04T00:00:00Z --to 2026-10-06T00:00:00Z`"
    )


def test_without_holes_it_says_so(tmp_path: Path) -> None:
    with open_books(tmp_path) as books:
        read(books, 0, 2)
        read(books, 2, 4)
        settings = books.settings
    (finding,) = load_findings(settings)
    assert (finding.severity, finding.text) == (
        "ok",
        "no window between the first and the last one read is missing",
    )


def test_many_holes_are_counted_and_a_failed_job_is_named(tmp_path: Path) -> None:
    with open_books(tmp_path) as books:
        for day in range(0, 20, 2):
            read(books, day, day + 1)
        books.connection.execute(
            "insert into warehouse.run.runs values"
            " (1, 'logs', '2026-10-30', null, 'succeeded', ''),"
            " (2, 'logs', '2026-10-31', null, 'failed', 'SourceError'),"
            " (3, 'costs', '2026-10-31', null, 'succeeded', '')"
        )
        settings = books.settings
    texts = [finding.text for finding in warnings(settings)]
    assert len(texts) == 2 * (5 + 1) + 1
    assert "4 more holes in llm_log of workspace" in texts
    assert texts[-1] == "job logs failed when last run, at 2026-10-31T00:00:00Z (SourceError)"


def test_it_does_not_wait_for_a_run_nor_stand_in_its_way(books: Books) -> None:
    books.land(gateway(1))
    (finding,) = load_findings(books.settings)
    assert "is being written" in finding.text
    assert "after the run has ended" in finding.advice
    with looking(books.folder / "nothing.duckdb") as connection:
        assert connection is None
    assert list(load_findings(Settings(data_dir=books.folder / "nowhere"))) == []
