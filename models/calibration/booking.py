"""What is booked of an estimate: whole tokens that meet the totals, and how each is known.

A stretch is a part of a platform day. It is worked out by itself, from its own requests and totals
and from what was asked shortly before, so that whoever works it out again comes to the same.
"""

from dataclasses import dataclass

import numpy as np

from models.calibration.arrays import MINUTE_US, Bools, Floats, Ints, sums
from models.calibration.balance import CLASSES
from models.calibration.cells import Cells, cells
from models.calibration.estimate import Estimate, Knowledge, estimate
from models.calibration.platform import PlatformMinutes
from models.calibration.traffic import Traffic
from models.calibration.whole_numbers import whole_numbers

DAY_US = 24 * 60 * MINUTE_US
CONTEXT_US = 70 * MINUTE_US
"""What was asked so long before a stretch may still be in the cache, at the clocks' worst."""
NIGHT_US = 30 * MINUTE_US
"""A request that began before midnight is counted by then, whenever it really ended."""
_LONGEST_US = 60 * MINUTE_US

UNKNOWN, ESTIMATED, CALIBRATED = range(3)


@dataclass(frozen=True)
class Stretch:
    """[starts_us, ends_us) by the platform's clock."""

    starts_us: int
    ends_us: int


@dataclass(frozen=True)
class BookedCells:
    """One position per cell of a stretch: both sides' counts, and what is beyond the log.

    `outside_*` did not pass the gateway, `pool` (cells x 3) no request can own.
    """

    cells: Cells
    is_own: Bools
    outside_requests: Ints
    outside_input_tokens: Ints
    outside_output_tokens: Ints
    outside: Ints
    outside_doubt: Floats
    pool: Ints


@dataclass(frozen=True)
class Booked:
    """One position per request that the platform counted in a stretch.

    `place` is its position in the traffic, `deployment` where it is held to have run, `evidence`
    how its cache tokens (requests x 3) are known. `input_tokens` and `output_tokens` are what a
    request without usage gets of the totals, -1 where it gets nothing; `most_*` is what the cell
    has left of them.
    """

    stretch: Stretch
    place: Ints
    deployment: Ints
    cache_tokens: Ints
    evidence: Ints
    doubt: Floats
    input_tokens: Ints
    output_tokens: Ints
    most_input_tokens: Ints
    most_output_tokens: Ints
    cells: BookedCells


def stretches(midnight_us: int) -> tuple[Stretch, Stretch]:
    """Return the two stretches of a platform day.

    The first is what also the day before has to know: its requests may have begun then.
    """
    edge_us = midnight_us + NIGHT_US
    return Stretch(midnight_us, edge_us), Stretch(edge_us, midnight_us + DAY_US)


def counted_by_dawn(started_us: Ints, counted_us: Ints) -> Ints:
    """Return when requests are held to be counted: within the hour, and soon after a midnight."""
    midnight_us = started_us // DAY_US * DAY_US
    latest_us = np.minimum(started_us + _LONGEST_US, midnight_us + DAY_US + NIGHT_US - 1)
    return np.clip(counted_us, midnight_us, latest_us)


def booked(
    traffic: Traffic,
    minutes: PlatformMinutes,
    stretch: Stretch,
    knowledge: Knowledge,
    *,
    is_firm: bool,
) -> Booked:
    """Book a stretch. Without totals an estimate is booked only if what is known of it is firm."""
    since_us = stretch.starts_us - CONTEXT_US
    near = (
        (traffic.counted_us < stretch.ends_us)
        & (traffic.counted_us >= since_us)
        & ((traffic.started_us >= since_us) | (traffic.counted_us >= stretch.starts_us))
    )
    place = np.flatnonzero(near)
    shown = traffic.chosen(place)
    totals = minutes.chosen((minutes.minute_us >= since_us) & (minutes.minute_us < stretch.ends_us))
    held = cells(
        totals,
        shown.deployment,
        shown.counted_us,
        shown.input_tokens,
        shown.output_tokens,
        edge_us=stretch.starts_us,
    )
    found = estimate(shown, held, knowledge) if len(shown) else _nothing(held)
    tokens, outside, pool = _whole(shown, held, found)
    is_own = held.first_minute_us >= stretch.starts_us
    of_cells, (more_input, more_output) = _beyond(shown, held, is_own)
    own = np.flatnonzero(is_own[held.of_request])
    cell = held.of_request[own]
    evidence = np.where(held.is_measured[cell], CALIBRATED, ESTIMATED if is_firm else UNKNOWN)
    return Booked(
        stretch=stretch,
        place=place[own],
        deployment=shown.deployment[own],
        cache_tokens=tokens[own],
        evidence=evidence,
        doubt=found.doubt[own],
        input_tokens=more_input[own],
        output_tokens=more_output[own],
        most_input_tokens=np.where(more_input[own] >= 0, held.surplus_input_tokens[cell], -1),
        most_output_tokens=np.where(more_output[own] >= 0, held.surplus_output_tokens[cell], -1),
        cells=BookedCells(
            cells=held,
            is_own=is_own,
            outside_requests=of_cells[0],
            outside_input_tokens=of_cells[1],
            outside_output_tokens=of_cells[2],
            outside=outside,
            outside_doubt=found.outside_doubt,
            pool=pool,
        ),
    )


