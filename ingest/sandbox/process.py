"""The sandbox in a process of its own, for the length of a `with` block."""

import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from models.errors import SourceError

_READY_S = 120.0
_END_S = 10.0
_STDERR_SHOWN = 4_000


class SandboxStartError(SourceError):
    """The sandbox process did not come up; the message carries what it wrote to stderr."""


@contextmanager
def sandbox_process(
    workspace: Path, *, log: Path | None = None, faults: Path | None = None
) -> Iterator[str]:
    """Serve the recorded workspace in a child process; yields its base URL.

    `faults` is a TOML file of faults to show.
    `log` receives the child's stderr (appended). The child ends with the block, and also when this
    process dies. Raises SandboxStartError when it does not announce itself within two minutes.
    """
    command = [sys.executable, "-m", "ingest.sandbox", "--workspace", str(workspace)]
    with log.open("a+b") if log else tempfile.TemporaryFile() as stderr:
        said_before = stderr.seek(0, os.SEEK_END)
        child = subprocess.Popen(
            [*command, *(["--faults", str(faults)] if faults else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
        try:
            yield _announced_url(child, stderr, said_before)
        finally:
            _end(child)


def _announced_url(child: subprocess.Popen[bytes], stderr: IO[bytes], said_before: int) -> str:
    lines: queue.Queue[bytes] = queue.Queue()
    output = child.stdout
    if output is None:
        raise SandboxStartError("the sandbox process has no standard output")
    threading.Thread(target=lambda: lines.put(output.readline()), daemon=True).start()
    try:
        url = lines.get(timeout=_READY_S).decode().strip()
    except queue.Empty:
        raise SandboxStartError(
            f"the sandbox was not ready after {_READY_S:.0f} s: record a smaller workspace"
        ) from None
    if url:
        return url
    child.wait(timeout=_END_S)
    stderr.seek(said_before)
    said = stderr.read(_STDERR_SHOWN).decode(errors="replace").strip()
    raise SandboxStartError(
        f"the sandbox ended with exit code {child.returncode}; correct what it says: {said}"
    )


def _end(child: subprocess.Popen[bytes]) -> None:
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            stream.close()
    try:
        child.wait(timeout=_END_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
