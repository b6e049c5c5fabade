"""Columns of numbers, and sums of them by place."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MINUTE_US = 60_000_000


def sums(places: Ints, values: Floats | Ints | Bools, count: int) -> Floats:
    """Return the sum of the values of each place 0 .. count - 1; exact below 2**53."""
    result = np.bincount(places, weights=values, minlength=count)
    return result.astype(np.float64, copy=False)


def joined(*columns: Ints) -> Ints:
    """Return numbers that are alike where all columns are; of ids, so that they fit 63 bits."""
    result = columns[0]
    for column in columns[1:]:
        result = result * (int(column.max(initial=0)) + 1) + column
    return result


def since_last(key: Ints, moment_us: Ints) -> Floats:
    """Return the microseconds since the row before with the same key; infinity for the first."""
    order = np.lexsort((moment_us, key))
    known, moments_us = key[order], moment_us[order]
    gap = np.full(len(key), np.inf)
    follows = np.flatnonzero(known[1:] == known[:-1]) + 1
    gap[order[follows]] = (moments_us[1:] - moments_us[:-1])[follows - 1]
    return gap
