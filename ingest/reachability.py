"""Asks each source whether it is there and whether we may read it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from azure.monitor.query import LogsQueryClient

from ingest.azure_clients import logs_client
from ingest.graph_directory import COLLECTIONS, GraphDirectory
from ingest.log_query import ask_once
from ingest.log_sources import LOG_SOURCES
from models.clock import Clock, rfc3339
from models.errors import SourceError
from models.finding import DoctorFinding, fail, ok, warn
from models.settings import Settings
from models.sql_files import kql

_RECENT = timedelta(days=31)


def log_findings(settings: Settings, clock: Clock) -> Iterator[DoctorFinding]:
    """Yield, per workspace and table, whether it can be read and has rows."""
    with logs_client(settings) as client:
        for workspace_id in settings.workspace_ids:
            for source in LOG_SOURCES:
                yield _table(client, settings, clock, workspace_id, source.azure_table)
            yield from _legacy_rows(client, settings, clock, workspace_id)


def graph_findings(settings: Settings) -> Iterator[DoctorFinding]:
    """Yield, per directory collection, whether it can be read."""
    with GraphDirectory(settings) as directory:
        for collection in COLLECTIONS:
            try:
                directory.probe(collection)
            except SourceError as error:
                text, _, advice = str(error).partition(": ")
                yield fail("directory", text, advice)
            else:
                yield ok("directory", f"{collection.name} can be read")


def _table(
    client: LogsQueryClient, settings: Settings, clock: Clock, workspace_id: str, table: str
) -> DoctorFinding:
    floor = rfc3339(clock.now() - _RECENT)
    try:
        rows = _rows(
            client, settings, workspace_id, kql("table_present", table=table, time_floor=floor)
        )
    except SourceError as error:
        text, _, advice = str(error).partition(": ")
        return fail("logs", f"{table}: {text}", advice)
    if not rows:
        return fail(
            "logs",
            f"{table} has no row of the last {_RECENT.days} days",
            "enable the categories GatewayLogs and GatewayLlmLogs in Dedicated mode",
        )
    return ok("logs", f"{table} has rows in workspace {workspace_id}")


def _legacy_rows(
    client: LogsQueryClient, settings: Settings, clock: Clock, workspace_id: str
) -> Iterator[DoctorFinding]:
    floor = rfc3339(clock.now() - _RECENT)
    try:
        rows = _rows(client, settings, workspace_id, kql("legacy_rows", time_floor=floor))
    except SourceError:
        return  # The table exists only where something once wrote to it.
    if rows:
        yield warn(
            "logs",
            "gateway logs arrive in AzureDiagnostics, which tollbook does not read",
            "switch the diagnostic setting to Dedicated (resource-specific) tables",
        )


def _rows(client: LogsQueryClient, settings: Settings, workspace_id: str, query: str) -> int:
    with TemporaryDirectory(prefix="tollbook-doctor-") as folder:
        file = Path(folder) / "rows.ndjson"
        return ask_once(client, settings.logs_endpoint, workspace_id, query, file).rows
