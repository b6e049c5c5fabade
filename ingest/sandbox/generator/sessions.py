"""When callers sit down with Claude: sessions, the threads in them, and each thread's habits.

A thread is one growing conversation. A session has a main thread; Claude Code adds subagents, which
run beside it. Concentration follows public traces of real services, where the few busiest clients
make most of the traffic.
"""

from dataclasses import dataclass

import numpy as np

from ingest.sandbox.generator.arrays import Bools, Floats, Ints, spans, weighted
from ingest.sandbox.generator.catalog import (
    CI,
    CODE,
    DAY_MS,
    DESKTOP,
    HAIKU_4_5,
    HAIKU_5_5,
    HAIKU_5_5_FROM,
    HOUR_MS,
    OFFICES,
    OPUS_5,
    OPUS_5_5,
    OPUS_5_US,
    SDK,
    SONNET_5_5,
    milliseconds,
)
from ingest.sandbox.generator.company import Company
from ingest.sandbox.generator.timeline import Timeline

REQUESTS_PER_USER_DAY = 25.5
NO_CACHE, CACHE_5M, CACHE_1H, CACHE_BOTH = range(4)
# By client: code, desktop, sdk, ci.
_MEDIAN_TURNS = np.array([14.0, 5.0, 3.0, 18.0])
_SPREAD_OF_TURNS = np.array([0.9, 0.7, 0.8, 0.5])
_MOST_TURNS = np.array([180, 40, 30, 80])
_MEAN_REQUESTS = np.array([25.0, 6.4, 4.1, 20.5])
_BASE_TOKENS = np.array([19_000, 4_200, 900, 15_000])
_COMPACTION_TOKENS = np.array([158_000, 150_000, 900_000, 158_000])
_SUBAGENTS_PER_SESSION = np.array([0.6, 0.0, 0.0, 0.15])
# Rows: code, desktop, sdk, ci, subagent. Columns: sonnet, opus 5.5, opus 5, haiku.
_MODEL_WEIGHTS = np.array(
    [
        [0.48, 0.24, 0.16, 0.12],
        [0.46, 0.18, 0.08, 0.28],
        [0.35, 0.05, 0.05, 0.55],
        [0.60, 0.10, 0.05, 0.25],
        [0.40, 0.02, 0.03, 0.55],
    ]
)
_SUBAGENT_ROW = 4
# Rows: code, desktop, sdk, ci. Columns: no cache, 5 minutes, 1 hour, 1 hour below 5 minutes.
_CACHE_WEIGHTS = np.array(
    [
        [0.02, 0.50, 0.13, 0.35],
        [0.30, 0.60, 0.10, 0.00],
        [0.75, 0.20, 0.05, 0.00],
        [0.05, 0.70, 0.05, 0.20],
    ]
)
_WEEKEND_SHARE = 0.07
_ABSENT_WEEK_SHARE = 0.07


@dataclass(frozen=True)
class Habits:
    """What sets callers apart; arrays over callers, people first, then services."""

    weight: Floats
    code_share: Floats
    sdk_share: Floats
    office: Ints
    bytes_per_token: Floats
    extra_base_tokens: Ints
    old_revision: Bools
    """Pinned to an API revision whose policy writes no deployment header."""
    is_service: Bools


@dataclass(frozen=True)
class _Openings:
    """Who opens a thread, when, and for how many turns, as columns."""

    start_ms: Ints
    caller: Ints
    session: Ints
    agent: Ints
    client: Ints
    turns: Ints


@dataclass(frozen=True)
class Threads:
    """Threads as columns; `agent` is 0 for a main thread, else counts the session's subagents."""

    start_ms: Ints
    caller: Ints
    session: Ints
    agent: Ints
    client: Ints
    deployment: Ints
    turns: Ints
    base_tokens: Ints
    compaction_tokens: Ints
    cache: Ints
    base_is_warm: Bools
    """Another conversation has put the same system prompt into the cache moments ago."""


