"""Months of daily costs to try forecasts on: generated tenants, the same in change, a real service.

Nothing here knows how tollbook forecasts; tenants are those of the attribution benchmark.
"""

import gzip
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from attribution.prices import usd_per_token
from attribution.recipes import RECIPES
from attribution.runs import Floats
from attribution.sessions import DAY, FIRST_WEEKDAY
from attribution.traffic import Traffic, draw_traffic

TRACE = Path(__file__).parents[3] / "shared/data/servegen_language_m-small_client_rates.csv.gz"

_DAYS = 150
_MONTHS = ((31, 30), (61, 31), (92, 28), (120, 30))
_AFTER_ALL_PRICE_CHANGES = np.datetime64("2026-11-01", "us")
_SECONDS_PER_DAY = 86_400
_PARTS = 7


@dataclass(frozen=True)
class DailyCosts:
    """Days x series of each level (total, unit, user), and the months: first day, days in it."""

    name: str
    levels: dict[str, Floats]
    first_weekday: int
    months: tuple[tuple[int, int], ...]


def tenant(seed: int, users: int) -> DailyCosts:
    """Return the true daily costs of a generated tenant over five months."""
    recipe = replace(RECIPES["base-200"], users=users, days=_DAYS)
    traffic = draw_traffic(recipe, np.random.default_rng([7, seed]))
    costs = _costs(traffic)
    levels = {
        "unit": _daily(traffic.start, traffic.unit, costs),
        "user": _daily(traffic.start, traffic.caller, costs),
    }
    return _with_total("tenants", levels, FIRST_WEEKDAY, _MONTHS)


def changing(steady: DailyCosts, seed: int) -> DailyCosts:
    """Return a tenant whose people partly join later, and change once how much they use."""
    random = np.random.default_rng([8, seed])
    users = steady.levels["user"]
    day, people = np.arange(len(users))[:, None], users.shape[1]
    joins = random.integers(0, _DAYS - 10, people) * (random.random(people) < 0.5)
    changes, factor = random.integers(0, _DAYS, people), random.lognormal(0, 0.7, people)
    changed = np.where(day >= changes, users * factor, users)
    levels = {"user": np.where(day < joins, 0, changed)}
    return _with_total("changing", levels, steady.first_weekday, steady.months)


def service() -> DailyCosts:
    """Return the load of a real service's clients over two weeks, a seventh of a day for a day.

    Its rhythm of seven is that of its days. Raises FileNotFoundError where the trace is absent.
    """
    with gzip.open(TRACE, "rt", encoding="utf-8") as lines:
        rows = np.loadtxt(lines, delimiter=",", skiprows=1, usecols=(0, 1, 2))
    client, second = rows[:, 0].astype(int), rows[:, 1]
    part = (second * _PARTS / _SECONDS_PER_DAY).astype(int)
    load = np.zeros((part.max() + 1, client.max() + 1))
    np.add.at(load, (part, client), rows[:, 2])
    return _with_total("service", {"user": load}, 0, ((28, 28), (56, 28)))


def _with_total(
    name: str, levels: dict[str, Floats], weekday: int, months: tuple[tuple[int, int], ...]
) -> DailyCosts:
    total = levels["user"].sum(axis=1, keepdims=True)
    return DailyCosts(name, {"total": total, **levels}, weekday, months)


def _costs(traffic: Traffic) -> Floats:
    models = pa.chunked_array([pa.array(np.array(traffic.models)[traffic.deployment])])
    times = np.full(len(traffic.start), _AFTER_ALL_PRICE_CHANGES)
    tokens = np.column_stack(
        [
            traffic.input,
            traffic.output,
            traffic.cache_read,
            traffic.cache_write_5m,
            traffic.cache_write_1h,
        ]
    )
    costs: Floats = (usd_per_token(models, pa.chunked_array([pa.array(times)])) * tokens).sum(
        axis=1
    )
    return costs


def _daily(start: Floats, column: Floats, costs: Floats) -> Floats:
    daily = np.zeros((_DAYS, int(column.max()) + 1))
    np.add.at(daily, ((start // DAY).astype(int), column), costs)
    return daily
