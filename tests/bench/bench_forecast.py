"""`make bench-forecast`: how far forecasts of a month are off, beside two simple ways, and how long
20,000 budgets take.

Run as `python tests/bench/bench_forecast.py [--seeds 1,2,3] [--users N] [--budgets N]`.
"""

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

# In the place of this folder, in which bench.py would hide the package.
sys.path.pop(0)
sys.path.insert(0, str(Path(__file__).parents[1]))

from attribution.runs import Flags, Floats
from bench.daily_costs import TRACE, DailyCosts, changing, service, tenant
from bench.figures import Figure, at_most, report
from bench.many_budgets import KNOWN_AT, MONTH, publish_budgets

from models.budgets import budgets
from models.forecast import INTERVAL, Past, forecast
from models.viewer import operator

DAYS = (5, 10, 15, 20)
MOST_SECONDS = 5


@dataclass(frozen=True)
class Trial:
    """Months as they came and as they were forecast on a day, one element per series and month."""

    actual: Floats
    forecast: Floats
    line: Floats
    last: Floats
    is_held: Flags


def main() -> None:
    """Measure, print, and write `.bench/forecast.json`."""
    options = argparse.ArgumentParser()
    options.add_argument("--seeds", type=_numbers, default=[1, 2, 3, 4, 5], help="such as 1,2")
    options.add_argument("--users", type=int, default=100)
    options.add_argument("--budgets", type=int, default=20_000)
    asked = options.parse_args()
    figures = [figure for group in _data(asked.seeds, asked.users) for figure in accuracy(group)]
    with TemporaryDirectory(prefix="tollbook-bench-") as name:
        figures += speed(Path(name), asked.budgets)
    report("forecast", figures)


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _data(seeds: Sequence[int], users: int) -> Iterator[list[DailyCosts]]:
    steady = [tenant(seed, users) for seed in seeds]
    yield steady
    yield [changing(each, seed) for each, seed in zip(steady, seeds, strict=True)]
    if TRACE.exists():
        yield [service()]
    else:
        print(f"{TRACE.name} is absent: the real service is left out")


def accuracy(group: Sequence[DailyCosts]) -> Iterator[Figure]:
    """Yield the errors of some data sets of a name, by level and day, and what intervals held.

    An error is the sum of all absolute errors, as a share of what was used (WAPE).
    """
    trials: dict[tuple[str, int], list[Trial]] = defaultdict(list)
    for costs in group:
        for begin, days in costs.months:
            for day in DAYS:
                for level, trial in _trials(costs, begin, days, day):
                    trials[level, day].append(trial)
    for (level, day), of_level in trials.items():
        name = f"{group[0].name}: {level}, day {day}"
        actual = sum(trial.actual.sum() for trial in of_level)
        ours, line, last = (
            float(
                100 * sum(np.abs(getattr(one, way) - one.actual).sum() for one in of_level) / actual
            )
            for way in ("forecast", "line", "last")
        )
        yield at_most(f"{name}: error", ours, "%", min(line, last))
        yield Figure(f"{name}: error of a straight line", line, "%")
        yield Figure(f"{name}: error of last month", last, "%")
        held = np.concatenate([one.is_held for one in of_level])
        yield Figure(f"{name}: in the {INTERVAL} % interval", float(100 * held.mean()), "%")


def _trials(costs: DailyCosts, begin: int, days: int, day: int) -> Iterator[tuple[str, Trial]]:
    """Forecast every series of every level at once, with so many days of a month known."""
    names = list(costs.levels)
    every = np.hstack([costs.levels[name] for name in names])
    kind = np.repeat(np.arange(len(names)), [costs.levels[name].shape[1] for name in names])
    known, end = begin + day, begin + days
    past = Past(
        costs=every[:known],
        peers=costs.levels["total"][:known],
        calendar=np.zeros(len(kind), dtype=np.int64),
        kind=kind,
        weekday=(np.arange(end) + costs.first_weekday) % 7,
        is_holiday=np.zeros((end, 1), dtype=bool),
    )
    outlook = forecast(past, np.ones(end - known))
    spent, rest = every[begin:known].sum(axis=0), every[known:end].sum(axis=0)
    before = every[max(0, begin - 30) : begin].sum(axis=0)
    for number, name in enumerate(names):
        chosen = (kind == number) & (spent + rest > 0)
        yield (
            name,
            Trial(
                actual=(spent + rest)[chosen],
                forecast=(spent + outlook.rest)[chosen],
                line=spent[chosen] * days / day,
                last=before[chosen],
                is_held=((outlook.low <= rest) & (rest <= outlook.high))[chosen],
            ),
        )


def speed(folder: Path, number: int) -> list[Figure]:
    """Time the report of many budgets over thirteen months of daily costs, reading included."""
    publication = publish_budgets(folder, number)
    began = time.perf_counter()
    rows = budgets(publication, operator(), month=MONTH, known_at=KNOWN_AT).rows
    took = time.perf_counter() - began
    assert len(rows) == number
    return [
        Figure("budgets", number, "budgets"),
        at_most("report of all budgets", took, "s", MOST_SECONDS),
    ]


if __name__ == "__main__":
    main()
