"""An incremental build publishes what a full one would, whatever arrives in whatever order.

`make soak-incremental` tries many more lives. What is known not to hold yet is left out here by
name, and proved one by one in test_incremental_gaps.py.
"""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from incremental_life import Arrive, Directory, Event, Publish, Seed, Wait, life
from incremental_rows import PEOPLE, ROWS, SEEDS

SOAK = os.environ.get("TOLLBOOK_SOAK") == "1"

# The row that makes the history begin: days before the first gateway row are a gap of their own.
_FIRST = "day 1, 09 h: gateway row"
_EDITIONS = [(file, edition) for file, editions in SEEDS.items() for edition in editions]
_NAMES = list(ROWS)
_ARRIVALS = st.lists(st.sampled_from(_NAMES), min_size=1, max_size=12, unique=True)
_EVENTS = st.one_of(
    _ARRIVALS.map(lambda names: Arrive(tuple(names))),
    _ARRIVALS.map(lambda names: Arrive(tuple(names))),
    st.sampled_from(_EDITIONS).map(lambda pair: Seed(*pair)),
    st.sampled_from(list(PEOPLE)).map(Directory),
    st.sampled_from([1, 30, 200]).map(Wait),
    st.just(Publish()),
)
# Every kind of event once, in an unlucky order, and apart from what would mark its days as well.
_EVERYTHING: tuple[Event, ...] = (
    Arrive(tuple(name for name in reversed(_NAMES) if "count" in name or "twice: again" in name)),
    Arrive(("no gateway row: LLM row", "by subscription: gateway row", "twice: LLM row again")),
    Directory("1 and 2 are seen"),
    Publish(),
    Arrive(("no gateway row: its gateway row", "over midnight: gateway row")),
    Publish(),
    Arrive(("over midnight: LLM row", "day 9, 09 h: gateway row", "day 9, 09 h: LLM row")),
    Publish(),
    Arrive(("over midnight: trace", "Foundry count, corrected")),
    Publish(),
    Arrive(("over midnight: usage record", "twice: LLM row")),
    Publish(),
    Wait(30),
    Directory("1 moves"),
    Publish(),
    Arrive(tuple(_NAMES)),
    Directory("full round without 2"),
    Seed("subscriptions.csv", "of caller 3"),
    Seed("prices.csv", "past price corrected"),
    Publish(),
    Seed("discounts.csv", "replaced"),
    Seed("deployments.csv", "until the fifth"),
    Seed("models.csv", "alias corrected"),
)


@settings(
    max_examples=600 if SOAK else 4,
    deadline=None,
    derandomize=not SOAK,
    # A life takes a second or two: to shrink one is for whoever looks into a failure.
    phases=list(Phase) if SOAK else [Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@example(events=list(_EVERYTHING))
@given(events=st.lists(_EVENTS, min_size=5, max_size=14))
def test_any_life_publishes_what_a_full_build_would(events: list[Event]) -> None:
    with TemporaryDirectory() as folder, life(Path(folder)) as lived:
        lived.live([Arrive((_FIRST,)), *events, Publish()])
