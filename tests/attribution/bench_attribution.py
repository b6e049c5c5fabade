"""`make bench-attribution`: how far the costs that tollbook reports for callers and units are from
the truth, on tenants whose truth is known, and beside it what simple ways come to.

Run as `python tests/attribution/bench_attribution.py [--recipe NAME] [--seeds 1,2] [--users N]`.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

# In the place of this folder, whose modules would else be found under short names too.
sys.path.pop(0)
sys.path.insert(0, str(Path(__file__).parents[1]))

from attribution.accuracy import Accuracy, measure
from attribution.accuracy_figures import (
    EVERYTHING,
    HEAD,
    coverage_figures,
    goals_of,
    line,
    merged,
    recipe_figures,
    without_targets,
)
from attribution.recipes import RECIPES, Recipe
from attribution.trace import FILE as TRACE
from bench.figures import FOLDER, Figure, read, show, write

_USUAL = [name for name, recipe in RECIPES.items() if recipe.users in {20, 200, 2_000}]


def main() -> None:
    """Measure the recipes asked for, print a line for each tenant, and write down all figures.

    What the file knows of other recipes, or of anything else, stays in it.
    """
    options = argparse.ArgumentParser()
    options.add_argument("--recipe", action="append", choices=RECIPES, help="this one alone")
    options.add_argument("--seeds", type=_numbers, default=[1], help="such as 1,2")
    options.add_argument("--users", type=int, help="another number of users: a first look")
    options.add_argument("--days", type=int, help="fewer days than a month: a first look")
    options.add_argument("--work", type=Path, help="folder for the data (4 GB for the largest)")
    options.add_argument("--out", type=Path, default=FOLDER, help="folder for the result")
    asked = options.parse_args()
    is_usual = not (asked.users or asked.days)
    # A first look is kept apart from what was measured in full.
    file = asked.out / ("attribution.json" if is_usual else "attribution-small.json")
    known = read(file) if file.exists() else []
    new: list[Figure] = []
    print(HEAD, flush=True)
    results: list[Accuracy] = []
    with TemporaryDirectory(prefix="tollbook-bench-", dir=asked.work) as folder:
        for recipe in _recipes(asked.recipe or _USUAL, asked.users, asked.days):
            of_recipe = _measured(recipe, asked.seeds, Path(folder))
            results += of_recipe
            figures = recipe_figures(of_recipe)
            new += figures if is_usual else without_targets(figures)
            # After each recipe, so that a long run that is stopped has not measured for nothing.
            write(file, merged(known, new))
    if is_usual and not asked.recipe:
        new += _together(results)
        write(file, merged(known, new))
    print()
    show([figure for figure in new if figure.met is False])
    print(f"written to {file}")


def _recipes(names: Sequence[str], users: int | None, days: int | None) -> Iterator[Recipe]:
    """Yield the recipes that can be drawn here, as large as asked."""
    for name in names:
        recipe = RECIPES[name]
        if recipe.from_trace and not TRACE.is_file():
            print(f"{name:22}left out: {TRACE.name} is not in ../shared/data")
            continue
        yield replace(recipe, users=users or recipe.users, days=days or recipe.days)


def _measured(recipe: Recipe, seeds: Sequence[int], work: Path) -> list[Accuracy]:
    results = []
    for seed in seeds:
        results.append(measure(recipe, seed, work))
        print(line(results[-1]), flush=True)
    return results


def _together(results: Sequence[Accuracy]) -> list[Figure]:
    """The bounds of every tenant that is held to goals: one alone has too few units to tell."""
    return coverage_figures(EVERYTHING, [one for one in results if goals_of(one.recipe)])


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


if __name__ == "__main__":
    main()
