"""What passes beside the gateway: requests that the platform counted and the log does not have."""

from dataclasses import replace

import numpy as np
from scipy.optimize import nnls

from models.calibration.arrays import Floats, sums
from models.calibration.balance import CLASSES
from models.calibration.cells import Cells
from models.calibration.habits import Habits

# What is believed of requests outside counts as much as this many of them.
_BELIEF = 20.0
_FEWEST, _SCALE_TOKENS = 20, 10_000.0


def learned_outside(habits: Habits, cells: Cells, mean: Floats) -> Habits:
    """Learn what a request outside reads and writes from what is left of cells that have some.

    Against cells without any, so that an error in what the log's requests are expected to use does
    not count as theirs: totals are a multiple of the expected, plus so much per request outside.
    """
    result = habits.outside.copy()
    expected = np.stack(
        [sums(cells.of_request, mean[:, place], len(cells)) for place in range(CLASSES)], axis=1
    )
    is_used = cells.is_measured & ~cells.is_short
    for deployment in np.unique(cells.deployment):
        mine = is_used & (cells.deployment == deployment)
        number = cells.surplus_requests[mine].astype(np.float64)
        if number.sum() < _FEWEST:
            continue
        for place in range(CLASSES):
            log, total = expected[mine, place], cells.cache_tokens[mine, place]
            weight = 1 / (log + number * _SCALE_TOKENS + 1_000.0)
            columns = np.stack([log, number], axis=1) * weight[:, None]
            found = nnls(columns, total * weight)[0]
            result[deployment, place] = found[1]
    return replace(habits, outside=result)


def with_outside(habits: Habits, believed: Floats, cells: Cells, outside: Floats) -> Habits:
    """Learn the reads and writes of a request outside from estimates, by deployment."""
    count = len(believed)
    number = sums(cells.deployment, cells.surplus_requests, count)[:, None]
    found = np.stack(
        [sums(cells.deployment, outside[:, place], count) for place in range(CLASSES)], axis=1
    )
    learned = (found + _BELIEF * believed) / (number + _BELIEF)
    return replace(habits, outside=learned)
