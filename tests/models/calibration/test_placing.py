"""Requests without a named deployment run where the platform counted one more."""

import numpy as np

from models.calibration.arrays import MINUTE_US, Ints
from models.calibration.placing import UNPLACED, Candidates, placed
from models.calibration.platform import PlatformMinutes
from models.calibration.traffic import Traffic

CANDIDATES = Candidates(model=np.array([1, 1, 2]), deployment=np.array([7, 8, 9]))


def _traffic(*rows: tuple[int, int, int, int]) -> Traffic:
    """Rows are minute, model, deployment and uncached input."""
    minute, model, deployment, tokens = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    moment = minute * MINUTE_US + 1
    zero = np.zeros(len(rows), dtype=np.int64)
    return Traffic(
        started_us=moment,
        counted_us=moment,
        ended_us=moment,
        caller=zero,
        client=zero,
        model=model,
        deployment=deployment,
        conversation=np.arange(len(rows)),
        size_bytes=zero,
        input_tokens=tokens,
        output_tokens=zero,
        told_read_tokens=zero - 1,
        told_write_5m_tokens=zero - 1,
        told_write_1h_tokens=zero - 1,
        reads_group=zero - 1,
        group_requests=zero,
        group_read_tokens=zero,
    )


def _minutes(*rows: tuple[int, int, int, int]) -> PlatformMinutes:
    """Rows are deployment, minute, requests and uncached input."""
    deployment, minute, requests, tokens = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    zero = np.zeros(len(rows), dtype=np.int64)
    return PlatformMinutes(
        deployment=deployment,
        minute_us=minute * MINUTE_US,
        requests=requests,
        input_tokens=tokens,
        output_tokens=zero,
        cache_read_tokens=zero,
        cache_write_5m_tokens=zero,
        cache_write_1h_tokens=zero,
    )


def _placed(traffic: Traffic, minutes: PlatformMinutes) -> Ints:
    return placed(traffic, minutes, CANDIDATES).deployment


def test_a_surplus_of_exactly_its_tokens_is_best() -> None:
    minutes = _minutes((7, 5, 1, 90), (8, 5, 1, 40))
    assert _placed(_traffic((5, 1, UNPLACED, 40)), minutes).tolist() == [8]


def test_what_named_requests_used_is_no_surplus() -> None:
    minutes = _minutes((7, 5, 1, 40), (8, 5, 2, 50))
    rows = [(5, 1, 7, 40), (5, 1, 8, 10), (5, 1, UNPLACED, 40)]
    assert _placed(_traffic(*rows), minutes).tolist() == [7, 8, 8]


def test_only_deployments_of_its_model_are_asked() -> None:
    minutes = _minutes((9, 5, 1, 40), (7, 6, 1, 40))
    assert _placed(_traffic((5, 1, UNPLACED, 40)), minutes).tolist() == [UNPLACED]


def test_without_metrics_nothing_is_placed() -> None:
    traffic = _traffic((5, 1, UNPLACED, 40))
    assert placed(traffic, _minutes(), CANDIDATES) is traffic