def draw_habits(rng: np.random.Generator, company: Company) -> Habits:
    """Return every caller's habits; activity is heavy-tailed."""
    people, callers = len(company.people), len(company.oids)
    weight = rng.lognormal(0.0, 1.15, callers)
    guests = np.array([person.user_type == "Guest" for person in company.people])
    weight[:people][guests] *= 0.4
    weight[people:] = 2.0 * weight[:people].mean()
    office = np.zeros(callers, dtype=np.int64)
    office[:people] = [person.office for person in company.people]
    is_service = np.arange(callers) >= people
    old_revision = (rng.random(callers) < 0.1) & ~is_service
    # At least one of them in a US office: only the backend's host tells their Opus deployments.
    old_revision[1] = True
    return Habits(
        weight=weight,
        code_share=np.where(rng.random(callers) < 0.55, 0.75, 0.12),
        sdk_share=np.where(rng.random(callers) < 0.12, 0.35, 0.02),
        office=office,
        bytes_per_token=np.clip(rng.normal(1.0, 0.05, callers), 0.88, 1.12),
        extra_base_tokens=rng.integers(0, 9_000, callers),
        old_revision=old_revision,
        is_service=is_service,
    )


def draw_sessions(
    rng: np.random.Generator, habits: Habits, timeline: Timeline, starts_ms: int, days: int
) -> Threads:
    """Return the main thread of every session that starts within the recording."""
    per_day = _sessions_per_day(rng, habits, timeline, starts_ms, days)
    counts = rng.poisson(per_day)
    place, _ = spans(counts.reshape(-1).astype(np.int64))
    caller, day = place // days, place % days
    client = _clients(rng, habits, caller)
    start_ms = starts_ms + day * DAY_MS + _time_of_day_ms(rng, habits, caller, client)
    inside = (start_ms >= starts_ms) & (start_ms < starts_ms + days * DAY_MS)
    caller, client, start_ms = caller[inside], client[inside], start_ms[inside]
    turns = rng.lognormal(np.log(_MEDIAN_TURNS[client]), _SPREAD_OF_TURNS[client])
    openings = _Openings(
        start_ms=start_ms,
        caller=caller,
        session=np.arange(len(caller)),
        agent=np.zeros(len(caller), dtype=np.int64),
        client=client,
        turns=np.clip(turns.astype(np.int64), 1, _MOST_TURNS[client]),
    )
    return _threads(rng, habits, openings)


def draw_subagents(
    rng: np.random.Generator, habits: Habits, main: Threads, lasts_ms: Ints
) -> Threads:
    """Return subagent threads that start while their session's main thread is at work.

    `lasts_ms` is how long each main thread lasts, from its first request to its last.
    """
    counts = rng.poisson(_SUBAGENTS_PER_SESSION[main.client] * (main.turns >= 4))
    session, place = spans(counts.astype(np.int64))
    # Subagents of one call start together: the first of three decides when.
    moment = rng.random(len(session))[np.maximum(np.arange(len(session)) - place % 3, 0)]
    starts_after_ms = (moment * 0.7 * lasts_ms[session]).astype(np.int64)
    turns = rng.lognormal(np.log(6.0), 0.6, len(session))
    openings = _Openings(
        start_ms=main.start_ms[session] + starts_after_ms + rng.integers(500, 4_000, len(session)),
        caller=main.caller[session],
        session=main.session[session],
        agent=place + 1,
        client=main.client[session],
        turns=np.clip(turns.astype(np.int64), 1, 40),
    )
    return _threads(rng, habits, openings)


def _threads(rng: np.random.Generator, habits: Habits, openings: _Openings) -> Threads:
    caller, client, agent = openings.caller, openings.client, openings.agent
    count = len(caller)
    base = _BASE_TOKENS[client] * rng.uniform(0.9, 1.1, count)
    has_tools = (client == CODE) | (client == CI)
    base = base + np.where(has_tools, habits.extra_base_tokens[caller], 0)
    base = np.where(agent > 0, base * 0.55, base)
    cache = np.empty(count, dtype=np.int64)
    for kind in range(len(_CACHE_WEIGHTS)):
        chosen = client == kind
        cache[chosen] = weighted(rng, _CACHE_WEIGHTS[kind], int(chosen.sum()))
    return Threads(
        start_ms=openings.start_ms,
        caller=caller,
        session=openings.session,
        agent=agent,
        client=client,
        deployment=_deployments(rng, habits, openings),
        turns=openings.turns,
        base_tokens=base.astype(np.int64),
        compaction_tokens=_COMPACTION_TOKENS[client],
        cache=cache,
        base_is_warm=rng.random(count) < np.where(agent > 1, 0.8, 0.25),
    )


