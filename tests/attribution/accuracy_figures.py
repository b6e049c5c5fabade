"""What was measured of tenants as figures with their targets, and as lines of a table."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from attribution.accuracy import Accuracy
from attribution.recipes import Recipe
from bench.figures import Figure, at_most, spread, under

EVERYTHING = "all"
"""Stands before the figures of all recipes together."""

_COVERAGE_PERCENT = (85, 95)
_ASKED_COVERAGE_PERCENT = 90

HEAD = (
    f"{'':22}{'seed':>5}{'requests':>10}{'user':>8}{'unit':>8}{'p90 >$5':>9}"
    f"{'users in':>10}{'units in':>10}{'exact':>7}  {'best baseline':24}{'user':>8}{'ratio':>8}"
    f"{'build':>9}{'memory':>9}"
)


@dataclass(frozen=True)
class Goals:
    """The largest weighted errors that a recipe may have, in percent of true costs."""

    user_percent: float
    unit_percent: float


def goals_of(recipe: Recipe) -> Goals | None:
    """Return what a recipe is held to; None for tenants too small, or without known content."""
    if recipe.from_trace or recipe.users not in {200, 2_000}:
        return None
    if recipe.users == 200 and recipe.session_headers:
        return Goals(2, 1)
    return Goals(4, 1.5)


def line(result: Accuracy) -> str:
    """Return the line of one tenant, below `HEAD`."""
    users, units = result.users, result.units
    p90 = "-" if users.large_p90_error is None else f"{users.large_p90_error:.1%}"
    name = result.best_baseline
    return (
        f"{result.recipe.name:22}{result.seed:5}{result.requests:10,}"
        f"{users.weighted_error:8.2%}{units.weighted_error:8.2%}{p90:>9}"
        f"{users.covered / users.groups:10.1%}{units.covered / units.groups:10.1%}"
        f"{'no' if result.unequal else 'yes':>7}  {name:24}{result.baselines[name]:8.1%}"
        f"{result.ratio:7.1f}x{result.build.seconds:7.1f} s{result.build.peak_rss_mb:6.0f} MB"
    )


def recipe_figures(results: Sequence[Accuracy]) -> list[Figure]:
    """Return the figures of one recipe: medians over its seeds, coverage over all of them."""
    recipe = results[0].recipe
    name, goals = recipe.name, goals_of(recipe)
    user = _median(f"{name}: error by user", [one.users.weighted_error for one in results])
    unit = _median(f"{name}: error by unit", [one.units.weighted_error for one in results])
    p90s = [p90 for one in results if (p90 := one.users.large_p90_error) is not None]
    cache = [one.user_cache_error for one in results]
    unequal = sum(one.unequal for one in results)
    exact = f"{name}: unequal totals of a deployment, day and metric"
    figures = [
        under(user, goals.user_percent) if goals else user,
        under(unit, goals.unit_percent) if goals else unit,
        *([_median(f"{name}: error of nine in ten users above $5", p90s)] if p90s else []),
        _median(f"{name}: error by user of the cost of cache tokens", cache),
        *coverage_figures(name, results),
        *_widths(name, results),
        # Minutes that are missing or moved are totals nobody can meet.
        Figure(exact, unequal, "totals")
        if recipe.late_metrics
        else at_most(exact, unequal, "totals", 0),
        _median(f"{name}: error by user of the best baseline", [min(_errors(r)) for r in results]),
        spread(f"{name}: best baseline against tollbook", [r.ratio for r in results], "x"),
        spread(f"{name}: requests", [one.requests for one in results], "requests"),
        spread(f"{name}: build, time", [one.build.seconds for one in results], "s"),
        spread(f"{name}: build, peak memory", [one.build.peak_rss_mb for one in results], "MB"),
    ]
    return [figure for figure in figures if math.isfinite(figure.value)]


def coverage_figures(name: str, results: Sequence[Accuracy]) -> list[Figure]:
    """Return how many callers and units of some tenants have their true cost within the bounds."""
    figures = []
    is_held = all(goals_of(one.recipe) for one in results)
    for of in ("users", "units"):
        errors = [one.users if of == "users" else one.units for one in results]
        percent = 100 * sum(each.covered for each in errors) / sum(each.groups for each in errors)
        figure = Figure(f"{name}: {of} within their bounds", percent, "%")
        if is_held:
            met = _COVERAGE_PERCENT[0] <= percent <= _COVERAGE_PERCENT[1]
            figure = replace(figure, target=_ASKED_COVERAGE_PERCENT, met=met)
        figures.append(figure)
    return figures


def without_targets(figures: Sequence[Figure]) -> list[Figure]:
    """Return figures of other tenants than the targets are about."""
    return [replace(figure, target=None, met=None) for figure in figures]


def merged(known: Sequence[Figure], new: Sequence[Figure]) -> list[Figure]:
    """Add new figures to those known; of whatever was measured again, only the new ones stay.

    What a figure is of stands before its colon.
    """
    again = {_subject(figure) for figure in new}
    return [*(figure for figure in known if _subject(figure) not in again), *new]


def _subject(figure: Figure) -> str:
    return figure.name.partition(":")[0]


def _median(name: str, shares: Sequence[float]) -> Figure:
    return spread(name, [100 * share for share in shares], "%")


def _widths(name: str, results: Sequence[Accuracy]) -> list[Figure]:
    return [
        _median(f"{name}: width of users' bounds", [one.users.mean_width for one in results]),
        _median(f"{name}: width of units' bounds", [one.units.mean_width for one in results]),
    ]


def _errors(result: Accuracy) -> Sequence[float]:
    return list(result.baselines.values())
