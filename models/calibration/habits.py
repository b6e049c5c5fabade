"""How clients and people use the cache: what their requests find in it, how long they ask it to
keep things, how fast conversations grow, and what passes beside the gateway.

Everything is learned from the totals of cells, first for all of a client's users, then what sets
each one apart, as far as their own traffic tells.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.optimize import lsq_linear

from models.calibration.arrays import Bools, Floats, Ints, sums
from models.calibration.cells import Cells
from models.calibration.prompt_size import CHAPTERS, Prompts
from models.calibration.ridge import Groups, deviations
from models.calibration.steps import OPENING, RESUMED, SITUATIONS, Steps
from models.calibration.traffic import Traffic

GROWING, WHOLE = range(2)
"""What is written: what a warm conversation grew by, or a whole prompt."""

# What is believed of each situation before anything is learned: a live entry is found, a dead one
# is not, and what lies between depends on which life was asked for.
_CONTINUED = np.repeat([0.999, 0.6, 0.4, 0.1], 5) * np.tile([0.9, 1.0, 1.0, 0.95, 0.8], 4)
_OPENING = np.tile([0.5, 0.3, 0.2, 0.1, 0.05, 0.02], 3)
_AFTER_A_PAUSE = np.repeat([[0.6], [0.9]], 11, axis=1) * np.repeat([1.0, 0.5], [5, 6])
_BELIEVED_SHARES = np.concatenate([_CONTINUED, _OPENING, _AFTER_A_PAUSE.ravel()])
SHARE_FLOOR = 1e-5
# A share of over one says that the prompts are larger than their bytes do.
MOST_SHARE = 1.1
# A belief about a situation counts as much as this many usual requests of it.
_WORTH_OF_BELIEF = 2.0
WARM_SITUATIONS = 5
_CALLER_DOUBTS = (0.02, 0.2, 0.2)
"""How much callers differ in what they find: while warm, after a pause, in the beginning."""

_HOUR_DOUBT, _CALLER_HOUR_DOUBT = 0.5, 0.3
_OUTSIDE_TOKENS = (3_000.0, 500.0, 100.0)
_TYPICAL_GROWTH_TOKENS = 800.0


@dataclass(frozen=True)
class Habits:
    """Arrays over situations, clients, callers and deployments, by id.

    `read_share` (situations x clients) is the share of what could be read that is; `caller_read`
    (callers x clients x 3) what is added for a caller. `hour_share` (clients x 2) is the share of
    writes that ask for an hour, `caller_hour` likewise. `outside` (deployments x 3) is what a
    request beside the gateway reads and writes. `growth_tokens` is by client.
    """

    read_share: Floats
    caller_read: Floats
    hour_share: Floats
    caller_hour: Floats
    outside: Floats
    growth_tokens: Floats
    growth_deviation_tokens: float
    size_jitter: float
    """Deviation of a prompt's bytes from one turn to the next, as a share of them."""

    def found_share(self, traffic: Traffic, step: Steps) -> Floats:
        """Return the share of what each request could read that it is expected to.

        It is over 1 where prompts are larger than their bytes say.
        """
        base = self.read_share[step.situation, traffic.client]
        own = self.caller_read[traffic.caller, traffic.client, occasion(step)]
        return np.clip(base + own, SHARE_FLOOR, MOST_SHARE)

    def asked_hour(self, traffic: Traffic, step: Steps) -> Floats:
        """Return the share of what each request writes that is to live for an hour."""
        kind = written_kind(step)
        base = self.hour_share[traffic.client, kind]
        return np.clip(base + self.caller_hour[traffic.caller, traffic.client, kind], 0.0, 1.0)


def occasion(step: Steps) -> Ints:
    """Return 0 while a conversation is warm, 1 after a pause, 2 in the beginning."""
    beginning = (step.chapter == RESUMED) | (step.chapter == OPENING)
    return np.where(beginning, 2, (step.situation >= WARM_SITUATIONS).astype(np.int64))


