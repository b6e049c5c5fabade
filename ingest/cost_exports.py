"""Reads cost exports from files: the invoice's rows with their own digits, a period at a time.

Every run of an export writes its period again, so the rows of one run land together and replace
those of the run before: `warehouse.staging.cost_rows` shows what holds.
"""

import codecs
import csv
import gzip
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import duckdb
import structlog

from ingest.cost_snapshots import Snapshot, newest_snapshots, snapshot_key
from ingest.file_problems import note_problems
from ingest.landing import FileRead, Form, Landed, land
from ingest.places import GoneError, Place, open_place
from ingest.progress import Progress, unseen
from ingest.source import COST_ROWS
from models.clock import Clock
from models.errors import SourceError
from models.settings import Settings
from models.sql_files import sql
from models.warehouse import Connection, scalar

_PACKED = ".gz"
_PARQUET = ".parquet"
_CHUNK_BYTES = 2**20

# A header is recognised by a group of names that it has, of each line one.
_COST_DETAILS = (
    {"date", "usagedatetime"},
    {"costinbillingcurrency", "cost", "pretaxcost"},
    {"metercategory", "metername", "chargetype", "publishertype"},
)
_FOCUS = ({"billedcost"}, {"effectivecost"}, {"chargeperiodstart"}, {"billingcurrency"})

log = structlog.get_logger()


class CostFileError(SourceError):
    """A file that holds no costs, or some that cannot be read; what was known of it stays."""


@dataclass(frozen=True)
class _Reading:
    connection: Connection
    clock: Clock
    place: Place
    folder: Path


@dataclass(frozen=True)
class _Known:
    """A file of a snapshot that holds: its version when read, and when the snapshot was made."""

    version: str
    made_at: datetime | None


def load_cost_exports(
    connection: Connection,
    settings: Settings,
    clock: Clock,
    progress: Progress = unseen,
) -> Landed:
    """Load the snapshots that are new in every place of the settings.

    A file that cannot be read is skipped, and reported with its name. Raises SourceError that says
    what to do about a place that cannot be read; the others are read.
    """
    landed, failures = Landed(), []
    for name in settings.cost_exports:
        try:
            with (
                open_place(settings, name) as place,
                TemporaryDirectory(dir=settings.data_dir, prefix="landing-") as folder,
            ):
                reading = _Reading(connection, clock, place, Path(folder))
                landed += _load_place(reading, progress)
        except SourceError as error:
            failures.append(error)
    if failures:
        raise failures[0] if len(failures) == 1 else SourceError("\n".join(map(str, failures)))
    return landed


def _load_place(reading: _Reading, progress: Progress) -> Landed:
    landed = Landed()
    known = _remembered(reading)
    snapshots = list(newest_snapshots(reading.place))
    for number, snapshot in enumerate(snapshots, start=1):
        before = {name: file for name, file in known.items() if _holds(reading, snapshot, name)}
        if _is_newer(snapshot, before):
            landed += _load(reading, snapshot, tuple(before))
        progress("cost exports (periods)", number, len(snapshots))
    return landed


def _holds(reading: _Reading, snapshot: Snapshot, name: str) -> bool:
    path = f"{reading.place.address}/{name}"
    return snapshot.key in {path, snapshot_key(path)}


def _is_newer(snapshot: Snapshot, before: dict[str, _Known]) -> bool:
    if {part.name: part.version for part in snapshot.parts} == {
        name: file.version for name, file in before.items()
    }:
        return False
    # The run that was read may be gone, and an older one still there.
    made = [file.made_at for name, file in before.items() if file.made_at]
    is_same_run = not before.keys().isdisjoint(part.name for part in snapshot.parts)
    return is_same_run or not made or snapshot.made_at >= max(made)


def _load(reading: _Reading, snapshot: Snapshot, replaced: Sequence[str]) -> Landed:
    paths = [f"{reading.place.address}/{part.name}" for part in snapshot.parts]
    try:
        with TemporaryDirectory(dir=reading.folder) as folder:
            form = _opened(reading, snapshot, Path(folder))
            landed = _landed(reading, snapshot, replaced, Path(folder), form)
    except GoneError:
        log.info("file gone", file=paths[0])
        return Landed()
    except CostFileError as error:
        log.warning("costs skipped", file=paths[0], reason=str(error))
        note_problems(reading.connection, {path: {str(error): 1} for path in paths})
        return Landed()
    note_problems(reading.connection, {path: {} for path in paths})
    return landed


