"""A tenant made of a published trace of prompts, known by their blocks of 512 tokens.

Times, lengths and what prompts share are the trace's own; callers, deployments, bytes and
durations are drawn. A cache keeps whole blocks there, for the caller who sent them.
"""

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from attribution.cache import SHORTEST_TOKENS, TIME_TO_LIVE, Cached
from attribution.deployments import Deployments, draw_deployments
from attribution.habits import FIVE_MINUTES, ONE_HOUR, Habits, draw_habits, draw_mixture
from attribution.people import NOTHING, People, draw_people
from attribution.recipes import Recipe
from attribution.runs import Floats, Ints
from attribution.sessions import HOUR, SECOND
from attribution.traffic import Traffic, draw_failed, in_order

FILE = Path(__file__).parents[3] / "shared/data/mooncake_fast25_synthetic_trace.jsonl"
BLOCK_TOKENS = 512

_BEGIN = 9 * HOUR


@dataclass(frozen=True)
class Recorded:
    """Requests of the trace, one element each, in its order.

    A conversation is what begins with the same block.
    """

    start: Ints
    tokens: Ints
    output: Ints
    blocks: list[list[int]]
    conversation: Ints


def read_trace() -> Recorded:
    """Read the trace. Raises FileNotFoundError where it is absent."""
    with FILE.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    blocks = [row["hash_ids"] for row in rows]
    _, conversation = np.unique([each[0] for each in blocks], return_inverse=True)
    return Recorded(
        start=np.array([row["timestamp"] for row in rows], dtype=np.int64) * 1_000,
        tokens=np.array([row["input_length"] for row in rows], dtype=np.int64),
        output=np.array([row["output_length"] for row in rows], dtype=np.int64),
        blocks=blocks,
        conversation=conversation.astype(np.int64),
    )


def draw_trace(recipe: Recipe, random: np.random.Generator) -> Traffic:
    """Give the requests of the trace to callers of a drawn tenant.

    Raises FileNotFoundError where the trace is absent.
    """
    streams = iter(random.spawn(6))
    recorded = read_trace()
    habits = draw_habits(next(streams), recipe)
    mixture = draw_mixture(next(streams), recipe)
    deployments = draw_deployments(next(streams))
    people = draw_people(next(streams), recipe, habits, mixture, deployments)
    caller = _callers(next(streams), recipe, people, recorded.conversation)
    random = next(streams)
    accounts = people.accounts
    deployment = accounts.deployment[caller]
    # Requests of one millisecond are told apart as finer clocks would.
    start = _BEGIN + recorded.start + random.integers(0, 1_000, len(caller))
    taken = _taken(random, habits, deployments, deployment, recorded)
    tail = 1 + random.poisson(habits.tail_tokens - 1, len(caller))
    marked = np.where(accounts.caching[caller] == NOTHING, 0, np.maximum(recorded.tokens - tail, 0))
    cached = block_cache(
        replace(recorded, start=start), start + taken, marked, _lives(people, caller)
    )
    has_header = accounts.sends_session[caller]
    return in_order(
        Traffic(
            models=deployments.models,
            start=start,
            end=start + taken,
            caller=caller,
            session=np.where(has_header, recorded.conversation, -1),
            client=accounts.client[caller],
            deployment=deployment,
            request_bytes=_sizes(random, habits, people, caller, recorded),
            input=cached.uncached,
            output=np.maximum(recorded.output, 1),
            cache_read=cached.read,
            cache_write_5m=cached.write_5m,
            cache_write_1h=cached.write_1h,
            unit=accounts.unit[caller],
            is_outside=caller >= people.users,
            is_metered=random.random(len(caller)) >= recipe.unmetered_share,
            failed=draw_failed(random, habits.failed_share, deployment, start),
        )
    )


def block_cache(recorded: Recorded, end: Ints, marked: Ints, life: Ints) -> Cached:
    """Work out the cache block by block: a loop, over a few thousand requests.

    `marked` are the tokens up to the last mark, `life` the time to live of what a request writes.
    """
    touched: dict[int, list[int]] = defaultdict(list)
    read = np.zeros(len(end), dtype=np.int64)
    last = np.where(marked >= SHORTEST_TOKENS, marked, 0)
    for request in np.argsort(recorded.start, kind="stable").tolist():
        whole = recorded.blocks[request][: int(last[request]) // BLOCK_TOKENS]
        now = recorded.start[request]
        warm = 0
        for block in whole:
            if not any(
                end[other] <= now < recorded.start[other] + life[other]
                for other in reversed(touched[block])
            ):
                break
            warm += BLOCK_TOKENS
        read[request] = warm if warm >= SHORTEST_TOKENS else 0
        for block in whole:
            touched[block].append(request)
    written = last - read
    write_1h = np.where(life == TIME_TO_LIVE[ONE_HOUR], written, 0)
    return Cached(read, written - write_1h, write_1h, recorded.tokens - last)


def _callers(
    random: np.random.Generator, recipe: Recipe, people: People, conversation: Ints
) -> Ints:
    """A caller for each conversation: few have many, and some do not pass the gateway."""
    number = int(conversation.max()) + 1
    weight = random.lognormal(0, 1.2, people.users)
    inside = random.choice(people.users, size=number, p=weight / weight.sum())
    others = len(people.accounts.client) - people.users
    if not others:
        return inside[conversation]
    outside = people.users + random.integers(0, others, number)
    return np.where(random.random(number) < recipe.outside_share, outside, inside)[conversation]


def _lives(people: People, caller: Ints) -> Ints:
    hour = people.accounts.ttl[caller] == ONE_HOUR
    return np.where(hour, TIME_TO_LIVE[ONE_HOUR], TIME_TO_LIVE[FIVE_MINUTES])


def _taken(
    random: np.random.Generator,
    habits: Habits,
    deployments: Deployments,
    deployment: Ints,
    recorded: Recorded,
) -> Ints:
    number = len(deployment)
    seconds = habits.first_token_seconds * random.lognormal(0, 0.35, number)
    speed = deployments.tokens_per_second[deployment] * random.lognormal(0, 0.3, number)
    return np.rint((seconds + recorded.output / speed) * SECOND / 1_000).astype(np.int64) * 1_000


def _sizes(
    random: np.random.Generator, habits: Habits, people: People, caller: Ints, recorded: Recorded
) -> Ints:
    """Bytes of requests: a block has the same bytes each time, a part of it its share of them."""
    writing = people.writing
    number = 1 + max(max(blocks) for blocks in recorded.blocks)
    kind = random.integers(0, 4, number)
    noise = random.lognormal(0, habits.writing_spread, number)
    overhead = habits.turn_overhead_bytes * (random.random(number) < 0.5)
    content = np.empty(len(caller))
    for request, blocks in enumerate(recorded.blocks):
        part = np.ones(len(blocks))
        part[-1] = recorded.tokens[request] / BLOCK_TOKENS - (len(blocks) - 1)
        of_person: Floats = writing.bytes_per_token[caller[request]][kind[blocks]]
        of_block = BLOCK_TOKENS * of_person * noise[blocks] + overhead[blocks]
        content[request] = (of_block * part).sum()
    return np.rint(writing.header_bytes[caller] + content).astype(np.int64)
