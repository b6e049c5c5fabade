"""A process measured from outside: time, CPU, the most memory it held, what it printed."""

import os
import resource
import select
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PEERS_PYTHON = Path(__file__).parents[2] / ".bench" / "venv" / "bin" / "python"
PEER_SCRIPTS = Path(__file__).with_name("peers")

_LOOK_SECONDS = 0.02


@dataclass(frozen=True)
class Measured:
    """One process: how long it took, what it cost, the most memory it held, what it printed."""

    seconds: float
    cpu_seconds: float
    peak_rss_mb: float
    printed: str


def measured(command: Sequence[str], variables: Mapping[str, str]) -> Measured:
    """Run a command to its end, which must be a good one; no TOLLBOOK_* variable is handed on."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TOLLBOOK_")}
    paths = os.pathsep.join([str(Path(__file__).parents[1]), kept.get("PYTHONPATH", "")])
    began = time.perf_counter()
    spent_before = _children_cpu_seconds()
    peak_kb = 0
    # Into a file: a pipe that nobody empties stops the process when it is full.
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            command,
            env={**kept, "PYTHONPATH": paths, **variables},
            stdout=output,
            stderr=subprocess.DEVNULL,
        )
        while process.poll() is None:
            # What getrusage says of a child begins with its parent's memory; this does not.
            peak_kb = max(peak_kb, _peak_kb(process.pid))
            _wait(process.pid)
        seconds = time.perf_counter() - began
        output.seek(0)
        printed = output.read()
    if process.returncode != 0:
        raise SystemExit(
            f"`{' '.join(command)}` ended with {process.returncode}: run it by hand to see why"
        )
    cpu_seconds = _children_cpu_seconds() - spent_before
    return Measured(seconds, cpu_seconds, peak_kb / 1024, printed)


def _wait(pid: int) -> None:
    """Wait until it is time to look again, or the process has ended: that is not noticed late."""
    ends = os.pidfd_open(pid)
    try:
        select.select([ends], [], [], _LOOK_SECONDS)
    finally:
        os.close(ends)


def _children_cpu_seconds() -> float:
    # Of children that have ended: a sandbox that runs on is not among them.
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _peak_kb(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return int(status.partition("VmHWM:")[2].split(maxsplit=1)[0] or 0) if "VmHWM:" in status else 0
