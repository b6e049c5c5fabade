"""One run: seeds, logs, directory, ledger, publication; each step may run twice or be killed."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import structlog

from ingest.azure_clients import logs_client
from ingest.graph_directory import COLLECTIONS, GraphDirectory
from ingest.log_sources import LOG_SOURCES
from ingest.logs import Window, load_source
from models import ledger
from models.clock import Clock
from models.directory import delta_link, record
from models.errors import TollbookError
from models.publication import Manifest, publish, read_manifest
from models.seeds import load_seeds
from models.settings import Settings
from models.sql_files import sql
from models.warehouse import Connection, claim, scalar, transaction, writing

if TYPE_CHECKING:
    from jobs.progress import Report

JOBS = ("ingest", "directory", "build")
"""In the order of their dependence: a build books what the two before it brought."""

_NEEDED = {"ingest": ("workspace_ids",), "directory": ("tenant_id",)}

log = structlog.get_logger()


@dataclass(frozen=True)
class Run:
    """What a run needs everywhere."""

    connection: Connection
    settings: Settings
    clock: Clock
    report: "Report"


def open_run(settings: Settings, clock: Clock) -> AbstractContextManager[Connection]:
    """Open the warehouse for a run, alone; see `models.warehouse.writing`."""
    return writing(
        settings.warehouse_file,
        clock,
        wait_seconds=settings.writer_wait_seconds,
        memory_limit=settings.memory_limit,
    )


def run_jobs(run: Run, jobs: Sequence[str], window: Window | None = None) -> None:
    """Run the named jobs in the order of their dependence; each leaves a run record."""
    steps: dict[str, Callable[[], object]] = {
        "ingest": lambda: ingest_logs(run, window),
        "directory": lambda: sync_directory(run),
        "build": lambda: build_and_publish(run),
    }
    run.settings.require(*(name for job in jobs for name in _NEEDED.get(job, ())))
    claim(run.connection, run.settings.tenant_id)
    for job in JOBS:
        if job in jobs:
            _recorded(run, job, steps[job])


def ingest_logs(run: Run, window: Window | None = None) -> int:
    """Load every log table from its high-water mark, or the window given; return new rows."""
    refresh_seeds(run)
    new = 0
    with logs_client(run.settings) as client:
        for source in LOG_SOURCES:
            landed = load_source(
                run.connection, client, run.settings, run.clock, source,
                window=window, progress=run.report,
            )  # fmt: skip
            log.info(
                "loaded",
                table=source.azure_table,
                received=landed.rows_received,
                new=landed.rows_new,
            )
            new += landed.rows_new
    return new


def sync_directory(run: Run, directory: GraphDirectory | None = None) -> int:
    """Bring the directory's history up to now; return how many principals changed."""
    if directory is None:
        with GraphDirectory(run.settings) as opened:
            return sync_directory(run, opened)
    changed = 0
    for collection in COLLECTIONS:
        delta = directory.changes(collection, delta_link(run.connection, collection.name))
        changed += record(
            run.connection,
            collection.name,
            collection.kind,
            delta.objects,
            is_full=delta.is_full,
            next_link=delta.delta_link,
            observed_at=run.clock.now(),
        )
    return changed


def refresh_seeds(run: Run) -> None:
    """Read the reviewed seeds again, and say which changed."""
    changed = load_seeds(run.connection, run.settings.seeds_dir)
    if changed:
        log.info("seeds changed", seeds=changed)


def build_and_publish(run: Run) -> Manifest:
    """Rebuild the days that are dirty, check them, write their files, move the pointer."""
    refresh_seeds(run)
    folder = run.settings.publication_dir
    previous = read_manifest(folder)
    known_at = run.clock.now()
    days = dirty_days(run.connection) | unpublished_days(run.connection, previous)
    run_id = int(scalar(run.connection, "select nextval('warehouse.run.run_ids')"))
    ledger.prepare(run.connection, known_at)
    written = _write_days(run, sorted(days), run_id)
    if not days:
        # New prices and units want their checks and ids even when no day has to be written.
        ledger.build_span(run.connection, known_at.date(), known_at.date())
    manifest = Manifest(
        sequence=previous.sequence + 1 if previous else 1,
        run_id=run_id,
        published_at=known_at,
        data_until=_data_until(run.connection),
        days={**(previous.days if previous else {}), **written},
        tables=ledger.write_small_tables(run.connection, folder, run_id),
    )
    publish(folder, manifest)
    with transaction(run.connection):
        run.connection.execute("delete from warehouse.run.dirty_days")
    run.connection.execute("checkpoint warehouse")
    return manifest


def dirty_days(connection: Connection) -> set[date]:
    """Return the usage days whose files no longer match what is known."""
    rows = connection.execute("select distinct usage_day from warehouse.run.dirty_days").fetchall()
    return {day for (day,) in rows}


def unpublished_days(connection: Connection, manifest: Manifest | None) -> set[date]:
    """Return days that have rows but no files: the publication is gone or was never made."""
    rows = connection.execute(sql("staging/days")).fetchall()
    published = set(manifest.days) if manifest else set()
    return {day for (day,) in rows if str(day) not in published}


def _write_days(run: Run, days: Sequence[date], run_id: int) -> dict[str, dict[str, str]]:
    written: dict[str, dict[str, str]] = {}
    for first_day, last_day in ledger.spans(days):
        ledger.build_span(run.connection, first_day, last_day)
        for day in ledger.days_between(first_day, last_day):
            written[str(day)] = ledger.write_day(
                run.connection, day, run.settings.publication_dir, run_id
            )
            run.report("ledger", len(written), len(days))
    return written


def _data_until(connection: Connection) -> datetime | None:
    until: datetime | None = scalar(
        connection, "select min(high_water) from warehouse.run.watermarks"
    )
    return until


def _recorded(run: Run, job: str, step: Callable[[], object]) -> None:
    started = run.clock.now().replace(tzinfo=None)
    run_id = int(scalar(run.connection, "select nextval('warehouse.run.run_ids')"))
    run.connection.execute(
        "insert into warehouse.run.runs values (?, ?, ?, null, 'running', null)",
        [run_id, job, started],
    )
    outcome, detail = "failed", "interrupted"
    try:
        step()
        outcome, detail = "succeeded", ""
    except TollbookError as error:
        detail = type(error).__name__
        raise
    finally:
        run.connection.execute(
            "update warehouse.run.runs set ended_at = ?, outcome = ?, detail = ? where run_id = ?",
            [run.clock.now().replace(tzinfo=None), outcome, detail, run_id],
        )
