"""Figures of a benchmark: printed as a table, and written to `.bench/NAME.json`."""

import json
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

FOLDER = Path(__file__).parents[2] / ".bench"
REASONS = Path(__file__).with_name("reasons.toml")
"""Why a target is missed, by the name of its figure; it stands beside the figure."""

_ENDS = {"low": " (lowest)", "high": " (highest)"}
_VERDICTS = {True: "met", False: "MISSED", None: ""}


@dataclass(frozen=True)
class Figure:
    """One measurement; `target` and `met` are None where there is no target.

    Of a value that is a median, `low` and `high` are the ends of what it is the median of.
    """

    name: str
    value: float
    unit: str
    target: float | None = None
    met: bool | None = None
    low: float | None = None
    high: float | None = None


def at_most(name: str, value: float, unit: str, target: float) -> Figure:
    """Return a figure that should not exceed its target."""
    return Figure(name, value, unit, target, value <= target)


def at_least(name: str, value: float, unit: str, target: float) -> Figure:
    """Return a figure that should reach its target."""
    return Figure(name, value, unit, target, value >= target)


def spread(name: str, values: Sequence[float], unit: str) -> Figure:
    """Return the median of several runs with its ends; one run has no spread."""
    if len(values) == 1:
        return Figure(name, values[0], unit)
    return Figure(name, median(values), unit, low=min(values), high=max(values))


def under(figure: Figure, target: float) -> Figure:
    """Hold a figure to a target that it should not exceed."""
    return replace(figure, target=target, met=figure.value <= target)


def over(figure: Figure, target: float) -> Figure:
    """Hold a figure to a target that it should reach."""
    return replace(figure, target=target, met=figure.value >= target)


def report(bench: str, figures: Sequence[Figure]) -> Path:
    """Print the figures and write them down; returns the file."""
    show(figures)
    file = FOLDER / f"{bench}.json"
    write(file, figures)
    return file


def show(figures: Sequence[Figure]) -> None:
    """Print figures as a table; a target that was missed is followed by the reason."""
    width = max((len(figure.name) for figure in figures), default=0)
    known = reasons()
    for figure in figures:
        goal = "" if figure.target is None else f"target {figure.target:,g}"
        ends = "" if figure.low is None else f"{figure.low:,.2f} .. {figure.high:,.2f}"
        line = (
            f"{figure.name:<{width}}  {figure.value:>14,.2f} {figure.unit:<12} {ends:<26}"
            f" {goal:<16} {_VERDICTS[figure.met]}"
        )
        print(line.rstrip())
        if figure.met is False:
            print(f"    {known.get(figure.name, 'no reason is written down yet')}")


def write(file: Path, figures: Sequence[Figure]) -> None:
    """Write figures down; the ends of a median are figures of their own."""
    file.parent.mkdir(parents=True, exist_ok=True)
    rows = [row for figure in figures for row in _rows(figure)]
    file.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def read(file: Path) -> list[Figure]:
    """Return the figures of a file, each median with its ends again."""
    figures: dict[str, Figure] = {}
    for row in json.loads(file.read_text(encoding="utf-8")):
        name = str(row["name"])
        for end, suffix in _ENDS.items():
            owner = name.removesuffix(suffix)
            if owner != name and owner in figures:
                figures[owner] = replace(figures[owner], **{end: row["value"]})
                break
        else:
            figures[name] = Figure(**row)
    return list(figures.values())


def reasons() -> dict[str, str]:
    """Return why targets are missed, by the name of the figure."""
    return {
        name: str(reason)
        for name, reason in tomllib.loads(REASONS.read_text(encoding="utf-8")).items()
    }


def _rows(figure: Figure) -> list[dict[str, Any]]:
    row = asdict(figure) | {"value": round(figure.value, 4)}
    ends = {end: row.pop(end) for end in _ENDS}
    return [
        row,
        *(
            row
            | {"name": figure.name + _ENDS[end], "value": round(value, 4)}
            | {"target": None, "met": None}
            for end, value in ends.items()
            if value is not None
        ),
    ]
