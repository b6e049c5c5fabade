"""Asks Log Analytics for the rows of one ingestion window and streams them to a file.

The SDK's client does authentication and transport; its row objects are passed by, because DuckDB
reads the bytes many times faster.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.core.rest import HttpRequest, HttpResponse
from azure.monitor.query import LogsQueryClient
from pyrate_limiter import Duration, Limiter, Rate

from ingest.azure_clients import logs_client, unreachable_advice
from ingest.deadline import deadline
from ingest.patience import FAILURES, NoAnswerError, Patience, patience_of, patiently
from ingest.refusal import RefusedError, no_credential
from ingest.row_splitter import Envelope, split_rows
from ingest.source import Source
from models.clock import rfc3339
from models.errors import SourceError
from models.settings import Settings
from models.sql_files import kql

OLDEST_EVENT = timedelta(days=32)
"""How long before its ingestion an event may lie. Azure itself stops at two days; the wider bound
only keeps the query from scanning the whole table."""

# Azure Monitor service limits, log queries (30 March 2026): per principal and workspace.
MOST_QUERIES_AT_ONCE = 5
MOST_QUERIES = Rate(200, Duration.SECOND * 30)
MOST_ROWS = 500_000
# The service stops at 100 MiB; what is longer has lost its end or is no answer to our question.
MOST_BYTES = 128 * 2**20
# The client waits longer than the server works, so that the server speaks first; and no answer,
# however slowly it drips, may take longer than a few of those.
_GRACE_SECONDS = 50
_LONGEST_TRANSFER = 4


class TooMuchError(SourceError):
    """The window holds more than one answer can carry; its halves may fit."""


class TooSlowError(TooMuchError):
    """The service ran out of time; a narrower window may be quicker."""


class MissingTableError(SourceError):
    """The workspace has no such table: nothing ever wrote to it, or it is away for a while."""


@dataclass(frozen=True)
class LogService:
    """A client with the bounds under which it may be used; threads share it."""

    client: LogsQueryClient
    endpoint: str
    patience: Patience
    timeout_seconds: int
    limiter: Limiter


@contextmanager
def log_service(settings: Settings) -> Iterator[LogService]:
    """Yield the connection to Log Analytics that the settings describe."""
    with logs_client(settings) as client:
        yield LogService(
            client,
            settings.logs_endpoint,
            patience_of(settings),
            settings.query_timeout_seconds,
            Limiter(MOST_QUERIES),
        )


def fetch_window(
    service: LogService,
    workspace_id: str,
    source: Source,
    window: tuple[datetime, datetime],
    file: Path,
) -> Envelope:
    """Write the rows ingested in [start, end) to `file`, one JSON array per line.

    Raises TooMuchError when the answer is cut, SourceError when there is none.
    """
    start, end = window
    query = kql(
        source.name,
        window_start=rfc3339(start),
        window_end=rfc3339(end),
        time_floor=rfc3339(start - OLDEST_EVENT),
    )
    envelope = ask(service, workspace_id, query, file, source.title)
    if envelope.error or envelope.rows >= MOST_ROWS:
        raise TooMuchError(
            f"{source.title} answered only part of {rfc3339(start)} to {rfc3339(end)}"
        )
    if envelope.columns not in ((), source.columns):
        raise SourceError(
            f"{source.title} answered other columns than asked for"
            f" ({', '.join(envelope.columns)}): sql/kql/{source.name}.kql and ingest/source.py"
            " must name the same ones"
        )
    return envelope


def ask(
    service: LogService, workspace_id: str, query: str, file: Path, title: str = "a query"
) -> Envelope:
    """Send one query, again where the failure may pass, and write its rows to `file`.

    `title` names it in messages. Raises SourceError that says what to do when there is no answer.
    """
    try:
        return patiently(service.patience, lambda: _ask_once(service, workspace_id, query, file))
    except HttpResponseError as error:
        if error.status_code is not None:
            raise _refusal(error, error.status_code, workspace_id, title) from error
        if isinstance(error, ClientAuthenticationError):
            raise no_credential("Log Analytics", error) from error
        raise _silence(service, error) from error
    except FAILURES as error:
        raise _silence(service, error) from error


def _ask_once(service: LogService, workspace_id: str, query: str, file: Path) -> Envelope:
    request = HttpRequest(
        "POST",
        f"{service.endpoint.rstrip('/')}/v1/workspaces/{workspace_id}/query",
        json={"query": query, "timespan": None, "workspaces": None},
        headers={"Prefer": f"wait={service.timeout_seconds}", "Accept": "application/json"},
    )
    service.limiter.try_acquire(workspace_id)
    read_timeout = service.timeout_seconds + _GRACE_SECONDS
    with service.client.send_request(request, stream=True, read_timeout=read_timeout) as response:
        if response.status_code == 204:
            # Documented for a workspace that holds nothing yet; the caller knows whether it does.
            file.write_bytes(b"")
            return Envelope((), 0, None)
        with deadline(response, _LONGEST_TRANSFER * read_timeout):
            if response.status_code != 200:
                response.read()
                raise HttpResponseError(response=response)
            with file.open("wb") as out:
                return split_rows(_bounded(response), out)


def _bounded(response: HttpResponse) -> Iterator[bytes]:
    """Yield the body while it is not too long."""
    size_bytes = 0
    for chunk in response.iter_bytes():
        size_bytes += len(chunk)
        if size_bytes > MOST_BYTES:
            raise TooMuchError(f"the answer is longer than {MOST_BYTES} bytes")
        yield chunk


def _silence(service: LogService, error: Exception) -> SourceError:
    return NoAnswerError(
        f"{service.endpoint} did not answer ({type(error).__name__}):"
        f" {unreachable_advice(service.endpoint, 'TOLLBOOK_LOGS_ENDPOINT')}"
    )


def _refusal(error: HttpResponseError, status: int, workspace_id: str, title: str) -> SourceError:
    head = f"Log Analytics workspace {workspace_id} refused {title} with status {status}"
    if status in {401, 403}:
        return RefusedError(
            f"{head}: grant tollbook's identity the role Log Analytics Reader on the workspace",
            status,
        )
    if status == 404:
        return RefusedError(f"{head}: check TOLLBOOK_WORKSPACE_IDS", status)
    if status == 400:
        return _bad_query(error, head)
    if status == 504:
        return TooSlowError(
            f"{head}, out of time: the next run asks again, or set TOLLBOOK_QUERY_TIMEOUT_SECONDS"
            " higher"
        )
    return RefusedError(f"{head}: the next run asks again", status)


def _bad_query(error: HttpResponseError, head: str) -> SourceError:
    """Tell a table that is absent from a column that is; the service names it in its message."""
    text = error.response.text() if error.response is not None else ""
    if "Failed to resolve table" in text:
        return MissingTableError(
            f"{head}, the table does not exist: send the gateway's diagnostic logs there in"
            " Dedicated (resource-specific) mode"
        )
    return SourceError(
        f"{head}: the table has other columns than documented, or the query is refused; nothing of"
        " this window was taken, the next run asks again"
    )
