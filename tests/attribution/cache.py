"""The prompt cache of a model service: what each request reads from it and writes to it.

A request reads up to the longest marked place at which the prompt of an earlier request, already
answered, was marked as well, if that was read or written less than its time to live ago; from
there it writes up to its own last mark. Caches are per deployment, and so are all numbers here.
"""

from dataclasses import dataclass

import numpy as np
from attribution.habits import FIVE_MINUTES, MIXED, ONE_HOUR
from attribution.people import EVERYTHING, NOTHING
from attribution.runs import Flags, Ints, numbered, previous_in_group
from attribution.sessions import SECOND

SHORTEST_TOKENS = 1_024
"""Shorter prompts are not cached."""
TIME_TO_LIVE = {FIVE_MINUTES: 300 * SECOND, ONE_HOUR: 3_600 * SECOND}

_TIME_BITS = 43


@dataclass(frozen=True)
class Marked:
    """Requests as the cache sees them, one element each, those of a conversation in order,
    each after the answer before.

    `system` and `project` name the texts of the two parts of the head, `conversation` what only
    grows; each name holds for one deployment. Times in microseconds, lengths in tokens.
    """

    start: Ints
    end: Ints
    system: Ints
    project: Ints
    conversation: Ints
    system_tokens: Ints
    head_tokens: Ints
    marked_tokens: Ints
    tokens: Ints
    caching: Ints
    ttl: Ints


@dataclass(frozen=True)
class Cached:
    """Tokens of each prompt by what the cache did with them."""

    read: Ints
    write_5m: Ints
    write_1h: Ints
    uncached: Ints


def cached_tokens(marked: Marked) -> Cached:
    """Return what each request read, wrote and sent past the cache: together, its prompt."""
    used = (marked.caching != NOTHING) & (marked.marked_tokens >= SHORTEST_TOKENS)
    head_life = np.where(marked.ttl == FIVE_MINUTES, *_lives())
    conversation_life = np.where(marked.ttl == ONE_HOUR, *reversed(_lives()))
    read = np.zeros(len(used), dtype=np.int64)
    for text, length in (
        (marked.system, marked.system_tokens),
        (marked.project, marked.head_tokens),
    ):
        touching = used & (length >= SHORTEST_TOKENS)
        warm = _warm(numbered(text, head_life), marked, touching, head_life)
        read = np.where(warm, np.maximum(read, length), read)
    read = np.maximum(read, _read_of_conversation(marked, used, conversation_life))
    last = np.where(used, marked.marked_tokens, 0)
    written = last - read
    # Marks of a head too short to be kept are not kept for an hour either.
    hour_until = np.where(marked.head_tokens >= SHORTEST_TOKENS, marked.head_tokens, 0)
    hour_until = np.select([marked.ttl == ONE_HOUR, marked.ttl == MIXED], [last, hour_until], 0)
    write_1h = np.clip(np.minimum(hour_until, last) - read, 0, None)
    return Cached(read, written - write_1h, write_1h, marked.tokens - last)


def _lives() -> tuple[int, int]:
    return TIME_TO_LIVE[FIVE_MINUTES], TIME_TO_LIVE[ONE_HOUR]


def _warm(text: Ints, marked: Marked, touching: Flags, life: Ints) -> Flags:
    """Whether a request finds `text`: answered and touched less than its life before."""
    warm = np.zeros(len(text), dtype=bool)
    index = np.flatnonzero(touching)
    if not len(index):
        return warm
    base = text[index] << _TIME_BITS
    ends = base + marked.end[index]
    order = np.argsort(ends, kind="stable")
    ends = ends[order]
    # Texts are in the high bits, so a maximum never reaches over from one text to the next.
    latest = np.maximum.accumulate((base + marked.start[index])[order])
    asked = base + marked.start[index]
    place = np.searchsorted(ends, asked, side="right") - 1
    touched = latest[np.maximum(place, 0)]
    warm[index] = (place >= 0) & (touched >= base) & (asked - touched < life[index])
    return warm


def _read_of_conversation(marked: Marked, used: Flags, life: Ints) -> Ints:
    """What the conversation's request before, on the same deployment, left behind."""
    index = np.flatnonzero(used & (marked.caching == EVERYTHING))
    previous = previous_in_group(marked.conversation[index])
    before = index[previous]
    found = (previous >= 0) & (marked.start[index] - marked.start[before] < life[index])
    read = np.zeros(len(used), dtype=np.int64)
    read[index] = np.where(found, marked.marked_tokens[before], 0)
    return read
