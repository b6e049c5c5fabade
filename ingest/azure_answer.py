"""Asks an Azure service over HTTP for one answer: insists where that helps, says what to do else.

The SDK's clients do authentication and transport; bodies are read as bytes, because their models
lose digits and are slow.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any, Protocol, TypeVar

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.core.rest import HttpRequest, HttpResponse

from ingest.azure_clients import unreachable_advice
from ingest.deadline import deadline
from ingest.patience import FAILURES, NoAnswerError, Patience, patiently
from ingest.refusal import RefusedError, no_credential
from models.errors import SourceError

Answer = TypeVar("Answer")

MOST_BYTES = 64 * 2**20
# These services answer within seconds; however slowly a body drips, it ends with the second bound.
_READ_TIMEOUT_SECONDS = 120
_LONGEST_TRANSFER_SECONDS = 480
_MOST_CHARACTERS_SAID = 4_000


class Sender(Protocol):
    """What every client of the SDK can do below its operations."""

    def send_request(
        self, request: HttpRequest, *, stream: bool = False, **options: Any
    ) -> HttpResponse:
        """Send a request through the client's policies."""
        ...


@dataclass(frozen=True)
class AzureService:
    """A client, whom it asks, and what is to be done when that refuses.

    `setting` names the variable of `endpoint`; `advice` says by HTTP status what to do.
    """

    client: Sender
    name: str
    endpoint: str
    setting: str
    patience: Patience
    advice: Mapping[int, str]


class OverlongError(SourceError):
    """The answer is longer than one is read."""


def ask(
    service: AzureService, request: HttpRequest, read: Callable[[HttpResponse], Answer]
) -> Answer:
    """Return what `read` makes of the answer; it sees 200 and 204 and may raise NoAnswerError.

    Asks again where the failure may pass. Raises RefusedError, NoCredentialError, or NoAnswerError
    that says what to do when there is no answer.
    """
    try:
        return patiently(service.patience, lambda: _ask_once(service, request, read))
    except ClientAuthenticationError as error:
        if error.response is None:
            raise no_credential(service.name, error) from error
        raise _refusal(service, error) from error
    except HttpResponseError as error:
        if error.status_code is None:
            raise _silence(service, error) from error
        raise _refusal(service, error) from error
    except FAILURES as error:
        raise _silence(service, error) from error


def copy_body(response: HttpResponse, out: IO[bytes]) -> None:
    """Write the body to `out` while it is not too long (OverlongError)."""
    for chunk in _bounded(response):
        out.write(chunk)


def exact_json(response: HttpResponse) -> dict[str, Any]:
    """Return the body's JSON object; numbers with a fraction are Decimal, with all their digits.

    Raises NoAnswerError when it is something else.
    """
    body = b"".join(_bounded(response))
    try:
        value = json.loads(body, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise NoAnswerError(f"{_shown(body)} instead of JSON: the next run asks again") from error
    if not isinstance(value, dict):
        raise NoAnswerError("JSON that is no object was sent: the next run asks again")
    return value


def _ask_once(
    service: AzureService, request: HttpRequest, read: Callable[[HttpResponse], Answer]
) -> Answer:
    send = service.client.send_request
    with (
        send(request, stream=True, read_timeout=_READ_TIMEOUT_SECONDS) as response,
        deadline(response, _LONGEST_TRANSFER_SECONDS),
    ):
        if response.status_code not in {200, 204}:
            response.read()
            raise HttpResponseError(response=response)
        try:
            return read(response)
        except NoAnswerError as error:
            raise NoAnswerError(f"{service.name} sent no answer: {error}") from error


def _bounded(response: HttpResponse) -> Iterator[bytes]:
    size_bytes = 0
    for chunk in response.iter_bytes():
        size_bytes += len(chunk)
        if size_bytes > MOST_BYTES:
            raise OverlongError(f"the answer is longer than {MOST_BYTES} bytes: ask for less")
        yield chunk


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _shown(body: bytes) -> str:
    if not body.strip():
        return "an empty body"
    return "a page of HTML" if body.lstrip()[:1] == b"<" else "a body"


def _silence(service: AzureService, error: Exception) -> SourceError:
    return NoAnswerError(
        f"{service.name}: {service.endpoint} did not answer ({type(error).__name__}):"
        f" {unreachable_advice(service.endpoint, service.setting)}"
    )


def _refusal(service: AzureService, error: HttpResponseError) -> RefusedError:
    status = error.status_code or 0
    try:
        said = error.response.text()[:_MOST_CHARACTERS_SAID] if error.response is not None else ""
    except (UnicodeError, LookupError):
        said = ""
    advice = service.advice.get(status, "the next run asks again")
    return RefusedError(f"{service.name} refused with status {status}: {advice}", status, said)
