"""`tollbook run` with a window into it: which step it is at, and a place where it kills itself.

Run as `python killable_run.py NOTES STEP COUNT ARGUMENTS...`. Before every statement the step's
name is written into the file NOTES, which whoever started the run maps into memory. At the COUNT-th
time that STEP is reached, the process ends with SIGKILL; an odd COUNT kills before the statement,
an even one after it. STEP `-` never comes.
"""

import mmap
import os
import signal
import sys
from pathlib import Path
from typing import Any

from jobs.cli import main
from models import publication, warehouse

NOTE_BYTES = 32

# What a statement begins with, and the step of landing or building that it is.
STEPS = {
    "create or replace temp table landed_rows": "read the answer",
    "delete from landed_rows": "forget known rows",
    "insert into warehouse.raw": "insert raw",
    "delete from warehouse.staging": "replace staging",
    "insert into warehouse.staging": "insert staging",
    "insert into warehouse.run.dirty_days": "mark dirty days",
    "insert into warehouse.run.loads": "record the load",
    "insert into warehouse.run.files": "remember the file",
    "commit": "commit",
    "insert into warehouse.directory": "write the directory",
    "create or replace table ledger": "build the ledger",
    "copy": "write parquet",
    "delete from warehouse.run.dirty_days": "clear dirty days",
    "checkpoint": "checkpoint",
}
PUBLISH = "move the pointer"
FETCH = "between statements"


class _Noted:
    """A connection that tells what it is about to do."""

    def __init__(self, connection: Any, notes: mmap.mmap, step: str, count: int) -> None:
        self._connection, self._notes, self._wanted, self._left = connection, notes, step, count
        self._kills_after = count % 2 == 0

    def execute(self, statement: str, *arguments: Any) -> Any:
        with self.at(_step(statement)):
            return self._connection.execute(statement, *arguments)

    def executemany(self, statement: str, *arguments: Any) -> Any:
        with self.at(_step(statement)):
            return self._connection.executemany(statement, *arguments)

    def at(self, step: str) -> "_Step":
        return _Step(self, step)

    def begin(self, step: str) -> None:
        self._notes[:NOTE_BYTES] = step.encode().ljust(NOTE_BYTES)
        if step == self._wanted:
            self._left -= 1
            self._die_if(not self._kills_after)

    def end(self, step: str) -> None:
        if step == self._wanted:
            self._die_if(self._kills_after)
        self._notes[:NOTE_BYTES] = FETCH.encode().ljust(NOTE_BYTES)

    def _die_if(self, is_now: bool) -> None:
        if is_now and self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class _Step:
    def __init__(self, noted: _Noted, step: str) -> None:
        self._noted, self._step = noted, step

    def __enter__(self) -> None:
        self._noted.begin(self._step)

    def __exit__(self, *_: object) -> None:
        self._noted.end(self._step)


def _step(statement: str) -> str:
    lines = [line for line in statement.splitlines() if line and not line.startswith("--")]
    text = " ".join(lines[0].split()) if lines else ""
    return next((step for start, step in STEPS.items() if text.startswith(start)), FETCH)


def run(notes_file: Path, step: str, count: int, arguments: list[str]) -> None:
    """Run the command line with its connections and its pointer watched."""
    with notes_file.open("r+b") as file:
        notes = mmap.mmap(file.fileno(), NOTE_BYTES)
    connect, point = warehouse._connect, publication.publish
    watched: list[_Noted] = []

    def noted(*given: Any) -> Any:
        watched.append(_Noted(connect(*given), notes, step, count))
        return watched[-1]

    def publish(*given: Any) -> None:
        with watched[-1].at(PUBLISH):
            point(*given)

    warehouse._connect = noted  # type: ignore[assignment]
    publication.publish = publish
    sys.modules["jobs.pipeline"].publish = publish  # type: ignore[attr-defined]
    main(arguments)


if __name__ == "__main__":
    import jobs.pipeline  # noqa: F401 (its name for `publish` is replaced)

    run(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4:])
