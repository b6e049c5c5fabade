"""Fixtures every test may use."""

import os
from collections.abc import Callable

import pytest


@pytest.fixture
def require_heavy() -> Callable[[bool, str], None]:
    """Skip when a heavy tool is absent, fail instead when TOLLBOOK_REQUIRE_ALL=1 promised it."""

    def require(present: bool, reason: str) -> None:
        if present:
            return
        if os.environ.get("TOLLBOOK_REQUIRE_ALL") == "1":
            pytest.fail(f"TOLLBOOK_REQUIRE_ALL=1, but {reason}")
        pytest.skip(reason)

    return require
