"""From request to request: which one each continues, after how long, by how many bytes.

A prompt is the whole conversation so far, so the bytes of a continued one are the bytes of the one
before and a little more. Conversations that run side by side (subagents under one session header,
windows without any header) are told apart by that alone.
"""

from dataclasses import dataclass, replace

import numpy as np

from models.calibration.arrays import MINUTE_US, Bools, Floats, Ints, joined, since_last
from models.calibration.traffic import Traffic

LONGEST_MEMORY_US = 65 * MINUTE_US
"""A cache entry lives an hour at most after its last use; five minutes more for the clocks."""

CONTINUED_SITUATIONS, _OPENING_SITUATIONS = 20, 18
# After such a pause an entry lives on if it was to live for an hour, else not.
_PAUSED = np.array([10, 11, 12, 13, 14, 21, 22, 27, 28, 33, 34])
_HOUR_LIKELY = (1 / 3, 2 / 3)
SITUATIONS = CONTINUED_SITUATIONS + _OPENING_SITUATIONS + len(_HOUR_LIKELY) * len(_PAUSED)
"""Kinds of steps that are likely to find the same share of their prompt in the cache."""

SAME_CHAPTER, RESUMED, OPENING = range(3)

# What a resumed or new conversation may remember of itself: a week.
_LOOK_BACK_US = 7 * 24 * 60 * MINUTE_US
_LOOK_BACK_REQUESTS = 16
_STILL_ANSWERING_US = 2_000_000
# The same text is not always the same bytes: escapes, headers, dropped thoughts.
_SHRINK_SHARE, _SHRINK_BYTES = 0.05, 300
# Of two equally fitting requests the later one: bytes per request of distance, of its size.
_DISTANCE_SHARE = 0.003
# More than a person types or a tool usually answers in one turn: maybe a picture or a document.
_LARGE_STEP_BYTES = 60_000
# The two documented lives of an entry, with a margin where it may be either.
_LIVES = tuple(minutes * MINUTE_US for minutes in (4.5, 5.5, 57.0))
_GROWTHS = (0.0, 0.02, 0.1, 0.4)
_ANSWER_BYTES_PER_TOKEN = 2.0


@dataclass(frozen=True)
class Steps:
    """One position per request of a Traffic.

    `previous` is the request continued, -1 for none. `situation` is below SITUATIONS, its first
    CONTINUED_SITUATIONS are those of requests that continue one of the last 65 minutes. `chapter`
    is SAME_CHAPTER for those, RESUMED after a longer pause, else OPENING. `is_large` tells steps of
    so many bytes that they may not be text.
    """

    previous: Ints
    gap_us: Floats
    bytes_added: Floats
    situation: Ints
    chapter: Ints
    is_large: Bools

    @property
    def is_continued(self) -> Bools:
        """Continues a request whose cache entry may still live."""
        result: Bools = self.chapter == SAME_CHAPTER
        return result


def steps(traffic: Traffic, size_bytes: Floats) -> Steps:
    """Return each request's step; `size_bytes` as filled_sizes returns them."""
    previous = _previous(traffic, size_bytes)
    has_previous = previous >= 0
    before = np.maximum(previous, 0)
    gap_us = np.where(has_previous, traffic.started_us - traffic.started_us[before], np.inf)
    added = np.where(has_previous, size_bytes - size_bytes[before], size_bytes)
    # A conversation holds at least the answer before; a prompt without room for it is another one.
    answer_bytes = _ANSWER_BYTES_PER_TOKEN * np.maximum(traffic.output_tokens[before], 0)
    continued = has_previous & (gap_us <= LONGEST_MEMORY_US)
    chapter = np.where(continued, SAME_CHAPTER, np.where(has_previous, RESUMED, OPENING))
    usual = np.zeros(len(traffic))
    for client in np.unique(traffic.client):
        opening = (traffic.client == client) & ~has_previous
        if opening.any():
            usual[traffic.client == client] = np.median(size_bytes[opening])
    return Steps(
        previous=previous,
        gap_us=gap_us,
        bytes_added=added,
        situation=np.where(
            continued,
            _continued_situation(
                gap_us,
                np.where(added < answer_bytes, -1.0, added / np.maximum(size_bytes, 1)),
            ),
            CONTINUED_SITUATIONS + _opening_situation(traffic, has_previous),
        ),
        chapter=chapter,
        is_large=added > _LARGE_STEP_BYTES + np.where(has_previous, 0, usual),
    )


