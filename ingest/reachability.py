"""Asks each source whether it is there and whether we may read it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from ingest.graph_directory import COLLECTIONS, GraphDirectory
from ingest.log_query import LogService, MissingTableError, ask, log_service
from ingest.patience import NoAnswerError
from ingest.source import LOG_SOURCES, Source
from models.clock import Clock, rfc3339
from models.errors import SourceError
from models.finding import DoctorFinding, fail, ok, warn
from models.settings import Settings
from models.sql_files import kql

_RECENT = timedelta(days=31)


def log_findings(settings: Settings, clock: Clock) -> Iterator[DoctorFinding]:
    """Yield, per workspace and table, whether it can be read and has rows."""
    with log_service(_hasty(settings)) as service:
        for workspace_id in settings.workspace_ids:
            yield from _workspace(service, clock, workspace_id)


def graph_findings(settings: Settings) -> Iterator[DoctorFinding]:
    """Yield, per directory collection, whether it can be read."""
    with GraphDirectory(_hasty(settings)) as directory:
        for collection in COLLECTIONS:
            try:
                directory.probe(collection)
            except SourceError as error:
                text, _, advice = str(error).partition(": ")
                yield fail("directory", text, advice)
            else:
                yield ok("directory", f"{collection.name} can be read")


def _hasty(settings: Settings) -> Settings:
    """Ask once: somebody waits for the answer, and a run will insist by itself."""
    return settings.model_copy(update={"retry_attempts": 1})


def _workspace(service: LogService, clock: Clock, workspace_id: str) -> Iterator[DoctorFinding]:
    for source in LOG_SOURCES:
        try:
            yield from _table(service, clock, workspace_id, source)
        except NoAnswerError as error:
            text, _, advice = str(error).partition(": ")
            yield fail("logs", f"workspace {workspace_id}: {text}", advice)
            return
    yield from _legacy_rows(service, clock, workspace_id)


def _table(
    service: LogService, clock: Clock, workspace_id: str, source: Source
) -> Iterator[DoctorFinding]:
    table = source.azure_table
    floor = rfc3339(clock.now() - _RECENT)
    try:
        rows = _rows(service, workspace_id, kql("table_present", table=table, time_floor=floor))
    except NoAnswerError:
        raise
    except SourceError as error:
        if not (source.is_optional and isinstance(error, MissingTableError)):
            text, _, advice = str(error).partition(": ")
            yield fail("logs", f"{table}: {text}", advice)
        return
    if rows:
        yield ok("logs", f"{table} has rows in workspace {workspace_id}")
    elif not source.is_optional:
        yield fail(
            "logs",
            f"{table} has no row of the last {_RECENT.days} days",
            "enable the categories GatewayLogs and GatewayLlmLogs in Dedicated mode",
        )


def _legacy_rows(service: LogService, clock: Clock, workspace_id: str) -> Iterator[DoctorFinding]:
    floor = rfc3339(clock.now() - _RECENT)
    try:
        rows = _rows(service, workspace_id, kql("legacy_rows", time_floor=floor))
    except SourceError:
        return  # The table exists only where something once wrote to it.
    if rows:
        yield warn(
            "logs",
            "gateway logs arrive in AzureDiagnostics, which tollbook does not read",
            "switch the diagnostic setting to Dedicated (resource-specific) tables",
        )


def _rows(service: LogService, workspace_id: str, query: str) -> int:
    with TemporaryDirectory(prefix="tollbook-doctor-") as folder:
        return ask(service, workspace_id, query, Path(folder) / "rows.ndjson").rows
