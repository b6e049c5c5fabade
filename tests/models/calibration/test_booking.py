"""Stretches of days: everybody in one, totals met to the token, alike whoever works it out."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from attribution.drawn_columns import Drawn, drawn

from models.calibration.arrays import MINUTE_US
from models.calibration.booking import (
    CALIBRATED,
    CONTEXT_US,
    DAY_US,
    ESTIMATED,
    NIGHT_US,
    UNKNOWN,
    Booked,
    Stretch,
    booked,
    counted_by_dawn,
    stretches,
)
from models.calibration.estimate import Knowledge, learn
from models.calibration.platform import PlatformMinutes
from models.calibration.traffic import Traffic

TOTALS = ("cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens")
TOLD = ("told_read_tokens", "told_write_5m_tokens", "told_write_1h_tokens")


@pytest.fixture(scope="module")
def shown() -> Drawn:
    """A week around the clock, with traffic beside the gateway and requests without usage."""
    tenant = drawn("outside-20pct", 6, users=12, days=6)
    counted_us = counted_by_dawn(tenant.traffic.started_us, tenant.traffic.counted_us)
    return replace(tenant, traffic=replace(tenant.traffic, counted_us=counted_us))


@pytest.fixture(scope="module")
def knowledge(shown: Drawn) -> Knowledge:
    return learn(shown.traffic, shown.cells)


@pytest.fixture(scope="module")
def whole(shown: Drawn, knowledge: Knowledge) -> list[Booked]:
    """Every stretch from the first day's to the one after the last."""
    return [
        booked(shown.traffic, shown.minutes, stretch, knowledge, is_firm=True)
        for stretch in _all(shown.traffic)
    ]


def _all(traffic: Traffic) -> list[Stretch]:
    first = int(traffic.started_us.min()) // DAY_US * DAY_US
    last = int(traffic.counted_us.max()) // DAY_US * DAY_US
    return [one for day in range(first, last + 1, DAY_US) for one in stretches(day)]


def test_stretches_follow_each_other_without_a_gap(shown: Drawn) -> None:
    for one, other in pairwise(_all(shown.traffic)):
        assert one.ends_us == other.starts_us


def test_every_request_is_in_one_stretch(shown: Drawn, whole: list[Booked]) -> None:
    places = np.concatenate([one.place for one in whole])
    assert np.array_equal(np.sort(places), np.arange(len(shown.traffic)))


