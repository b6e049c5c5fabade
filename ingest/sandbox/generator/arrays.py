"""What every drawing module shares: array types and named random streams."""

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Objects = NDArray[np.object_]


def random_stream(seed: int, users: int, days: int, name: str) -> np.random.Generator:
    """Return the generator of one part of a tenant.

    Each part draws from a stream of its own, so that a change in one leaves the others alone.
    """
    return np.random.default_rng([seed, users, days, zlib.crc32(name.encode())])


def spans(lengths: Ints) -> tuple[Ints, Ints]:
    """Return, for runs of these lengths laid end to end, each position's run and place in it."""
    run = np.repeat(np.arange(len(lengths)), lengths)
    first = np.cumsum(lengths) - lengths
    return run, np.arange(len(run)) - first[run]


def running_sum(values: Ints, lengths: Ints) -> Ints:
    """Return the cumulative sum that starts again at each run; all lengths are at least 1."""
    total = np.cumsum(values)
    first = np.cumsum(lengths) - lengths
    before: Ints = total[first] - values[first]
    result: Ints = total - np.repeat(before, lengths)
    return result


def weighted(rng: np.random.Generator, weights: Floats, count: int) -> Ints:
    """Draw `count` indexes in proportion to one row of weights."""
    edges = np.cumsum(weights / weights.sum())
    return np.minimum(np.searchsorted(edges, rng.random(count), side="right"), len(weights) - 1)


def kept(values: Sequence[object] | NDArray[Any], chosen: Bools) -> Objects:
    """Return the chosen values as plain objects, None in place of the others."""
    result = np.full(len(chosen), None, dtype=np.object_)
    result[chosen] = np.asarray(values, dtype=np.object_)[chosen]
    return result


def sum_by(keys: Ints, values: Ints) -> tuple[Ints, Ints]:
    """Return the distinct keys in rising order, and the exact sum of the values of each."""
    found, place = np.unique(keys, return_inverse=True)
    sums = np.zeros(len(found), dtype=np.int64)
    np.add.at(sums, place, values)
    return found, sums
