"""The benchmark itself: what its figures hold against which target, and one run of it."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from attribution.accuracy import Accuracy
from attribution.accuracy_figures import (
    coverage_figures,
    goals_of,
    line,
    merged,
    recipe_figures,
    without_targets,
)
from attribution.cost_errors import CostErrors
from attribution.recipes import RECIPES
from bench.figures import Figure
from bench.measured_process import Measured, measured

SCRIPT = Path(__file__).with_name("bench_attribution.py")
INFINITE = float("inf")


def errors(error: float, *, groups: int = 20, covered: int = 18, width: float = 0.1) -> CostErrors:
    return CostErrors(groups, 100, 99, error, 0.05, covered, width)


def result(
    name: str,
    *,
    user: float = 0.015,
    unit: float = 0.012,
    unequal: int = 0,
    covered: int = 18,
    width: float = 0.1,
) -> Accuracy:
    return Accuracy(
        recipe=RECIPES[name],
        seed=1,
        requests=1_000,
        users=errors(user, covered=covered, width=width),
        units=errors(unit),
        user_cache_error=0.03,
        unequal=unequal,
        baselines={"log only": 0.6, "by session": 0.06},
        build=Measured(4, 3, 200, ""),
    )


def verdicts(*results: Accuracy) -> dict[str, tuple[float, float | None, bool | None]]:
    return {
        figure.name.partition(": ")[2]: (round(figure.value, 9), figure.target, figure.met)
        for figure in recipe_figures(results)
    }


@pytest.mark.parametrize(
    ("name", "user", "unit"),
    [
        ("base-200", (1.5, 2, True), (1.2, 1, False)),
        ("late-metrics", (1.5, 2, True), (1.2, 1, False)),
        ("no-session-header-200", (1.5, 4, True), (1.2, 1.5, True)),
        ("base-2000", (1.5, 4, True), (1.2, 1.5, True)),
        ("base-20", (1.5, None, None), (1.2, None, None)),
        ("trace", (1.5, None, None), (1.2, None, None)),
    ],
)
def test_errors_are_held_to_the_goals_of_their_recipe(
    name: str, user: tuple[object, ...], unit: tuple[object, ...]
) -> None:
    figures = verdicts(result(name))
    assert figures["error by user"] == user
    assert figures["error by unit"] == unit


def test_totals_are_to_be_equal_unless_the_metrics_are_damaged() -> None:
    name = "unequal totals of a deployment, day and metric"
    assert verdicts(result("base-20"))[name] == (0, 0, True)
    assert verdicts(result("base-20"), result("base-20", unequal=2))[name] == (2, 0, False)
    assert verdicts(result("late-metrics", unequal=2))[name] == (2, None, None)


@pytest.mark.parametrize(("covered", "met"), [(16, False), (17, True), (19, True), (20, False)])
def test_bounds_hold_neither_too_seldom_nor_too_often(covered: int, *, met: bool) -> None:
    assert verdicts(result("base-200", covered=covered))["users within their bounds"] == (
        5 * covered,
        90,
        met,
    )


def test_bounds_are_counted_over_all_seeds() -> None:
    both = [result("base-200", covered=20), result("base-200", covered=16)]
    assert verdicts(*both)["users within their bounds"] == (90, 90, True)
    assert [figure.met for figure in coverage_figures("all", [*both, result("trace")])] == [
        None,
        None,
    ]


def test_the_best_baseline_is_the_nearest() -> None:
    figures = verdicts(result("base-200"))
    assert figures["error by user of the best baseline"] == (6, None, None)
    assert figures["best baseline against tollbook"] == (4, None, None)
    assert "by session" in line(result("base-200"))


def test_what_has_no_end_is_no_figure() -> None:
    figures = recipe_figures([result("base-200", user=0, width=INFINITE)])
    assert all(figure.value < INFINITE for figure in figures)
    assert "width of users' bounds" in verdicts(result("base-200"))
    assert "width of users' bounds" not in verdicts(result("base-200", width=INFINITE))


def test_figures_of_other_recipes_stay() -> None:
    known = [Figure("base-200: a", 1, "%"), Figure("trace: a", 2, "%"), Figure("speed: a", 3, "s")]
    new = [replace(known[1], value=5.0)]
    assert merged(known, new) == [known[0], known[2], new[0]]
    held = recipe_figures([result("base-200")])
    assert any(figure.met is not None for figure in held)
    assert all((one.target, one.met) == (None, None) for one in without_targets(held))


def test_goals_are_for_whole_tenants_only() -> None:
    assert goals_of(replace(RECIPES["base-200"], users=50)) is None


def test_a_first_look_draws_builds_scores_and_writes(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), "--recipe", "base-20", "--users", "5", "--days", "2"]
    printed = measured([*command, "--seeds", "2", "--out", str(tmp_path)], {}).printed
    [table_line] = [row for row in printed.splitlines() if row.startswith("base-20 ")]
    [file] = tmp_path.iterdir()
    rows = {row["name"]: row for row in json.loads(file.read_text(encoding="utf-8"))}
    assert file.name == "attribution-small.json"
    assert str(file) in printed
    assert table_line.split()[1] == "2"
    assert all(row.keys() == {"name", "value", "unit", "target", "met"} for row in rows.values())
    assert all(row["target"] is row["met"] is None for row in rows.values())
    assert rows["base-20: requests"]["value"] > 20
    assert f"{rows['base-20: error by user']['value']:.2f}%" in table_line
    assert rows["base-20: build, peak memory"]["value"] > 50
    assert 0 < rows["base-20: error by user of the best baseline"]["value"] < 100