def written_kind(step: Steps) -> Ints:
    """Return GROWING or WHOLE by request."""
    is_warm = step.is_continued & (step.situation < WARM_SITUATIONS)
    return np.where(is_warm, GROWING, WHOLE)


def believed(traffic: Traffic, cells: Cells) -> Habits:
    """Return what is believed before anything is learned, with a place for every id."""
    clients = int(traffic.client.max(initial=0)) + 1
    callers = int(traffic.caller.max(initial=0)) + 1
    written = cells.cache_tokens[:, 1:].sum(axis=0)
    hour = float(written[1] / max(written.sum(), 1))
    return Habits(
        read_share=np.repeat(_BELIEVED_SHARES[:, None], clients, axis=1),
        caller_read=np.zeros((callers, clients, CHAPTERS)),
        hour_share=np.full((clients, 2), hour),
        caller_hour=np.zeros((callers, clients, 2)),
        outside=np.tile(_OUTSIDE_TOKENS, (int(cells.deployment.max(initial=0)) + 1, 1)),
        growth_tokens=np.full(clients, _TYPICAL_GROWTH_TOKENS),
        growth_deviation_tokens=1_000.0,
        size_jitter=0.0,
    )


def with_room(habits: Habits, traffic: Traffic, cells: Cells) -> Habits:
    """Return the same habits with a place for every id that occurs; newcomers are as usual."""
    plain = believed(traffic, cells)

    def grown(own: Floats, usual: Floats) -> Floats:
        shape = [max(sides) for sides in zip(own.shape, usual.shape, strict=True)]
        result = np.zeros(shape)
        result[tuple(slice(side) for side in usual.shape)] = usual
        result[tuple(slice(side) for side in own.shape)] = own
        return result

    return replace(
        habits,
        read_share=grown(habits.read_share, plain.read_share),
        caller_read=grown(habits.caller_read, plain.caller_read),
        hour_share=grown(habits.hour_share, plain.hour_share),
        caller_hour=grown(habits.caller_hour, plain.caller_hour),
        outside=grown(habits.outside, plain.outside),
        growth_tokens=grown(habits.growth_tokens, plain.growth_tokens),
    )


def with_reads(
    habits: Habits, traffic: Traffic, step: Steps, prompt: Prompts, readable: Floats, cells: Cells
) -> Habits:
    """Learn what share of what each situation could read was read, then callers' own shares."""
    clients = habits.read_share.shape[1]
    reads = cells.cache_tokens[:, 0].astype(np.float64)
    cell, count = cells.of_request, len(cells)
    is_used = cells.is_telling
    spread = sums(cell, (0.02 * prompt.tokens) ** 2, count)
    outside_doubt = cells.surplus_requests * 20_000.0**2
    deviation = np.sqrt(spread + outside_doubt + 500.0**2)
    key = step.situation * clients + traffic.client
    shares, outside = _shares(key, readable, reads, deviation, is_used, cells, clients)
    habits = replace(habits, read_share=shares.reshape(SITUATIONS, clients))
    base = shares[key]
    either = np.maximum(base * (1 - base), 0.0)
    deviation = np.sqrt(
        sums(cell, (0.03 * prompt.tokens) ** 2 + either * readable**2, count)
        + cells.surplus_requests * 30_000.0**2
        + 500.0**2
    )
    group = (traffic.caller * clients + traffic.client) * CHAPTERS + occasion(step)
    callers = habits.caller_read.shape[0]
    groups = Groups(
        group,
        np.tile(_CALLER_DOUBTS, callers * clients),
        np.tile(np.arange(clients * CHAPTERS), callers),
    )
    own = deviations(
        groups,
        readable,
        base,
        cell,
        reads - outside[cells.deployment] * cells.surplus_requests,
        np.where(is_used, deviation, np.inf),
    )
    return replace(habits, caller_read=own.reshape(habits.caller_read.shape))


