"""Reads usage records: the response's own `usage` object per request, where a tenant keeps it.

It is the best evidence of cache reads and writes there is. Only its known numbers are taken, and
the three words that decide a price; what a client wrote is never among them.
"""

from typing import Any

from ingest.landing import Form, Landed
from ingest.line_batch import Arrival
from ingest.line_files import Dialect, LineReading, load_lines
from ingest.progress import Progress, unseen
from ingest.source import USAGE_RECORDS
from models.clock import Clock, parse_utc
from models.settings import Settings
from models.warehouse import Connection

_FORM = Form("objects", "usage_records")
_NUMBERS = (
    *("input_tokens", "output_tokens"),
    *("cache_creation_input_tokens", "cache_read_input_tokens"),
)
_NESTED_NUMBERS = {
    "cache_creation": ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"),
    "server_tool_use": ("web_search_requests", "web_fetch_requests"),
}
_WORDS = ("speed", "inference_geo", "service_tier")


def load_usage_records(
    connection: Connection,
    settings: Settings,
    clock: Clock,
    progress: Progress = unseen,
) -> Landed:
    """Load what is new in the usage records of every place in the settings.

    Raises SourceError that says what to do about a place that cannot be read; the others are read.
    """
    dialect = Dialect("usage records", (USAGE_RECORDS,), lambda _: (USAGE_RECORDS,), arrival)
    return load_lines(
        LineReading(connection, settings, clock, dialect, progress), settings.usage_records
    )


def arrival(_path: str, value: Any) -> Arrival:
    """Turn {"correlation_id", "time", "usage"} into what lands. Raises ValueError for else."""
    if not isinstance(value, dict) or not isinstance(value.get("usage"), dict):
        raise ValueError("no usage record")  # noqa: TRY004 (a line that is none, not a wrong call)
    usage = value["usage"]
    known = {name: usage[name] for name in (*_NUMBERS, *_WORDS) if name in usage}
    for outer, names in _NESTED_NUMBERS.items():
        if isinstance(usage.get(outer), dict):
            known[outer] = {name: usage[outer][name] for name in names if name in usage[outer]}
    moment = value.get("time")
    if not isinstance(moment, str):
        raise ValueError("a usage record without a time")  # noqa: TRY004
    values = {"correlation_id": value.get("correlation_id"), "time": moment, "usage": known}
    return Arrival(USAGE_RECORDS, _FORM, parse_utc(moment), values)
