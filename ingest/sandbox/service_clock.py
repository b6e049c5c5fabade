"""The sandbox's clock as its services see it: for one request it can be off."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

from models.clock import Clock

_SKEW: ContextVar[timedelta] = ContextVar("skew", default=timedelta())


class ServiceClock(Clock):
    """The sandbox clock; inside `skewed` it is off by that much, for the same task only."""

    def now(self) -> datetime:
        """Return the service's idea of the current time, in UTC."""
        return super().now() + _SKEW.get()


@contextmanager
def skewed(seconds: float) -> Iterator[None]:
    """Let every ServiceClock be `seconds` ahead (negative: behind) of its own time."""
    token = _SKEW.set(timedelta(seconds=seconds))
    try:
        yield
    finally:
        _SKEW.reset(token)
