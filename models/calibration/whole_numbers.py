"""Whole tokens from estimates, so that every total is met exactly."""

import numpy as np

from models.calibration.arrays import Floats, Ints, sums


def whole_numbers(values: Floats, places: Ints, totals: Ints) -> Ints:
    """Round values of at least 0 so that each place sums to its total, by largest remainder.

    A value moves by less than one, if the values of its place sum to the total as they came; what
    they miss or exceed is spread in proportion first. A place without any value above 0 keeps
    zeros: the caller sees its total unmet. Ties go to the earlier row.
    """
    count = len(totals)
    have = sums(places, values, count)
    scale = np.divide(totals, have, out=np.zeros(count), where=have > 0)
    scaled = values * scale[places]
    floor = np.floor(scaled)
    missing = np.where(have > 0, totals - sums(places, floor, count), 0).astype(np.int64)
    # Rank the remainders of each place, largest first.
    order = np.lexsort((np.arange(len(values)), floor - scaled, places))
    ranked = places[order]
    first = np.searchsorted(ranked, np.arange(count))
    rank = np.arange(len(values)) - first[ranked]
    result = floor.astype(np.int64)
    result[order] += rank < missing[ranked]
    return result
