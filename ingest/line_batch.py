"""Rows from many lines of many files, each with its source, that land together."""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from ingest.file_problems import note_problems
from ingest.landing import FileRead, Form, Landed, land
from ingest.source import Source
from models.clock import Clock, rfc3339
from models.warehouse import Connection


@dataclass(frozen=True)
class Arrival:
    """One row: its source, how it is written, when it happened, and the values that are taken."""

    source: Source
    form: Form
    at: datetime
    values: dict[str, Any]


@dataclass
class LineBatch:
    """Rows that wait in files below `folder`, and how far the files they came from are read.

    Only the values that landing reads get there: lines may hold messages, which nothing keeps.
    """

    connection: Connection
    clock: Clock
    origin: str
    folder: Path
    size_bytes: int = 0
    landed: Landed = field(default_factory=Landed)
    _rows: dict[Source, dict[Form, BinaryIO]] = field(default_factory=lambda: defaultdict(dict))
    _reads: dict[Source, dict[str, FileRead]] = field(default_factory=lambda: defaultdict(dict))
    _problems: dict[str, dict[str, int]] = field(default_factory=dict)

    def take(self, line: bytes, arrival_of: Callable[[Any], Arrival | None]) -> int:
        """Take the rows of a line; return how many of its values are no rows.

        A line is one JSON value, or several in a list or below `records`.
        """
        text = line.decode("utf-8", errors="replace").strip("\ufeff \t\r\n")
        if not text:
            return 0
        self.size_bytes += len(line)
        try:
            value = json.loads(text, parse_float=str, parse_constant=_refuse)
        except (ValueError, RecursionError):
            return 1
        return sum(not self._take(record, arrival_of) for record in _records(value))

    def note(self, read: FileRead, sources: tuple[Source, ...], problems: dict[str, int]) -> None:
        """Note how far a file is read with the rows taken so far, and what is wrong with it."""
        for source in sources:
            self._reads[source][read.name] = read
        self._problems[f"{self.origin}/{read.name}"] = problems

    def land(self) -> None:
        """Land what waits. A file is noted as read together with the last of its rows."""
        # Before the rows: a run that ends in between must not leave a gap that nobody sees.
        note_problems(self.connection, self._problems)
        for source in {**self._rows, **self._reads}:
            self._land_source(source, tuple(self._reads[source].values()))
        self._rows.clear()
        self._reads.clear()
        self._problems.clear()
        self.size_bytes = 0

    def close(self) -> None:
        """Close the files of rows that will not be landed."""
        for files in self._rows.values():
            for rows in files.values():
                rows.close()

    def _land_source(self, source: Source, reads: tuple[FileRead, ...]) -> None:
        files = list(self._rows[source].items())
        for form, rows in files:
            rows.close()
            is_last = form == files[-1][0]
            self._land(source, form, Path(rows.name), reads if is_last else ())
        if not files:
            nothing = self.folder / "nothing"
            nothing.touch()
            self._land(source, None, nothing, reads)

    def _land(
        self, source: Source, form: Form | None, file: Path, reads: tuple[FileRead, ...]
    ) -> None:
        self.landed += land(
            self.connection, self.clock, source, self.origin, None, file, form=form, reads=reads
        )
        file.unlink()

    def _take(self, record: Any, arrival_of: Callable[[Any], Arrival | None]) -> bool:
        try:
            arrival = arrival_of(record)
            if arrival is not None:
                row = {"seen_at": rfc3339(arrival.at), "object": arrival.values}
                text = json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"
                self._file(arrival).write(text.encode(errors="replace"))
        except (ValueError, RecursionError):
            return False
        return True

    def _file(self, arrival: Arrival) -> BinaryIO:
        files = self._rows[arrival.source]
        if arrival.form not in files:
            name = f"{arrival.source.name}-{arrival.form.rows}.ndjson"
            files[arrival.form] = (self.folder / name).open("wb")
        return files[arrival.form]


def _records(value: Any) -> list[Any]:
    if isinstance(value, dict) and isinstance(value.get("records"), list):
        return list(value["records"])
    return value if isinstance(value, list) else [value]


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
