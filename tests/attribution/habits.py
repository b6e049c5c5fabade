"""What all people of one tenant have in common, drawn once per tenant from wide ranges."""

import math
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from attribution.recipes import Recipe

CODE, DESKTOP, SDK = range(3)
CLIENTS = ("claude-code", "claude-desktop", "sdk")
FIVE_MINUTES, ONE_HOUR, MIXED = range(3)
"""The three ways to cache: everything for 5 minutes, for 1 hour, or the system prompt for 1 hour
and the conversation for 5 minutes."""


def _between(low: float, high: float) -> Any:
    return field(metadata={"low": low, "high": high})


@dataclass(frozen=True)
class Habits:
    """Numbers of a tenant, each drawn between two bounds, evenly on a logarithmic scale.

    Medians and means unless the name says share; tokens are those of the older tokenizer.
    """

    requests_per_workday: float = _between(18, 34)
    activity_spread: float = _between(0.6, 1.5)
    weekend_share: float = _between(0.02, 0.2)

    code_turns: float = _between(12, 45)
    desktop_turns: float = _between(3, 10)
    sdk_turns: float = _between(15, 120)
    code_human_share: float = _between(0.12, 0.45)
    human_pause_seconds: float = _between(25, 160)
    tool_pause_seconds: float = _between(0.4, 8)
    break_share: float = _between(0.004, 0.03)
    night_share: float = _between(0.0005, 0.004)

    spawn_share: float = _between(0.005, 0.06)
    agents_per_spawn: float = _between(1.2, 4)
    agent_turns: float = _between(4, 14)
    aside_share: float = _between(0.02, 0.6)
    switch_share: float = _between(0.0005, 0.01)
    fast_agents_share: float = _between(0.1, 0.9)

    code_system_tokens: float = _between(8_000, 28_000)
    desktop_system_tokens: float = _between(900, 7_000)
    sdk_system_tokens: float = _between(150, 6_000)
    agent_system_tokens: float = _between(2_500, 10_000)
    aside_system_tokens: float = _between(60, 700)
    own_tools_tokens: float = _between(200, 12_000)
    project_tokens: float = _between(300, 9_000)
    first_message_tokens: float = _between(150, 4_000)
    human_message_tokens: float = _between(25, 300)
    result_tokens: float = _between(200, 1_400)
    result_spread: float = _between(0.8, 1.5)
    summary_tokens: float = _between(1_500, 9_000)
    compaction_tokens: float = _between(70_000, 200_000)
    no_compaction_share: float = _between(0.01, 0.3)
    tail_tokens: float = _between(3, 20)
    long_tail_share: float = _between(0.003, 0.2)
    long_tail_tokens: float = _between(80, 600)

    step_output_tokens: float = _between(70, 260)
    answer_output_tokens: float = _between(200, 750)
    thinking_share: float = _between(0.02, 0.6)
    thinking_tokens: float = _between(120, 900)
    first_token_seconds: float = _between(0.6, 3)
    prefill_tokens_per_second: float = _between(5_000, 60_000)

    code_header_bytes: float = _between(1_500, 7_000)
    desktop_header_bytes: float = _between(1_200, 6_000)
    sdk_header_bytes: float = _between(600, 4_000)
    turn_overhead_bytes: float = _between(60, 800)
    writing_spread: float = _between(0.04, 0.18)
    person_spread: float = _between(0.03, 0.15)
    image_share: float = _between(0.001, 0.012)

    aborted_share: float = _between(0.001, 0.006)
    failed_share: float = _between(0.001, 0.03)
    head_only_share: float = _between(0.01, 0.3)
    not_caching_share: float = _between(0.002, 0.08)


@dataclass(frozen=True)
class Mixture:
    """Choices of a tenant: shares by client, by way to cache and by language, and switches."""

    client_shares: tuple[float, ...]
    ttl_shares: tuple[float, ...]
    language_shares: tuple[float, ...]
    time_zones: tuple[int, ...]
    sends_session: tuple[bool, ...]
    is_prefix_shared: bool
    is_project_kept: bool
    """Whether the part of the system prompt about a project is the same in its next session."""
    escaped_share: float
    """Share of callers whose client writes other than ASCII as JSON escapes of six bytes."""


LANGUAGES = 4
"""English, German, Japanese, Chinese."""


def draw_habits(random: np.random.Generator, recipe: Recipe) -> Habits:
    """Draw the numbers of a tenant."""
    drawn = {
        each.name: math.exp(
            random.uniform(math.log(each.metadata["low"]), math.log(each.metadata["high"]))
        )
        for each in fields(Habits)
    }
    if recipe.many_images:
        drawn["image_share"] = random.uniform(0.06, 0.2)
    if recipe.not_caching_share is not None:
        drawn["not_caching_share"] = recipe.not_caching_share
    return Habits(**drawn)


def draw_mixture(random: np.random.Generator, recipe: Recipe) -> Mixture:
    """Draw the choices of a tenant."""
    sends = (True, bool(random.random() < 0.6), bool(random.random() < 0.15))
    languages = random.dirichlet((3, 0.4, 0.2, 0.2))
    ttls = {
        "drawn": random.dirichlet((1.2, 0.5, 0.5)),
        "one hour": np.array((0.0, 1.0, 0.0)),
        "mixed": random.dirichlet((4, 2, 4)),
    }[recipe.ttl]
    shared = {"drawn": bool(random.random() < 0.5), "caller": False, "tenant": True}
    return Mixture(
        client_shares=tuple(random.dirichlet((7, 3, 1)).tolist()),
        ttl_shares=tuple(ttls.tolist()),
        language_shares=(0.25,) * LANGUAGES if recipe.many_languages else tuple(languages.tolist()),
        time_zones=tuple(random.integers(-8, 10, size=random.integers(1, 4)).tolist()),
        sends_session=sends if recipe.session_headers else (False, False, False),
        is_prefix_shared=shared[recipe.prefix],
        is_project_kept=bool(random.random() < 0.6),
        escaped_share=random.uniform(0.1, 0.5),
    )