def _landed(
    reading: _Reading, snapshot: Snapshot, replaced: Sequence[str], folder: Path, form: Form
) -> Landed:
    connection = reading.connection
    reads = [
        FileRead(part.name, part.version, part.size_bytes, part.size_bytes)
        for part in snapshot.parts
    ]
    made_at = snapshot.made_at.astimezone(UTC).replace(tzinfo=None)
    connection.execute("set variable snapshot_at = $at", {"at": made_at})
    try:
        # What is no table shows here, what is no amount while landing.
        connection.execute("set variable answer_file = $folder", {"folder": str(folder)})
        whole = f"select count(to_json(told)) from ({sql(f'landing/{form.answer}')}) as told"
        scalar(connection, whole)
        return land(
            connection, reading.clock, COST_ROWS, reading.place.address, snapshot.period, folder,
            form=form, reads=reads, replaced=replaced,
        )  # fmt: skip
    except duckdb.ConversionException as error:
        raise CostFileError(
            "it has an amount or a date that cannot be read: export the period again"
        ) from error
    except (duckdb.InvalidInputException, duckdb.IOException) as error:
        raise CostFileError("its rows break off or do not fit: export the period again") from error


def _opened(reading: _Reading, snapshot: Snapshot, folder: Path) -> Form:
    """Copy the parts below `folder` and tell how they are written."""
    headers = []
    kinds = set()
    for number, part in enumerate(snapshot.parts):
        is_parquet = part.name.lower().endswith(_PARQUET)
        kinds.add(is_parquet)
        file = folder / f"{number}.{'parquet' if is_parquet else 'csv'}"
        raw = file.with_suffix(".raw")
        with raw.open("wb") as out:
            reading.place.copy(part, 0, part.size_bytes, out)
        if is_parquet:
            raw.rename(file)
            headers.append(_parquet_columns(reading.connection, file))
        else:
            _write_text(raw, file, is_packed=part.name.lower().endswith(_PACKED))
            headers.append(_csv_columns(file))
            raw.unlink()
    if len(kinds) > 1 or any(header != headers[0] for header in headers):
        raise CostFileError("its parts have different columns: export the period again")
    columns = dict.fromkeys(headers[0], "VARCHAR")
    reading.connection.execute("set variable cost_columns = $columns", {"columns": columns})
    return Form("cost_parquet" if kinds == {True} else "cost_csv", _format(headers[0]))


def _format(header: Sequence[str]) -> str:
    names = {name.strip().lower() for name in header}
    for form, groups in {"focus": _FOCUS, "cost_details": _COST_DETAILS}.items():
        if all(not names.isdisjoint(group) for group in groups):
            return form
    raise CostFileError(
        "its columns are neither those of cost details nor of FOCUS: take it out of"
        " TOLLBOOK_COST_EXPORTS, or export one of these"
    )


def _write_text(raw: Path, file: Path, *, is_packed: bool) -> None:
    """Write a CSV file unpacked, as UTF-8; what is no text is replaced."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
    try:
        with _open(raw, is_packed=is_packed) as packed, file.open("wb") as out:
            while chunk := packed.read(_CHUNK_BYTES):
                out.write(decoder.decode(chunk).encode())
            out.write(decoder.decode(b"", final=True).encode())
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise CostFileError("the compressed data break off: export the period again") from error


def _open(raw: Path, *, is_packed: bool) -> BinaryIO | gzip.GzipFile:
    return gzip.open(raw) if is_packed else raw.open("rb")


def _csv_columns(file: Path) -> list[str]:
    """Return the header's names; one that comes twice, in whatever case, gets a number."""
    with file.open(encoding="utf-8", newline="") as lines:
        try:
            header = next(csv.reader(lines), [])
        except csv.Error as error:
            raise CostFileError("it has no header: export the period again") from error
    names: dict[str, str] = {}
    for name in header:
        unique = name.strip() or "unnamed"
        while unique.lower() in names:
            unique += "_2"
        names[unique.lower()] = unique
    return list(names.values())


def _parquet_columns(connection: Connection, file: Path) -> list[str]:
    try:
        rows = connection.execute(
            "describe select * from read_parquet($file)", {"file": str(file)}
        ).fetchall()
    except duckdb.Error as error:
        raise CostFileError("it is no Parquet file: export the period again") from error
    return [str(name) for name, *_ in rows]


def _remembered(reading: _Reading) -> dict[str, _Known]:
    """Return the files of the snapshots that hold, by name."""
    rows = reading.connection.execute(
        "select files.file, files.version, loads.newest_at"
        " from warehouse.run.files as files"
        " inner join warehouse.run.loads as loads using (load_id)"
        " where files.source = ? and files.origin = ?",
        [COST_ROWS.name, reading.place.address],
    ).fetchall()
    return {
        name: _Known(version, made_at.replace(tzinfo=UTC) if made_at else None)
        for name, version, made_at in rows
    }
