"""Each request's cache reads and writes: expected from its conversation, met with the totals."""

from dataclasses import dataclass

import numpy as np

from models.calibration.arrays import Floats, sums
from models.calibration.balance import CLASSES, balanced, remaining_doubt
from models.calibration.cells import Cells
from models.calibration.growth import with_growth
from models.calibration.habits import (
    SHARE_FLOOR,
    Habits,
    believed,
    with_lives,
    with_reads,
    with_room,
    written_kind,
)
from models.calibration.outside import learned_outside, with_outside
from models.calibration.prompt_size import Prompts, learned_sizes, prompts
from models.calibration.size_knowledge import PromptSizes, Seen
from models.calibration.steps import Steps, by_life, steps
from models.calibration.told import with_told
from models.calibration.traffic import Traffic, filled_sizes

_, WRITE_5M, WRITE_1H = range(CLASSES)

_ROUNDS = 4
# A prompt that is nearly all uncached was not meant for the cache.
_UNCACHED_SHARE = 0.8
# Deviations: of what lies in the cache, as a share of the prompt; of a text's growth, of itself.
_LEVEL_DOUBT, _GROWTH_DOUBT, _LEAST_GROWTH_DOUBT_TOKENS = 0.02, 0.15, 30.0
_PICTURE_TOKENS = 1_000.0
# Outcomes that are this sure are not moved by what a cell has left over.
_NEARLY_SURE = 0.02
_LIFE_BELIEF_TOKENS, _OWN_LIFE_BELIEF_TOKENS = 100_000.0, 4_000.0
_OUTSIDE_DOUBT_TOKENS = (1_800.0, 300.0, 300.0)


@dataclass(frozen=True)
class Estimate:
    """Per request of a Traffic: tokens (requests x 3), their covariances, the prompt's tokens.

    `outside` is the same for what passed beside the gateway, by cell (cells x 3), and
    `outside_doubt` its variances.
    """

    tokens: Floats
    doubt: Floats
    prompt_tokens: Floats
    outside: Floats
    outside_doubt: Floats


@dataclass(frozen=True)
class Knowledge:
    """All that is learned from a window: how bytes make tokens, how the cache is used."""

    sizes: PromptSizes
    habits: Habits


@dataclass
class _State:
    """What the rounds refine: what each request leaves in the cache, whole, and what it reads."""

    whole: Floats
    left: Floats
    readable: Floats
    alone: Floats
    """`whole` as the bytes alone say it."""


def learn(traffic: Traffic, cells: Cells) -> Knowledge:
    """Learn from a closed window's requests and totals."""
    size_bytes = filled_sizes(traffic)
    step = steps(traffic, size_bytes)
    seen = Seen(traffic, step, size_bytes, cells)
    sizes = learned_sizes(seen)
    prompt = prompts(seen, sizes)
    habits = with_growth(believed(traffic, cells), traffic, step, prompt)
    state = _first_state(traffic, step, prompt)
    habits = with_reads(habits, traffic, step, prompt, state.readable, cells)
    asked = habits.asked_hour(traffic, step)
    mean, _ = _expected(traffic, step, prompt, habits, state, asked)
    habits = learned_outside(habits, cells, mean)
    tokens, outside = _round(traffic, step, prompt, cells, habits, state, asked)[:2]
    habits = with_outside(habits, habits.outside, cells, outside)
    written = tokens[:, WRITE_5M] + tokens[:, WRITE_1H]
    habits = with_lives(habits, traffic, step, written, cells)
    step = by_life(step, habits.asked_hour(traffic, step))
    habits = with_reads(habits, traffic, step, prompt, state.readable, cells)
    return Knowledge(sizes, habits)


