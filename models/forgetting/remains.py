"""A search for what is left of somebody, in every file below a folder, whatever kind it is."""

import gzip
import re
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from uuid import UUID
from zipfile import BadZipFile, ZipFile

import duckdb

from models.forgetting.needles import Needles
from models.forgetting.published_copy import has_free_text, parquet
from models.forgetting.tables import columns_of, rows_naming
from models.warehouse import Connection

_BLOCK_BYTES = 16 * 2**20
# Longer than anything that is looked for, in its longest spelling.
_OVERLAP_BYTES = 4096
_DEEPEST = 3
_PDF_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)


@dataclass(frozen=True)
class Search:
    """What is looked for, on a connection that `look_for` prepared.

    `has_names` says of which files a name is looked for: elsewhere it may be another's.
    """

    connection: Connection
    wanted: Needles
    has_names: Callable[[Path], bool]

    @cached_property
    def _identity(self) -> re.Pattern[str]:
        return re.compile(self.wanted.pattern(with_names=False))

    @cached_property
    def _person(self) -> re.Pattern[str]:
        return re.compile(self.wanted.pattern(with_names=True))

    @cached_property
    def _as_bytes(self) -> tuple[bytes, ...]:
        """An object id as columnar files and databases of other makers hold it."""
        key = UUID(self.wanted.oid)
        # DuckDB turns the first bit, so that the order of numbers is that of texts.
        turned = key.int ^ (1 << 127)
        return key.bytes, key.bytes_le, key.bytes[::-1], turned.to_bytes(16, "little")

    def finds_in(self, content: bytes, *, with_names: bool) -> bool:
        """Tell whether some bytes name the person, as text of one or two bytes, or as a number."""
        if any(form in content for form in self._as_bytes):
            return True
        pattern = self._person if with_names else self._identity
        texts = [content.decode("utf-8", errors="surrogateescape")]
        if b"\0" in content:
            texts += [content[shift:].decode("utf-16-le", errors="replace") for shift in (0, 1)]
        return any(self.wanted.may_name(text) and pattern.search(text) for text in texts)


def remains(search: Search, folder: Path) -> list[Path]:
    """Return the files below a folder that still name the person, in order."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and _names(search, path)]


def _names(search: Search, path: Path) -> bool:
    kind = path.suffix.lower()
    if kind == ".parquet":
        return _parquet_names(search, path)
    with_names = search.has_names(path) and kind != ".duckdb"
    return _bytes_name(search, path, with_names=with_names) or (
        kind in _DATABASES and _DATABASES[kind](search, path)
    )


def _bytes_name(search: Search, path: Path, *, with_names: bool) -> bool:
    before = b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            if search.finds_in(before + block, with_names=with_names):
                return True
            before = block[-_OVERLAP_BYTES:]
    return _is_packed(path) and any(
        search.finds_in(part, with_names=with_names) for part in _unpacked(path.read_bytes())
    )


def _is_packed(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(5)
    return start.startswith((b"\x1f\x8b", b"PK", b"%PDF-"))


def _unpacked(content: bytes, depth: int = 0) -> Iterator[bytes]:
    """Yield what is packed in some bytes: of gzip, of an archive's members, of a PDF's streams."""
    for part in _parts(content):
        yield part
        if depth < _DEEPEST:
            yield from _unpacked(part, depth + 1)


def _parts(content: bytes) -> Iterator[bytes]:
    try:
        if content.startswith(b"\x1f\x8b"):
            yield gzip.decompress(content)
        elif content.startswith(b"PK"):
            with ZipFile(BytesIO(content)) as archive:
                for name in archive.namelist():
                    yield name.encode()
                    yield archive.read(name)
        elif content.startswith(b"%PDF-"):
            for stream in _PDF_STREAM.findall(content):
                yield zlib.decompressobj().decompress(stream)
    except (OSError, EOFError, BadZipFile, RuntimeError, NotImplementedError, zlib.error):
        # Broken or locked: its bytes were looked at as they are.
        return


def _parquet_names(search: Search, path: Path) -> bool:
    relation, with_names = parquet(path), has_free_text(path.parent.name)
    try:
        columns = columns_of(search.connection, relation)
        found = rows_naming(search.connection, relation, columns, with_names=with_names)
    except duckdb.Error:
        # No Parquet file, whatever it is called.
        return _bytes_name(search, path, with_names=search.has_names(path))
    return found > 0 or _bytes_name(search, path, with_names=False)


def _duckdb_names(search: Search, path: Path) -> bool:
    connection, file = search.connection, str(path).replace("'", "''")
    try:
        connection.execute(f"attach '{file}' as searched (read_only)")
    except duckdb.Error:
        # No database, or one that is open elsewhere; its bytes were looked at.
        return False
    try:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'searched'"
        ).fetchall()
        return any(
            rows_naming(
                connection,
                relation := f'searched."{schema}"."{table}"',
                columns_of(connection, relation),
                with_names=schema in {"raw", "staging"},
            )
            for schema, table in tables
        )
    finally:
        connection.execute("detach searched")


def _sqlite_names(search: Search, path: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            return any(
                search.finds_in(line.encode(errors="replace"), with_names=search.has_names(path))
                for line in database.iterdump()
            )
    except sqlite3.Error:
        return False


_DATABASES: dict[str, Callable[[Search, Path], bool]] = {
    ".duckdb": _duckdb_names,
    ".db": _sqlite_names,
    ".sqlite": _sqlite_names,
}