def _sessions_per_day(
    rng: np.random.Generator, habits: Habits, timeline: Timeline, starts_ms: int, days: int
) -> Floats:
    """Return expected sessions, callers x days, scaled to the requests a user makes on average."""
    callers = len(habits.weight)
    day_ms = starts_ms + np.arange(days) * DAY_MS
    weekday = (day_ms // DAY_MS + 3) % 7
    level = np.repeat(habits.weight[:, None], days, axis=1)
    level *= rng.lognormal(0.0, 0.45, (callers, days))
    rhythm = np.where(weekday >= 5, _WEEKEND_SHARE, 1.0)
    absent = rng.random((callers, days // 7 + 2)) < _ABSENT_WEEK_SHARE
    # Weeks of Monday to Sunday, counted from the recording's first.
    week = (day_ms // DAY_MS + 3) // 7 - (day_ms[0] // DAY_MS + 3) // 7
    present = np.where(absent[:, week], 0.0, 1.0) * rhythm[None, :]
    level *= np.where(habits.is_service[:, None], 0.7, present)
    per_session = (
        habits.code_share * _MEAN_REQUESTS[CODE]
        + habits.sdk_share * _MEAN_REQUESTS[SDK]
        + np.maximum(1 - habits.code_share - habits.sdk_share, 0) * _MEAN_REQUESTS[DESKTOP]
    )
    per_session = np.where(habits.is_service, _MEAN_REQUESTS[CI], per_session)
    users = callers - int(habits.is_service.sum())
    requests = float((level * per_session[:, None]).sum())
    level *= REQUESTS_PER_USER_DAY * users * days / max(requests, 1e-9)
    employed = (day_ms[None, :] + DAY_MS > timeline.active_from_ms[:, None]) & (
        day_ms[None, :] < timeline.active_until_ms[:, None]
    )
    return np.where(employed, level, 0.0)


def _clients(rng: np.random.Generator, habits: Habits, caller: Ints) -> Ints:
    draw = rng.random(len(caller))
    code = draw < habits.code_share[caller]
    sdk = ~code & (draw < habits.code_share[caller] + habits.sdk_share[caller])
    client = np.where(code, CODE, np.where(sdk, SDK, DESKTOP))
    return np.where(habits.is_service[caller], CI, client).astype(np.int64)


def _time_of_day_ms(rng: np.random.Generator, habits: Habits, caller: Ints, client: Ints) -> Ints:
    """Return the UTC time of day; it may fall before or after the day, by the time zone."""
    count = len(caller)
    morning = rng.random(count) < 0.5
    local = np.where(morning, rng.normal(10.2, 1.2, count), rng.normal(14.9, 1.7, count))
    late = rng.random(count) < 0.05
    local = np.clip(np.where(late, rng.uniform(19, 23, count), local), 6.5, 23.4)
    offsets = np.array([office.utc_offset_hours for office in OFFICES])[habits.office[caller]]
    # Pipelines run around the clock, most of all in the night.
    night = np.where(rng.random(count) < 0.6, rng.uniform(0, 5, count), rng.uniform(5, 24, count))
    hours = np.where(client == CI, night, local - offsets)
    return np.asarray(hours * HOUR_MS, dtype=np.int64)


def _deployments(rng: np.random.Generator, habits: Habits, openings: _Openings) -> Ints:
    row = np.where(openings.agent > 0, _SUBAGENT_ROW, openings.client)
    family = np.empty(len(row), dtype=np.int64)
    for kind in range(len(_MODEL_WEIGHTS)):
        chosen = row == kind
        family[chosen] = weighted(rng, _MODEL_WEIGHTS[kind], int(chosen.sum()))
    in_us = np.array([office.in_us for office in OFFICES])[habits.office[openings.caller]]
    in_us &= ~habits.is_service[openings.caller]
    released = openings.start_ms >= milliseconds(HAIKU_5_5_FROM)
    new_haiku = released & (rng.random(len(row)) < 0.85)
    return np.select(
        [family == 0, family == 1, family == 2],
        [SONNET_5_5, OPUS_5_5, np.where(in_us, OPUS_5_US, OPUS_5)],
        default=np.where(new_haiku, HAIKU_5_5, HAIKU_4_5),
    ).astype(np.int64)
