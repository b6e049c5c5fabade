"""Reads the log tables by ingestion window: a few queries at once, landed as they come in."""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from ingest.landing import Landed, land
from ingest.log_query import (
    MOST_QUERIES_AT_ONCE,
    LogService,
    MissingTableError,
    TooMuchError,
    TooSlowError,
    fetch_window,
)
from ingest.patience import NoAnswerError
from ingest.progress import Progress, unseen
from ingest.row_splitter import Envelope
from ingest.source import Source
from ingest.windows import Window, due, halved
from models.clock import Clock, rfc3339
from models.errors import SourceError
from models.settings import Settings
from models.warehouse import Connection, scalar

WIDEST_SLICE = timedelta(days=1)
NARROWEST_SLICE = timedelta(seconds=1)
# A service that has no time for this little has none for anything: it is down, not asked too much.
_NARROWEST_SLOW_SLICE = timedelta(hours=3)
# A slice that fills less than this many rows leaves room for one of twice the width.
_ROOMY_ROWS = 100_000
_HOUR = timedelta(hours=1)

log = structlog.get_logger()


@dataclass(frozen=True)
class LogReading:
    """What reading the log tables needs everywhere."""

    connection: Connection
    service: LogService
    settings: Settings
    clock: Clock
    progress: Progress = unseen


@dataclass
class _Owed:
    """Windows still to ask for, and how wide the next slice may be: it adapts to the traffic."""

    windows: deque[Window]
    width: timedelta = WIDEST_SLICE
    total: timedelta = field(init=False)
    done: timedelta = timedelta()
    answered: int = 0
    silent: int = 0

    def __post_init__(self) -> None:
        self.total = sum((end - start for start, end in self.windows), timedelta())

    def next_slice(self) -> Window:
        """Take the next slice off."""
        start, end = self.windows.popleft()
        if end - start > self.width:
            self.windows.appendleft((start + self.width, end))
            end = start + self.width
        return start, end

    def give_back(self, window: Window, source: Source, error: SourceError) -> None:
        """Owe a slice that held too much again, as halves; SourceError when it has none."""
        start, end = window
        if isinstance(error, TooSlowError) and end - start <= _NARROWEST_SLOW_SLICE:
            raise error
        if end - start <= NARROWEST_SLICE:
            raise SourceError(
                f"{source.title} has more in {rfc3339(start)} to {rfc3339(end)} than one answer"
                " can hold: read that time from a data export instead (TOLLBOOK_LOG_EXPORTS)"
            ) from error
        self.windows.extendleft(reversed(halved(window)))
        self.width = min(self.width, max((end - start) / 2, NARROWEST_SLICE))

    def settle(self, window: Window, envelope: Envelope) -> None:
        """Note a slice as answered, or as silent: answered with no content at all (204)."""
        start, end = window
        if envelope.columns:
            self.answered += 1
        else:
            self.silent += 1
        self.done += end - start
        if envelope.rows < _ROOMY_ROWS and end - start >= self.width:
            self.width = min(2 * self.width, WIDEST_SLICE)


def load_source(
    reading: LogReading, source: Source, *, asked: Window | None = None, again: bool = False
) -> Landed:
    """Load what a source still owes from every workspace; `asked` bounds it to a span.

    With `again`, that span is read whether or not it was read before. A table that is optional may
    be absent.
    """
    landed = Landed()
    look_back = timedelta(hours=reading.settings.look_back_hours)
    for workspace_id in reading.settings.workspace_ids:
        windows = [asked] if asked and again else due(
            reading.connection, reading.settings, reading.clock, source, workspace_id,
            look_back=look_back, asked=asked,
        )  # fmt: skip
        try:
            landed += _load_windows(reading, source, workspace_id, windows)
        except MissingTableError:
            if not source.is_optional:
                raise
            # No load record: once the table is there, its whole history is asked for.
            log.info("table absent", table=source.title, workspace=workspace_id)
    return landed


def _load_windows(
    reading: LogReading, source: Source, workspace_id: str, windows: Sequence[Window]
) -> Landed:
    owed = _Owed(deque(windows))
    landed = Landed()
    failure: Exception | None = None
    pending: dict[Future[Envelope], tuple[Window, Path]] = {}
    with (
        TemporaryDirectory(dir=reading.settings.data_dir, prefix="landing-") as folder,
        ThreadPoolExecutor(MOST_QUERIES_AT_ONCE) as pool,
    ):
        number = 0
        while pending or (owed.windows and not failure):
            while owed.windows and not failure and len(pending) < MOST_QUERIES_AT_ONCE:
                window, number = owed.next_slice(), number + 1
                file = Path(folder) / f"{number}.ndjson"
                future = pool.submit(
                    fetch_window, reading.service, workspace_id, source, window, file
                )
                pending[future] = window, file
            for future in wait(pending, return_when=FIRST_COMPLETED).done:
                window, file = pending.pop(future)
                try:
                    landed += _land_slice(reading, source, workspace_id, owed, window, file, future)
                except SourceError as error:
                    # What the other queries bring is not lost for it.
                    failure = failure or error
                file.unlink(missing_ok=True)
                reading.progress(f"{source.title} (hours)", owed.done // _HOUR, owed.total // _HOUR)
    if failure:
        raise failure
    if owed.silent and (owed.answered or _had_rows(reading.connection, source, workspace_id)):
        raise NoAnswerError(
            f"{source.title} of workspace {workspace_id} answered nothing (204) though it has rows:"
            " the next run asks again"
        )
    return landed


def _land_slice(
    reading: LogReading,
    source: Source,
    workspace_id: str,
    owed: _Owed,
    window: Window,
    file: Path,
    answer: "Future[Envelope]",
) -> Landed:
    """Land what a query brought, or owe its halves; raises SourceError when neither is possible."""
    try:
        envelope = answer.result()
    except TooMuchError as error:
        owed.give_back(window, source, error)
        return Landed()
    owed.settle(window, envelope)
    if not envelope.columns:
        # No load record: a workspace that holds nothing yet is asked for its whole history again.
        return Landed()
    return land(reading.connection, reading.clock, source, workspace_id, window, file)


def _had_rows(connection: Connection, source: Source, workspace_id: str) -> bool:
    return bool(
        scalar(
            connection,
            "select count(*) from warehouse.run.loads"
            " where source = ? and origin = ? and rows_received > 0",
            [source.name, workspace_id],
        )
    )
