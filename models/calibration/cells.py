"""Cells: the finest spans of one deployment's minutes in which log and platform agree.

A cell is a minute. Where the log shows more in a minute than the platform counted, a request was
counted in the minute beside it, or a value came late: the two minutes are one cell then.
"""

from dataclasses import dataclass

import numpy as np

from models.calibration.arrays import MINUTE_US, Bools, Floats, Ints, sums
from models.calibration.platform import PlatformMinutes

_MOST_MINUTES = 8
_NEAR_MINUTES = 2


@dataclass(frozen=True)
class Cells:
    """One position per cell; `of_request` has the cell of each request.

    Counts are whole numbers. `unmetered` is how many of the log's requests say nothing of their
    tokens. `surplus_*` is what the platform counted beyond the log, at least 0: requests beyond all
    of the log's, tokens beyond those that the log tells.
    """

    of_request: Ints
    deployment: Ints
    first_minute_us: Ints
    minutes: Ints
    logged: Ints
    unmetered: Ints
    requests: Ints
    input_tokens: Ints
    output_tokens: Ints
    cache_tokens: Ints
    """Reads, writes for five minutes and for an hour: cells x 3."""
    surplus_requests: Ints
    surplus_input_tokens: Ints
    surplus_output_tokens: Ints
    is_measured: Bools
    """The platform counted anything in it."""
    is_short: Bools
    """The platform counted less than the log shows, and no minute beside it explains that."""

    @property
    def is_telling(self) -> Bools:
        """Both sides speak of the cell, and the platform counted no less than the log shows."""
        result: Bools = self.is_measured & (self.logged > 0) & ~self.is_short
        return result

    def __len__(self) -> int:
        return len(self.minutes)


def cells(
    minutes: PlatformMinutes,
    deployment: Ints,
    counted_us: Ints,
    input_tokens: Ints,
    output_tokens: Ints,
    *,
    edge_us: int = 0,
) -> Cells:
    """Join the log's requests and the platform's minutes; tokens are -1 where the log is silent.

    No cell reaches over `edge_us`, a whole minute.
    """
    minute = counted_us // MINUTE_US
    width = int(max(minute.max(initial=0), (minutes.minute_us // MINUTE_US).max(initial=0))) + 1
    request_key = deployment * width + minute
    point_key = minutes.deployment * width + minutes.minute_us // MINUTE_US
    keys = np.unique(np.concatenate([request_key, point_key]))
    of_request, of_point = np.searchsorted(keys, request_key), np.searchsorted(keys, point_key)
    log, unmetered = _logged(of_request, input_tokens, output_tokens, len(keys))
    platform, cache = _counted(minutes, of_point, len(keys))
    beyond = platform - log
    # A measure that the platform does not give for a deployment says nothing of it.
    of_deployment = keys // width
    given = np.stack(
        [sums(of_deployment, part, int(of_deployment.max(initial=0)) + 1) for part in platform]
    )
    beyond[given[:, of_deployment] == 0] = 0
    begins = _boundaries(
        beyond, platform.sum(axis=0), of_deployment, keys % width, edge_us // MINUTE_US
    )
    first = np.flatnonzero(begins)
    cell = np.cumsum(begins) - 1
    log, platform = (np.add.reduceat(part, first, axis=1) for part in (log, platform))
    unmetered = np.add.reduceat(unmetered, first)
    beyond = np.add.reduceat(beyond, first, axis=1)
    surplus = np.maximum(beyond, 0)
    cache = np.add.reduceat(cache, first, axis=0)
    return Cells(
        of_request=cell[of_request],
        deployment=keys[first] // width,
        first_minute_us=keys[first] % width * MINUTE_US,
        minutes=np.diff(np.append(first, len(keys))),
        logged=(log[0] + unmetered).astype(np.int64),
        unmetered=unmetered.astype(np.int64),
        requests=platform[0].astype(np.int64),
        input_tokens=platform[1].astype(np.int64),
        output_tokens=platform[2].astype(np.int64),
        cache_tokens=cache.astype(np.int64),
        surplus_requests=np.maximum(surplus[0] - unmetered, 0).astype(np.int64),
        surplus_input_tokens=surplus[1].astype(np.int64),
        surplus_output_tokens=surplus[2].astype(np.int64),
        is_measured=(platform.sum(axis=0) > 0) | (cache.sum(axis=1) > 0),
        is_short=(beyond < 0).any(axis=0) & (platform.sum(axis=0) > 0),
    )


def _logged(
    of_request: Ints, input_tokens: Ints, output_tokens: Ints, count: int
) -> tuple[Floats, Floats]:
    """Return requests, input and output of the log (3 x minutes), and requests without usage."""
    known = input_tokens >= 0
    told = (
        known,
        np.where(known, input_tokens, 0),
        np.maximum(output_tokens, 0),
    )
    return np.stack([sums(of_request, part, count) for part in told]), sums(
        of_request, ~known, count
    )


def _counted(minutes: PlatformMinutes, of_point: Ints, count: int) -> tuple[Floats, Floats]:
    """Return the platform's requests, input and output (3 x minutes), and cache (minutes x 3)."""
    plain = (minutes.requests, minutes.input_tokens, minutes.output_tokens)
    cache = (
        minutes.cache_read_tokens,
        minutes.cache_write_5m_tokens,
        minutes.cache_write_1h_tokens,
    )
    return (
        np.stack([sums(of_point, part, count) for part in plain]),
        np.stack([sums(of_point, part, count) for part in cache], axis=1),
    )


def _boundaries(
    beyond: Floats, counted: Floats, deployment: Ints, minute: Ints, edge: int
) -> Bools:
    """Tell which minutes begin a cell.

    `beyond` is platform less log, 3 x minutes, `counted` whatever the platform counted.
    """
    begins = np.ones(len(minute), dtype=np.bool_)
    if not len(minute):
        return begins
    joins = np.zeros(len(minute), dtype=np.bool_)
    joins[1:] = (
        (deployment[1:] == deployment[:-1])
        & (np.diff(minute) <= _NEAR_MINUTES)
        & ((minute[1:] < edge) | (minute[:-1] >= edge))
    )
    for _ in range(_MOST_MINUTES):
        first = np.flatnonzero(begins)
        excess = np.add.reduceat(beyond, first, axis=1)
        lacks = (excess < 0).any(axis=0) & (np.diff(np.append(first, len(minute))) < _MOST_MINUTES)
        is_silent = np.add.reduceat(counted, first) == 0
        before = _helps(excess, is_silent, joins[first], -1)
        after = _helps(excess, is_silent, np.append(joins[first[1:]], False), 1)
        takes_before = lacks & (before > 0) & (before >= after)
        takes_after = lacks & (after > 0) & ~takes_before
        if not (takes_before.any() or takes_after.any()):
            break
        begins[first[takes_before]] = False
        begins[first[np.flatnonzero(takes_after) + 1]] = False
    return begins


def _helps(excess: Floats, is_silent: Bools, is_near: Bools, side: int) -> Floats:
    """Return how much of what each cell lacks its neighbour has too much of, 0 when not all of it.

    Joining is right only where the neighbour has more of everything that is lacking. Of a minute
    without any count it must have the whole: else that minute was lost, not counted late.
    """
    neighbour = np.roll(excess, -side, axis=1)
    wanted = np.maximum(-excess, 0)
    offered = np.maximum(neighbour, 0)
    serves = ((wanted == 0) | (offered >= np.where(is_silent, wanted, 1))).all(axis=0)
    covered = np.minimum(wanted, offered).sum(axis=0)
    return np.where(is_near & serves, covered, 0.0)
