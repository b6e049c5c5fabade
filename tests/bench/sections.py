"""The sections of the benchmark in their order, and the file in which their figures meet."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from bench import (
    command_start,
    full_build,
    hourly_increment,
    month_report,
    price_rates,
    report_queries,
    rollups,
)
from bench.figures import Figure, read, show, write
from bench.sizes import Sizes

SECTIONS: dict[str, Callable[[Path, Sizes], list[Figure]]] = {
    "build": full_build.measure,
    "pricing": rollups.measure,
    "per_request": price_rates.measure,
    "report": month_report.measure,
    "increment": hourly_increment.measure,
    "queries": report_queries.measure,
    "start": command_start.measure,
}
"""Each returns figures whose names begin with its own name and a colon."""


def measure(work: Path, sizes: Sizes, sections: Sequence[str], file: Path) -> None:
    """Measure sections in order; what the file knows of others stays in it."""
    known = read(file) if file.exists() else []
    for section in sections:
        print(f"\n{section}", flush=True)
        figures = SECTIONS[section](work, sizes)
        if not sizes.holds_to_targets:
            figures = [replace(figure, target=None, met=None) for figure in figures]
        show(figures)
        known = merged(known, section, figures)
        # After each section, so that a long run that is stopped has not measured for nothing.
        write(file, known)
    print("\nall sections", flush=True)
    show(known)
    print(f"\nwritten to {file}")


def merged(known: Sequence[Figure], section: str, figures: Sequence[Figure]) -> list[Figure]:
    """Replace a section's figures among those known, and keep all in the order of the sections."""
    order = list(SECTIONS)
    kept = [figure for figure in known if _section(figure) not in {section, None}]
    return sorted([*kept, *figures], key=lambda figure: order.index(str(_section(figure))))


def _section(figure: Figure) -> str | None:
    """Return the section a figure is of, None when there is no such section any more."""
    name = figure.name.partition(":")[0]
    return name if name in SECTIONS else None
