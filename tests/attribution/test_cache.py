"""What the generated tenants' cache does is what a slow replay of their prompts finds."""

from dataclasses import replace

import numpy as np
import pytest
from attribution.cache import cached_tokens
from attribution.recipes import Recipe
from attribution.replayed_cache import replay
from attribution.traffic import World, draw_world, marked_requests, turns_within

DAYS = 3
_ANY = Recipe("replayed", 14, days=DAYS, not_caching_share=0.1)
WORLDS = [
    replace(_ANY, prefix="caller"),
    replace(_ANY, prefix="caller", ttl="one hour"),
    replace(_ANY, prefix="caller", ttl="mixed"),
    replace(_ANY, prefix="tenant"),
    replace(_ANY, prefix="tenant", ttl="one hour"),
    replace(_ANY, prefix="tenant", ttl="mixed"),
]
SEEDED = list(enumerate(WORLDS))


def drawn(seed: int, recipe: Recipe) -> World:
    return draw_world(recipe, np.random.default_rng(seed))


@pytest.mark.parametrize(("seed", "recipe"), SEEDED)
def test_the_cache_is_what_a_replay_finds(seed: int, recipe: Recipe) -> None:
    world = drawn(seed, recipe)
    turns = turns_within(world, DAYS)
    cached = cached_tokens(marked_requests(world, turns))
    replayed = replay(world, turns.tolist())
    found = np.column_stack((cached.read, cached.write_5m, cached.write_1h, cached.uncached))
    assert len(turns) > 150
    assert found.tolist() == [list(replayed[turn]) for turn in turns.tolist()]


def test_replays_meet_every_kind_of_reading() -> None:
    """So that the test above compares something: cold, system prompt, head and conversation."""
    reads = []
    for seed, recipe in SEEDED:
        world = drawn(seed, recipe)
        turns = turns_within(world, DAYS)
        marked = marked_requests(world, turns)
        cached = cached_tokens(marked)
        read = cached.read[marked.marked_tokens > 0]
        system, head = (
            of[marked.marked_tokens > 0] for of in (marked.system_tokens, marked.head_tokens)
        )
        reads.append(
            (
                (read == 0).sum(),
                ((read == system) & (read < head)).sum(),
                (read == head).sum(),
                (read > head).sum(),
            )
        )
        assert (cached.write_1h > 0).any()
    assert (np.array(reads).sum(axis=0) >= 20).all()
    assert (np.array(reads)[:, 3] >= 20).all()


@pytest.mark.parametrize(("seed", "recipe"), SEEDED)
def test_classes_are_whole_and_make_up_the_prompt(seed: int, recipe: Recipe) -> None:
    world = drawn(seed + 100, recipe)
    turns = turns_within(world, DAYS)
    cached = cached_tokens(marked_requests(world, turns))
    classes = (cached.read, cached.write_5m, cached.write_1h, cached.uncached)
    assert all((tokens >= 0).all() for tokens in classes)
    assert (np.sum(classes, axis=0) == world.prompts.tokens[turns]).all()


def test_a_segment_has_its_bytes_again_in_the_next_prompt() -> None:
    """Within a conversation only headers differ by some bytes; all else is added at the end."""
    world = drawn(*SEEDED[0])
    same = np.flatnonzero(np.diff(world.prompts.conversation) == 0) + 1
    grown = world.prompts.request_bytes[same] - world.prompts.request_bytes[same - 1]
    brought = world.contents.new_bytes[same] + world.contents.visible_bytes[same - 1]
    assert len(same) > 100
    assert np.abs(grown - brought).max() <= 26
