"""How long to insist: the one retry policy for every source, instead of one per SDK.

The SDKs retry some failures and not others (a 429 without Retry-After, 408, 502, a read timeout and
a body that is no answer all fail at the first try), so their own retries are switched off.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from azure.core.exceptions import (
    ClientAuthenticationError,
    DecodeError,
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_exponential_jitter

from models.errors import SourceError
from models.settings import Settings

Answer = TypeVar("Answer")

_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
_LONGEST_BACKOFF_SECONDS = 60
# A token that expired on its way is worth one more; a refusal is not worth five.
_ATTEMPTS_UNAUTHORIZED = 2
# Nobody listens there: likely an endpoint that is wrong, at most a service that restarts.
_ATTEMPTS_UNCONNECTED = 3
# Each of these takes minutes; a narrower question may do better.
_ATTEMPTS_TIMED_OUT = 2

FAILURES = (HttpResponseError, ServiceRequestError, ServiceResponseError, IncompleteReadError)
"""What azure-core raises for an answer that did not come or says no."""


class NoAnswerError(SourceError):
    """The service sent something, but not an answer: an error page, nothing, half a body."""


class StatusError(Exception):
    """A service that is not asked through azure-core said no, with an HTTP status and headers."""

    def __init__(self, status_code: int, headers: Mapping[str, str]) -> None:
        super().__init__(f"status {status_code}")
        self.status_code = status_code
        self.headers = headers


@dataclass(frozen=True)
class Patience:
    """Bounds of insisting: attempts in all, the first wait, and the longest one asked for."""

    attempts: int
    first_wait_seconds: float
    longest_wait_seconds: float


def patience_of(settings: Settings) -> Patience:
    """Return the patience that the settings ask for."""
    return Patience(
        settings.retry_attempts, settings.retry_wait_seconds, settings.retry_longest_wait_seconds
    )


def hasty(settings: Settings) -> Settings:
    """Ask once: somebody waits for the answer, and a run will insist by itself."""
    return settings.model_copy(update={"retry_attempts": 1})


def patiently(patience: Patience, ask: Callable[[], Answer]) -> Answer:
    """Call `ask` until it answers; what cannot pass, or does not in time, is raised as it came."""
    backoff = wait_exponential_jitter(
        multiplier=patience.first_wait_seconds,
        max=_LONGEST_BACKOFF_SECONDS,
        jitter=patience.first_wait_seconds / 2,
    )

    def wait_seconds(state: RetryCallState) -> float:
        asked = retry_after_seconds(_failure(state))
        return backoff(state) if asked is None else asked

    def is_over(state: RetryCallState) -> bool:
        error = _failure(state)
        asked = retry_after_seconds(error) or 0
        too_long = asked > patience.longest_wait_seconds
        return too_long or state.attempt_number >= _attempts(error, patience)

    return Retrying(
        retry=retry_if_exception(_may_pass), stop=is_over, wait=wait_seconds, reraise=True
    )(ask)


def retry_after_seconds(error: BaseException | None) -> float | None:
    """Return how long the service asks to wait, None where it does not say.

    Cost Management says so in headers of its own, one per kind of limit, which end alike.
    """
    response: Any = error.response if isinstance(error, HttpResponseError) else error
    headers: Mapping[str, str] = getattr(response, "headers", {})
    asked = [
        seconds
        for name, text in headers.items()
        if name.lower().endswith("retry-after") and (seconds := _seconds(text)) is not None
    ]
    return max(asked, default=None)


def _seconds(text: str) -> float | None:
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None


def _failure(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _attempts(error: BaseException | None, patience: Patience) -> int:
    if isinstance(error, ServiceRequestError):
        return min(patience.attempts, _ATTEMPTS_UNCONNECTED)
    if _status(error) == 401:
        return min(patience.attempts, _ATTEMPTS_UNAUTHORIZED)
    if isinstance(error, ServiceResponseTimeoutError) or _status(error) == 504:
        return min(patience.attempts, _ATTEMPTS_TIMED_OUT)
    return patience.attempts


def _status(error: BaseException | None) -> int | None:
    """Return the HTTP status that a service refused with, None where it did not refuse."""
    # An answer that broke off half way, or cannot be unpacked, is no refusal, whatever its status.
    if isinstance(error, DecodeError):
        return None
    return error.status_code if isinstance(error, HttpResponseError | StatusError) else None


def _may_pass(error: BaseException) -> bool:
    status = _status(error)
    if status is not None:
        return status in _TRANSIENT or status == 401
    return isinstance(error, (*FAILURES, NoAnswerError)) and not isinstance(
        error, ClientAuthenticationError
    )
