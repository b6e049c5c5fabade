"""Hours in which one Foundry account recorded no platform metric at all."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingest.sandbox.generator.arrays import Bools, Ints
from ingest.sandbox.generator.calls import Scope
from ingest.sandbox.generator.catalog import DAY_MS, DEPLOYMENTS, HOUR_MS, OPUS_5_US
from ingest.sandbox.generator.outcomes import OUTCOMES
from ingest.sandbox.generator.unlogged import Unlogged

# The smaller account, so that most of the metrics stay whole.
ACCOUNT = DEPLOYMENTS[OPUS_5_US].account
_HOURS = 2
_FEWEST_REQUESTS = 8
_SMALL_HOURS = 1
_MOST_IN_SMALL = 2
_MARGIN_DAYS = 2


@dataclass(frozen=True)
class Unmeasured:
    """Starts of the hours without points, in milliseconds: with much traffic, and with hardly any.

    `idle_hours_ms` are a few hours without points because the account had nothing to do.
    """

    hours_ms: tuple[int, ...]
    small_hours_ms: tuple[int, ...]
    idle_hours_ms: tuple[int, ...]

    def recorded(self, minute_ms: Ints, account: Bools) -> Bools:
        """Return which points were recorded; `account` tells which are of the account."""
        lost = np.isin(minute_ms // HOUR_MS * HOUR_MS, (*self.hours_ms, *self.small_hours_ms))
        return np.asarray(~(lost & account))


def choose_unmeasured(
    rng: np.random.Generator, scope: Scope, table: pd.DataFrame, unlogged: Unlogged
) -> Unmeasured:
    """Return hours of days on which the log is whole; fewer in a tenant with little traffic."""
    margin_ms = _MARGIN_DAYS * DAY_MS
    edges = np.arange(scope.starts_ms + margin_ms, scope.ends_ms - margin_ms + 1, HOUR_MS)
    if len(edges) < 2:
        return Unmeasured((), (), ())
    hours = edges[:-1]
    whole = ~np.isin(hours // DAY_MS * DAY_MS, list(unlogged.days_ms()))
    reached = np.array([outcome.reached_model for outcome in OUTCOMES])[table["outcome"]]
    of_account = np.array([d.account == ACCOUNT for d in DEPLOYMENTS])[table["deployment"]]
    own = table[reached & of_account]
    started, _ = np.histogram(own["time_ms"], edges)
    ended, _ = np.histogram(own["time_ms"] + own["total_ms"], edges)
    fewest, most = np.minimum(started, ended), np.maximum(started, ended)
    small = (fewest >= 1) & (most <= _MOST_IN_SMALL)
    return Unmeasured(
        hours_ms=_chosen(rng, hours[whole & (fewest >= _FEWEST_REQUESTS)], _HOURS),
        small_hours_ms=_chosen(rng, hours[whole & small], _SMALL_HOURS),
        idle_hours_ms=tuple(hours[whole & (most == 0)][:_HOURS].tolist()),
    )


def _chosen(rng: np.random.Generator, hours_ms: Ints, count: int) -> tuple[int, ...]:
    chosen = rng.choice(hours_ms, size=min(count, len(hours_ms)), replace=False)
    return tuple(np.sort(chosen).tolist())
