"""What each turn of a thread brings: new content, an answer, a pause before it, a deployment."""

from dataclasses import dataclass

import numpy as np
from attribution.deployments import Deployments
from attribution.habits import SDK, Habits
from attribution.people import PROGRAM, PROSE, People
from attribution.runs import Flags, Floats, Ints, running_sum
from attribution.sessions import AGENT, ASIDE, HOUR, MAIN, SECOND, Threads

_MOST_OUTPUT_TOKENS = 32_000
_IMAGE_BYTES = (100_000, 1_500_000)
_IMAGE_TOKENS = (300, 1_600)


@dataclass(frozen=True)
class Contents:
    """Turns of all threads, one element each, in the order of the threads.

    Tokens of content are those of the older tokenizer and may be fractions, answers are whole
    tokens of the model; bytes are those in the request's JSON.
    """

    thread: Ints
    caller: Ints
    deployment: Ints
    pause: Ints
    """Microseconds between the answer before and this request; of a first turn, its delay."""
    new_tokens: Floats
    new_bytes: Floats
    visible_tokens: Ints
    """Of the answer, what comes back in the next prompt."""
    visible_bytes: Floats
    output_tokens: Ints
    is_aborted: Flags


def draw_contents(
    random: np.random.Generator,
    habits: Habits,
    people: People,
    deployments: Deployments,
    threads: Threads,
    human: Flags,
) -> Contents:
    """Draw the turns of `threads`; `human` says which bring a person's message."""
    thread = np.repeat(np.arange(len(threads.turns)), threads.turns)
    caller = threads.caller[thread]
    kind = threads.kind[thread]
    first = np.zeros(len(thread), dtype=bool)
    first[threads.first] = True
    deployment = _deployments(random, habits, people, deployments, kind, caller, first)
    tokens, content_bytes = _new_content(random, habits, people, kind, caller, first, human)
    image_tokens, image_bytes = _images(random, habits, kind, human)
    visible, output, aborted = _answers(random, habits, people, kind, caller)
    answer_bytes = people.writing.bytes_per_token[caller][:, [PROSE, PROGRAM]].mean(axis=1)
    noise = random.lognormal(0, habits.writing_spread, len(thread))
    overhead = people.writing.overhead_bytes[caller] * random.lognormal(0, 0.25, len(thread))
    return Contents(
        thread=thread,
        caller=caller,
        deployment=deployment,
        pause=_pauses(random, habits, people, caller, first, human),
        new_tokens=tokens + image_tokens,
        new_bytes=content_bytes + image_bytes + overhead,
        visible_tokens=visible,
        visible_bytes=visible / deployments.tokens_per_base[deployment] * answer_bytes * noise,
        output_tokens=output,
        is_aborted=aborted,
    )


def _deployments(
    random: np.random.Generator,
    habits: Habits,
    people: People,
    deployments: Deployments,
    kind: Ints,
    caller: Ints,
    first: Flags,
) -> Ints:
    """A person switches in mid-session now and then, and back at the next switch."""
    accounts = people.accounts
    switches = random.random(len(caller)) < habits.switch_share
    switched = running_sum((switches & ~first).astype(np.int64), first) % 2 == 1
    main = np.where(switched, accounts.other_deployment[caller], accounts.deployment[caller])
    last = len(deployments.models) - 1
    return np.select(
        [kind == MAIN, kind == AGENT], [main, accounts.agent_deployment[caller]], default=last
    )


def _new_content(
    random: np.random.Generator,
    habits: Habits,
    people: People,
    kind: Ints,
    caller: Ints,
    first: Flags,
    human: Flags,
) -> tuple[Floats, Floats]:
    number = len(caller)
    result = people.writing.result_tokens[caller]
    median = np.where(human, habits.human_message_tokens, result)
    median = np.where(first & (kind != ASIDE), habits.first_message_tokens, median)
    stateless = people.accounts.is_stateless[caller] & (kind == MAIN)
    median = np.where(stateless, habits.first_message_tokens, median)
    spread = np.where(human | stateless, 1.0, habits.result_spread)
    tokens = np.clip(np.exp(np.log(median) + spread * random.standard_normal(number)), 8, 40_000)
    drawn = (random.random(number)[:, None] > people.writing.kind_shares[caller]).sum(axis=1)
    talk = np.where(random.random(number) < 0.8, PROSE, PROGRAM)
    of_kind = np.where(human, talk, np.minimum(drawn, 3))
    bytes_per_token = people.writing.bytes_per_token[caller, of_kind]
    noise = random.lognormal(0, habits.writing_spread, number)
    return tokens, tokens * bytes_per_token * noise


def _images(
    random: np.random.Generator, habits: Habits, kind: Ints, human: Flags
) -> tuple[Floats, Floats]:
    share = np.where(human, habits.image_share, habits.image_share / 20)
    has_image = (random.random(len(kind)) < share) & (kind != ASIDE)
    tokens = np.where(has_image, random.uniform(*_IMAGE_TOKENS, len(kind)), 0)
    least, most = np.log(_IMAGE_BYTES).tolist()
    size = np.exp(random.uniform(least, most, len(kind)))
    return tokens, np.where(has_image, size, 0)


def _answers(
    random: np.random.Generator, habits: Habits, people: People, kind: Ints, caller: Ints
) -> tuple[Ints, Ints, Flags]:
    number = len(caller)
    talks = random.random(number) < np.maximum(people.rhythm.human_share[caller], 0.05)
    median = np.where(talks, habits.answer_output_tokens, habits.step_output_tokens)
    median = np.where(kind == ASIDE, 25, median)
    visible = np.clip(np.exp(np.log(median) + random.normal(0, 0.8, number)), 1, 20_000)
    thinks = (random.random(number) < people.writing.thinking_share[caller]) & (kind != ASIDE)
    thinking = np.where(thinks, habits.thinking_tokens * random.lognormal(0, 0.9, number), 0)
    aborted = random.random(number) < habits.aborted_share
    output = np.where(aborted, random.random(number), 1) * (visible + thinking)
    output_tokens = np.clip(np.rint(output), 1, _MOST_OUTPUT_TOKENS).astype(np.int64)
    visible_tokens = np.where(aborted, 0, np.rint(visible)).astype(np.int64)
    return np.minimum(visible_tokens, output_tokens), output_tokens, aborted


def _pauses(
    random: np.random.Generator,
    habits: Habits,
    people: People,
    caller: Ints,
    first: Flags,
    human: Flags,
) -> Ints:
    """Tools take seconds, people minutes; some turns come after lunch, some the next morning."""
    number = len(caller)
    pace = people.rhythm.pace[caller]
    seconds = np.where(
        human & (people.accounts.client[caller] != SDK),
        habits.human_pause_seconds * pace * random.lognormal(0, 1.1, number),
        habits.tool_pause_seconds * random.lognormal(0, 1.2, number),
    )
    chance = np.where(human, random.random(number), 1)
    night = chance < habits.night_share
    lunch = ~night & (chance < habits.night_share + habits.break_share)
    seconds = np.where(lunch, random.uniform(20, 100, number) * 60, seconds)
    seconds = np.where(night, random.uniform(13, 17, number) * (HOUR // SECOND), seconds)
    seconds = np.where(first, random.uniform(0.02, 3, number), np.clip(seconds, 0.05, None))
    return (seconds * SECOND).astype(np.int64)
