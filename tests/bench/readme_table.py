"""A benchmark's result as the table of the README: Markdown, with machine and date."""

import os
from datetime import UTC, datetime
from pathlib import Path

from bench.figures import Figure, read, reasons

_VERDICTS = {True: "met", False: "**missed**", None: ""}


def readme_table(file: Path) -> str:
    """Return the table of a result file, the reasons for missed targets below it."""
    figures = read(file)
    day = datetime.fromtimestamp(file.stat().st_mtime, UTC).date()
    lines = [
        f"Measured on {day} on {machine()}; medians, with the lowest and highest run.",
        "",
        "| what | median | spread | target | |",
        "|---|---:|---:|---:|---|",
        *(_line(figure) for figure in figures),
    ]
    known = reasons()
    missed = [figure.name for figure in figures if figure.met is False]
    if missed:
        lines += ["", "Missed, and why:", ""]
        lines += [
            f"- {name}: {known.get(name, 'no reason is written down yet')}" for name in missed
        ]
    return "\n".join(lines)


def machine() -> str:
    """Return cores, memory and processor of this machine in words."""
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        "unknown processor",
    )
    return f"{os.cpu_count()} cores ({model}), {memory_gb:.0f} GB"


def _line(figure: Figure) -> str:
    spread = "" if figure.low is None else f"{number(figure.low)} to {number(figure.high or 0)}"
    target = "" if figure.target is None else number(figure.target)
    return (
        f"| {figure.name} | {number(figure.value)} {figure.unit} | {spread} | {target}"
        f" | {_VERDICTS[figure.met]} |"
    )


def number(value: float) -> str:
    """Return a number with about three figures that say something."""
    decimals = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{decimals}f}"
