"""Asks Log Analytics whether each table can be read, has rows, and is the one that is written."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from ingest.log_query import LogService, MissingTableError, TooMuchError, ask, log_service
from ingest.patience import NoAnswerError
from ingest.refusal import NoCredentialError, RefusedError
from ingest.source import LOG_SOURCES, Source
from ingest.source_question import REFUSALS, SourceQuestion, grant
from models.clock import Clock, rfc3339
from models.errors import SourceError
from models.finding import DoctorFinding, fail, ok, warn
from models.settings import Settings
from models.sql_files import kql

_RECENT = timedelta(days=31)


def log_findings(settings: Settings, clock: Clock) -> Iterator[DoctorFinding]:
    """Yield, per workspace and table, whether it can be read and has rows."""
    with log_service(settings) as service:
        for workspace_id in settings.workspace_ids:
            yield from _workspace(service, clock, workspace_id)


def _workspace(service: LogService, clock: Clock, workspace_id: str) -> Iterator[DoctorFinding]:
    is_permitted = True
    for source in LOG_SOURCES:
        question = _question(workspace_id, source.azure_table)
        try:
            yield from _table(service, clock, workspace_id, source)
        except RefusedError as error:
            yield question.failure(error)
            if error.status not in REFUSALS:
                return
            is_permitted = False
        except (NoAnswerError, NoCredentialError, TooMuchError) as error:
            yield _question(workspace_id).failure(error)
            return
    if is_permitted:
        yield _question(workspace_id).permitted()
    yield from _legacy_rows(service, clock, workspace_id)


def _question(workspace_id: str, table: str = "") -> SourceQuestion:
    return SourceQuestion(
        "logs",
        f"{table} of workspace {workspace_id}" if table else f"workspace {workspace_id}",
        f"POST /v1/workspaces/{workspace_id}/query",
        grant(f"the role Log Analytics Reader on the workspace {workspace_id}"),
    )


def _table(
    service: LogService, clock: Clock, workspace_id: str, source: Source
) -> Iterator[DoctorFinding]:
    table = source.azure_table
    floor = rfc3339(clock.now() - _RECENT)
    try:
        rows = _rows(service, workspace_id, kql("table_present", table=table, time_floor=floor))
    except (NoAnswerError, NoCredentialError, RefusedError, TooMuchError):
        raise
    except SourceError as error:
        if not (source.is_optional and isinstance(error, MissingTableError)):
            text, _, advice = str(error).partition(": ")
            yield fail("logs", "table", f"{table}: {text}", advice)
        return
    if rows:
        yield ok("logs", "table", f"{table} has rows in workspace {workspace_id}")
    elif not source.is_optional:
        yield fail(
            "logs",
            "table",
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
            "legacy_table",
            "gateway logs arrive in AzureDiagnostics, which tollbook does not read",
            "switch the diagnostic setting to Dedicated (resource-specific) tables",
        )


def _rows(service: LogService, workspace_id: str, query: str) -> int:
    with TemporaryDirectory(prefix="tollbook-doctor-") as folder:
        return ask(service, workspace_id, query, Path(folder) / "rows.ndjson").rows
