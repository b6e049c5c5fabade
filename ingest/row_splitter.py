"""Splits a streamed Log Analytics answer into one JSON array per line, without parsing its values.

The answer is `{"tables":[{"name","columns":[...],"rows":[[...],...]}],...}` and can be 100 MB. A
tokenising pass over bytes, vectorised with numpy, finds strings and brackets; memory stays at one
chunk. DuckDB then reads the lines.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from ingest.patience import NoAnswerError
from models.errors import SourceError

# `{` "tables" `[` `{` "rows" `[`: a row's own bracket is the fifth.
_ROW_DEPTH = 5
_BATCH_BYTES = 2**20
_SPACES = bytes.maketrans(b"\r\n", b"  ")
_NEWLINE = 10
# The bytes that shape JSON, by what they do; everything else is 0.
_LIST_OPENS, _OBJECT_OPENS, _LIST_CLOSES, _OBJECT_CLOSES, _STRING, _ESCAPES = 1, 2, 3, 4, 5, 6
_KINDS = np.zeros(256, dtype=np.uint8)
_KINDS[np.frombuffer(b'[{]}"\\', dtype=np.uint8)] = range(1, 7)
_IS_MARK = _KINDS > 0


@dataclass(frozen=True)
class Envelope:
    """What an answer says beside its rows."""

    columns: tuple[str, ...]
    rows: int
    error: dict[str, Any] | None


def split_rows(chunks: Iterable[bytes], out: BinaryIO) -> Envelope:
    """Write every row of the answer to `out`, one per line, and return the rest of the answer.

    Raises NoAnswerError when the answer is not complete JSON of that shape: an error page, or a
    connection that broke off half way; SourceError when it answers another question.
    """
    buffer, depth, head, rows = b"", 0, b"", 0
    for chunk in _batched(chunks):
        buffer += chunk
        starts, ends = _row_edges(np.frombuffer(buffer, dtype=np.uint8), depth)
        if not len(ends):
            continue
        before = buffer[: starts[0]]
        if depth == 0:
            head = before
        else:
            _refuse_content(before, 1)
        starts = starts[: len(ends)]
        _refuse_content(_between(buffer, starts, ends), len(ends) - 1)
        out.write(_lines(buffer, starts, ends))
        rows += len(ends)
        buffer, depth = buffer[ends[-1] + 1 :], _ROW_DEPTH - 1
    return _envelope(head + buffer, rows)


def _batched(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Join small network reads: a pass over a megabyte costs little more than one over a packet."""
    waiting: list[bytes] = []
    size = 0
    for chunk in chunks:
        waiting.append(chunk)
        size += len(chunk)
        if size >= _BATCH_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


def _row_edges(
    text: npt.NDArray[np.uint8], depth: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return where rows start and end; `depth` is the nesting before the first byte."""
    places = np.flatnonzero(_IS_MARK[text])
    kinds = _KINDS[text[places]]
    real = _unescaped(places, kinds)
    places, kinds = places[real], kinds[real]
    in_string = np.cumsum(kinds == _STRING, dtype=np.int32) & 1
    outside = (in_string == 0) & (kinds != _STRING)
    places, kinds = places[outside], kinds[outside]
    is_open = kinds <= _OBJECT_OPENS
    level = depth + np.cumsum(np.where(is_open, 1, -1), dtype=np.int32)
    starts = places[(kinds == _LIST_OPENS) & (level == _ROW_DEPTH)]
    ends = places[(kinds == _LIST_CLOSES) & (level == _ROW_DEPTH - 1)]
    return starts, ends


def _unescaped(places: npt.NDArray[np.intp], kinds: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Tell which marks count: no backslash does, and no quote after an odd run of them."""
    slashes = kinds == _ESCAPES
    real: npt.NDArray[np.bool_] = ~slashes
    at = np.flatnonzero(slashes)
    if len(at):
        # Runs of neighbours; the mark right behind an odd run is escaped.
        is_last = np.append(np.diff(places[at]) > 1, True)
        lasts = np.flatnonzero(is_last)
        lengths = np.diff(lasts, prepend=-1)
        behind = at[lasts[lengths % 2 == 1]] + 1
        behind = behind[behind < len(places)]
        real[behind[places[behind] == places[behind - 1] + 1]] = False
    return real


def _lines(buffer: bytes, starts: npt.NDArray[np.intp], ends: npt.NDArray[np.intp]) -> bytes:
    """Return the rows of a buffer, one per line; between rows stand commas and white space."""
    first = int(starts[0])
    # A line break inside a row can only be white space between values, so a blank serves as well.
    text = np.frombuffer(buffer[first : ends[-1] + 1].translate(_SPACES), dtype=np.uint8).copy()
    gap_starts, gap_ends = ends[:-1] + 1 - first, starts[1:] - first
    for offset in range(int((gap_ends - gap_starts).max(initial=0))):
        inside = gap_starts + offset
        text[inside[inside < gap_ends]] = _NEWLINE if offset == 0 else 32
    return text.tobytes() + b"\n"


def _between(buffer: bytes, starts: npt.NDArray[np.intp], ends: npt.NDArray[np.intp]) -> bytes:
    """Return all that stands between the rows of a buffer; each gap adds at least one byte."""
    if (starts[1:] - ends[:-1] == 2).all():
        single: bytes = np.frombuffer(buffer, dtype=np.uint8)[ends[:-1] + 1].tobytes()
        return single
    change = np.zeros(len(buffer) + 1, dtype=np.int8)
    change[ends[:-1] + 1] += 1
    change[starts[1:]] -= 1
    inside = np.cumsum(change[:-1], dtype=np.int8).astype(bool)
    between: bytes = np.frombuffer(buffer, dtype=np.uint8)[inside].tobytes()
    return between


def _refuse_content(between: bytes, commas: int) -> None:
    """Raise SourceError unless rows are apart by one comma each and white space."""
    if between.translate(None, b" \t\r\n") != b"," * commas:
        raise SourceError(
            "between the rows of the answer stands more than a comma, as where it holds a second"
            " table; only single-table queries are asked: check the .kql file"
        )


def _envelope(text: bytes, rows: int) -> Envelope:
    try:
        content = json.loads(text)
        if "error" not in content and "tables" not in content:
            raise KeyError("tables")  # noqa: TRY301 (told below, with whatever else is wrong)
        table = content["tables"][0] if content.get("tables") else {"columns": []}
        columns = tuple(column["name"] for column in table["columns"])
        return Envelope(columns, rows, content.get("error"))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise NoAnswerError(
            f"the answer is not a complete Log Analytics result ({type(error).__name__}):"
            " it is asked for again in the next run"
        ) from error
