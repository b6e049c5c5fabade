"""The retry policy: how often is asked, how long is waited between, and what is not worth it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

import pytest
from azure.core.exceptions import (
    ClientAuthenticationError,
    DecodeError,
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from hypothesis import given
from hypothesis import strategies as st

from ingest.patience import (
    NoAnswerError,
    Patience,
    StatusError,
    patience_of,
    patiently,
    retry_after_seconds,
)
from models.errors import SourceError
from models.settings import Settings

PATIENCE = Patience(attempts=6, first_wait_seconds=1, longest_wait_seconds=300)


def refused(status: int, headers: Mapping[str, str] | None = None) -> HttpResponseError:
    response: Any = SimpleNamespace(status_code=status, headers=headers or {}, reason="")
    return HttpResponseError(f"status {status}", response=response)


class Asking:
    """A question that fails with each error in turn and answers then; the last one for ever."""

    def __init__(self, *errors: Exception, answers: bool = False) -> None:
        self.errors = errors
        self.answers = answers
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        if self.answers and self.asked > len(self.errors):
            return "an answer"
        raise self.errors[min(self.asked, len(self.errors)) - 1]


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The seconds of every wait, none of which is waited."""
    waits: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", waits.append)
    return waits


PASSING = [
    *(refused(status) for status in (408, 429, 500, 502, 503)),
    StatusError(503, {}),
    NoAnswerError("half a page"),
    ServiceResponseError("reset"),
    IncompleteReadError("half a body"),
    DecodeError("no gzip"),
    # What azure-core makes of a connection that is reset inside a body: a refusal by nobody.
    HttpResponseError("connection broken"),
]
BRIEF = {
    1: [
        *(refused(status) for status in (400, 403, 404, 409, 410, 416, 501)),
        StatusError(410, {}),
        ClientAuthenticationError("no credential"),
        SourceError("another question was answered"),
        ValueError("a defect"),
    ],
    2: [refused(401), StatusError(401, {}), refused(504), ServiceResponseTimeoutError("slow")],
    3: [ServiceRequestError("nobody listens")],
}


@pytest.mark.parametrize("error", PASSING, ids=repr)
def test_what_may_pass_is_asked_again_until_it_has(error: Exception, slept: list[float]) -> None:
    asking = Asking(*[error] * 5, answers=True)
    assert patiently(PATIENCE, asking) == "an answer"
    assert asking.asked == 6
    assert len(slept) == 5


@pytest.mark.parametrize("error", PASSING, ids=repr)
def test_what_does_not_pass_is_raised_as_it_came(error: Exception, slept: list[float]) -> None:
    asking = Asking(error)
    with pytest.raises(type(error)) as raised:
        patiently(PATIENCE, asking)
    assert raised.value is error
    assert asking.asked == 6
    # doubling, with jitter of at most half of the first wait
    assert all(
        least <= wait <= least + 0.5 for least, wait in zip((1, 2, 4, 8, 16), slept, strict=True)
    )


@pytest.mark.parametrize(
    ("attempts", "error"),
    [(attempts, error) for attempts, errors in BRIEF.items() for error in errors],
    ids=repr,
)
@pytest.mark.usefixtures("slept")
def test_what_insisting_does_not_help_is_asked_less(attempts: int, error: Exception) -> None:
    asking = Asking(error)
    with pytest.raises(type(error)) as raised:
        patiently(PATIENCE, asking)
    assert raised.value is error
    assert asking.asked == attempts


@pytest.mark.usefixtures("slept")
def test_one_attempt_is_one_attempt() -> None:
    for error in (refused(401), refused(504), refused(500), ServiceRequestError("nobody")):
        asking = Asking(error)
        with pytest.raises(type(error)):
            patiently(Patience(1, 1, 300), asking)
        assert asking.asked == 1


def test_the_service_says_how_long_to_wait(slept: list[float]) -> None:
    asking = Asking(
        refused(429, {"Retry-After": "200"}), refused(503, {"Retry-After": "7"}), answers=True
    )
    assert patiently(PATIENCE, asking) == "an answer"
    assert slept == [200, 7]


def test_who_asks_for_too_much_patience_is_left_to_a_later_run(slept: list[float]) -> None:
    for too_long in ("301", "inf", "Fri, 01 Jan 2100 00:00:00 GMT"):
        asking = Asking(refused(429, {"retry-after": too_long}))
        with pytest.raises(HttpResponseError):
            patiently(PATIENCE, asking)
        assert asking.asked == 1
    assert slept == []


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "0"}, 0),
        ({"RETRY-AFTER": "1.5"}, 1.5),
        ({"Retry-After": "-3"}, 0),
        ({"Retry-After": "nan"}, 0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": ""}, None),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0),
        ({"Retry-After": "Thu, 99 Jan 99999 00:00:00 GMT"}, None),
        (
            {
                "x-ms-ratelimit-microsoft.costmanagement-entity-retry-after": "20",
                "Retry-After": "3",
            },
            20,
        ),
        ({"x-retry-after-not": "20"}, None),
    ],
)
def test_how_long_is_read_from_any_header_that_says_so(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after_seconds(refused(429, headers)) == seconds
    assert retry_after_seconds(StatusError(429, headers)) == seconds


def test_a_moment_is_as_far_as_it_is_away() -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert retry_after_seconds(refused(429, {"Retry-After": moment})) == pytest.approx(89, abs=2)


@given(st.text(st.characters(max_codepoint=255), max_size=40))
def test_any_header_is_a_wait_or_none(text: str) -> None:
    seconds = retry_after_seconds(refused(429, {"Retry-After": text}))
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize("error", [None, ValueError(), NoAnswerError(""), ServiceRequestError("")])
def test_who_says_nothing_asks_for_no_wait(error: BaseException | None) -> None:
    assert retry_after_seconds(error) is None


def test_the_settings_say_how_patient_we_are() -> None:
    settings = Settings(retry_attempts=2, retry_wait_seconds=0.5, retry_longest_wait_seconds=9)
    assert patience_of(settings) == Patience(2, 0.5, 9)
