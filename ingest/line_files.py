"""Files of JSON lines that grow: how far each was read, and the rows that are new in it.

A file is read on from where it was left while it grows, and whole when it changed otherwise. What
is read twice is known by its rows, so a run that is killed costs time and nothing else.
"""

import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

import structlog

from ingest.file_problems import note_problems
from ingest.landing import FileRead, Landed
from ingest.line_batch import Arrival, LineBatch
from ingest.places import GoneError, Place, StoredFile, open_place
from ingest.progress import Progress, unseen
from ingest.source import Source
from models.clock import Clock
from models.errors import SourceError
from models.settings import Settings
from models.warehouse import Connection

MOST_BYTES = 64 * 2**20
"""Lines that land together, and what is copied of a file at once."""

# A batch of small files ends here, because each is noted for itself.
_MOST_FILES = 2_000
_NAMES = (".json", ".jsonl", ".ndjson")
_PACKED = ".gz"
# Nobody finishes a line a day later.
_UNFINISHED = timedelta(days=1)
# Stands for what is missing of a compressed file, and is no JSON.
_BROKEN_OFF = b"{\n"
# What stands before the place where reading goes on, unless the file is another one by now.
_ENDS_OF_LINES = (b"\n", b"}", b"]")

log = structlog.get_logger()


@dataclass(frozen=True)
class Dialect:
    """What a file's path and the values in its lines mean.

    `sources_of` says from the full path which sources a file has rows of; none for a file of
    something else. `arrival_of` turns one value of a line, with that path, into a row, None when it
    is a row of something else; it raises ValueError for a value that is no row.
    """

    title: str
    sources: tuple[Source, ...]
    sources_of: Callable[[str], tuple[Source, ...]]
    arrival_of: Callable[[str, Any], Arrival | None]


@dataclass(frozen=True)
class LineReading:
    """What reading lines needs everywhere."""

    connection: Connection
    settings: Settings
    clock: Clock
    dialect: Dialect
    progress: Progress = unseen


def load_lines(reading: LineReading, places: Sequence[str]) -> Landed:
    """Land what is new in the files of every place.

    A place that fails does not keep the next from being read. Raises SourceError that says what to
    do about each.
    """
    landed, failures = Landed(), []
    for place in places:
        try:
            landed += _load_place(reading, place)
        except SourceError as error:
            failures.append(error)
    if failures:
        raise failures[0] if len(failures) == 1 else SourceError("\n".join(map(str, failures)))
    return landed


def _load_place(reading: LineReading, name: str) -> Landed:
    with (
        open_place(reading.settings, name) as place,
        TemporaryDirectory(dir=reading.settings.data_dir, prefix="landing-") as folder,
        closing(LineBatch(reading.connection, reading.clock, place.address, Path(folder))) as batch,
    ):
        known = _remembered(reading, place.address)
        files = [
            (file, sources)
            for file in sorted(place.files(), key=lambda file: file.name)
            if file.name.lower().removesuffix(_PACKED).endswith(_NAMES)
            if (sources := reading.dialect.sources_of(f"{place.address}/{file.name}"))
        ]
        for number, (file, sources) in enumerate(files, start=1):
            begun = _begun(file, [known.get((source.name, file.name)) for source in sources])
            if begun is not None:
                position, broken = begun.read_bytes, begun.broken_lines
                _read(_Taking(reading, place, file, sources, batch, position, broken))
            if batch.size_bytes >= MOST_BYTES or number % _MOST_FILES == 0:
                batch.land()
            reading.progress(f"{reading.dialect.title} (files)", number, len(files))
        batch.land()
        return batch.landed


def _begun(file: StoredFile, known: Sequence[FileRead | None]) -> FileRead | None:
    """Return where to read a file from, None when it is read to its end."""
    whole = FileRead(file.name, file.version, file.size_bytes, 0)
    reads = [read for read in known if read is not None]
    if len(reads) < len(known):
        return whole if file.size_bytes else None
    least = min(reads, key=lambda read: read.read_bytes)
    if least.version == file.version:
        return least if least.read_bytes < file.size_bytes else None
    if file.size_bytes <= least.size_bytes or _is_packed(file):
        return whole
    return replace(whole, read_bytes=least.read_bytes, broken_lines=least.broken_lines)


