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
        certainty = np.ones(len(rows))
        mean, doubt = _known(mean, doubt, rows, place, tokens[rows].astype(np.float64), certainty)
    return mean, doubt


def _together(traffic: Traffic, mean: Floats, doubt: Floats) -> tuple[Floats, Floats]:
    """Share what a source counted for several requests out among them, by what they may be.

    A group of which some are not here is left alone: what the others read is not known. One of
    several deployments has a total for each, which may still move what is read on either.
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
    deployment = traffic.deployment[rows]
    usual = sums(group, deployment, count) / np.maximum(sums(group, np.ones(len(rows)), count), 1)
    is_spread = sums(group, deployment != usual[group], count)[group] > 0
    share = variance / np.maximum(sums(group, variance, count), 1.0)[group]
    certainty = np.where(is_spread & (told < 0), share, 1.0)
    tokens = moved_to_meet(expected, variance, group, totals)
    return _known(mean, doubt, rows, 0, tokens, certainty)


def _known(
    mean: Floats, doubt: Floats, rows: Ints, place: int, tokens: Floats, certainty: Floats
) -> tuple[Floats, Floats]:
    """Condition what is expected of some requests on knowing their tokens of one class.

    What was not read was written: the other classes move by their covariance with this one.
    `certainty` is 1 where the tokens are known, else how much of their variance is gone.
    """
    if len(rows):
        of_class = doubt[rows, :, place]
        follows = of_class / np.maximum(of_class[:, place], 1e-12)[:, None]
        moved = mean[rows] + follows * (tokens - mean[rows, place])[:, None]
        gone = certainty[:, None, None] * follows[:, :, None] * of_class[:, None, :]
        left = doubt[rows] - gone
        mean[rows] = np.maximum(moved, 0.0)
        mean[rows, place] = tokens
        is_known = certainty == 1
        left[is_known, place, :] = 0.0
        left[is_known, :, place] = 0.0
        doubt[rows] = left
    return mean, doubt
