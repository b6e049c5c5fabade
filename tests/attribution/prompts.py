"""Prompts: how long each is, where it is marked for caching, what it shares with others."""

from dataclasses import dataclass

import numpy as np
from attribution.contents import Contents
from attribution.deployments import Deployments
from attribution.habits import CLIENTS, Habits, Mixture
from attribution.people import HEAD_ONLY, NOTHING, People
from attribution.runs import Flags, Floats, Ints, numbered, running_sum, starts_of
from attribution.sessions import AGENT, ASIDE, MAIN, Sessions, Threads

_JSON_BYTES = 350


@dataclass(frozen=True)
class Heads:
    """What stands before the conversation in each prompt, one element each.

    The head has two parts, each a place to mark for caching: the system prompt with the tools,
    and what belongs to the project. Equal numbers mean the same text up to there.
    """

    system: Ints
    project: Ints
    system_tokens: Floats
    tokens: Floats
    head_bytes: Floats


@dataclass(frozen=True)
class Prompts:
    """Prompts of all turns, one element each; tokens are those of the model that was asked."""

    system: Ints
    project: Ints
    conversation: Ints
    """A thread until its next compaction: a later prompt begins with all of an earlier one."""
    system_tokens: Ints
    head_tokens: Ints
    marked_tokens: Ints
    """Up to the last mark for caching; 0 without any."""
    tokens: Ints
    request_bytes: Ints
    added_tokens: Ints
    """What the turn adds to the prompt before it: all of it in a conversation's first turn."""


def draw_heads(
    random: np.random.Generator,
    habits: Habits,
    mixture: Mixture,
    people: People,
    sessions: Sessions,
    threads: Threads,
) -> Heads:
    """Draw the head of the prompts of each thread."""
    caller, kind = threads.caller, threads.kind
    text = people.accounts.client[caller] * 3 + kind
    owner = np.zeros_like(caller) if mixture.is_prefix_shared else caller + 1
    system = numbered(text, owner)
    project = numbered(system, caller, np.where(kind == MAIN, sessions.project[threads.session], 0))
    medians = (habits.code_system_tokens, habits.desktop_system_tokens, habits.sdk_system_tokens)
    text_tokens = np.repeat(medians, 3)
    text_tokens[AGENT::3] = habits.agent_system_tokens
    text_tokens[ASIDE::3] = habits.aside_system_tokens
    system_tokens = text_tokens[text]
    own = np.where(kind == MAIN, people.writing.own_tools_tokens[caller], 0)
    if not mixture.is_prefix_shared:
        system_tokens = system_tokens + own
        own = np.zeros_like(own)
    projects = habits.project_tokens * random.lognormal(0, 0.8, int(project.max(initial=0)) + 1)
    rest = np.where(kind == MAIN, own + projects[project], 0)
    # The same text has the same bytes each time.
    of_text = random.uniform(3.1, 4.6, 3 * len(CLIENTS))
    of_project = random.uniform(2.9, 4.4, len(projects))
    return Heads(
        system=system,
        project=project,
        system_tokens=system_tokens,
        tokens=system_tokens + rest,
        head_bytes=system_tokens * of_text[text] + rest * of_project[project],
    )


def draw_prompts(
    random: np.random.Generator,
    habits: Habits,
    people: People,
    deployments: Deployments,
    threads: Threads,
    contents: Contents,
    heads: Heads,
) -> Prompts:
    """Put together the prompt of each turn from its head and the turns before."""
    thread = contents.thread
    first = starts_of(thread)
    kept_tokens = _before(contents.visible_tokens, first) / _before(
        deployments.tokens_per_base[contents.deployment], first, 1.0
    )
    grown = contents.new_tokens + kept_tokens
    part, fresh = _parts(random, habits, people, threads, contents, heads, grown)
    opens = starts_of(thread, part)
    compacted = opens & (part > 0) & ~fresh
    summary = np.where(
        compacted, habits.summary_tokens * random.lognormal(0, 0.4, len(thread)), 0.0
    )
    summary_bytes = summary * people.writing.bytes_per_token[contents.caller, 0]
    added = np.where(opens, contents.new_tokens + summary, grown)
    added_bytes = contents.new_bytes + np.where(
        opens, summary_bytes, _before(contents.visible_bytes, first)
    )
    body = running_sum(added, opens)
    model = deployments.tokens_per_base[contents.deployment]
    head = np.floor(heads.tokens[thread] * model).astype(np.int64)
    tokens = np.floor((heads.tokens[thread] + body) * model).astype(np.int64)
    added_tokens = np.where(opens, tokens, np.floor(added * model).astype(np.int64))
    tail = _tails(random, habits, people, contents, np.floor(added * model).astype(np.int64))
    caching = people.accounts.caching[contents.caller]
    header_bytes = people.writing.header_bytes[contents.caller]
    header_bytes = header_bytes + random.integers(-12, 13, len(thread))
    size = header_bytes + _JSON_BYTES + heads.head_bytes[thread] + running_sum(added_bytes, opens)
    return Prompts(
        system=numbered(contents.deployment, heads.system[thread]),
        project=numbered(contents.deployment, heads.project[thread]),
        conversation=np.cumsum(opens) - 1,
        system_tokens=np.floor(heads.system_tokens[thread] * model).astype(np.int64),
        head_tokens=head,
        marked_tokens=np.select(
            [caching == NOTHING, caching == HEAD_ONLY], [0, head], default=tokens - tail
        ),
        tokens=tokens,
        request_bytes=np.rint(size).astype(np.int64),
        added_tokens=added_tokens,
    )


def _before(values: Floats | Ints, first: Flags, default: float = 0.0) -> Floats:
    """The value of the turn before in the same thread."""
    before = np.empty(len(values), dtype=np.float64)
    before[1:] = values[:-1]
    before[first] = default
    return before


def _parts(
    random: np.random.Generator,
    habits: Habits,
    people: People,
    threads: Threads,
    contents: Contents,
    heads: Heads,
    grown: Floats,
) -> tuple[Ints, Flags]:
    """Number the stretches of a thread between compactions; say which begin without a summary."""
    thread = contents.thread
    room = people.writing.compaction_tokens[threads.caller] - heads.tokens - habits.summary_tokens
    room = np.maximum(room, 15_000)
    part = (running_sum(grown, starts_of(thread)) / room[thread]).astype(np.int64)
    stateless = people.accounts.is_stateless[threads.caller] & (threads.kind == MAIN)
    turn = np.arange(len(thread)) - threads.first[thread]
    part = np.where(stateless[thread], turn, part)
    cleared = random.random(len(thread)) < 0.15
    return part, stateless[thread] | cleared


def _tails(
    random: np.random.Generator, habits: Habits, people: People, contents: Contents, added: Ints
) -> Ints:
    """Tokens after the last mark: a few, at times hundreds, never more than the turn adds."""
    number = len(added)
    few = 1 + random.poisson(habits.tail_tokens - 1, number)
    many = np.rint(habits.long_tail_tokens * random.lognormal(0, 1.0, number)).astype(np.int64)
    caller_constant = random.random(len(people.accounts.client)) < 0.5
    few = np.where(caller_constant[contents.caller], round(habits.tail_tokens), few)
    tail = np.where(random.random(number) < habits.long_tail_share, many, few)
    return np.minimum(tail, np.maximum(added - 1, 0))
