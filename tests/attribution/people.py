"""The callers of a tenant: how much they do, with which client, how they write and pause."""

from dataclasses import dataclass

import numpy as np
from attribution.deployments import Deployments
from attribution.habits import CODE, DESKTOP, LANGUAGES, SDK, Habits, Mixture
from attribution.recipes import Recipe
from attribution.runs import Flags, Floats, Ints

NOTHING, HEAD_ONLY, EVERYTHING = range(3)
"""What a client marks for caching: nothing, its system prompt, or the conversation too."""
PROSE, PROGRAM, JSON, RESULT = range(4)
"""Kinds of content."""

_PROSE_BYTES = (4.3, 3.7, 2.7, 2.9)
_ESCAPED_PROSE_BYTES = (4.3, 3.9, 5.2, 5.6)
_OTHER_BYTES = (3.3, 2.9, 3.6)
_PEOPLE_PER_UNIT = 8


@dataclass(frozen=True)
class Accounts:
    """What the gateway could know of callers: one element each; numbers of other things."""

    client: Ints
    caching: Ints
    ttl: Ints
    unit: Ints
    sends_session: Flags
    is_stateless: Flags
    """Whether each turn is a conversation of its own."""
    deployment: Ints
    other_deployment: Ints
    agent_deployment: Ints


@dataclass(frozen=True)
class Writing:
    """How callers' prompts are made, one element each."""

    bytes_per_token: Floats
    """Callers x kinds of content."""
    kind_shares: Floats
    """Callers x kinds: running sums of the shares of what tools return."""
    header_bytes: Floats
    overhead_bytes: Floats
    own_tools_tokens: Floats
    result_tokens: Floats
    compaction_tokens: Floats
    thinking_share: Floats


@dataclass(frozen=True)
class Rhythm:
    """How much callers do and when, one element each."""

    requests_per_workday: Floats
    requests_per_session: Floats
    turns: Floats
    human_share: Floats
    pace: Floats
    zone_hours: Ints


@dataclass(frozen=True)
class People:
    """All callers. The first `users` come through the gateway, the others go past it."""

    users: int
    accounts: Accounts
    writing: Writing
    rhythm: Rhythm


def draw_people(
    random: np.random.Generator,
    recipe: Recipe,
    habits: Habits,
    mixture: Mixture,
    deployments: Deployments,
) -> People:
    """Draw the callers of a tenant and some more whose requests go past the gateway."""
    outside = max(4, round(recipe.users * recipe.outside_share)) if recipe.outside_share else 0
    number = recipe.users + outside
    accounts = _accounts(random, number, habits, mixture, deployments)
    return People(
        users=recipe.users,
        accounts=accounts,
        writing=_writing(random, accounts.client, habits, mixture),
        rhythm=_rhythm(random, accounts.client, recipe, habits, mixture),
    )


def _accounts(
    random: np.random.Generator,
    number: int,
    habits: Habits,
    mixture: Mixture,
    deployments: Deployments,
) -> Accounts:
    client = random.choice(3, size=number, p=mixture.client_shares)
    chance = random.random(number)
    no_caching = np.array((0.1, 0.5, 2.0))[client] * habits.not_caching_share
    if habits.not_caching_share >= 0.5:
        no_caching = np.full(number, habits.not_caching_share)
    head_only = np.array((0.0, 0.3, 1.0))[client] * habits.head_only_share
    caching = np.where(chance < no_caching, NOTHING, EVERYTHING)
    caching[(chance >= no_caching) & (chance < no_caching + head_only)] = HEAD_ONLY
    last = len(deployments.models) - 1
    mains = max(last, 1)
    shares = random.dirichlet(np.full(mains, 1.5))
    deployment = random.choice(mains, size=number, p=shares)
    fast = random.random(number) < habits.fast_agents_share
    return Accounts(
        client=client,
        caching=caching,
        ttl=random.choice(3, size=number, p=mixture.ttl_shares),
        unit=random.integers(0, max(1, number // _PEOPLE_PER_UNIT), size=number),
        sends_session=np.array(mixture.sends_session)[client],
        is_stateless=(client == SDK) & (random.random(number) < 0.7),
        deployment=deployment,
        other_deployment=random.integers(0, last + 1, size=number),
        agent_deployment=np.where(fast, last, deployment),
    )


def _writing(
    random: np.random.Generator, client: Ints, habits: Habits, mixture: Mixture
) -> Writing:
    number = len(client)
    language = random.choice(LANGUAGES, size=number, p=mixture.language_shares)
    escaped = random.random(number) < mixture.escaped_share
    prose = np.where(
        escaped, np.array(_ESCAPED_PROSE_BYTES)[language], np.take(_PROSE_BYTES, language)
    )
    others = np.broadcast_to(_OTHER_BYTES, (number, 3))
    bias = random.lognormal(0, habits.person_spread, size=(number, 4))
    headers = (habits.code_header_bytes, habits.desktop_header_bytes, habits.sdk_header_bytes)
    compaction = habits.compaction_tokens * random.lognormal(0, 0.15, size=number)
    never = random.random(number) < habits.no_compaction_share
    return Writing(
        bytes_per_token=np.column_stack((prose, others)) * bias,
        kind_shares=np.cumsum(random.dirichlet((0.8, 1.6, 0.9, 1.8), size=number), axis=1),
        header_bytes=np.array(headers)[client] * random.lognormal(0, 0.06, size=number),
        overhead_bytes=habits.turn_overhead_bytes * random.lognormal(0, 0.2, size=number),
        own_tools_tokens=habits.own_tools_tokens * random.lognormal(0, 0.9, size=number),
        result_tokens=habits.result_tokens * random.lognormal(0, 0.35, size=number),
        compaction_tokens=np.where(never, 5 * compaction, compaction),
        thinking_share=np.minimum(1, habits.thinking_share * random.lognormal(0, 0.5, size=number)),
    )


def _rhythm(
    random: np.random.Generator, client: Ints, recipe: Recipe, habits: Habits, mixture: Mixture
) -> Rhythm:
    number = len(client)
    means = np.array((habits.code_turns, habits.desktop_turns, habits.sdk_turns))
    turns = 1 + means[client] * random.lognormal(0, 0.3, size=number)
    human = np.array((habits.code_human_share, 0.93, 0.02))[client]
    human = np.clip(human * random.lognormal(0, 0.25, size=number), 0.01, 1)
    agents = np.where(client == CODE, habits.spawn_share * habits.agents_per_spawn, 0)
    asides = np.where(client == SDK, 0, habits.aside_share * human)
    return Rhythm(
        requests_per_workday=_requests_per_workday(random, number, recipe, habits),
        requests_per_session=turns * (1 + agents * habits.agent_turns + asides),
        turns=turns,
        human_share=human,
        pace=random.lognormal(0, 0.4, size=number) * np.where(client == DESKTOP, 1.3, 1),
        zone_hours=random.choice(mixture.time_zones, size=number),
    )


def _requests_per_workday(
    random: np.random.Generator, number: int, recipe: Recipe, habits: Habits
) -> Floats:
    weights = random.lognormal(0, habits.activity_spread, size=number)
    inside, outside = weights[: recipe.users], weights[recipe.users :]
    if recipe.activity == "idle":
        inside[random.random(recipe.users) < 0.85] *= 0.01
    if recipe.activity == "dominant":
        inside[0] = 1.5 * inside[1:].sum()
    inside *= recipe.users * habits.requests_per_workday / inside.sum()
    if len(outside):
        share = recipe.outside_share / (1 - recipe.outside_share)
        outside *= share * inside.sum() / outside.sum()
    return weights