def test_who_begins_before_midnight_is_counted_soon_after(shown: Drawn) -> None:
    traffic = shown.traffic
    midnight = (traffic.started_us // DAY_US + 1) * DAY_US
    assert (traffic.counted_us < midnight + NIGHT_US).all()
    assert (traffic.counted_us >= midnight - DAY_US).all()
    long = counted_by_dawn(np.array([midnight[0] - 1]), np.array([midnight[0] + DAY_US]))
    assert long[0] == midnight[0] + NIGHT_US - 1


def test_totals_are_met_to_the_token(shown: Drawn, whole: list[Booked]) -> None:
    for one in whole:
        of_minutes = (shown.minutes.minute_us >= one.stretch.starts_us) & (
            shown.minutes.minute_us < one.stretch.ends_us
        )
        held, own = one.cells.cells, one.cells.is_own
        for deployment in np.unique(shown.minutes.deployment):
            mine = of_minutes & (shown.minutes.deployment == deployment)
            cells = own & (held.deployment == deployment)
            requests = (one.deployment == deployment) & (one.evidence == CALIBRATED)
            for kind, name in enumerate(TOTALS):
                parts = one.cells.outside[cells, kind].sum() + one.cells.pool[cells, kind].sum()
                together = one.cache_tokens[requests, kind].sum() + parts
                assert together == getattr(shown.minutes, name)[mine].sum(), name
            for name in ("input_tokens", "output_tokens"):
                logged = np.maximum(getattr(shown.traffic, name)[one.place], 0)
                logged = logged[one.deployment == deployment].sum()
                more = np.maximum(getattr(one, name), 0)[one.deployment == deployment].sum()
                beside = getattr(one.cells, f"outside_{name}")[cells].sum()
                counted = getattr(shown.minutes, name)[mine].sum()
                assert logged + more + beside == max(counted, logged), name


def test_a_stretch_needs_nothing_but_itself_and_what_was_just_before(
    shown: Drawn, knowledge: Knowledge, whole: list[Booked]
) -> None:
    one = whole[4]
    near = (shown.traffic.started_us >= one.stretch.starts_us - CONTEXT_US) & (
        shown.traffic.started_us < one.stretch.ends_us
    )
    around = (shown.minutes.minute_us >= one.stretch.starts_us - DAY_US) & (
        shown.minutes.minute_us < one.stretch.ends_us + DAY_US
    )
    few = booked(
        shown.traffic.chosen(near),
        shown.minutes.chosen(around),
        one.stretch,
        knowledge,
        is_firm=True,
    )
    assert np.array_equal(np.flatnonzero(near)[few.place], one.place)
    assert np.array_equal(few.cache_tokens, one.cache_tokens)
    assert np.array_equal(few.cells.outside, one.cells.outside)


def test_what_is_told_is_booked_as_told(shown: Drawn, knowledge: Knowledge) -> None:
    told = np.where(np.arange(len(shown.traffic)) % 3 == 0, 777, -1)
    traffic = replace(shown.traffic, **dict.fromkeys(TOLD, told))
    for stretch in _all(shown.traffic)[2:6]:
        found = booked(traffic, shown.minutes, stretch, knowledge, is_firm=True)
        assert (found.cache_tokens[told[found.place] >= 0] == 777).all()
        assert found.cache_tokens.min(initial=0) >= 0
        assert found.cells.pool.min(initial=0) >= 0


def test_without_totals_an_estimate_needs_firm_knowledge(
    shown: Drawn, knowledge: Knowledge
) -> None:
    nothing = shown.minutes.chosen(np.zeros(len(shown.minutes), dtype=np.bool_))
    stretch = _all(shown.traffic)[3]
    for is_firm, evidence in ((True, ESTIMATED), (False, UNKNOWN)):
        found = booked(shown.traffic, nothing, stretch, knowledge, is_firm=is_firm)
        assert len(found.place)
        assert set(found.evidence.tolist()) == {evidence}


def test_without_any_request_of_the_log_all_is_outside(shown: Drawn, knowledge: Knowledge) -> None:
    nobody = shown.traffic.chosen(np.zeros(0, dtype=np.int64))
    stretch = _all(shown.traffic)[3]
    found = booked(nobody, shown.minutes, stretch, knowledge, is_firm=True)
    own = found.cells.is_own
    counted = found.cells.cells.cache_tokens[own].sum(axis=0)
    beyond = found.cells.outside[own] + found.cells.pool[own]
    assert beyond.sum(axis=0).tolist() == counted.tolist()
    assert counted.sum() > 0


def test_requests_without_usage_share_what_the_log_lacks() -> None:
    start = 10 * DAY_US + 9 * 60 * MINUTE_US
    minutes = PlatformMinutes(
        deployment=np.array([1]),
        minute_us=np.array([start]),
        requests=np.array([3]),
        input_tokens=np.array([100]),
        output_tokens=np.array([70]),
        cache_read_tokens=np.array([0]),
        cache_write_5m_tokens=np.array([0]),
        cache_write_1h_tokens=np.array([0]),
    )
    moment = start + np.array([1, 2], dtype=np.int64) * 1_000_000
    plain = np.ones(2, dtype=np.int64)
    traffic = Traffic(
        started_us=moment,
        counted_us=moment,
        ended_us=moment,
        caller=plain,
        client=plain,
        model=plain,
        deployment=plain,
        conversation=np.array([0, 1]),
        size_bytes=1_000 * plain,
        input_tokens=np.array([60, -1]),
        output_tokens=np.array([30, -1]),
        told_read_tokens=-plain,
        told_write_5m_tokens=-plain,
        told_write_1h_tokens=-plain,
        reads_group=-plain,
        group_requests=0 * plain,
        group_read_tokens=0 * plain,
    )
    shown = drawn("base-20", 3, users=5, days=3)
    stretch = stretches(start // DAY_US * DAY_US)[1]
    known = learn(shown.traffic, shown.cells)
    found = booked(traffic, minutes, stretch, known, is_firm=True)
    # 40 input and 40 output tokens are left, for one silent request and one beside the gateway.
    assert found.input_tokens.tolist() == [-1, 20]
    assert found.output_tokens.tolist() == [-1, 20]
    assert found.most_output_tokens.tolist() == [-1, 40]
    assert found.cells.outside_requests.sum() == 1
    assert found.cells.outside_input_tokens.sum() == found.cells.outside_output_tokens.sum() == 20
