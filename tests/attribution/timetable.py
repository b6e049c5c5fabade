"""When requests start and are answered."""

from dataclasses import dataclass

import numpy as np
from attribution.contents import Contents
from attribution.deployments import Deployments
from attribution.habits import ONE_HOUR, Habits
from attribution.people import NOTHING, People
from attribution.prompts import Prompts
from attribution.runs import Floats, Ints, running_sum, starts_of
from attribution.sessions import AGENT, MAIN, SECOND, Threads

_LONGEST_SECONDS = 590
_MILLISECOND = 1_000


@dataclass(frozen=True)
class Timetable:
    """Start and end of each turn's request, in microseconds since the tenant's first midnight."""

    start: Ints
    end: Ints


def draw_timetable(
    random: np.random.Generator,
    habits: Habits,
    people: People,
    deployments: Deployments,
    threads: Threads,
    contents: Contents,
    prompts: Prompts,
) -> Timetable:
    """Draw how long answers take, and set turns one after another; a spawner awaits its agents."""
    taken = _taken(random, habits, people, deployments, contents, prompts)
    first = starts_of(contents.thread)
    pause = _with_agents(random, threads, contents.pause, taken)
    ended = running_sum(np.where(first, 0, pause) + taken, first)
    mains = threads.kind == MAIN
    begin = threads.start.copy()
    start = begin[contents.thread] + ended - taken
    # The parent of a thread is a turn of a main one, whose start is known by now.
    parent = threads.parent[~mains]
    after = np.where(threads.kind[~mains] == AGENT, taken[parent], 0)
    begin[~mains] = start[parent] + after + contents.pause[threads.first[~mains]]
    start = begin[contents.thread] + ended - taken
    return Timetable(start=start, end=start + taken)


def _taken(
    random: np.random.Generator,
    habits: Habits,
    people: People,
    deployments: Deployments,
    contents: Contents,
    prompts: Prompts,
) -> Ints:
    """Microseconds, whole milliseconds: first token, prompt that is not cached, answer."""
    number = len(contents.thread)
    caller = contents.caller
    hour = people.accounts.ttl[caller] == ONE_HOUR
    # The cache itself needs the times that are drawn here: the pause alone says enough.
    anew = starts_of(prompts.conversation, contents.deployment)
    anew |= contents.pause >= np.where(hour, 3_600, 300) * SECOND
    anew |= people.accounts.caching[caller] == NOTHING
    worked = np.where(anew, prompts.tokens, prompts.added_tokens)
    speed = deployments.tokens_per_second[contents.deployment] * random.lognormal(0, 0.3, number)
    seconds: Floats = (
        habits.first_token_seconds * random.lognormal(0, 0.35, number)
        + worked / habits.prefill_tokens_per_second * random.lognormal(0, 0.2, number)
        + contents.output_tokens / speed
    )
    whole = np.rint(np.clip(seconds, 0.3, _LONGEST_SECONDS) * SECOND / _MILLISECOND)
    return whole.astype(np.int64) * _MILLISECOND


def _with_agents(random: np.random.Generator, threads: Threads, pause: Ints, taken: Ints) -> Ints:
    """Pauses that last at least as long as the agents started by the answer before."""
    lasted = np.add.reduceat(pause + taken, threads.first) if len(pause) else pause
    agents = threads.kind == AGENT
    following = threads.parent[agents] + 1
    wait = np.zeros(len(pause) + 1, dtype=np.int64)
    np.maximum.at(wait, following, lasted[agents] + random.integers(50_000, 900_000, agents.sum()))
    # An agent of a thread's last turn holds up nobody.
    return np.maximum(pause, wait[:-1])
