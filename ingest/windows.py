"""Which windows of time a source still owes: all of its history that no load vouches for.

There is no mark that moves: what was asked and answered is read from the load records, so a window
that failed, or a run that was killed, leaves a hole that the next run asks for by itself.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from ingest.source import Source
from models.clock import Clock, to_utc
from models.settings import Settings
from models.warehouse import Connection, run

Window = tuple[datetime, datetime]
"""[start, end), aware and in UTC."""

FIRST_HISTORY = timedelta(days=31)


def covered(
    connection: Connection, source: str, origin: str, look_back: timedelta = timedelta()
) -> list[Window]:
    """Return the uninterrupted stretches that were asked for and answered, oldest first.

    With a look-back, a load vouches only for what lay that long before it was landed: rows surface
    out of order.
    """
    rows = run(
        connection, "run/covered", source=source, origin=origin, look_back=look_back
    ).fetchall()
    return [(start.replace(tzinfo=UTC), end.replace(tzinfo=UTC)) for start, end in rows]


def high_water(connection: Connection, source: Source, origin: str) -> datetime | None:
    """Return the end of the newest window that was answered, None before the first."""
    stretches = covered(connection, source.name, origin)
    return stretches[-1][1] if stretches else None


def due(
    connection: Connection,
    settings: Settings,
    clock: Clock,
    source: Source,
    origin: str,
    *,
    look_back: timedelta,
    asked: Window | None = None,
) -> list[Window]:
    """Return the windows to ask for: what of `asked`, else of all history, is not vouched for.

    The history begins where the settings or the first window on record say, whichever is earlier;
    where neither says anything, 31 days ago.
    """
    stretches = covered(connection, source.name, origin, look_back)
    return without(asked or _history(settings, clock, stretches), stretches)


def holes(connection: Connection, source: str, origin: str) -> list[Window]:
    """Return the stretches between windows that were answered that nobody answered for."""
    stretches = covered(connection, source, origin)
    return [(end, start) for (_, end), (start, _) in pairwise(stretches)]


def without(window: Window, stretches: Sequence[Window]) -> list[Window]:
    """Return what of a window lies in none of the stretches; those are in order and apart."""
    left = []
    start, end = window
    for first, last in stretches:
        if last <= start:
            continue
        if first >= end:
            break
        if start < first:
            left.append((start, first))
        start = max(start, last)
    if start < end:
        left.append((start, end))
    return left


def cut(window: Window, width: timedelta) -> Iterator[Window]:
    """Cut a window into pieces of at most `width`, oldest first."""
    start, end = window
    while start < end:
        upper = min(start + width, end)
        yield start, upper
        start = upper


def halved(window: Window) -> tuple[Window, Window]:
    """Cut a window in two."""
    start, end = window
    middle = start + (end - start) / 2
    return (start, middle), (middle, end)


def _history(settings: Settings, clock: Clock, stretches: Sequence[Window]) -> Window:
    now = clock.now()
    firsts = [start for start, _ in stretches[:1]]
    if settings.history_from:
        firsts.append(to_utc(settings.history_from))
    return min([*firsts, now]) if firsts else now - FIRST_HISTORY, now
