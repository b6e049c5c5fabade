"""The `timespan` of a Log Analytics query: an ISO 8601 duration or interval, as [start, end)."""

import re
from datetime import UTC, datetime, timedelta

_DURATION = re.compile(
    r"P(?:(?P<weeks>\d+(?:\.\d+)?)W)?(?:(?P<days>\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(?P<hours>\d+(?:\.\d+)?)H)?(?:(?P<minutes>\d+(?:\.\d+)?)M)?"
    r"(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)


def parse_timespan(text: str, now: datetime) -> tuple[datetime, datetime]:
    """Start and end (aware, UTC) of `PT1H` (until `now`), `start/end`, `start/PT1H` or `PT1H/end`.

    Raises ValueError for anything else, months and years (of no fixed length) included.
    """
    first, slash, second = text.partition("/")
    try:
        if not slash:
            return now - _duration(first), now
        if second.upper().startswith("P"):
            start = _moment(first)
            return start, start + _duration(second)
        end = _moment(second)
        return (end - _duration(first) if first.upper().startswith("P") else _moment(first)), end
    except (ValueError, OverflowError) as error:
        raise ValueError(
            f"{text[:80]!r} is no timespan: write PT1H, P1D, START/END or START/PT1H "
            "with times like 2026-10-01T00:00:00Z"
        ) from error


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    # The service reads a time without an offset as UTC.
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _duration(text: str) -> timedelta:
    found = _DURATION.fullmatch(text.upper())
    parts = {name: float(part) for name, part in found.groupdict().items() if part} if found else {}
    if not parts:
        raise ValueError(f"{text[:40]!r} is no ISO 8601 duration")
    return timedelta(**parts)
