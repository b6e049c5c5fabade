"""Everything that goes wrong on purpose: each trap is planted on a few known requests.

A request carries one trap at most, so that the truth about it has one reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ingest.sandbox.generator.arrays import Bools, Ints
from ingest.sandbox.generator.catalog import (
    DAY_MS,
    HAIKU_5_5,
    HAIKU_5_5_FROM,
    HOUR_MS,
    PREVIEW,
    SDK,
    milliseconds,
    utc_text,
)
from ingest.sandbox.generator.outcomes import OUTCOME, Evidence
from ingest.sandbox.generator.timeline import FOREVER_MS, Timeline

UNATTRIBUTED, UNPRICED, UNMETERED = "unattributed", "unpriced", "unmetered"
# By index in the `subscription` column; the second changes hands, nobody knows the third's owner.
SUBSCRIPTIONS = ("legacy-reporting", "legacy-batch", "legacy-unknown")
# In a tiny tenant every trap is rarer than asked for, so that all of them find a place.
_FEWEST_REQUESTS_PER_TRAPPED = 150
_FIRST_USED = "2026-01-01T00:00:00Z"
_RECORDED = "2026-09-15T00:00:00Z"


@dataclass(frozen=True)
class Trap:
    """A planted oddity: how often (share of requests, and at least), and the label it must get.

    `sets` are columns of the request it overwrites; `input_known` and `output_known` tell whether
    the log still says how many tokens there were.
    """

    name: str
    share: float
    least: int
    label: str = ""
    sets: Mapping[str, int] = field(default_factory=dict)
    input_known: bool = True
    output_known: bool = True


def _silent(name: str, share: float, least: int, **sets: int) -> Trap:
    """Return a trap without a usable usage row."""
    return Trap(name, share, least, UNMETERED, sets, input_known=False, output_known=False)


def _caller(name: str, share: float, least: int, evidence: Evidence, label: str = "") -> Trap:
    return Trap(name, share, least, label, {"evidence": evidence})


TRAPS = (
    Trap("", 0.0, 0),
    _caller("response_header_only", 0.002, 4, Evidence.RESPONSE),
    _caller("trace_only", 0.0015, 4, Evidence.TRACE),
    _caller("no_identity", 0.0008, 4, Evidence.NONE, UNATTRIBUTED),
    _caller("malformed_oid", 0.0, 3, Evidence.MALFORMED, UNATTRIBUTED),
    _caller("subscription_key", 0.001, 4, Evidence.SUBSCRIPTION),
    _caller("subscription_new_owner", 0.0005, 4, Evidence.SUBSCRIPTION),
    _caller("subscription_unknown", 0.0, 2, Evidence.SUBSCRIPTION, UNATTRIBUTED),
    Trap("forged_overridden", 0.0005, 4),
    Trap("client_sent_own_oid", 0.0, 3),
    _caller("forged_passed_through", 0.0005, 4, Evidence.CLAIMED, UNATTRIBUTED),
    Trap("gateway_row_missing", 0.0, 5, UNATTRIBUTED, {"gateway_row": 0}),
    _silent("llm_row_missing", 0.0004, 5, llm_row=0),
    Trap("aborted_metered", 0.004, 6, sets={"outcome": OUTCOME["aborted_after_start"]}),
    _silent("aborted_unmetered", 0.003, 6, llm_row=0, outcome=OUTCOME["aborted_499"]),
    _silent("aborted_unmetered_0", 0.0, 2, llm_row=0, outcome=OUTCOME["aborted_0"]),
    Trap("unknown_model", 0.0005, 4, UNPRICED, {"deployment": PREVIEW}),
    Trap("hostile_model_name", 0.0, 4, UNPRICED, {"deployment": PREVIEW}),
    # A price needs the time of the call, and no row of these tells it.
    Trap("null_time", 0.0, 2, "unpriced"),
    Trap("null_time_gateway", 0.0, 3),
    Trap("negative_tokens", 0.0, 3, input_known=False),
    Trap("absurd_tokens", 0.0, 2, input_known=False),
    Trap("malformed_correlation_id", 0.0, 2),
    _silent("empty_correlation_id", 0.0, 3),
    Trap("headers_as_text", 0.0, 4),
    Trap("headers_as_list", 0.0, 4),
    Trap("huge_user_agent", 0.0, 1),
    Trap("script_user_agent", 0.0, 2),
    Trap("formula_user_agent", 0.0, 2),
    Trap("duplicate_line", 0.0, 6),
    Trap("late_days", 0.001, 6),
    Trap("haiku_at_100000", 0.0, 4),
    Trap("haiku_at_100001", 0.0, 4),
    Trap("haiku_uncached_above_100k", 0.0005, 6),
)
TRAP = {trap.name: place for place, trap in enumerate(TRAPS)}
_HAIKU_TRAPS = ("haiku_at_100000", "haiku_at_100001", "haiku_uncached_above_100k")
_SUBSCRIPTION_TRAPS = ("subscription_key", "subscription_new_owner", "subscription_unknown")


@dataclass(frozen=True)
class KeyOwners:
    """Who uses the legacy subscription keys: callers, and when the second key changes hands."""

    first: int
    second: int
    handover_ms: int

    def seed_rows(self, oids: list[str]) -> list[dict[str, str]]:
        """Return the rows of seeds/subscriptions.csv; the third key is left out on purpose."""
        handover = utc_text(self.handover_ms)
        return [
            _seed_row(SUBSCRIPTIONS[0], oids[self.first], _FIRST_USED, ""),
            _seed_row(SUBSCRIPTIONS[1], oids[self.second], _FIRST_USED, handover),
            _seed_row(SUBSCRIPTIONS[1], oids[self.first], handover, ""),
        ]


def _seed_row(subscription: str, oid: str, valid_from: str, valid_to: str) -> dict[str, str]:
    return {
        "apim_subscription_id": subscription,
        "oid": oid,
        "valid_from": valid_from,
        "valid_to": valid_to,
        "recorded_from": _RECORDED,
        "recorded_to": "",
        "source": "simulated register of gateway keys",
    }


def plant_traps(
    rng: np.random.Generator, requests: pd.DataFrame, timeline: Timeline, starts_ms: int, days: int
) -> KeyOwners:
    """Plant every trap into the model requests, in place; say who owns the legacy keys.

    Adds the columns trap, outcome, evidence, claimed (a caller, or -1), subscription (or -1),
    gateway_row and llm_row (does the row arrive at all).
    """
    defaults = {"trap": 0, "outcome": 0, "evidence": 0, "claimed": -1, "subscription": -1}
    for column, value in {**defaults, "gateway_row": 1, "llm_row": 1}.items():
        requests[column] = np.full(len(requests), value, dtype=np.int64)
    time_ms = requests["time_ms"].to_numpy()
    # Away from midnight, so that a trap about one row of a request does not move its day as well.
    free = (time_ms % DAY_MS >= 5 * HOUR_MS) & (time_ms % DAY_MS < 19 * HOUR_MS)
    owners = _key_owners(requests, timeline, starts_ms + days * DAY_MS // 2)
    # The pickiest first, so that they find requests in the smallest tenant as well.
    picky = (*_SUBSCRIPTION_TRAPS, *_HAIKU_TRAPS)
    for trap in sorted(TRAPS[1:], key=lambda trap: trap.name not in picky):
        suitable = free & _suitable(trap.name, requests, owners)
        wanted = max(trap.least, round(trap.share * len(requests)))
        wanted = min(wanted, max(1, len(requests) // _FEWEST_REQUESTS_PER_TRAPPED))
        found = np.flatnonzero(suitable)
        chosen = rng.choice(found, size=min(wanted, len(found)), replace=False)
        free[chosen] = False
        _set(requests, chosen, "trap", TRAP[trap.name])
        for column, value in trap.sets.items():
            _set(requests, chosen, column, value)
        _finish(rng, trap.name, requests, chosen, owners)
    return owners


def _set(requests: pd.DataFrame, chosen: Ints, column: str, value: int | Ints) -> None:
    values = requests[column].to_numpy(copy=True)
    values[chosen] = value
    requests[column] = values


def _key_owners(requests: pd.DataFrame, timeline: Timeline, handover_ms: int) -> KeyOwners:
    """Return two busy people who stay for the whole recording."""
    counts = np.bincount(requests["caller"], minlength=len(timeline.active_from_ms))
    stays = (timeline.active_from_ms == 0) & (timeline.active_until_ms == FOREVER_MS)
    # Services come last among the callers and have keys of their own kind.
    stays[-2:] = False
    busiest = np.argsort(np.where(stays, counts, -1), kind="stable")[::-1]
    return KeyOwners(
        first=int(busiest[0]),
        second=int(busiest[1]),
        handover_ms=handover_ms // HOUR_MS * HOUR_MS,
    )


def _suitable(name: str, requests: pd.DataFrame, owners: KeyOwners) -> Bools:
    caller, time_ms = requests["caller"].to_numpy(), requests["time_ms"].to_numpy()
    if name in _HAIKU_TRAPS:
        return np.asarray(time_ms >= milliseconds(HAIKU_5_5_FROM))
    if name == "subscription_key":
        return np.asarray(caller == owners.first)
    if name == "subscription_new_owner":
        owner = np.where(time_ms < owners.handover_ms, owners.second, owners.first)
        return np.asarray(caller == owner)
    return np.ones(len(requests), dtype=np.bool_)


def _finish(
    rng: np.random.Generator, name: str, requests: pd.DataFrame, chosen: Ints, owners: KeyOwners
) -> None:
    """Do what a trap needs beyond fixed columns."""
    if name in _SUBSCRIPTION_TRAPS:
        _set(requests, chosen, "subscription", _SUBSCRIPTION_TRAPS.index(name))
        _set(requests, chosen, "client", SDK)
    elif name == "client_sent_own_oid":
        _set(requests, chosen, "claimed", requests["caller"].to_numpy()[chosen])
    elif name in {"forged_overridden", "forged_passed_through"}:
        victims = np.where(
            requests["caller"].to_numpy()[chosen] == owners.first, owners.second, owners.first
        )
        _set(requests, chosen, "claimed", victims)
    elif name in _HAIKU_TRAPS:
        _set(requests, chosen, "deployment", HAIKU_5_5)
        _set_prompt(rng, requests, chosen, name)


def _set_prompt(rng: np.random.Generator, requests: pd.DataFrame, chosen: Ints, name: str) -> None:
    """Give prompts on both sides of 100,000 tokens: half of them mostly from the cache."""
    if name == "haiku_uncached_above_100k":
        total = rng.integers(100_001, 175_000, len(chosen))
        uncached = total
    else:
        total = np.full(len(chosen), int(name.rpartition("_")[2]), dtype=np.int64)
        uncached = np.where(np.arange(len(chosen)) % 2 == 0, total, 37)
    written = np.where(uncached == total, 0, 4_200)
    _set(requests, chosen, "input_tokens", uncached)
    _set(requests, chosen, "cache_read_tokens", total - uncached - written)
    _set(requests, chosen, "cache_write_5m_tokens", written)
    _set(requests, chosen, "cache_write_1h_tokens", 0)