@dataclass
class _Taking:
    """A file on its way into the batch: how far it is read, and how many lines were no rows."""

    reading: LineReading
    place: Place
    file: StoredFile
    sources: tuple[Source, ...]
    batch: LineBatch
    position: int
    broken: int

    def take(self) -> None:
        """Take what is new into the batch, and land the batch whenever it is full."""
        is_packed = _is_packed(self.file)
        lines = _unpacked if is_packed else _lines
        for line, end in lines(self.place, self.file, self.position):
            if end < self.position and not is_packed:
                # The file was written anew: what was broken in it before is gone.
                self.broken = 0
            wrong = self.batch.take(line, self._arrival_of)
            if wrong and end == self.file.size_bytes and not line.endswith(b"\n"):
                # Half a line. A whole one needs no line end, for half of one is never JSON.
                return
            self.position, self.broken = end, self.broken + wrong
            if self.batch.size_bytes >= MOST_BYTES:
                if not is_packed:
                    self.note()
                self.batch.land()

    def note(self) -> None:
        """Note how far the file is read; nothing is noted of one that brought nothing."""
        read = FileRead(
            self.file.name, self.file.version, self.file.size_bytes, self.position, self.broken
        )
        self.batch.note(read, self.sources, self.problems)

    @property
    def path(self) -> str:
        """The file with its place."""
        return f"{self.place.address}/{self.file.name}"

    @property
    def problems(self) -> dict[str, int]:
        """What people should know of the file: {reason: occurrences}."""
        found = {"lines that are no rows": self.broken} if self.broken else {}
        is_left = self.file.changed_at + _UNFINISHED <= self.reading.clock.now()
        if self.position < self.file.size_bytes and is_left:
            found["the last line breaks off: store the file again"] = 1
        return found

    def _arrival_of(self, value: Any) -> Arrival | None:
        arrival = self.reading.dialect.arrival_of(self.path, value)
        return arrival if arrival and arrival.source in self.sources else None


def _read(taking: _Taking) -> None:
    begun = taking.position, taking.broken
    try:
        taking.take()
    except GoneError:
        log.info("file gone", file=taking.path)
        return
    if (taking.position, taking.broken) != begun:
        taking.note()
    elif taking.problems:
        note_problems(taking.reading.connection, {taking.path: taking.problems})


def _is_packed(file: StoredFile) -> bool:
    return file.name.lower().endswith(_PACKED)


def _lines(place: Place, file: StoredFile, start: int) -> Iterator[tuple[bytes, int]]:
    """Yield every line from `start` on with the position of its end; the last may lack its end."""
    if start and not _is_read_on(place, file, start):
        start = 0
    position, size_bytes = start, MOST_BYTES
    while position < file.size_bytes:
        begun, end = position, min(position + size_bytes, file.size_bytes)
        with TemporaryFile() as piece:
            place.copy(file, begun, end, piece)
            if piece.tell() < end - begun:
                # The file became shorter while it was read; the next run sees it as changed.
                return
            piece.seek(0)
            for line in piece:
                if not line.endswith(b"\n") and end < file.size_bytes:
                    # The piece cuts it: it comes again with the next one.
                    break
                position += len(line)
                yield line, position
        size_bytes = MOST_BYTES if position > begun else 2 * size_bytes


def _is_read_on(place: Place, file: StoredFile, start: int) -> bool:
    """Tell whether a line still ends at `start`; if not, the file is another one by now."""
    before = BytesIO()
    place.copy(file, start - 1, start, before)
    return before.getvalue() in _ENDS_OF_LINES


def _unpacked(place: Place, file: StoredFile, _start: int) -> Iterator[tuple[bytes, int]]:
    """Yield every line of a compressed file; it counts as read at its end only."""
    with TemporaryFile() as packed:
        place.copy(file, 0, file.size_bytes, packed)
        packed.seek(0)
        try:
            with gzip.open(packed) as lines:
                for line in lines:
                    yield line, 0
        except (EOFError, gzip.BadGzipFile, zlib.error):
            yield _BROKEN_OFF, 0
    yield b"\n", file.size_bytes


def _remembered(reading: LineReading, origin: str) -> dict[tuple[str, str], FileRead]:
    """Return how far the files of a place were read, by source and name."""
    rows = reading.connection.execute(
        "select source, file, version, size_bytes, read_bytes, broken_lines"
        " from warehouse.run.files where origin = ? and list_contains(?::varchar[], source)",
        [origin, [source.name for source in reading.dialect.sources]],
    ).fetchall()
    return {(source, name): FileRead(name, *rest) for source, name, *rest in rows}