def _nothing(held: Cells) -> Estimate:
    """Without any request of the log all is outside where the platform counted requests."""
    outside = np.where(held.surplus_requests[:, None] > 0, held.cache_tokens, 0).astype(np.float64)
    none = np.zeros((0, CLASSES))
    return Estimate(
        none, np.zeros((0, CLASSES, CLASSES)), np.zeros(0), outside, np.zeros(outside.shape)
    )


def _whole(traffic: Traffic, held: Cells, found: Estimate) -> tuple[Ints, Ints, Ints]:
    """Return whole tokens of requests, of what is outside, and of the pool, by class.

    What a source counted for the request itself stays as it is.
    """
    tokens = np.rint(found.tokens).astype(np.int64)
    outside = np.zeros((len(held), CLASSES), dtype=np.int64)
    pool = np.zeros((len(held), CLASSES), dtype=np.int64)
    told = (traffic.told_read_tokens, traffic.told_write_5m_tokens, traffic.told_write_1h_tokens)
    is_measured = held.is_measured[held.of_request]
    beside = np.flatnonzero(held.surplus_requests > 0)
    for kind in range(CLASSES):
        is_told = told[kind] >= 0
        tokens[is_told, kind] = told[kind][is_told]
        fixed = sums(held.of_request[is_told], told[kind][is_told], len(held)).astype(np.int64)
        left = np.maximum(held.cache_tokens[:, kind] - fixed, 0)
        free = np.flatnonzero(~is_told & is_measured)
        whole = whole_numbers(
            np.concatenate([found.tokens[free, kind], found.outside[beside, kind]]),
            np.concatenate([held.of_request[free], beside]),
            left,
        )
        tokens[free, kind] = whole[: len(free)]
        outside[beside, kind] = whole[len(free) :]
        owned = sums(held.of_request[free], tokens[free, kind], len(held)).astype(np.int64)
        pool[:, kind] = np.where(held.is_measured, left - owned - outside[:, kind], 0)
    return tokens, outside, pool


def _beyond(
    traffic: Traffic, held: Cells, is_own: Bools
) -> tuple[tuple[Ints, Ints, Ints], tuple[Ints, Ints]]:
    """Return requests, input and output outside by cell, and what requests without usage get.

    Over a whole stretch the platform's surplus is exactly what it counted more than the log shows,
    whatever single minutes say; a stretch in which it counted less has none.
    """
    of_deployment = np.unique(held.deployment, return_inverse=True)[1]
    logged = held.logged.astype(np.float64)
    requests = _surplus(held.requests, logged, held.surplus_requests, of_deployment, is_own)
    shares = [
        _shared(held, is_own, of_deployment, requests, tokens, platform, surplus)
        for tokens, platform, surplus in (
            (traffic.input_tokens, held.input_tokens, held.surplus_input_tokens),
            (traffic.output_tokens, held.output_tokens, held.surplus_output_tokens),
        )
    ]
    (beyond_input, more_input), (beyond_output, more_output) = shares
    return (requests, beyond_input, beyond_output), (more_input, more_output)


def _shared(
    held: Cells,
    is_own: Bools,
    of_deployment: Ints,
    outside_requests: Ints,
    tokens: Ints,
    platform: Ints,
    surplus: Ints,
) -> tuple[Ints, Ints]:
    """Share one kind of surplus tokens out: to what is outside, by cell, and to the silent.

    A request of the log that does not tell them gets as much as one outside; -1 for all others.
    """
    cell = held.of_request
    logged = sums(cell, np.maximum(tokens, 0), len(held))
    left = _surplus(platform, logged, surplus, of_deployment, is_own)
    silent = np.flatnonzero((tokens < 0) & held.is_measured[cell] & is_own[cell])
    # Where nobody of the log can have used it, it is outside even if no request shows for it.
    heard = sums(cell[silent], np.ones(len(silent)), len(held)) == 0
    weights = np.concatenate([np.ones(len(silent)), np.maximum(outside_requests, heard)])
    share = whole_numbers(weights, np.concatenate([cell[silent], np.arange(len(held))]), left)
    more = np.full(len(tokens), -1, dtype=np.int64)
    more[silent] = share[: len(silent)]
    return share[len(silent) :], more


def _surplus(
    platform: Ints, logged: Floats, surplus: Ints, of_deployment: Ints, is_own: Bools
) -> Ints:
    """Return the surplus of each cell of the stretch, by deployment as much as it really has."""
    count = int(of_deployment.max(initial=-1)) + 1
    net = sums(of_deployment[is_own], (platform - logged)[is_own], count)
    totals = np.rint(np.maximum(net, 0)).astype(np.int64)
    own = np.where(is_own, surplus, 0).astype(np.float64)
    # A measure that the platform does not give for a deployment says nothing of it.
    return whole_numbers(own, of_deployment, totals)
