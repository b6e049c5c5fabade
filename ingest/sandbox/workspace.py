"""A recorded workspace: its description (`workspace.toml`) and its files of JSON lines.

A file that is absent means that the recorded tenant does not have that source. A broken line is
skipped and becomes a `Problem` with its file and line; only a broken `workspace.toml` is an error.
"""

import gzip
import json
import tomllib
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Annotated, Any, Literal, Self, TypeAlias, cast

from pydantic import Field, TypeAdapter, ValidationError, field_validator, model_validator
from pydantic.dataclasses import dataclass as checked_dataclass
from pydantic_core import ErrorDetails

from models.errors import SourceError

JsonObject: TypeAlias = dict[str, Any]
_Text: TypeAlias = Annotated[str, Field(min_length=1)]
# Azure caps the request and the response in one row at 2 MB each.
LINE_LIMIT_BYTES = 8 * 2**20
PROBLEMS_SHOWN = 200
# What reading a truncated or corrupt file raises, plain or gzipped.
UNREADABLE = (OSError, EOFError, zlib.error)


class WorkspaceError(SourceError):
    """The recorded workspace cannot be served; the message lists everything to correct."""


class BrokenLineError(ValueError):
    """A recorded line that is left out; the message is the reason and holds nothing of the line."""


@dataclass(frozen=True)
class Problem:
    """One thing in a recorded file that was left out. `line` counts from 1; 0 is the whole file."""

    file: str
    line: int
    reason: str


