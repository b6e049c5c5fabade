"""Writing a recorded workspace: the folder appears whole or not at all, its lines byte for byte."""

import gzip
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from models.errors import TollbookError

WORKSPACE_FILE = "workspace.toml"
SIMULATED_MARK = "# SIMULATED, written by tollbook sandbox"
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


class RecordingError(TollbookError, ValueError):
    """A recorded workspace cannot be written as asked."""


@contextmanager
def new_recording(out: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of `out` when the block ends without an error.

    An earlier simulated workspace at `out` is replaced; anything else that is not empty is refused
    with RecordingError, a tenant's own recording above all.
    """
    refuse_foreign_folder(out)
    out = out.resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        yield partial
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    shutil.rmtree(out, ignore_errors=True)
    partial.replace(out)


def refuse_foreign_folder(out: Path) -> None:
    """Raise RecordingError unless `out` is absent, empty, or a simulated workspace."""
    if not out.exists():
        return
    if not out.is_dir():
        raise RecordingError(f"{out} is a file: name a folder that does not exist yet.")
    if not any(out.iterdir()):
        return
    workspace = out / WORKSPACE_FILE
    if not workspace.is_file():
        raise RecordingError(
            f"{out} is not empty and is not a workspace: name a new or empty folder."
        )
    with workspace.open(encoding="utf-8", errors="replace") as lines:
        if not lines.readline().startswith(SIMULATED_MARK):
            raise RecordingError(
                f"{out} holds a workspace that tollbook did not simulate and will not overwrite: "
                "name a new folder, or move it away."
            )


def encode_line(row: Mapping[str, object]) -> str:
    """Return one JSON line, without its line end."""
    return _encode(row)


def encode_columns(
    columns: Mapping[str, Sequence[object]], constants: Mapping[str, object]
) -> list[str]:
    """Return one JSON line per position of equally long columns; each ends in the constants."""
    names = list(columns)
    # The constants are half of a row: encoding them once saves a third of the time.
    end = f",{_encode(constants)[1:]}" if constants else "}"
    rows = zip(*columns.values(), strict=True)
    return [_encode(dict(zip(names, row, strict=True)))[:-1] + end for row in rows]


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write lines; a name ending in .gz is compressed, with no time in its header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = "".join(f"{line}\n" for line in lines).encode("utf-8", errors="surrogatepass")
    # Level 1: log rows repeat themselves so much that a higher level saves little and costs most.
    path.write_bytes(gzip.compress(data, 1, mtime=0) if path.suffix == ".gz" else data)


def write_objects(path: Path, objects: Iterable[Mapping[str, object]]) -> None:
    """Write one JSON line per object."""
    write_lines(path, map(encode_line, objects))


def toml_text(
    comment: str,
    values: Mapping[str, object],
    tables: Mapping[str, Mapping[str, object] | Sequence[Mapping[str, object]]],
) -> str:
    """Return a TOML document: a comment line, plain keys, then tables or arrays of tables.

    JSON text is valid TOML for strings, integers and flat lists of them, which is all that a
    workspace needs.
    """
    lines = [comment, *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
    for name, content in tables.items():
        single = isinstance(content, Mapping)
        for row in [content] if isinstance(content, Mapping) else content:
            heading = f"[{name}]" if single else f"[[{name}]]"
            lines += ["", heading, *(f"{key} = {json.dumps(value)}" for key, value in row.items())]
    return "\n".join(lines) + "\n"