def by_life(step: Steps, asked_hour: Floats) -> Steps:
    """Tell pauses of five minutes to an hour apart by how likely entries live for an hour."""
    kind = np.full(CONTINUED_SITUATIONS + _OPENING_SITUATIONS, -1, dtype=np.int64)
    kind[_PAUSED] = np.arange(len(_PAUSED))
    paused = kind[step.situation]
    likely = np.searchsorted(_HOUR_LIKELY, asked_hour)
    first = CONTINUED_SITUATIONS + _OPENING_SITUATIONS - len(_PAUSED)
    refined = first + likely * len(_PAUSED) + paused
    is_refined = (paused >= 0) & (likely > 0)
    return replace(step, situation=np.where(is_refined, refined, step.situation))


def along(previous: Ints, is_marked: Bools, most: int = 24) -> tuple[Ints, Ints]:
    """Return pairs: a request, and a marked one at or before it along what it continues.

    Of each request the `most` nearest marked ones.
    """
    jump = np.where(is_marked | (previous < 0), np.arange(len(previous)), previous)
    while not (jump[jump] == jump).all():
        jump = jump[jump]
    nearest = np.where(is_marked[jump], jump, -1)
    rows, marked = [], []
    reached = nearest.copy()
    for _ in range(most):
        more = np.flatnonzero(reached >= 0)
        if not len(more):
            break
        rows.append(more)
        marked.append(reached[more])
        older = previous[reached[more]]
        reached = np.full(len(previous), -1, dtype=np.int64)
        reached[more] = np.where(older >= 0, nearest[np.maximum(older, 0)], -1)
    none: Ints = np.zeros(0, dtype=np.int64)
    return (np.concatenate(rows), np.concatenate(marked)) if rows else (none, none)


def _previous(traffic: Traffic, size_bytes: Floats) -> Ints:
    """Return the request that each one continues, the most alike of the last in its conversation.

    Only what was answered before this one started can have left something in the cache.
    """
    count = len(traffic)
    conversation, started_us = traffic.conversation, traffic.started_us
    result = np.full(count, -1, dtype=np.int64)
    least = np.full(count, np.inf)
    for distance in range(1, min(_LOOK_BACK_REQUESTS, count - 1) + 1):
        later = np.arange(distance, count)
        later = later[conversation[later] == conversation[later - distance]]
        if not len(later):
            break
        earlier = later - distance
        fits = (
            (started_us[later] - started_us[earlier] <= _LOOK_BACK_US)
            & (traffic.ended_us[earlier] <= started_us[later] + _STILL_ANSWERING_US)
            & (size_bytes[earlier] <= size_bytes[later] * (1 + _SHRINK_SHARE) + _SHRINK_BYTES)
        )
        later, earlier = later[fits], earlier[fits]
        unlike = np.abs(size_bytes[later] - size_bytes[earlier])
        unlike = unlike + _DISTANCE_SHARE * size_bytes[later] * distance
        nearer = unlike < least[later]
        least[later[nearer]] = unlike[nearer]
        result[later[nearer]] = earlier[nearer]
    return result


def _continued_situation(gap_us: Floats, growth: Floats) -> Ints:
    """By how long ago the request before was, and how much the prompt grew."""
    return np.searchsorted(_LIVES, gap_us, side="right") * (len(_GROWTHS) + 1) + np.searchsorted(
        _GROWTHS, growth, side="right"
    )


def _opening_situation(traffic: Traffic, has_previous: Bools) -> Ints:
    """By who else asked lately: system prompts are alike, and may be in the cache already."""
    own = since_last(joined(traffic.caller, traffic.client, traffic.deployment), traffic.started_us)
    anyone = since_last(joined(traffic.client, traffic.deployment), traffic.started_us)
    here = since_last(traffic.conversation, traffic.started_us) < LONGEST_MEMORY_US
    short, long = 5 * MINUTE_US, 60 * MINUTE_US
    warmth = np.select(
        [
            own < short,
            (own < long) & (anyone < short),
            own < long,
            anyone < short,
            anyone < long,
        ],
        [0, 1, 2, 3, 4],
        default=5,
    )
    result: Ints = warmth + 6 * np.where(has_previous, 2, here.astype(np.int64))
    return result