class Problems:
    """What was left out of a workspace: all of it counted by file, the first of it in words."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.first: list[Problem] = []

    def add(self, problem: Problem) -> None:
        """Count one problem, and keep it while there is room."""
        self.counts[problem.file] += 1
        if len(self.first) < PROBLEMS_SHOWN:
            self.first.append(problem)


@checked_dataclass(frozen=True)
class Deployment:
    """One Claude deployment in Foundry."""

    name: _Text
    foundry_resource_id: _Text
    model: _Text
    sku: Literal["GlobalStandard", "DataZoneStandard"]
    version: Annotated[str, Field(coerce_numbers_to_str=True)] = ""
    hosting: Literal["anthropic", "azure", ""] = ""


@checked_dataclass(frozen=True)
class Workspace:
    """What `workspace.toml` says; times are aware and in UTC. Unknown keys are ignored.

    Only what every reading needs is required; a recording without a source lacks its keys as well.
    """

    tenant_id: _Text
    workspace_ids: Annotated[tuple[_Text, ...], Field(min_length=1)]
    starts_at: datetime
    now: datetime
    folder: Path
    apim_resource_ids: tuple[_Text, ...] = ()
    foundry_resource_ids: tuple[_Text, ...] = ()
    claude_app_id: str = ""
    billing_scope: str = ""
    billing_currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"
    deployments: tuple[Deployment, ...] = ()

    @field_validator("starts_at", "now", mode="before")
    @classmethod
    def _in_utc(cls, value: object) -> datetime:
        moment = value if isinstance(value, datetime) else parse_time(value)
        if moment.tzinfo is None:
            raise ValueError("has no offset; write it as 2026-10-01T00:00:00Z")
        return moment.astimezone(UTC)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        wrong = []
        if self.now < self.starts_at:
            wrong.append("now lies before starts_at")
        if len(set(self.workspace_ids)) < len(self.workspace_ids):
            wrong.append("workspace_ids names one workspace twice")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self


def read_workspace(folder: Path) -> Workspace:
    """Read `folder/workspace.toml`.

    Raises WorkspaceError, with every problem of the file in one message, when it is absent, is not
    TOML, misses a key or holds a value of the wrong kind.
    """
    file = folder / "workspace.toml"
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WorkspaceError(
            f"{file} does not exist: name the folder of a recorded workspace, or make one with "
            "`tollbook sandbox generate --out DIR`"
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WorkspaceError(f"{file} cannot be read as TOML ({error}): correct it") from error
    try:
        return TypeAdapter(Workspace).validate_python({**raw, "folder": folder})
    except ValidationError as error:
        wrong = [_in_words(detail) for detail in error.errors()]
        raise WorkspaceError("\n  ".join([f"{file}: correct these:", *wrong])) from error


def _in_words(detail: ErrorDetails) -> str:
    """One line of an error message out of one pydantic error."""
    where = ".".join(str(part) for part in detail["loc"])
    message = detail["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message


def parse_time(value: object) -> datetime:
    """The aware UTC time of an RFC 3339 text; raises ValueError for anything else.

    Digits beyond the microsecond are cut, as Azure's own SDKs do.
    """
    try:
        # Without the T it is a day, which Python would read as its midnight.
        moment = datetime.fromisoformat(value) if isinstance(value, str) and "T" in value else None
    except ValueError:
        moment = None
    if moment is None:
        raise ValueError(f"{str(value)[:40]!r} is no RFC 3339 time like 2026-10-01T00:00:00Z")
    if moment.tzinfo is None:
        raise ValueError(f"{str(value)[:40]!r} has no offset; end it with Z")
    return moment.astimezone(UTC)


def json_line_files(folder: Path, stem: str = "*") -> list[Path]:
    """The `*.jsonl` and `*.jsonl.gz` files of `folder`, by name; none when it does not exist."""
    return sorted([*folder.glob(f"{stem}.jsonl"), *folder.glob(f"{stem}.jsonl.gz")])


def open_recorded(file: Path) -> IO[bytes]:
    """Open a recorded file for reading bytes, unpacking `.gz`."""
    if file.suffix == ".gz":
        return cast("IO[bytes]", gzip.open(file, "rb"))
    return file.open("rb")


def json_objects(
    workspace: Workspace, file: Path, problems: Problems
) -> Iterator[tuple[int, JsonObject]]:
    """Every good line of `file` as (line number from 1, object); see `json_lines`."""
    for number, _, value in json_lines(workspace, file, problems):
        yield number, value


def json_lines(
    workspace: Workspace, file: Path, problems: Problems
) -> Iterator[tuple[int, str, JsonObject]]:
    """Every good line of `file` as (line number from 1, its text, its object), in file order.

    Blank lines pass unnoticed. A line that is too long, not JSON or not an object is left out and
    added to `problems`; so is the rest of a file that cannot be unpacked.
    """
    name = recorded_name(workspace, file)
    try:
        with open_recorded(file) as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                try:
                    yield number, *_json_object(line)
                except BrokenLineError as error:
                    problems.add(Problem(name, number, str(error)))
    except UNREADABLE as error:
        problems.add(Problem(name, 0, f"the file cannot be read to its end: {error}"))


def recorded_name(workspace: Workspace, file: Path) -> str:
    """The file's path inside the workspace, as problems and row ids spell it."""
    return file.relative_to(workspace.folder).as_posix()


def _json_object(line: bytes) -> tuple[str, JsonObject]:
    """Parse one line; raises BrokenLineError."""
    if len(line) > LINE_LIMIT_BYTES:
        raise BrokenLineError(f"the line is longer than {LINE_LIMIT_BYTES} bytes")
    try:
        text = line.decode().strip().removeprefix("\ufeff")
        value = json.loads(text, parse_constant=_no_constant)
        # A lone surrogate is JSON but no text: nothing behind this point could store it.
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError:
        raise BrokenLineError("the line is not valid UTF-8 text") from None
    except RecursionError:
        raise BrokenLineError("the line nests too deeply") from None
    except json.JSONDecodeError as error:
        raise BrokenLineError(f"not JSON: {error.msg} at column {error.colno}") from None
    if not isinstance(value, dict):
        raise BrokenLineError("not a JSON object")
    return text, value


def _no_constant(name: str) -> None:
    raise BrokenLineError(f"not JSON: {name} is no JSON number")
