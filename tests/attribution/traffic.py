"""All requests of a tenant in a flat table, with what Azure shows of them and the truth."""

from dataclasses import dataclass, fields, replace

import numpy as np
from attribution.cache import Cached, Marked, cached_tokens
from attribution.contents import Contents, draw_contents
from attribution.deployments import Deployments, draw_deployments
from attribution.habits import Habits, Mixture, draw_habits, draw_mixture
from attribution.people import People, draw_people
from attribution.prompts import Prompts, draw_heads, draw_prompts
from attribution.recipes import Recipe
from attribution.runs import Flags, Ints, numbered
from attribution.sessions import DAY, Sessions, Threads, draw_sessions, draw_threads
from attribution.timetable import Timetable, draw_timetable

_LOST_WHEN_ABORTED = 0.7


@dataclass(frozen=True)
class World:
    """Everything about a tenant before its cache is worked out, turns in the order of threads."""

    habits: Habits
    mixture: Mixture
    deployments: Deployments
    people: People
    sessions: Sessions
    threads: Threads
    contents: Contents
    prompts: Prompts
    timetable: Timetable


@dataclass(frozen=True)
class Traffic:
    """Requests of a tenant in the order of their starts, one element each.

    Times in microseconds since the tenant's first midnight, -1 for no session.
    """

    models: tuple[str, ...]
    """By deployment."""
    start: Ints
    end: Ints
    caller: Ints
    session: Ints
    client: Ints
    deployment: Ints
    request_bytes: Ints
    input: Ints
    output: Ints
    cache_read: Ints
    cache_write_5m: Ints
    cache_write_1h: Ints
    unit: Ints
    is_outside: Flags
    is_metered: Flags
    """Whether the gateway logged its usage."""
    failed: tuple[Ints, Ints, Ints]
    """Deployment, time and status of calls that the service refused."""


def draw_world(recipe: Recipe, random: np.random.Generator) -> World:
    """Draw a tenant. Each part has a stream of its own, so that none disturbs the others."""
    streams = iter(random.spawn(10))
    habits = draw_habits(next(streams), recipe)
    mixture = draw_mixture(next(streams), recipe)
    deployments = draw_deployments(next(streams))
    people = draw_people(next(streams), recipe, habits, mixture, deployments)
    sessions = draw_sessions(
        next(streams), habits, people, recipe.days, keep_project=mixture.is_project_kept
    )
    threads, human = draw_threads(next(streams), habits, people, sessions)
    contents = draw_contents(next(streams), habits, people, deployments, threads, human)
    heads = draw_heads(next(streams), habits, mixture, people, sessions, threads)
    prompts = draw_prompts(next(streams), habits, people, deployments, threads, contents, heads)
    timetable = draw_timetable(
        next(streams), habits, people, deployments, threads, contents, prompts
    )
    return World(
        habits, mixture, deployments, people, sessions, threads, contents, prompts, timetable
    )


def marked_requests(world: World, chosen: Ints) -> Marked:
    """Return the turns `chosen` of `world` as the cache sees them."""
    prompts, accounts = world.prompts, world.people.accounts
    caller = world.contents.caller[chosen]
    return Marked(
        start=world.timetable.start[chosen],
        end=world.timetable.end[chosen],
        system=prompts.system[chosen],
        project=prompts.project[chosen],
        conversation=numbered(prompts.conversation[chosen], world.contents.deployment[chosen]),
        system_tokens=prompts.system_tokens[chosen],
        head_tokens=prompts.head_tokens[chosen],
        marked_tokens=prompts.marked_tokens[chosen],
        tokens=prompts.tokens[chosen],
        caching=accounts.caching[caller],
        ttl=accounts.ttl[caller],
    )


def turns_within(world: World, days: int) -> Ints:
    """Return the turns that start in the first `days` days, in the order of threads."""
    start = world.timetable.start
    return np.flatnonzero((start >= 0) & (start < days * DAY))


def draw_traffic(recipe: Recipe, random: np.random.Generator) -> Traffic:
    """Draw a tenant's requests and what the cache did with them."""
    of_world, of_log = random.spawn(2)
    world = draw_world(recipe, of_world)
    turns = turns_within(world, recipe.days)
    cached = cached_tokens(marked_requests(world, turns))
    contents, accounts = world.contents, world.people.accounts
    caller = contents.caller[turns]
    session = world.threads.session[contents.thread[turns]]
    lost = np.where(contents.is_aborted[turns], _LOST_WHEN_ABORTED, recipe.unmetered_share)
    traffic = _traffic(world, turns, cached, np.where(accounts.sends_session[caller], session, -1))
    traffic = replace(
        traffic,
        is_metered=of_log.random(len(turns)) >= lost,
        failed=draw_failed(of_log, world.habits.failed_share, traffic.deployment, traffic.start),
    )
    return in_order(traffic)


def draw_failed(
    random: np.random.Generator, share: float, deployment: Ints, start: Ints
) -> tuple[Ints, Ints, Ints]:
    """Draw refused calls: deployment, time and status of each."""
    number = round(len(start) * share)
    chosen = random.integers(0, max(len(start), 1), number)
    status = random.choice((429, 529, 500, 400), size=number, p=(0.6, 0.2, 0.1, 0.1))
    return deployment[chosen], start[chosen], status


def _traffic(world: World, turns: Ints, cached: Cached, session: Ints) -> Traffic:
    caller = world.contents.caller[turns]
    accounts = world.people.accounts
    return Traffic(
        models=world.deployments.models,
        start=world.timetable.start[turns],
        end=world.timetable.end[turns],
        caller=caller,
        session=session,
        client=accounts.client[caller],
        deployment=world.contents.deployment[turns],
        request_bytes=world.prompts.request_bytes[turns],
        input=cached.uncached,
        output=world.contents.output_tokens[turns],
        cache_read=cached.read,
        cache_write_5m=cached.write_5m,
        cache_write_1h=cached.write_1h,
        unit=accounts.unit[caller],
        is_outside=caller >= world.people.users,
        is_metered=np.ones(len(turns), dtype=bool),
        failed=(turns[:0], turns[:0], turns[:0]),
    )


def in_order(traffic: Traffic) -> Traffic:
    """Return `traffic` by start, with sessions numbered as they appear."""
    order = np.argsort(traffic.start, kind="stable")
    arrays = {
        each.name: getattr(traffic, each.name)[order]
        for each in fields(Traffic)
        if each.name not in {"models", "failed"}
    }
    session = arrays["session"]
    named, first, number = np.unique(session, return_index=True, return_inverse=True)
    rank = np.empty(len(named), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(named))
    arrays["session"] = np.where(session < 0, -1, rank[number])
    return replace(traffic, **arrays)
