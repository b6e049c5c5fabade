"""Sessions of callers, and the threads of requests in them: the main one, agents and asides."""

from dataclasses import dataclass

import numpy as np
from attribution.habits import CODE, SDK, Habits
from attribution.people import People
from attribution.runs import Flags, Floats, Ints

SECOND = 1_000_000
"""Times are whole microseconds since the first midnight of the tenant."""
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
FIRST_WEEKDAY = 3
"""The first day is a Thursday."""
MAIN, AGENT, ASIDE = range(3)
"""Kinds of threads: a person's conversation, a subagent's, a single small request."""

_PROJECTS = 4
_LONGEST_THREAD = 800


@dataclass(frozen=True)
class Sessions:
    """Sessions, one element each."""

    caller: Ints
    start: Ints
    project: Ints
    turns: Ints


@dataclass(frozen=True)
class Threads:
    """Threads of all sessions, one element each; the turns of all threads follow one another."""

    session: Ints
    caller: Ints
    kind: Ints
    turns: Ints
    start: Ints
    """Of main threads; the others start when their parent does or has its answer."""
    parent: Ints
    """Main turn whose answer started an agent, or whose request an aside accompanies; -1."""

    @property
    def first(self) -> Ints:
        """The number of each thread's first turn."""
        return np.cumsum(self.turns) - self.turns


def draw_sessions(
    random: np.random.Generator, habits: Habits, people: People, days: int, *, keep_project: bool
) -> Sessions:
    """Draw when callers begin sessions, on what, and how many turns these take."""
    weekend = (np.arange(days) + FIRST_WEEKDAY) % 7 >= 5
    rhythm = people.rhythm
    day_weight = np.where(weekend, habits.weekend_share, random.uniform(0.7, 1.3, size=days))
    # People are away for some days at a time, which no average shows.
    present = random.random((len(rhythm.turns), days)) < 0.85
    expected = np.outer(rhythm.requests_per_workday / rhythm.requests_per_session, day_weight)
    number = random.poisson(expected * present / 0.85)
    caller, day = (
        np.repeat(index, number.ravel()) for index in np.indices(number.shape).reshape(2, -1)
    )
    morning = random.random(len(caller)) < 0.45
    hour = np.where(
        morning,
        random.normal(9.8, 1.4, size=len(caller)),
        random.normal(14.8, 2.2, size=len(caller)),
    )
    start = day * DAY + ((hour - rhythm.zone_hours[caller]) * HOUR).astype(np.int64)
    spread = 0.9
    turns = np.exp(
        np.log(rhythm.turns[caller]) - spread**2 / 2 + random.normal(0, spread, len(caller))
    )
    project = caller * _PROJECTS + random.integers(0, _PROJECTS, len(caller))
    return Sessions(
        caller=caller,
        start=start,
        project=project if keep_project else np.arange(len(caller)),
        turns=np.clip(np.rint(turns), 1, _LONGEST_THREAD).astype(np.int64),
    )


def draw_threads(
    random: np.random.Generator, habits: Habits, people: People, sessions: Sessions
) -> tuple[Threads, Flags]:
    """Draw the threads of sessions, and which turns bring a person's message.

    The main threads come first, in the order of the sessions.
    """
    of_turn = np.repeat(np.arange(len(sessions.turns)), sessions.turns)
    caller = sessions.caller[of_turn]
    client = people.accounts.client[caller]
    human = random.random(len(of_turn)) < people.rhythm.human_share[caller]
    human[np.cumsum(sessions.turns) - sessions.turns] = True
    spawns = (client == CODE) & (random.random(len(of_turn)) < habits.spawn_share)
    asides = (client != SDK) & human & (random.random(len(of_turn)) < habits.aside_share)
    agents = np.where(spawns, 1 + random.poisson(habits.agents_per_spawn - 1, len(of_turn)), 0)
    agent_parent = np.repeat(np.arange(len(of_turn)), agents)
    aside_parent = np.flatnonzero(asides)
    parent = np.concatenate((np.full(len(sessions.turns), -1), agent_parent, aside_parent))
    agent_turns = _agent_turns(random, habits, len(agent_parent))
    turns = np.concatenate((sessions.turns, agent_turns, np.ones(len(aside_parent), np.int64)))
    kind = np.repeat(
        (MAIN, AGENT, ASIDE), (len(sessions.turns), len(agent_turns), len(aside_parent))
    )
    session = np.where(parent < 0, np.arange(len(turns)), of_turn[parent])
    start = np.where(kind == MAIN, sessions.start[session], 0)
    threads = Threads(session, sessions.caller[session], kind, turns, start, parent)
    human = np.concatenate((human, np.zeros(int(turns.sum()) - len(human), dtype=bool)))
    human[threads.first] = True
    return threads, human


def _agent_turns(random: np.random.Generator, habits: Habits, number: int) -> Ints:
    turns: Floats = random.lognormal(np.log(habits.agent_turns) - 0.25, 0.7, number)
    return np.clip(np.rint(turns), 1, 80).astype(np.int64)
