"""Asks Microsoft Graph one question at a time, and returns the raw JSON object.

The SDK builds, authenticates and sends; its model objects are passed by, because on them
an absent property and a null one look the same.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from azure.core.exceptions import (
    ClientAuthenticationError,
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)

from ingest.azure_clients import graph_connection, unreachable_advice
from ingest.patience import FAILURES, NoAnswerError, StatusError, patience_of, patiently
from ingest.refusal import RefusedError, no_credential
from models.errors import SourceError
from models.settings import Settings

# However slowly a page drips, it ends.
_LONGEST_PAGE_SECONDS = 480


@dataclass(frozen=True)
class GraphQuestion:
    """What is asked: its name in messages, the application permission it takes, and the property
    that every answer has, with its type.
    """

    name: str
    permission: str
    sign: tuple[str, type] = ("value", list)


class GraphService:
    """One Graph client on one event loop, for many questions."""

    def __init__(self, settings: Settings) -> None:
        self._runner = asyncio.Runner()
        self._connection = graph_connection(settings)
        self._endpoint = settings.graph_endpoint
        self._patience = patience_of(settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._runner.run(self._connection.transport.aclose())
        self._runner.close()

    def ask(self, question: GraphQuestion, request: Callable[[Any], Any]) -> dict[str, Any]:
        """Return the answer to what `request` makes of the SDK's client, a RequestInformation.

        Asks again where that helps. Raises RefusedError, NoCredentialError or NoAnswerError, each
        of which says what to do.
        """
        try:
            return patiently(
                self._patience, lambda: self._runner.run(self._answer(question, request))
            )
        except StatusError as error:
            raise _refusal(question, error.status_code) from error
        except FAILURES as error:
            if isinstance(error, ClientAuthenticationError):
                raise no_credential("Microsoft Graph", error) from error
            raise self._silence(question) from error

    async def _answer(
        self, question: GraphQuestion, request: Callable[[Any], Any]
    ) -> dict[str, Any]:
        """Ask once; what goes wrong is raised in the words of `patience`."""
        import httpx  # noqa: PLC0415 (comes with the SDK, and is as slow to import)
        from kiota_abstractions.api_error import APIError  # noqa: PLC0415

        try:
            async with asyncio.timeout(_LONGEST_PAGE_SECONDS):
                body = await self._sent(request)
        except APIError as error:
            headers = error.response_headers or {}
            raise StatusError(error.response_status_code or 0, headers) from error
        except httpx.ConnectError as error:
            raise ServiceRequestError(type(error).__name__) from error
        except (TimeoutError, httpx.TimeoutException) as error:
            raise ServiceResponseTimeoutError(type(error).__name__) from error
        except (OSError, httpx.HTTPError) as error:
            raise ServiceResponseError(type(error).__name__) from error
        try:
            content = json.loads(body or b"")
        except (ValueError, RecursionError):
            content = None
        name, kind = question.sign
        if not isinstance(content, dict) or not isinstance(content.get(name), kind):
            raise NoAnswerError(
                f"Graph answered {question.name} with something that is no page: the next run"
                " asks again"
            )
        return content

    async def _sent(self, request: Callable[[Any], Any]) -> bytes | None:
        from msgraph.generated.models.o_data_errors.o_data_error import ODataError  # noqa: PLC0415

        graph = self._connection.client
        body: bytes | None = await graph.request_adapter.send_primitive_async(
            request(graph), "bytes", {"XXX": ODataError}
        )
        return body

    def _silence(self, question: GraphQuestion) -> SourceError:
        return NoAnswerError(
            f"{self._endpoint} did not answer for {question.name}:"
            f" {unreachable_advice(self._endpoint, 'TOLLBOOK_GRAPH_ENDPOINT')}"
        )


def _refusal(question: GraphQuestion, status: int) -> RefusedError:
    if status in {401, 403}:
        return RefusedError(
            f"Microsoft Graph refused {question.name} with status {status}: grant tollbook's"
            f" identity the application permission {question.permission} with admin consent",
            status,
        )
    return RefusedError(
        f"Microsoft Graph answered {question.name} with status {status}: the next run retries",
        status,
    )
