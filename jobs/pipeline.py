"""One run: seeds, sources, directory, ledger, publication; each may run twice or be killed."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime

import structlog

from jobs.alerting import alert
from jobs.directory_sync import sync_directory
from jobs.fitting import calibration_of
from jobs.ingestion import INGESTION, NOTHING_ASKED, Asked, Run, ingest
from jobs.retention import has_rule, retain
from models import ledger
from models.allocation import with_allocations
from models.bill import prepare_bill
from models.calibration_fits import Fits, calibrated_days, note_days
from models.clock import Clock
from models.errors import SourceError, TollbookError
from models.forgetting.journal import finish
from models.ownership import refresh_ownership
from models.publication import Manifest, publish, read_manifest
from models.retention import frozen_days
from models.seed_loading import load_seeds, newly_known, within
from models.settings import Settings
from models.sql_files import sql
from models.warehouse import NIGHT, Connection, claim, scalar, transaction, writing
from models.warehouse import run as statement

JOBS = (*INGESTION, "directory", "build", "alert", "retention")
"""In the order of their dependence: a build books what the others brought."""

INGEST = "ingest"
"""Stands for every job that reads a source."""

# A build needs what these bring; without the other sources it books what is known.
_BOOKED = ("logs", "exports", "directory")

# Sources whose days are usage days; what the others tell belongs to a day that one of these has.
_LOGS = ("gateway_log", "llm_log")

# Which publication the warehouse built last, among its inputs.
_BUILT = "built_run_id"

log = structlog.get_logger()


@contextmanager
def open_run(settings: Settings, clock: Clock) -> Iterator[Connection]:
    """Open the warehouse for a run, alone; see `models.warehouse.writing`.

    A forgetting that was interrupted is finished first: until then half of it is in place.
    """
    with writing(
        settings.warehouse_file,
        clock,
        wait_seconds=settings.writer_wait_seconds,
        memory_limit=settings.memory_limit,
    ) as connection:
        if finish(connection, settings, clock):
            log.warning("finished the interrupted forgetting of somebody")
        yield connection


def run_jobs(run: Run, jobs: Sequence[str], asked: Asked = NOTHING_ASKED) -> None:
    """Run the named jobs in the order of their dependence; each leaves a run record.

    A source that fails does not keep the others from being read. A build is left out when a source
    it books failed: the publication stays as it was. Raises the failure, or all of them in one.
    """
    chosen = {*jobs, *(INGESTION if INGEST in jobs else ())}
    _require(run.settings, chosen)
    claim(run.connection, run.settings.tenant_id)
    refresh_seeds(run)
    failures: dict[str, TollbookError] = {}
    for job in JOBS:
        if job not in chosen or (job == "build" and not failures.keys().isdisjoint(_BOOKED)):
            continue
        try:
            _recorded(run, job, _step(run, job, asked))
        except TollbookError as error:
            failures[job] = error
    _raise(failures, is_unpublished="build" in chosen and not failures.keys().isdisjoint(_BOOKED))


def _step(run: Run, job: str, asked: Asked) -> Callable[[], object]:
    steps: dict[str, Callable[[], object]] = {
        "directory": lambda: sync_directory(run),
        "build": lambda: build_and_publish(run),
        "alert": lambda: alert(run),
        "retention": lambda: delete_old(run),
    }
    return steps.get(job) or (lambda: ingest(run, job, asked))


def _require(settings: Settings, chosen: Collection[str]) -> None:
    needed = [name for job, name in {"directory": "tenant_id"}.items() if job in chosen]
    if "logs" in chosen and not settings.log_exports:
        needed.append("workspace_ids")
    settings.require(*needed)


def _raise(failures: Mapping[str, TollbookError], *, is_unpublished: bool) -> None:
    if not failures:
        return
    if is_unpublished:
        log.warning("not published: the publication stays as it was", failed=list(failures))
    if len(failures) == 1:
        raise next(iter(failures.values()))
    lines = [f"  {job}: {error}" for job, error in failures.items()]
    raise SourceError(f"{len(failures)} jobs failed:\n" + "\n".join(lines))


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
    refresh_ownership(run.connection, known_at)
    pending, frozen = _days_to_build(run.connection, previous, known_at), frozen_days(previous)
    _warn_of_frozen(pending & frozen)
    days = pending - frozen
    run_id = int(scalar(run.connection, "select nextval('warehouse.run.run_ids')"))
    ledger.prepare(run.connection, known_at)
    calibration = calibration_of(run.connection, days, known_at)
    days = set(calibration.days) - frozen
    written = _write_days(run, sorted(days), run_id, calibration.fits)
    if not days:
        # New prices and units want their checks and ids even when no day has to be written.
        ledger.build_span(run.connection, known_at.date(), known_at.date())
    prepare_bill(run.connection, run.settings, known_at)
    draft = Manifest(
        sequence=previous.sequence + 1 if previous else 1,
        run_id=run_id,
        published_at=known_at,
        data_until=_data_until(run.connection),
        days={**(previous.days if previous else {}), **written},
        tables=ledger.write_small_tables(run.connection, folder, run_id),
        purged=previous.purged if previous else {},
    )
    manifest = with_allocations(run.connection, folder, draft, previous)
    publish(folder, manifest)
    note_days(run.connection, calibration.fits, days)
    _settle(run.connection, days | pending, run_id)
    run.connection.execute("checkpoint warehouse")
    return manifest


def delete_old(run: Run) -> None:
    """Delete what is older than the settings keep, of days with nothing left to build."""
    if not has_rule(run):
        return
    known_at = run.clock.now()
    refresh_ownership(run.connection, known_at)
    manifest = read_manifest(run.settings.publication_dir)
    retain(run, _days_to_build(run.connection, manifest, known_at))


def _warn_of_frozen(days: Collection[date]) -> None:
    if days:
        log.warning(
            "not built again: the retention rule deleted rows of these days, they stay as they are",
            days=sorted(map(str, days)),
        )


def _days_to_build(
    connection: Connection, previous: Manifest | None, known_at: datetime
) -> set[date]:
    """Return the usage days whose files no longer match what is known at a time."""
    published = [date.fromisoformat(day) for day in previous.days] if previous else []
    days = dirty_days(connection, published) | unpublished_days(connection, previous)
    if previous:
        days |= set(within(published, newly_known(connection, previous.published_at, known_at)))
    return days


def dirty_days(connection: Connection, published: Collection[date]) -> set[date]:
    """Return the marked days from the first day of the log on.

    Metrics reach further back than the log; there is nothing yet to hold those days against.
    """
    marked = connection.execute("select usage_day, reason from warehouse.run.dirty_days").fetchall()
    logged = {day for day, reason in marked if reason in _LOGS} | set(published)
    if not logged:
        return set()
    touched = {day for day, reason in marked if reason != NIGHT and day >= min(logged)}
    # Nights part days only where something is calibrated over them.
    nights = {day for day, reason in marked if reason == NIGHT and day in set(published)}
    return touched | (nights & calibrated_days(connection, nights))


def unpublished_days(connection: Connection, manifest: Manifest | None) -> set[date]:
    """Return days with rows but not all files: never published, gone, or an older tollbook's.

    The publication of the last build needs no such look at everything that is stored.
    """
    whole = manifest.whole_days() if manifest else set()
    if manifest and len(whole) == len(manifest.days) and _built_last(connection) == manifest.run_id:
        return set()
    rows = connection.execute(sql("staging/days")).fetchall()
    return {day for (day,) in rows if str(day) not in whole}


def _built_last(connection: Connection) -> int | None:
    row = connection.execute(
        "select content_hash from warehouse.run.inputs where name = ?", [_BUILT]
    ).fetchone()
    return int(row[0]) if row else None


def _settle(connection: Connection, days: Collection[date], run_id: int) -> None:
    """Note that these days were built, and which publication holds them."""
    with transaction(connection):
        # A night that parted no calibrated day says nothing to a day that is built later.
        connection.execute(
            "delete from warehouse.run.dirty_days"
            " where list_contains(?::date[], usage_day) or reason = ?",
            [sorted(days), NIGHT],
        )
        connection.execute("delete from warehouse.run.inputs where name = ?", [_BUILT])
        connection.execute("insert into warehouse.run.inputs values (?, ?)", [_BUILT, str(run_id)])


def _write_days(
    run: Run, days: Sequence[date], run_id: int, fits: Fits
) -> dict[str, dict[str, str]]:
    written: dict[str, dict[str, str]] = {}
    for first_day, last_day in ledger.spans(days, _rows_of(run.connection, days)):
        ledger.build_span(run.connection, first_day, last_day, fits)
        for day in ledger.days_between(first_day, last_day):
            written[str(day)] = ledger.write_day(
                run.connection, day, run.settings.publication_dir, run_id
            )
            run.report("ledger", len(written), len(days))
    return written


def _rows_of(connection: Connection, days: Sequence[date]) -> dict[date, int]:
    """Return how many gateway rows each of some days has."""
    if not days:
        return {}
    span = {"first_day": min(days), "last_day": max(days)}
    found = statement(connection, "staging/rows_of_days", days=list(days), **span)
    return dict(found.fetchall())


def _data_until(connection: Connection) -> datetime | None:
    """Return until when every log that the ledger books was read, from whatever it comes."""
    until: datetime | None = scalar(connection, sql("run/data_until"))
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