def estimate(traffic: Traffic, cells: Cells, knowledge: Knowledge) -> Estimate:
    """Estimate every request from what is known and what its cells say."""
    size_bytes = filled_sizes(traffic)
    step = steps(traffic, size_bytes)
    prompt = prompts(Seen(traffic, step, size_bytes, cells), knowledge.sizes)
    habits = with_room(knowledge.habits, traffic, cells)
    state = _first_state(traffic, step, prompt)
    asked = habits.asked_hour(traffic, step)
    step = by_life(step, asked)
    believed_outside = habits.outside
    tokens, outside, doubt = _round(traffic, step, prompt, cells, habits, state, asked)
    for _ in range(_ROUNDS - 1):
        habits = with_outside(habits, believed_outside, cells, outside)
        asked = _asked(habits, traffic, step, tokens)
        _refine(state, step, tokens)
        tokens, outside, doubt = _round(traffic, step, prompt, cells, habits, state, asked)
    beside = np.flatnonzero(cells.surplus_requests > 0)
    of_request = np.concatenate([cells.of_request, beside])
    remaining = remaining_doubt(doubt, of_request, len(cells))
    # Without totals there is nothing to meet, and nothing that makes an estimate surer.
    is_free = ~cells.is_measured[cells.of_request]
    left = np.where(is_free[:, None, None], doubt[: len(traffic)], remaining[: len(traffic)])
    outside_doubt = np.zeros((len(cells), CLASSES))
    outside_doubt[beside] = np.diagonal(remaining[len(traffic) :], axis1=1, axis2=2)
    return Estimate(tokens, left, prompt.tokens, outside, outside_doubt)


def _first_state(traffic: Traffic, step: Steps, prompt: Prompts) -> _State:
    """A prompt leaves in the cache all but its uncached tail, unless that is nearly all of it."""
    # What a request without usage left uncached is not known; it is little where one caches.
    uncached = np.where(traffic.input_tokens >= 0, traffic.input_tokens, 20)
    is_cached = uncached < _UNCACHED_SHARE * prompt.tokens
    whole = np.where(is_cached, np.maximum(prompt.tokens - uncached, 0.0), 0.0)
    return _State(whole, whole.copy(), _readable(step, whole, whole), whole.copy())


def _readable(step: Steps, left: Floats, whole: Floats) -> Floats:
    result: Floats = np.where(step.is_continued, left[np.maximum(step.previous, 0)], whole)
    return result * (whole > 0)


def _refine(state: _State, step: Steps, tokens: Floats) -> None:
    """Take over half of what the totals said of what lies in the cache."""
    held = tokens.sum(axis=1)
    caches = state.whole > 0
    state.left = np.where(caches, (state.left + held) / 2, 0.0)
    opens = caches & ~step.is_continued
    state.whole = np.where(opens, (state.whole + np.maximum(held, 1.0)) / 2, state.whole)
    state.readable = _readable(step, state.left, state.whole)


def _round(
    traffic: Traffic,
    step: Steps,
    prompt: Prompts,
    cells: Cells,
    habits: Habits,
    state: _State,
    asked_hour: Floats,
) -> tuple[Floats, Floats, Floats]:
    """Return tokens that meet the cells' totals, what is outside by cell, and the doubt before.

    The doubt has the requests' rows first, then one for each cell with requests outside.
    """
    mean, doubt = _expected(traffic, step, prompt, habits, state, asked_hour)
    mean, doubt = with_told(traffic, mean, doubt)
    beside = np.flatnonzero(cells.surplus_requests > 0)
    number = cells.surplus_requests[beside].astype(np.float64)
    outside_mean = habits.outside[cells.deployment[beside]]
    outside_doubt = np.zeros((len(beside), CLASSES, CLASSES))
    for place in range(CLASSES):
        deviation = outside_mean[:, place] + _OUTSIDE_DOUBT_TOKENS[place]
        outside_doubt[:, place, place] = number * deviation**2
    doubt = np.concatenate([doubt, outside_doubt])
    result = balanced(
        np.concatenate([mean, outside_mean * number[:, None]]),
        doubt,
        np.concatenate([cells.of_request, beside]),
        cells.cache_tokens.astype(np.float64),
    )
    outside = np.zeros((len(cells), CLASSES))
    outside[beside] = result[len(traffic) :]
    is_free = ~cells.is_measured[cells.of_request]
    return np.where(is_free[:, None], mean, result[: len(traffic)]), outside, doubt


