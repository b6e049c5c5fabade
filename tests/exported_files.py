"""Writes recorded log rows as the export files that Azure would have written of them."""

import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

Row = dict[str, Any]

GATEWAY_TABLE = "ApiManagementGatewayLogs"
LLM_TABLE = "ApiManagementGatewayLlmLog"
CATEGORIES = {GATEWAY_TABLE: "GatewayLogs", LLM_TABLE: "GatewayLlmLogs"}
# Columns of the event form that stand beside `properties`, and under which name.
_BESIDE = {
    "TimeGenerated": "time",
    "_ResourceId": "resourceId",
    "CorrelationId": "correlationId",
    "CallerIpAddress": "callerIpAddress",
    "TotalTime": "durationMs",
    "Region": "location",
    "IsRequestSuccess": "isRequestSuccess",
}
_LAST_ERROR = {"LastErrorReason": "reason", "LastErrorSource": "source"}


def recorded_rows(workspace: Path, table: str) -> list[Row]:
    """The rows of a recorded table, as its files hold them."""
    rows = []
    for file in sorted((workspace / "tables" / table).iterdir()):
        text = file.read_bytes()
        for line in (gzip.decompress(text) if file.suffix == ".gz" else text).splitlines():
            try:
                rows.append(json.loads(line))
            except ValueError:
                continue
    return [row for row in rows if isinstance(row, dict)]


def as_event(table: str, row: Row) -> Row:
    """The row as a diagnostic setting writes it: in other words, and nested."""
    properties = {
        name[:1].lower() + name[1:]: value
        for name, value in row.items()
        if not name.startswith("_") and name not in _BESIDE and name not in _LAST_ERROR
    }
    errors = {word: row[name] for name, word in _LAST_ERROR.items() if row.get(name)}
    event = {word: row[name] for name, word in _BESIDE.items() if name in row}
    if table == LLM_TABLE:
        properties["correlationId"] = event.pop("correlationId", None)
    elif errors:
        properties["lastError"] = errors
    event["resourceId"] = str(event.get("resourceId", "")).upper()
    return event | {"category": CATEGORIES[table], "properties": properties}


def as_queried(row: Row) -> Row:
    """The row as a data export of the workspace writes it: when it was ingested is not in it."""
    return {name: value for name, value in row.items() if name != "_IngestionTime"}


def folder_of(table: str, row: Row, *, is_event: bool, arrived: str = "") -> str:
    """The container and path of the file that holds a row; one without a time, where it arrived."""
    time = str(row.get("time" if is_event else "TimeGenerated") or arrived)
    hour = f"y={time[:4]}/m={time[5:7]}/d={time[8:10]}/h={time[11:13]}"
    if is_event:
        container = f"insights-logs-{CATEGORIES[table].lower()}"
        return f"{container}/resourceId=/SUBSCRIPTIONS/S/X/{hour}/m=00/PT1H.json"
    minute = int(time[14:16] or 0) // 5 * 5
    return (
        f"am-{table.lower()}/WorkspaceResourceId=/subscriptions/s/x/{hour}/m={minute:02}/PT05M.json"
    )


def append(folder: Path, lines: Mapping[str, Iterable[Row | bytes]]) -> None:
    """Append lines to files: {path: objects, or lines as they are}."""
    for name, objects in lines.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab") as out:
            for value in objects:
                out.write(value if isinstance(value, bytes) else json.dumps(value).encode() + b"\n")


def write_data_export(folder: Path, tables: Mapping[str, Iterable[Row]]) -> None:
    """Write rows as a data export of the workspace does."""
    for table, rows in tables.items():
        for row in rows:
            path = folder_of(table, row, is_event=False, arrived=row.get("_IngestionTime", ""))
            append(folder, {path: [as_queried(row)]})


def write_events(folder: Path, tables: Mapping[str, Iterable[Row]]) -> None:
    """Write rows as a diagnostic setting to storage does."""
    for table, rows in tables.items():
        for row in rows:
            event = as_event(table, row)
            path = folder_of(table, event, is_event=True, arrived=row.get("_IngestionTime", ""))
            append(folder, {path: [event]})
