"""What a source counted for requests themselves, one by one or several together."""

import numpy as np

from models.calibration.arrays import Floats, Ints, sums
from models.calibration.balance import moved_to_meet
from models.calibration.traffic import Traffic


def with_told(traffic: Traffic, mean: Floats, doubt: Floats) -> tuple[Floats, Floats]:
    """Return what is expected of requests, and its covariances, once what was counted is known.

    What a source counted for a request itself has no doubt and moves no further.
    """
    mean, doubt = _together(traffic, mean, doubt)
    told = (traffic.told_read_tokens, traffic.told_write_5m_tokens, traffic.told_write_1h_tokens)
    for place, tokens in enumerate(told):
        rows = np.flatnonzero(tokens >= 0)
        mean, doubt = _known(mean, doubt, rows, place, tokens[rows].astype(np.float64))
    return mean, doubt


def _together(traffic: Traffic, mean: Floats, doubt: Floats) -> tuple[Floats, Floats]:
    """Share what a source counted for several requests out among them, by what they may be.

    A group of which some are not here is left alone: what the others read is not known.
    """
    rows = np.flatnonzero(traffic.reads_group >= 0)
    group = traffic.reads_group[rows]
    count = int(group.max(initial=-1)) + 1
    here = sums(group, np.ones(len(rows)), count)[group]
    rows, group = (each[here == traffic.group_requests[rows]] for each in (rows, group))
    told = traffic.told_read_tokens[rows]
    expected = np.where(told < 0, mean[rows, 0], told)
    variance = np.where(told < 0, np.maximum(doubt[rows, 0, 0], 1.0), 0.0)
    totals = np.zeros(count)
    totals[group] = traffic.group_read_tokens[rows]
    return _known(mean, doubt, rows, 0, moved_to_meet(expected, variance, group, totals))


def _known(
    mean: Floats, doubt: Floats, rows: Ints, place: int, tokens: Floats
) -> tuple[Floats, Floats]:
    """Condition what is expected of some requests on knowing their tokens of one class.

    What was not read was written: the other classes move by their covariance with this one.
    """
    if len(rows):
        of_class = doubt[rows, :, place]
        follows = of_class / np.maximum(of_class[:, place], 1e-12)[:, None]
        moved = mean[rows] + follows * (tokens - mean[rows, place])[:, None]
        left = doubt[rows] - follows[:, :, None] * of_class[:, None, :]
        mean[rows] = np.maximum(moved, 0.0)
        mean[rows, place] = tokens
        left[:, place, :] = 0.0
        left[:, :, place] = 0.0
        doubt[rows] = left
    return mean, doubt
