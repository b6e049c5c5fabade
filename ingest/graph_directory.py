"""Reads principals from Microsoft Graph by delta query, as raw JSON objects.

The SDK builds, authenticates and sends; its model objects are passed by, because on them
an absent property and a null one look the same.
"""

import asyncio
import json
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from azure.core.exceptions import (
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)

from ingest.azure_clients import graph_connection, unreachable_advice
from ingest.patience import FAILURES, NoAnswerError, StatusError, patience_of, patiently
from models.errors import SourceError
from models.settings import Settings

USER_PROPERTIES = (
    "id",
    "displayName",
    "userPrincipalName",
    "mail",
    "userType",
    "accountEnabled",
    "department",
    "companyName",
    "employeeId",
    "employeeOrgData",
)
SERVICE_PRINCIPAL_PROPERTIES = ("id", "displayName", "accountEnabled")

MOST_PAGES = 100_000
"""A directory that pages on for ever is a fault, not a directory."""

# However slowly a page drips, it ends.
_LONGEST_PAGE_SECONDS = 480


class DeltaExpiredError(SourceError):
    """Graph no longer knows the delta link (410)."""


@dataclass(frozen=True)
class Collection:
    """A Graph collection with delta: its path, the kind of principal it holds, and its $select."""

    name: str
    kind: str
    properties: tuple[str, ...]


USERS = Collection("users", "user", USER_PROPERTIES)
SERVICE_PRINCIPALS = Collection(
    "servicePrincipals", "service_principal", SERVICE_PRINCIPAL_PROPERTIES
)
COLLECTIONS = (USERS, SERVICE_PRINCIPALS)


@dataclass(frozen=True)
class Delta:
    """What one round brought: objects in the order they came, and where the next round starts.

    `is_full` says that everything there is came, so what is missing no longer exists.
    """

    objects: list[dict[str, Any]]
    delta_link: str
    is_full: bool


class GraphDirectory:
    """One Graph client on one event loop, for many rounds."""

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

    def changes(self, collection: Collection, delta_link: str | None) -> Delta:
        """Return what changed since `delta_link`; without one, or when it expired, everything.

        Raises SourceError that names the missing permission or the endpoint.
        """
        if delta_link is None:
            return self._round(collection, None)
        try:
            return self._round(collection, delta_link)
        except DeltaExpiredError:
            # The link is older than Graph keeps it; everything has to come again.
            return self._round(collection, None)

    def probe(self, collection: Collection) -> None:
        """Ask for one page, to see whether the collection may be read; SourceError says why not."""
        self._asked(collection, None)

    def _round(self, collection: Collection, delta_link: str | None) -> Delta:
        objects: list[dict[str, Any]] = []
        link = delta_link
        for _ in range(MOST_PAGES):
            page = self._asked(collection, link)
            objects += page["value"]
            link = page.get("@odata.nextLink")
            if link is None:
                end = page.get("@odata.deltaLink")
                if not end:
                    raise SourceError(
                        f"Graph ended {collection.name} without a delta link: run again"
                    )
                return Delta(objects, end, is_full=delta_link is None)
        raise SourceError(f"Graph sent more than {MOST_PAGES} pages of {collection.name}: check it")

    def _asked(self, collection: Collection, link: str | None) -> dict[str, Any]:
        """Return a page, asked for again where that helps; SourceError says what to do."""
        try:
            return patiently(self._patience, lambda: self._runner.run(self._page(collection, link)))
        except StatusError as error:
            kind = DeltaExpiredError if error.status_code == 410 else SourceError
            raise kind(self._advice(collection, error.status_code)) from error
        except FAILURES as error:
            raise SourceError(self._advice(collection, None)) from error

    async def _page(self, collection: Collection, link: str | None) -> dict[str, Any]:
        """Ask for a page once; what goes wrong is raised in the words of `patience`."""
        import httpx  # noqa: PLC0415 (comes with the SDK, and is as slow to import)
        from kiota_abstractions.api_error import APIError  # noqa: PLC0415

        try:
            async with asyncio.timeout(_LONGEST_PAGE_SECONDS):
                body = await self._sent(collection, link)
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
        if not isinstance(content, dict) or not isinstance(content.get("value"), list):
            raise NoAnswerError(
                f"Graph answered {collection.name} with something that is no page: the next run"
                " asks again"
            )
        return content

    async def _sent(self, collection: Collection, link: str | None) -> bytes | None:
        from kiota_abstractions.base_request_configuration import RequestConfiguration  # noqa: PLC0415
        from msgraph.generated.models.o_data_errors.o_data_error import ODataError  # noqa: PLC0415

        graph = self._connection.client
        builder: Any = graph.users.delta if collection is USERS else graph.service_principals.delta
        if link:
            request = builder.with_url(link).to_get_request_information()
        else:
            parameters = _delta_parameters(builder)(select=list(collection.properties))
            request = builder.to_get_request_information(
                RequestConfiguration(query_parameters=parameters)
            )
        body: bytes | None = await graph.request_adapter.send_primitive_async(
            request, "bytes", {"XXX": ODataError}
        )
        return body

    def _advice(self, collection: Collection, status: int | None) -> str:
        permission = "User.Read.All" if collection is USERS else "Application.Read.All"
        if status in {401, 403}:
            return (
                f"Microsoft Graph refused {collection.name} with status {status}: grant tollbook's"
                f" identity the application permission {permission} with admin consent"
            )
        if status is None:
            return (
                f"{self._endpoint} did not answer for {collection.name}:"
                f" {unreachable_advice(self._endpoint, 'TOLLBOOK_GRAPH_ENDPOINT')}"
            )
        return (
            f"Microsoft Graph answered {collection.name} with status {status}: the next run retries"
        )


def _delta_parameters(builder: Any) -> Any:
    """Return the query parameter class of a delta builder, which the SDK nests in the builder."""
    return getattr(type(builder), f"{type(builder).__name__}GetQueryParameters")
