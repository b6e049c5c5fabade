"""Where requests ran whose deployment nobody names: where the platform counted one more."""

from dataclasses import dataclass, replace

import numpy as np

from models.calibration.arrays import MINUTE_US, Ints, sums
from models.calibration.platform import PlatformMinutes
from models.calibration.traffic import Traffic

UNPLACED = 0
"""The deployment of a request that nobody names one for."""


@dataclass(frozen=True)
class Candidates:
    """Pairs of a model and a deployment that may serve it."""

    model: Ints
    deployment: Ints


def placed(traffic: Traffic, minutes: PlatformMinutes, candidates: Candidates) -> Traffic:
    """Place requests where, in their minute, the platform's surplus is theirs.

    Best a surplus of exactly their uncached input, else one in which they have room; of equals the
    first deployment. One that fits nowhere stays unplaced.
    """
    lost = np.flatnonzero(traffic.deployment == UNPLACED)
    if not len(lost) or not len(minutes):
        return traffic
    width = int(max(traffic.counted_us.max(), minutes.minute_us.max())) // MINUTE_US + 1
    keys = minutes.deployment * width + minutes.minute_us // MINUTE_US
    order = np.argsort(keys)
    keys = keys[order]
    requests, tokens = _surplus(traffic, minutes, order, keys, width)
    minute = traffic.counted_us[lost] // MINUTE_US
    wanted = traffic.input_tokens[lost]
    best = np.zeros(len(lost), dtype=np.int64)
    found = np.full(len(lost), UNPLACED, dtype=np.int64)
    for model, deployment in zip(candidates.model, candidates.deployment, strict=True):
        key = deployment * width + minute
        place = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
        fits = (keys[place] == key) & (traffic.model[lost] == model) & (requests[place] >= 1)
        fit = fits * (1 + (tokens[place] >= wanted) + (tokens[place] == wanted))
        better = fit > best
        best[better], found[better] = fit[better], deployment
    deployments = traffic.deployment.copy()
    deployments[lost] = found
    return replace(traffic, deployment=deployments)


def _surplus(
    traffic: Traffic, minutes: PlatformMinutes, order: Ints, keys: Ints, width: int
) -> tuple[Ints, Ints]:
    """Return the platform's requests and input less the log's, by minute as in `keys`."""
    key = traffic.deployment * width + traffic.counted_us // MINUTE_US
    place = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
    there = keys[place] == key
    logged = sums(place[there], np.ones(int(there.sum())), len(keys))
    logged_input = sums(place[there], np.maximum(traffic.input_tokens[there], 0), len(keys))
    return (
        (minutes.requests[order] - logged).astype(np.int64),
        (minutes.input_tokens[order] - logged_input).astype(np.int64),
    )
