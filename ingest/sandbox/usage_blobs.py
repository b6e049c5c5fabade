"""The recorded usage files (`usage/*.jsonl`) as append blobs that grow with the sandbox clock.

A blob shows the lines whose `time` is not later than the clock, in the order of time, so that it
only ever grows at its end; a line without a readable time comes first and is there from the start.
A blob without any line yet does not exist.
"""

import hashlib
import json
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path

from ingest.sandbox.workspace import (
    UNREADABLE,
    Problem,
    Problems,
    Workspace,
    json_line_files,
    open_recorded,
    parse_time,
    recorded_name,
)

_ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Snapshot:
    """A blob at one moment: the first `size_bytes` of `file`, and what it says of itself."""

    name: str
    file: Path
    size_bytes: int
    etag: str
    created_at: datetime
    modified_at: datetime

    def read(self, start: int, end: int) -> bytes:
        """The bytes in [start, end)."""
        with self.file.open("rb") as content:
            content.seek(start)
            return content.read(end - start)


@dataclass(frozen=True)
class UsageBlob:
    """One recorded file, unpacked and sorted into `file`: line times, and the ends of lines."""

    name: str
    file: Path
    times: tuple[datetime, ...]
    ends: tuple[int, ...]
    starts_at: datetime

    def at(self, now: datetime) -> Snapshot | None:
        """The blob at `now`; None while it does not exist."""
        lines = bisect_right(self.times, now)
        if not lines and self.times:
            return None
        size = self.ends[lines - 1] if lines else 0
        # Nothing is appended earlier than the blob was made.
        modified_at = max(self.times[lines - 1], self.starts_at) if lines else self.starts_at
        mark = hashlib.sha256(f"{self.name}:{size}".encode()).hexdigest()[:14].upper()
        return Snapshot(
            name=self.name,
            file=self.file,
            size_bytes=size,
            etag=f'"0x8D{mark}"',
            created_at=max(self.times[0], self.starts_at) if lines else self.starts_at,
            modified_at=modified_at,
        )


def read_usage_blobs(
    workspace: Workspace, folder: Path, problems: Problems
) -> tuple[UsageBlob, ...] | None:
    """Unpack `usage/` of `workspace` into `folder`, by name; None when there is no such folder.

    The lines of a file that cannot be read to its end are added to `problems` as one.
    """
    source = workspace.folder / "usage"
    if not source.is_dir():
        return None
    blobs: dict[str, UsageBlob] = {}
    for number, file in enumerate(json_line_files(source)):
        name = file.name.removesuffix(".gz")
        if name in blobs:
            reason = "left out, because the same file is there unpacked as well"
            problems.add(Problem(recorded_name(workspace, file), 0, reason))
            continue
        lines = _lines(workspace, file, problems)
        lines.sort(key=lambda line: line[0])
        target = folder / f"usage-{number}.jsonl"
        with target.open("wb") as content:
            content.writelines(text for _, text in lines)
        blobs[name] = UsageBlob(
            name=name,
            file=target,
            times=tuple(time for time, _ in lines),
            ends=tuple(accumulate(len(text) for _, text in lines)),
            starts_at=workspace.starts_at,
        )
    return tuple(blobs[name] for name in sorted(blobs))


def _lines(workspace: Workspace, file: Path, problems: Problems) -> list[tuple[datetime, bytes]]:
    """Every line of a file with its time, in file order."""
    found: list[tuple[datetime, bytes]] = []
    try:
        with open_recorded(file) as recorded:
            for line in recorded:
                found.append((_time(line), line if line.endswith(b"\n") else line + b"\n"))  # noqa: PERF401 (what was read before an error counts)
    except UNREADABLE as error:
        reason = f"the file cannot be read to its end: {error}"
        problems.add(Problem(recorded_name(workspace, file), 0, reason))
    return found


def _time(line: bytes) -> datetime:
    try:
        value = json.loads(line)
        return parse_time(value.get("time")) if isinstance(value, dict) else _ALWAYS
    except (ValueError, RecursionError):
        return _ALWAYS
