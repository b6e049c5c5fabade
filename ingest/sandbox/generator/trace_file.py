"""Reading public inference traces: CSV lines of a time and two token counts."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ingest.sandbox.generator.recording import RecordingError

_COLUMNS = ("TIMESTAMP", "ContextTokens", "GeneratedTokens")
_TIME = re.compile(r"(19[7-9]|2[01]\d)\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,9})?", re.ASCII)
# The log's token columns are 32-bit integers.
_MOST_TOKENS = 2**31 - 1


def read_trace(file: Path) -> Iterator[tuple[int, int, int]]:
    """Yield (nanoseconds since 1970, context tokens, generated tokens) per line of a trace.

    Raises RecordingError with file and line for the first line that is anything else.
    """
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        yield from _rows(file, lines)


def _rows(file: Path, lines: Iterator[str]) -> Iterator[tuple[int, int, int]]:
    header = next(lines, "").strip().split(",")
    missing = [column for column in _COLUMNS if column not in header]
    if missing:
        raise RecordingError(
            f"{file}:1: the columns {', '.join(missing)} are missing: "
            f"a trace starts with the line {','.join(_COLUMNS)}."
        )
    places = [header.index(column) for column in _COLUMNS]
    for number, line in enumerate(lines, start=2):
        cells = line.strip().split(",")
        if len(cells) != len(header):
            raise RecordingError(
                f"{file}:{number}: {len(cells)} values instead of {len(header)}: "
                "correct or remove this line."
            )
        time, context, generated = (cells[place].strip() for place in places)
        where = f"{file}:{number}"
        yield _nanoseconds(where, time), _tokens(where, context), _tokens(where, generated)


def _nanoseconds(where: str, text: str) -> int:
    """Return nanoseconds since 1970 of a UTC time, with or without its zone."""
    bare = text.removesuffix("Z").removesuffix("+00:00")
    error = RecordingError(
        f"{where}: {text[:40]!r} is not a UTC time like 2023-11-16 18:17:03.9799600: "
        "correct or remove this line."
    )
    if not _TIME.fullmatch(bare):
        raise error
    try:
        return int(np.datetime64(bare, "ns").astype(np.int64))
    except ValueError:
        raise error from None


def _tokens(where: str, text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= _MOST_TOKENS:
        return int(text)
    raise RecordingError(
        f"{where}: {text[:40]!r} is not a token count from 0 to {_MOST_TOKENS}: "
        "correct or remove this line."
    )
