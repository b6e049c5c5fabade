"""Runs: stretches of neighbouring elements of an array that belong together."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def starts_of(*keys: NDArray[Any]) -> Flags:
    """Return whether an element is the first of a run of equal keys."""
    first = np.ones(len(keys[0]), dtype=bool)
    if len(first):
        first[1:] = False
    for key in keys:
        first[1:] |= key[1:] != key[:-1]
    return first


def running_sum(values: NDArray[Any], first: Flags) -> NDArray[Any]:
    """Return the sum of each element and those before it in its run; `first` opens runs."""
    total = np.cumsum(values)
    opening = np.flatnonzero(first)
    before: NDArray[Any] = (total - values)[opening]
    sums: NDArray[Any] = total - np.repeat(before, np.diff(np.append(opening, len(values))))
    return sums


def previous_in_group(groups: Ints) -> Ints:
    """Return the index of the nearest earlier element of the same group, -1 for the first."""
    order = np.argsort(groups, kind="stable")
    previous = np.full(len(groups), -1, dtype=np.int64)
    same = ~starts_of(groups[order])
    previous[order[same]] = order[np.flatnonzero(same) - 1]
    return previous


def numbered(*keys: Ints) -> Ints:
    """Return a number for each combination of keys, dense and from 0; keys are not negative."""
    joined = np.zeros(len(keys[0]), dtype=np.int64)
    for key in keys:
        joined = joined * (int(key.max(initial=0)) + 1) + key
        joined = np.unique(joined, return_inverse=True)[1].astype(np.int64)
    return joined
