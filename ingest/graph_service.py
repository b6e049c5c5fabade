"""Asks Microsoft Graph one question at a time, and returns the raw JSON object.

The SDK builds, authenticates and sends; its model objects are passed by, because on them
an absent property and a null one look the same.
"""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
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

LONGEST_PAGE_ITEMS = 999

MOST_PAGES = 100_000
"""A listing that pages on for ever is a fault, not a listing."""

# However slowly a page drips, it ends.
_LONGEST_PAGE_SECONDS = 480


class SilentServiceError(NoAnswerError):
    """Graph did not answer at all; whoever leaves one question open does not answer the next."""


@dataclass(frozen=True)
class GraphQuestion:
    """What is asked: its name in messages, the application permission it takes, and the property
    that every answer has, with its type.
    """

    name: str
    permission: str
    sign: tuple[str, type] = ("value", list)


@dataclass(frozen=True)
class GraphAddress:
    """Where something is: a path with {places} and their values, the options of the query without
    their dollar, and headers. Graph wants the headers again with every page.
    """

    path: str
    values: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def request(self, link: str | None = None) -> Any:
        """Return the SDK's request for the first page, or for the one that a link leads to."""
        from kiota_abstractions.method import Method  # noqa: PLC0415 (comes with the SDK)
        from kiota_abstractions.request_information import RequestInformation  # noqa: PLC0415

        names = ",".join(f"%24{name}" for name in self.options)
        template = f"{{+baseurl}}{self.path}" + (f"{{?{names}}}" if names else "")
        request = RequestInformation(Method.GET, template, dict(self.values))
        request.query_parameters |= {f"%24{name}": text for name, text in self.options.items()}
        if link:
            request.url = link
        request.headers.try_add("Accept", "application/json")
        for name, text in self.headers.items():
            request.headers.try_add(name, text)
        return request


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

    def get(
        self, question: GraphQuestion, address: GraphAddress, link: str | None = None
    ) -> dict[str, Any]:
        """Return what is at an address, or the page that a link of it leads to; raises as `ask`."""
        return self.ask(question, lambda _: address.request(link))

    def pages(
        self, question: GraphQuestion, address: GraphAddress, link: str | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield the pages of a listing from its first or from a link on; raises as `ask`.

        A page may be empty and still have a next one.
        """
        for _ in range(MOST_PAGES):
            page = self.get(question, address, link)
            yield page
            link = page.get("@odata.nextLink")
            if link is None:
                return
        raise SourceError(f"Graph sent more than {MOST_PAGES} pages of {question.name}: check it")

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
        return SilentServiceError(
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
