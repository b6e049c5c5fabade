"""Reads principals from Microsoft Graph by delta query, as raw JSON objects."""

from dataclasses import dataclass
from typing import Any

from ingest.graph_service import GraphQuestion, GraphService
from ingest.refusal import RefusedError
from models.errors import SourceError

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


class DeltaExpiredError(SourceError):
    """Graph no longer knows the delta link (410)."""


@dataclass(frozen=True)
class Collection:
    """A Graph collection with delta: its path, the kind of principal it holds, its $select, and the
    application permission that reading it takes.
    """

    name: str
    kind: str
    properties: tuple[str, ...]
    permission: str


USERS = Collection("users", "user", USER_PROPERTIES, "User.Read.All")
SERVICE_PRINCIPALS = Collection(
    "servicePrincipals", "service_principal", SERVICE_PRINCIPAL_PROPERTIES, "Application.Read.All"
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


class GraphDirectory(GraphService):
    """One Graph client on one event loop, for many rounds."""

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
        self._page(collection, None)

    def _round(self, collection: Collection, delta_link: str | None) -> Delta:
        objects: list[dict[str, Any]] = []
        link = delta_link
        for _ in range(MOST_PAGES):
            page = self._page(collection, link)
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

    def _page(self, collection: Collection, link: str | None) -> dict[str, Any]:
        question = GraphQuestion(collection.name, collection.permission)
        try:
            return self.ask(question, lambda graph: _request(graph, collection, link))
        except RefusedError as error:
            if error.status != 410:
                raise
            raise DeltaExpiredError(str(error)) from error


def _request(graph: Any, collection: Collection, link: str | None) -> Any:
    """Return the SDK's request for the first page of a round, or for the one a link leads to."""
    from kiota_abstractions.base_request_configuration import RequestConfiguration  # noqa: PLC0415

    builder = graph.users.delta if collection is USERS else graph.service_principals.delta
    if link:
        return builder.with_url(link).to_get_request_information()
    parameters = _delta_parameters(builder)(select=list(collection.properties))
    return builder.to_get_request_information(RequestConfiguration(query_parameters=parameters))


def _delta_parameters(builder: Any) -> Any:
    """Return the query parameter class of a delta builder, which the SDK nests in the builder."""
    return getattr(type(builder), f"{type(builder).__name__}GetQueryParameters")
