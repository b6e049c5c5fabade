"""Figures of a benchmark: printed as a table, and written to `.bench/NAME.json`."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[2] / ".bench"


@dataclass(frozen=True)
class Figure:
    """One measurement; `target` and `met` are None where there is no target."""

    name: str
    value: float
    unit: str
    target: float | None = None
    met: bool | None = None


def at_most(name: str, value: float, unit: str, target: float) -> Figure:
    """Return a figure that should not exceed its target."""
    return Figure(name, value, unit, target, value <= target)


def at_least(name: str, value: float, unit: str, target: float) -> Figure:
    """Return a figure that should reach its target."""
    return Figure(name, value, unit, target, value >= target)


def report(bench: str, figures: Sequence[Figure]) -> Path:
    """Print the figures and write them down; returns the file."""
    width = max(len(figure.name) for figure in figures)
    for figure in figures:
        goal = "" if figure.target is None else f"target {figure.target:,g}"
        verdict = {True: "met", False: "MISSED", None: ""}[figure.met]
        print(
            f"{figure.name:<{width}}  {figure.value:>14,.2f} {figure.unit:<8} {goal:<16} {verdict}"
        )
    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / f"{bench}.json"
    rows = [asdict(figure) | {"value": round(figure.value, 4)} for figure in figures]
    file.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return file
