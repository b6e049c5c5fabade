"""A tenant made of a real trace keeps its prompts; its cache is worked out block by block."""

from dataclasses import replace

import numpy as np
import pytest
from attribution.recipes import RECIPES
from attribution.rows import UNEQUAL_MINUTES, rows
from attribution.tenant import draw_tenant
from attribution.trace import FILE, Recorded, block_cache

SECOND = 1_000_000
FIVE_MINUTES = 300 * SECOND
REQUESTS = 3_993


def test_blocks_are_read_from_answered_requests_within_their_life() -> None:
    """Prompts of four blocks and one token, one after the other, by hand."""
    seconds = np.array((0, 1, 10, 309, 310, 611))
    recorded = Recorded(
        start=seconds * SECOND,
        tokens=np.full(6, 2_049),
        output=np.ones(6, dtype=np.int64),
        blocks=[
            [1, 2, 3, 4, 5],
            [1, 2, 3, 4, 6],  # the first is not answered yet
            [1, 2, 3, 7, 8],  # reads three blocks of the first
            [1, 2, 3, 4, 9],  # the third kept three of them alive, the fourth is too old
            [1, 7, 3, 4, 5],  # only one block is the same: too short to be kept
            [1, 2, 3, 4, 5],  # the fourth is still alive
        ],
        conversation=np.zeros(6, dtype=np.int64),
    )
    end = recorded.start + 5 * SECOND
    cached = block_cache(recorded, end, recorded.tokens - 1, np.full(6, FIVE_MINUTES))
    assert cached.read.tolist() == [0, 0, 1_536, 1_536, 0, 0]
    assert (cached.read + cached.write_5m).tolist() == [2_048] * 6
    assert cached.write_1h.tolist() == [0] * 6
    assert cached.uncached.tolist() == [1] * 6


@pytest.fixture(scope="module")
def trace_is_there() -> None:
    if not FILE.is_file():
        pytest.skip("the Mooncake trace is not in ../shared/data")


@pytest.mark.usefixtures("trace_is_there")
def test_prompts_of_the_trace_are_kept() -> None:
    tenant = draw_tenant(replace(RECIPES["trace"], outside_share=0), 5)
    again = draw_tenant(replace(RECIPES["trace"], outside_share=0), 5)
    assert len(tenant.requests) == REQUESTS
    assert len(tenant.outside_truth) == 0
    assert again == tenant
    lengths = rows(
        tenant, "select sum(input + cache_read + cache_write_5m + cache_write_1h) from truth"
    )
    assert lengths == [(61_194_628,)]
    assert (
        rows(
            tenant, "from truth where least(input, cache_read, cache_write_5m, cache_write_1h) < 0"
        )
        == []
    )


@pytest.mark.usefixtures("trace_is_there")
@pytest.mark.parametrize("name", ["trace", "trace-1000"])
def test_metrics_are_made_up_of_requests(name: str) -> None:
    tenant = draw_tenant(RECIPES[name], 1)
    assert len(tenant.outside_truth) > 5
    assert rows(tenant, UNEQUAL_MINUTES) == []
