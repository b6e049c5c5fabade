"""Reads the gateway's logs from export files: what the query API cannot hold, or no longer has.

Two services write such files. A data export of the workspace writes the table's rows as they are
queried; a diagnostic setting to storage or an event hub writes events, in other words and nested.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from ingest.landing import Form, Landed
from ingest.line_batch import Arrival
from ingest.line_files import Dialect, LineReading, load_lines
from ingest.progress import Progress, unseen
from ingest.source import GATEWAY_LOG, LLM_LOG, Source
from models.clock import Clock, parse_utc
from models.settings import Settings
from models.warehouse import Connection

_SOURCES = (GATEWAY_LOG, LLM_LOG)

_TABLES = {source.azure_table.lower(): source for source in _SOURCES}
_CATEGORIES = {"gatewaylogs": GATEWAY_LOG, "gatewayllmlogs": LLM_LOG}
_CONTAINER = re.compile(
    r"/(am|insights-logs)-([^/]+)/(?=((?:workspace)?resourceid=)?)", re.IGNORECASE
)
_TABLE_FOLDER = re.compile(rf"/({'|'.join(_TABLES)})/", re.IGNORECASE)
_HOUR = re.compile(r"(?:^|/)y=(\d{4})/m=(\d\d)/d=(\d\d)/h=(\d\d)/", re.IGNORECASE)

# What the statements in sql/landing read of a row, and no more: rows may carry messages and bodies.
_TABLE_COLUMNS = {
    GATEWAY_LOG: (
        *("_ItemId", "_ResourceId", "TimeGenerated", "CorrelationId", "ApiId"),
        *("ApimSubscriptionId", "Method", "Url", "CallerIpAddress", "ResponseCode"),
        *("BackendResponseCode", "BackendUrl", "RequestSize", "ResponseSize", "TotalTime"),
        *("BackendTime", "LastErrorReason", "LastErrorSource", "Region", "RequestHeaders"),
        *("ResponseHeaders", "BackendRequestHeaders", "TraceRecords"),
    ),
    LLM_LOG: (
        *("_ItemId", "_ResourceId", "TimeGenerated", "CorrelationId", "RequestId", "ModelName"),
        *("PromptTokens", "CompletionTokens", "TotalTokens", "SequenceNumber", "Region"),
    ),
}
_EVENT_FIELDS = ("time", "resourceId", "correlationId", "callerIpAddress", "durationMs", "location")
_EVENT_PROPERTIES = {
    GATEWAY_LOG: (
        *("correlationId", "apiId", "apimSubscriptionId", "method", "url", "callerIpAddress"),
        *("responseCode", "backendResponseCode", "backendUrl", "requestSize", "responseSize"),
        *("totalTime", "backendTime", "lastError", "requestHeaders", "responseHeaders"),
        *("backendRequestHeaders", "traceRecords"),
    ),
    LLM_LOG: (
        *("correlationId", "requestId", "modelName", "promptTokens", "completionTokens"),
        *("totalTokens", "promptCachedTokens", "sequenceNumber"),
    ),
}


def load_log_exports(
    connection: Connection,
    settings: Settings,
    clock: Clock,
    progress: Progress = unseen,
) -> Landed:
    """Load what is new in the exported gateway logs of every place in the settings.

    Raises SourceError that says what to do about a place that cannot be read; the others are read.
    """

    def sources_of(path: str) -> tuple[Source, ...]:
        hour = _hour(path)
        begins = settings.history_from
        if hour and begins and hour + timedelta(hours=1) <= begins:
            return ()
        return sources_in(path)

    dialect = Dialect("exported logs", _SOURCES, sources_of, arrival)
    return load_lines(
        LineReading(connection, settings, clock, dialect, progress), settings.log_exports
    )


def sources_in(path: str) -> tuple[Source, ...]:
    """Return the sources that a file can have rows of: what its container or folder is named for.

    A path that names none can hold both; a container of another table or category holds none.
    """
    for kind, name, layout in _CONTAINER.findall(path):
        found = (_TABLES if kind.lower() == "am" else _CATEGORIES).get(name.lower())
        if found or layout:
            return (found,) if found else ()
    folder = _TABLE_FOLDER.search(path)
    return (_TABLES[folder[1].lower()],) if folder else _SOURCES


def arrival(path: str, value: Any) -> Arrival | None:
    """Turn a row of either layout into what lands; None for a row of another table or category.

    It arrives when it happened, so that it is the same row whenever it is read: by its own time,
    else by the hour of its path. Raises ValueError for what is no row, or has neither.
    """
    if not isinstance(value, dict):
        raise ValueError("no object")  # noqa: TRY004 (a row that is none, not a wrong call)
    if isinstance(value.get("properties"), dict | str):
        return _event(path, value)
    source = _table_of(path, value)
    if source is None:
        return None
    values = {name: value[name] for name in _TABLE_COLUMNS[source] if name in value}
    form = Form("objects", f"exported_{source.name}")
    return Arrival(source, form, _moment(value.get("TimeGenerated"), path), values)


def _event(path: str, value: dict[str, Any]) -> Arrival | None:
    category = str(value.get("category", "")).lower()
    source = _CATEGORIES.get(category) if category else _only(sources_in(path))
    if source is None:
        return None
    properties = value["properties"]
    if isinstance(properties, str):
        properties = _object(properties)
    values = {name: value[name] for name in _EVENT_FIELDS if name in value}
    values["properties"] = {
        name: properties[name] for name in _EVENT_PROPERTIES[source] if name in properties
    }
    form = Form("objects", f"event_{source.name}")
    return Arrival(source, form, _moment(value.get("time"), path), values)


def _table_of(path: str, value: dict[str, Any]) -> Source | None:
    """Return whose row it is: as it says itself, as its path says, as its columns look."""
    if "TimeGenerated" not in value and "CorrelationId" not in value:
        raise ValueError("no row of either log")
    if value.get("Type"):
        return _TABLES.get(str(value["Type"]).lower())
    named = _only(sources_in(path))
    if named:
        return named
    if "PromptTokens" in value or "ModelName" in value:
        return LLM_LOG
    if "Method" in value or "ResponseCode" in value:
        return GATEWAY_LOG
    raise ValueError("no row of either log")


def _only(sources: tuple[Source, ...]) -> Source | None:
    return sources[0] if len(sources) == 1 else None


def _object(text: str) -> dict[str, Any]:
    value = json.loads(text, parse_float=str)
    if not isinstance(value, dict):
        raise ValueError("no object")  # noqa: TRY004 (a row that is none, not a wrong call)
    return value


def _moment(own: Any, path: str) -> datetime:
    if isinstance(own, str):
        try:
            return parse_utc(own)
        except (ValueError, OverflowError):
            pass
    hour = _hour(path)
    if hour is None:
        raise ValueError("a row without a time, in a file whose path names no hour")
    return hour


def _hour(path: str) -> datetime | None:
    found = _HOUR.search(path)
    if found is None:
        return None
    year, month, day, hour = map(int, found.groups())
    try:
        return datetime(year, month, day, hour, tzinfo=UTC)
    except ValueError:
        return None