def _expected(
    traffic: Traffic,
    step: Steps,
    prompt: Prompts,
    habits: Habits,
    state: _State,
    asked_hour: Floats,
) -> tuple[Floats, Floats]:
    caches = state.whole > 0
    share = habits.found_share(traffic, step)
    found = np.clip(share, SHARE_FLOOR, 1 - SHARE_FLOOR)
    readable = state.readable * np.maximum(share, 1.0)
    growth, growth_variance = _growth(traffic, step, prompt, habits, state)
    whole = np.where(step.is_continued, readable + growth, state.whole)
    read = found * readable * caches
    written = np.maximum(whole - read, 0.0) * caches
    either = found * (1 - found)
    swap = either * np.minimum(1.0, either / _NEARLY_SURE) * readable**2 + 1.0
    level = (_LEVEL_DOUBT * prompt.tokens) ** 2 + 100.0
    read_variance = found * level + swap
    write_variance = growth_variance + (1 - found) * level + swap
    lives = asked_hour * (1 - asked_hour) * written**2
    mean = np.stack([read, (1 - asked_hour) * written, asked_hour * written], axis=1)
    doubt = np.zeros((len(traffic), CLASSES, CLASSES))
    doubt[:, 0, 0] = read_variance
    doubt[:, 0, 1] = doubt[:, 1, 0] = -swap * (1 - asked_hour)
    doubt[:, 0, 2] = doubt[:, 2, 0] = -swap * asked_hour
    doubt[:, 1, 1] = write_variance * (1 - asked_hour) ** 2 + lives + 1.0
    doubt[:, 2, 2] = write_variance * asked_hour**2 + lives + 1e-3
    doubt[:, 1, 2] = doubt[:, 2, 1] = write_variance * asked_hour * (1 - asked_hour) - lives
    doubt[~caches] = np.eye(CLASSES)
    return mean, doubt


def _growth(
    traffic: Traffic, step: Steps, prompt: Prompts, habits: Habits, state: _State
) -> tuple[Floats, Floats]:
    """Return by how many cached tokens each conversation grew, and its variance.

    Where sizes jitter, what a client's conversations usually grow by says more than the bytes.
    Openings have none; their variance is that of what a large step may not have been text.
    """
    before = np.maximum(step.previous, 0)
    told = state.alone - state.alone[before]
    usual = habits.growth_tokens[traffic.client] + np.maximum(traffic.output_tokens[before], 0)
    own = habits.growth_deviation_tokens**2
    trust = own / (own + 2 * (habits.size_jitter * prompt.tokens) ** 2)
    growth = np.maximum(trust * told + (1 - trust) * usual, 0.0)
    variance = (1 - trust) * own + (_GROWTH_DOUBT * growth) ** 2 + _LEAST_GROWTH_DOUBT_TOKENS**2
    full = prompt.tokens_per_byte * step.bytes_added
    earlier = np.where(step.previous >= 0, prompt.tokens[before], 0.0)
    text = np.clip(prompt.tokens - earlier, 0.0, np.maximum(full, 0.0))
    unclear = (0.5 * np.minimum(text, full - text) + _PICTURE_TOKENS) ** 2 + 0.02 * full**2
    growth = np.where(step.is_large & step.is_continued, text, growth)
    variance = np.where(step.is_large & step.is_continued, unclear, variance)
    opened = np.where(step.is_large, unclear, 0.0)
    return growth, np.where(step.is_continued, variance, opened)


def _asked(habits: Habits, traffic: Traffic, step: Steps, tokens: Floats) -> Floats:
    """Return the share of writes for an hour, from the caller's and then the conversation's."""
    kind = written_kind(step)
    written = tokens[:, WRITE_5M] + tokens[:, WRITE_1H]
    share = habits.asked_hour(traffic, step)
    clients = habits.hour_share.shape[0]
    groups = (
        ((traffic.caller * clients + traffic.client) * 2 + kind, _LIFE_BELIEF_TOKENS),
        (traffic.conversation * 2 + kind, _OWN_LIFE_BELIEF_TOKENS),
    )
    for group, belief in groups:
        count = int(group.max(initial=0)) + 1
        hour = sums(group, tokens[:, WRITE_1H], count)[group] + belief * share
        share = hour / (sums(group, written, count)[group] + belief)
    return np.clip(share, 0.0, 1.0)