def _shares(
    key: Ints,
    readable: Floats,
    reads: Floats,
    deviation: Floats,
    is_used: Bools,
    cells: Cells,
    clients: int,
) -> tuple[Floats, Floats]:
    """Return shares between 0 and 1 by situation and client, and reads of a request outside."""
    owns = readable > 0
    used = np.unique(key[owns])
    place = np.searchsorted(used, key[owns])
    deployments = int(cells.deployment.max(initial=0)) + 1
    weight = np.where(is_used, 1 / deviation, 0.0)
    cell = cells.of_request[owns]
    matrix = sparse.csr_array(
        (
            np.concatenate([readable[owns] * weight[cell], cells.surplus_requests * weight]),
            (
                np.concatenate([cell, np.arange(len(cells))]),
                np.concatenate([place, len(used) + cells.deployment]),
            ),
        ),
        shape=(len(cells), len(used) + deployments),
    )
    squares = np.asarray(matrix.multiply(matrix).sum(axis=0)).ravel()
    number = np.maximum(np.asarray((matrix > 0).sum(axis=0)).ravel(), 1)
    belief = np.concatenate(
        [_WORTH_OF_BELIEF * np.sqrt(squares / number)[: len(used)], np.full(deployments, 1 / 2e4)]
    )
    expected = np.concatenate([_BELIEVED_SHARES[used // clients], np.full(deployments, 5_000.0)])
    normal = (matrix.T @ matrix).toarray() + np.diag(belief**2)
    wanted = matrix.T @ (reads * weight) + belief**2 * expected
    scale = np.sqrt(np.maximum(np.diag(normal), 1e-12))
    root = np.linalg.cholesky(normal / np.outer(scale, scale) + 1e-9 * np.eye(len(scale)))
    most = np.concatenate([np.full(len(used), MOST_SHARE), np.full(deployments, 1e6)])
    found = lsq_linear(
        root.T, np.linalg.solve(root, wanted / scale), bounds=(np.zeros(len(scale)), most * scale)
    )
    result = np.repeat(_BELIEVED_SHARES, clients)
    result[used] = found.x[: len(used)] / scale[: len(used)]
    outside = found.x[len(used) :] / scale[len(used) :]
    return np.clip(result, SHARE_FLOOR, MOST_SHARE), outside


def with_lives(
    habits: Habits, traffic: Traffic, step: Steps, written: Floats, cells: Cells
) -> Habits:
    """Learn which part of the writes asks for an hour; `written` is each request's estimate."""
    both = cells.cache_tokens[:, 1:].sum(axis=0)
    if not both.all():
        return habits
    clients = habits.hour_share.shape[0]
    cell, count = cells.of_request, len(cells)
    hour = float(both[1] / both.sum())
    is_used = cells.is_telling
    deviation = np.sqrt(
        sums(cell, (0.5 * written) ** 2 * hour, count)
        + cells.surplus_requests * 5_000.0**2
        + 200.0**2
    )
    deviation = np.where(is_used, deviation, np.inf)
    wanted = cells.cache_tokens[:, 2] - habits.outside[cells.deployment, 2] * cells.surplus_requests
    kind = written_kind(step)
    kinds = np.arange(clients * 2)
    group = traffic.client * 2 + kind
    groups = Groups(group, np.full(clients * 2, _HOUR_DOUBT), kinds)
    usual = np.full(len(traffic), hour)
    found = deviations(groups, written, usual, cell, wanted, deviation)
    shares = np.clip(hour + found, 0.0, 1.0)
    own_groups = Groups(
        (traffic.caller * clients + traffic.client) * 2 + kind,
        np.full(habits.caller_hour.size, _CALLER_HOUR_DOUBT),
        np.tile(kinds, habits.caller_hour.shape[0]),
    )
    own = deviations(own_groups, written, shares[group], cell, wanted, deviation)
    return replace(
        habits,
        hour_share=shares.reshape(clients, 2),
        caller_hour=own.reshape(habits.caller_hour.shape),
    )
