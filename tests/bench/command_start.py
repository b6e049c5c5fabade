"""How long the command takes to say something."""

import sys
from pathlib import Path

from bench.built_data import TOLLBOOK
from bench.figures import Figure, spread, under
from bench.measured_process import measured
from bench.sizes import Sizes


def measure(_work: Path, sizes: Sizes) -> list[Figure]:
    """Start the command for its help, and Python alone, in turn."""
    times: dict[str, list[float]] = {"help": [], "report": [], "python": []}
    commands = {
        "help": [TOLLBOOK, "--help"],
        "report": [TOLLBOOK, "report", "--help"],
        "python": [sys.executable, "-c", "pass"],
    }
    for command in commands.values():
        measured(command, {})  # the first one finds the files cold
    for _ in range(2 * sizes.runs):
        for name, command in commands.items():
            times[name].append(measured(command, {}).seconds)
    return [
        under(spread("start: tollbook --help", times["help"], "s"), 0.3),
        spread("start: tollbook report --help", times["report"], "s"),
        spread("start: Python alone", times["python"], "s"),
    ]
