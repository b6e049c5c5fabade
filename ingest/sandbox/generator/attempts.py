"""Calls that never reached a model: refusals, retries, failures, probes, lists, token counts."""

import numpy as np
import pandas as pd

from ingest.sandbox.generator.catalog import CODE, DAY_MS, DESKTOP
from ingest.sandbox.generator.outcomes import OUTCOME, OUTCOMES
from ingest.sandbox.generator.timeline import Timeline

_USAGE = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "web_searches",
)
# After these a client gives up; before all other failures' requests it tried again and succeeded.
_FINAL = ("quota_403", "denied_403")


def draw_attempts(
    rng: np.random.Generator,
    requests: pd.DataFrame,
    timeline: Timeline,
    starts_ms: int,
    days: int,
) -> pd.DataFrame:
    """Return the calls without usage, as rows of the same columns as the model requests.

    A failed attempt is a copy of a real request some seconds earlier, so that the real one is its
    retry. `prompt_tokens` keeps the size of what was sent.
    """
    plain = requests[requests["trap"] == 0]
    parts = []
    for place, outcome in enumerate(OUTCOMES):
        if not outcome.share:
            continue
        wanted = max(outcome.least, round(outcome.share * len(requests)))
        chosen = rng.choice(len(plain), size=min(wanted, len(plain)), replace=False)
        part = plain.iloc[np.sort(chosen)].copy()
        wait_ms = rng.integers(1_500, 45_000, len(part))
        part["time_ms"] += wait_ms if outcome.name in _FINAL else -wait_ms
        part["outcome"] = place
        part["latency_ms"] = rng.integers(4, 60, len(part))
        if outcome.forwarded:
            part["latency_ms"] += rng.integers(40, 2_500, len(part))
        parts.append(part)
    parts += [
        _openings(rng, plain, CODE, "probe", part_of=0.8),
        _openings(rng, plain, DESKTOP, "models", part_of=0.7),
    ]
    attempts = pd.concat(parts, ignore_index=True)
    attempts["evidence"] = np.array([outcome.evidence.value for outcome in OUTCOMES])[
        attempts["outcome"]
    ]
    attempts[list(_USAGE)] = 0
    time_ms, caller = attempts["time_ms"].to_numpy(), attempts["caller"].to_numpy()
    inside = (time_ms >= starts_ms) & (time_ms < starts_ms + days * DAY_MS)
    inside &= time_ms >= timeline.active_from_ms[caller]
    inside &= time_ms < timeline.active_until_ms[caller]
    return attempts[inside].reset_index(drop=True)


def _openings(
    rng: np.random.Generator, plain: pd.DataFrame, client: int, outcome: str, *, part_of: float
) -> pd.DataFrame:
    """Return what a client asks before the first request of a session."""
    first = (plain["client"] == client) & (plain["turn"] == 0) & (plain["agent"] == 0)
    part = plain[first & (rng.random(len(plain)) < part_of)].copy()
    part["time_ms"] -= rng.integers(700, 3_000, len(part))
    part["outcome"] = OUTCOME[outcome]
    part["latency_ms"] = rng.integers(2, 25, len(part))
    part["prompt_tokens"] = 0
    return part
