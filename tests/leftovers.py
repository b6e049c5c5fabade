"""A search for somebody in every file of a folder, written apart from the product's own.

Databases and Parquet are read value by value, archives and compressed files are unpacked, PDFs are
read as text where pdftotext is there; and every file is searched as bytes too.
"""

import base64
import gzip
import hashlib
import shutil
import sqlite3
import subprocess
import uuid
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

import duckdb
import pyarrow.parquet as pq


def forms(oid: str, texts: Sequence[str]) -> list[bytes]:
    """Every form, in lower case, of an object id, of what is derived from it, and of texts."""
    bare = oid.replace("-", "")
    words = [oid, bare, oid.replace("-", "%2D"), *texts, *(quote(text, safe="") for text in texts)]
    for spelled in (oid, oid.upper(), bare, bare.upper()):
        for name in ("md5", "sha1", "sha256"):
            digest = hashlib.new(name, spelled.encode(), usedforsecurity=False).digest()
            words += [digest.hex(), base64.b64encode(digest).decode().rstrip("=")]
        words.append(base64.b64encode(spelled.encode()).decode().rstrip("="))
        for space in (
            uuid.NAMESPACE_DNS,
            uuid.NAMESPACE_URL,
            uuid.NAMESPACE_OID,
            uuid.NAMESPACE_X500,
        ):
            derived = str(uuid.uuid5(space, spelled))
            words += [derived, derived.replace("-", "")]
    found = {_lower(word.encode(code)) for word in words for code in ("utf-8", "utf-16-le")}
    return sorted(found | {_lower(uuid.UUID(oid).bytes), _lower(uuid.UUID(oid).bytes_le)})


def leftovers(folder: Path, wanted: Sequence[bytes], other: bytes) -> list[str]:
    """The files below a folder in which something is found, with what it is.

    `other` holds a form, is somebody else's, and is no find.
    """
    return [
        f"{path.relative_to(folder)}: {form!r}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for content in _contents(path)
        for searched in [_lower(content).replace(other, b"")]
        for form in wanted
        if form in searched
    ]


def _lower(content: bytes) -> bytes:
    """Letters of every script in lower case, whatever else the bytes are."""
    return content.decode("utf-8", "surrogateescape").lower().encode("utf-8", "surrogateescape")


def _contents(path: Path) -> Iterator[bytes]:
    raw = path.read_bytes()
    yield raw
    if raw.startswith(b"\x1f\x8b"):
        yield gzip.decompress(raw)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    if path.suffix == ".parquet":
        yield repr(pq.read_table(path).to_pylist()).encode()
    if path.suffix == ".duckdb":
        yield from _values(path)
    if path.suffix == ".sqlite":
        with sqlite3.connect(path) as database:
            yield "\n".join(database.iterdump()).encode()
        database.close()
    if raw.startswith(b"%PDF") and shutil.which("pdftotext"):
        yield subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True).stdout


def _values(path: Path) -> Iterator[bytes]:
    with duckdb.connect(path, read_only=True) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables()"
        ).fetchall()
        for (table,) in tables:
            rows = connection.execute(f"select t::varchar from {table} as t").fetchall()
            yield "\n".join(row for (row,) in rows).encode()
