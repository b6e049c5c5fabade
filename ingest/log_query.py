"""Asks Log Analytics for the rows of one ingestion window and streams them to a file.

The SDK's client does authentication, transport and its own retries; its row objects are passed by,
because DuckDB reads the bytes twenty times faster.
"""

from datetime import datetime, timedelta
from pathlib import Path

from azure.core.exceptions import (
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.core.rest import HttpRequest
from azure.monitor.query import LogsQueryClient
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from ingest.azure_clients import unreachable_advice
from ingest.log_sources import LogSource
from ingest.row_splitter import Envelope, split_rows
from models.clock import rfc3339
from models.errors import SourceError
from models.sql_files import kql

SERVER_TIMEOUT_SECONDS = 240
READ_TIMEOUT_SECONDS = 290
"""Longer than the server's own limit, so that the server speaks first."""

OLDEST_EVENT = timedelta(days=32)
"""How long before its ingestion an event may lie. Azure itself stops at two days; the wider bound
only keeps the query from scanning the whole table."""

# Statuses the SDK gives up on at the first try when no Retry-After comes with them.
_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
_ATTEMPTS = 5


class PartialAnswerError(SourceError):
    """The service sent only part of the rows: the window is too wide."""


def fetch_window(
    client: LogsQueryClient,
    endpoint: str,
    workspace_id: str,
    source: LogSource,
    window: tuple[datetime, datetime],
    file: Path,
) -> Envelope:
    """Write the rows ingested in [start, end) to `file`, one JSON array per line.

    Raises PartialAnswerError when the answer is cut, SourceError when there is none.
    """
    start, end = window
    query = kql(
        source.name,
        window_start=rfc3339(start),
        window_end=rfc3339(end),
        time_floor=rfc3339(start - OLDEST_EVENT),
    )
    envelope = ask_once(client, endpoint, workspace_id, query, file)
    if envelope.error:
        raise PartialAnswerError(
            f"{source.azure_table} answered only part of {rfc3339(start)} to {rfc3339(end)}"
        )
    if envelope.columns not in ((), source.columns):
        raise SourceError(
            f"{source.azure_table} answered other columns than asked for"
            f" ({', '.join(envelope.columns)}): sql/kql/{source.name}.kql and ingest/log_sources.py"
            " must name the same ones"
        )
    return envelope


def ask_once(
    client: LogsQueryClient, endpoint: str, workspace_id: str, query: str, file: Path
) -> Envelope:
    """Send one query, again where the failure may pass, and write its rows to `file`.

    Raises SourceError that says what to do when there is no answer.
    """
    attempts = Retrying(
        retry=retry_if_exception(_is_transient),
        stop=stop_after_attempt(_ATTEMPTS),
        wait=wait_exponential_jitter(multiplier=0.5, max=30),
        reraise=True,
    )
    try:
        return attempts(_ask, client, endpoint, workspace_id, query, file)
    except (ServiceRequestError, ServiceResponseError, IncompleteReadError) as error:
        raise SourceError(
            f"{endpoint} did not answer ({type(error).__name__}):"
            f" {unreachable_advice(endpoint, 'TOLLBOOK_LOGS_ENDPOINT')}"
        ) from error
    except HttpResponseError as error:
        raise SourceError(_advice(error, workspace_id)) from error


def _ask(
    client: LogsQueryClient, endpoint: str, workspace_id: str, query: str, file: Path
) -> Envelope:
    request = HttpRequest(
        "POST",
        f"{endpoint.rstrip('/')}/v1/workspaces/{workspace_id}/query",
        json={"query": query, "timespan": None, "workspaces": None},
        headers={"Prefer": f"wait={SERVER_TIMEOUT_SECONDS}", "Accept": "application/json"},
    )
    with client.send_request(request, stream=True, read_timeout=READ_TIMEOUT_SECONDS) as response:
        if response.status_code == 204:
            file.write_bytes(b"")
            return Envelope((), 0, None)
        if response.status_code != 200:
            response.read()
            raise HttpResponseError(response=response)
        with file.open("wb") as out:
            return split_rows(response.iter_bytes(), out)


def _is_transient(error: BaseException) -> bool:
    # An answer that broke off half way is, to the SDK, a response without a status.
    if isinstance(error, HttpResponseError) and not isinstance(error, IncompleteReadError):
        return error.status_code in _TRANSIENT
    return isinstance(error, ServiceResponseError | IncompleteReadError)


def _advice(error: HttpResponseError, workspace_id: str) -> str:
    status = error.status_code
    head = f"Log Analytics workspace {workspace_id} refused with status {status}"
    if status in {401, 403}:
        return f"{head}: grant tollbook's identity the role Log Analytics Reader on the workspace"
    if status == 404:
        return f"{head}: check TOLLBOOK_WORKSPACE_IDS"
    if status == 400:
        return (
            f"{head}: the table is missing or has other columns; send the gateway's diagnostic logs"
            " there in Dedicated (resource-specific) mode"
        )
    return f"{head}: the next run asks again"
