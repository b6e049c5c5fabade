"""Columns of numbers, and sums of them by place."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MINUTE_US = 60_000_000


def sums(places: Ints, values: Floats | Ints | Bools, count: int) -> Floats:
    """Return the sum of the values of each place 0 .. count - 1; exact below 2**53."""
    result: Floats = np.bincount(places, weights=values, minlength=count).astype(np.float64)
    return result


def codes(*columns: Ints) -> Ints:
    """Return 0-based numbers for the distinct combinations of the columns' values."""
    result = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        _, inner = np.unique(column, return_inverse=True)
        _, result = np.unique(result * (int(inner.max(initial=0)) + 1) + inner, return_inverse=True)
    return result.astype(np.int64)


def since_last(key: Ints, moment_us: Ints) -> Floats:
    """Return the microseconds since the row before with the same key; infinity for the first."""
    order = np.lexsort((moment_us, key))
    known = key[order]
    gap = np.full(len(key), np.inf)
    follows = np.flatnonzero(known[1:] == known[:-1]) + 1
    gap[order[follows]] = moment_us[order[follows]] - moment_us[order[follows - 1]]
    return gap
