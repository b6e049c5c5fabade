"""Estimates that meet every cell's totals: each moves as far as it is uncertain."""

import numpy as np

from models.calibration.arrays import Floats, Ints, sums

CLASSES = 3
"""Reads, writes for five minutes, writes for an hour; columns of every estimate."""

_ROUNDS = 4
# Keeps the equations solvable where nothing is uncertain, in squared tokens.
_LEAST_DOUBT = 25.0


def balanced(expected: Floats, doubt: Floats, cell: Ints, totals: Floats) -> Floats:
    """Return estimates that sum to the totals.

    `expected` is rows x classes, `doubt` their covariances, `totals` cells x classes. It is the
    conditional expectation of normal variables given their sums; what falls below zero is zero, and
    what that leaves over is moved among the others in proportion to their doubt, at last to size. A
    cell whose rows can own nothing keeps its total unmet.
    """
    count = len(totals)
    missing = totals - _summed(expected, cell, count)
    push = np.einsum("cab,cb->ca", _inverse(doubt, cell, count), missing)[cell]
    result: Floats = np.maximum(expected + np.einsum("rab,rb->ra", doubt, push), 0)
    for place in range(CLASSES):
        variance = np.ascontiguousarray(doubt[:, place, place])
        result[:, place] = moved_to_meet(result[:, place].copy(), variance, cell, totals[:, place])
    return result


def moved_to_meet(result: Floats, variance: Floats, cell: Ints, totals: Floats) -> Floats:
    """Move estimates of one class, by their doubt and at last by size, until they sum to totals."""
    count = len(totals)
    is_open = variance > 0
    for _ in range(_ROUNDS):
        missing = (totals - sums(cell, result, count))[cell]
        room = np.where(missing > 0, variance + 1.0, np.minimum(variance + 1.0, result**2))
        room = room * is_open
        share = room / np.maximum(sums(cell, room, count), 1e-12)[cell]
        result = np.maximum(result + share * missing, 0)
    free = result * is_open
    have = sums(cell, free, count)
    left = np.maximum(totals - sums(cell, result - free, count), 0)
    scale = np.divide(left, have, out=np.ones_like(have), where=have > 0)
    return result - free + free * scale[cell]


def remaining_doubt(doubt: Floats, cell: Ints, count: int) -> Floats:
    """Return what is uncertain of each estimate once the totals of its cell are known."""
    gain = doubt @ _inverse(doubt, cell, count)[cell]
    remaining: Floats = doubt - gain @ doubt
    return remaining


def _inverse(doubt: Floats, cell: Ints, count: int) -> Floats:
    """Return the inverse of the summed covariances of each cell."""
    together = np.zeros((count, CLASSES, CLASSES))
    for one in range(CLASSES):
        for other in range(one, CLASSES):
            together[:, one, other] = sums(cell, doubt[:, one, other], count)
            together[:, other, one] = together[:, one, other]
    together[:, range(CLASSES), range(CLASSES)] += _LEAST_DOUBT
    inverse: Floats = np.linalg.inv(together).astype(np.float64)
    return inverse


def _summed(values: Floats, cell: Ints, count: int) -> Floats:
    return np.stack([sums(cell, values[:, place], count) for place in range(CLASSES)], axis=1)
