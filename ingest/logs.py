"""Reads the log tables by ingestion window: from the high-water mark minus look-back until now."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from azure.monitor.query import LogsQueryClient

from ingest.landing import Landed, high_water, land
from ingest.log_query import PartialAnswerError, fetch_window
from ingest.log_sources import LogSource
from models.clock import Clock, rfc3339, to_utc
from models.errors import SourceError
from models.settings import Settings
from models.warehouse import Connection

FIRST_HISTORY = timedelta(days=31)
WIDEST_SLICE = timedelta(days=1)
NARROWEST_SLICE = timedelta(seconds=1)

Window = tuple[datetime, datetime]
Progress = Callable[[str, int, int], None]


def load_source(
    connection: Connection,
    client: LogsQueryClient,
    settings: Settings,
    clock: Clock,
    source: LogSource,
    *,
    window: Window | None = None,
    progress: Progress | None = None,
) -> Landed:
    """Load a source from every workspace; a `window` overrides the high-water mark."""
    received, new = 0, 0
    for workspace_id in settings.workspace_ids:
        span = window or next_window(connection, settings, clock, source, workspace_id)
        pieces = list(slices(span))
        for number, piece in enumerate(pieces, start=1):
            landed = load_window(connection, client, settings, clock, source, workspace_id, piece)
            received, new = received + landed.rows_received, new + landed.rows_new
            if progress:
                progress(source.azure_table, number, len(pieces))
    return Landed(received, new)


def next_window(
    connection: Connection, settings: Settings, clock: Clock, source: LogSource, origin: str
) -> Window:
    """Return the window a run reads; it overlaps the last one, as rows surface out of order."""
    now = clock.now()
    mark = high_water(connection, source, origin)
    if mark is None:
        start = to_utc(settings.history_from) if settings.history_from else now - FIRST_HISTORY
    else:
        start = mark - timedelta(hours=settings.look_back_hours)
    return min(start, now), now


def slices(window: Window) -> Iterator[Window]:
    """Cut a window into slices of at most a day, oldest first."""
    start, end = window
    while start < end:
        upper = min(start + WIDEST_SLICE, end)
        yield start, upper
        start = upper


def load_window(
    connection: Connection,
    client: LogsQueryClient,
    settings: Settings,
    clock: Clock,
    source: LogSource,
    origin: str,
    window: Window,
) -> Landed:
    """Load one window; a partial answer counts as none, its two halves are asked for instead."""
    with TemporaryDirectory(dir=settings.data_dir, prefix="landing-") as folder:
        file = Path(folder) / "rows.ndjson"
        try:
            fetch_window(client, settings.logs_endpoint, origin, source, window, file)
        except PartialAnswerError as error:
            halves = _halved(window, source, error)
        else:
            return land(connection, clock, source, origin, window, file)
    first, second = (
        load_window(connection, client, settings, clock, source, origin, half) for half in halves
    )
    return Landed(first.rows_received + second.rows_received, first.rows_new + second.rows_new)


def _halved(window: Window, source: LogSource, error: SourceError) -> tuple[Window, Window]:
    start, end = window
    if end - start <= NARROWEST_SLICE:
        raise SourceError(
            f"{source.azure_table} has more rows in {rfc3339(start)} to {rfc3339(end)} than one"
            " answer can hold: read that time from a data export instead"
        ) from error
    middle = start + (end - start) / 2
    return (start, middle), (middle, end)
