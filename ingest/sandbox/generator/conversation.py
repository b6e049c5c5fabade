"""From threads to model requests: when each turn is sent and what it costs in tokens.

A turn's prompt is the whole conversation so far. With caching on, the part that an earlier turn
wrote and that has not expired is read, the rest up to the last cache mark is written, and only a
short tail stays uncached, which is all that the gateway's log will show of the prompt.
"""

import numpy as np
import pandas as pd

from ingest.sandbox.generator.arrays import Bools, Floats, Ints, running_sum, spans
from ingest.sandbox.generator.catalog import CI, CODE, DESKTOP
from ingest.sandbox.generator.sessions import CACHE_1H, CACHE_5M, CACHE_BOTH, NO_CACHE, Threads

_SHORT_LIFE_MS = 5 * 60_000
_LONG_LIFE_MS = 60 * 60_000
# Below this a prompt is not cached at all.
_LEAST_CACHEABLE_TOKENS = 1_024
_LEFT_AFTER_COMPACTION = 3_000
# By client: code, desktop, sdk, ci.
_MEDIAN_OUTPUT = np.array([210.0, 520.0, 380.0, 240.0])
_MEDIAN_GROWTH = np.array([900.0, 260.0, 700.0, 1_100.0])
_TOKENS_PER_SECOND = 72.0


def hold_conversations(rng: np.random.Generator, threads: Threads) -> pd.DataFrame:
    """Return one row per model request.

    Columns, all int64: time_ms, thread (position in `threads`), caller, session, agent, client,
    deployment, turn, input_tokens (uncached), cache_read_tokens, cache_write_5m_tokens,
    cache_write_1h_tokens, output_tokens, web_searches, latency_ms.
    """
    thread, turn = spans(threads.turns)
    client = threads.client[thread]
    count = len(thread)
    output = np.minimum(rng.lognormal(np.log(_MEDIAN_OUTPUT[client]), 1.05), 24_000)
    output_tokens = np.maximum(output.astype(np.int64), 1)
    growth = np.minimum(rng.lognormal(np.log(_MEDIAN_GROWTH[client]), 1.1), 60_000)
    context, compacted = _context(threads, thread, turn, growth.astype(np.int64), output_tokens)
    latency_ms = (
        rng.lognormal(np.log(800.0), 0.35, count)
        + 0.004 * context
        + output_tokens / _TOKENS_PER_SECOND * 1000 * rng.uniform(0.7, 1.4, count)
    ).astype(np.int64)
    gap_ms = np.where(turn == 0, 0, _pauses_ms(rng, client) + np.roll(latency_ms, 1))
    classes = _cache_classes(rng, threads, thread, turn, context, compacted, gap_ms)
    searching = (client == DESKTOP) & (rng.random(count) < 0.03)
    return pd.DataFrame(
        {
            "time_ms": threads.start_ms[thread] + running_sum(gap_ms, threads.turns),
            "thread": thread,
            "caller": threads.caller[thread],
            "session": threads.session[thread],
            "agent": threads.agent[thread],
            "client": client,
            "deployment": threads.deployment[thread],
            "turn": turn,
            **classes,
            "output_tokens": output_tokens,
            "web_searches": np.where(searching, rng.integers(1, 6, count), 0),
            "latency_ms": latency_ms,
        }
    )


def duration_ms(requests: pd.DataFrame, threads: Threads) -> Ints:
    """Return how long each thread lasts, from its first request to the start of its last."""
    last = np.cumsum(threads.turns) - 1
    result: Ints = requests["time_ms"].to_numpy()[last] - threads.start_ms
    return result


def _context(
    threads: Threads, thread: Ints, turn: Ints, growth: Ints, output: Ints
) -> tuple[Ints, Bools]:
    """Return each turn's whole prompt, and whether the conversation was compacted before it."""
    answered = np.where(turn == 0, 0, np.roll(output, 1))
    said = running_sum(growth + answered, threads.turns)
    base = threads.base_tokens[thread]
    room = np.maximum(threads.compaction_tokens[thread] - base, 20_000)
    chapter = said // room
    compacted = (turn > 0) & (chapter > np.roll(chapter, 1))
    return base + said % room + np.where(chapter > 0, _LEFT_AFTER_COMPACTION, 0), compacted


def _pauses_ms(rng: np.random.Generator, client: Ints) -> Ints:
    """Return the time between an answer and the next turn: tools, people, and long breaks."""
    count = len(client)
    agentic = (client == CODE) | (client == CI)
    draw = rng.random(count)
    tool = rng.lognormal(np.log(4_000.0), 0.9, count)
    person = rng.lognormal(np.log(70_000.0), 0.8, count)
    away = np.minimum(rng.lognormal(np.log(1_500_000.0), 0.9, count), 3 * _LONG_LIFE_MS)
    is_away = draw < np.where(client == CI, 0.0, np.where(agentic, 0.02, 0.07))
    is_person = draw < np.where(client == CI, 0.02, np.where(agentic, 0.2, 1.0))
    return np.select([is_away, is_person], [away, person], default=tool).astype(np.int64)


def _cache_classes(
    rng: np.random.Generator,
    threads: Threads,
    thread: Ints,
    turn: Ints,
    context: Ints,
    compacted: Bools,
    gap_ms: Ints,
) -> dict[str, Ints]:
    """Split each prompt into uncached input, reads, and writes of both lifetimes."""
    mode = threads.cache[thread]
    base = threads.base_tokens[thread]
    cached = (mode != NO_CACHE) & (context >= _LEAST_CACHEABLE_TOKENS)
    tail = np.where(cached, np.minimum(_tails(rng, len(context)), context), context)
    prefix = context - tail
    written_before = np.where(turn == 0, 0, np.roll(prefix, 1))
    life_ms = np.where(mode == CACHE_1H, _LONG_LIFE_MS, _SHORT_LIFE_MS)
    base_life_ms = np.where(mode == CACHE_5M, _SHORT_LIFE_MS, _LONG_LIFE_MS)
    warm = (turn > 0) & (gap_ms < life_ms) & ~compacted
    base_warm = np.where(
        turn == 0, threads.base_is_warm[thread], (gap_ms < base_life_ms) & (written_before >= base)
    )
    read = np.where(warm, np.minimum(written_before, prefix), 0)
    read = np.where(cached & base_warm, np.maximum(read, np.minimum(base, prefix)), read)
    read = np.where(cached, read, 0)
    written = prefix - read
    long_part = np.clip(np.minimum(base, prefix) - read, 0, None)
    write_1h = np.select([mode == CACHE_1H, mode == CACHE_BOTH], [written, long_part], default=0)
    return {
        "input_tokens": tail,
        "cache_read_tokens": read,
        "cache_write_5m_tokens": written - write_1h,
        "cache_write_1h_tokens": write_1h,
    }


def _tails(rng: np.random.Generator, count: int) -> Ints:
    """Return the uncached tail of cached prompts: a few tokens, sometimes a pasted text."""
    short: Floats = 2 + rng.lognormal(np.log(8.0), 0.8, count)
    pasted: Floats = rng.lognormal(np.log(900.0), 0.9, count)
    tail = np.where(rng.random(count) < 0.1, pasted, short)
    return np.asarray(tail, dtype=np.int64)
