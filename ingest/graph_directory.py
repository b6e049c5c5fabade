"""Reads principals from Microsoft Graph by delta query, as raw JSON objects."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ingest.graph_service import LONGEST_PAGE_ITEMS, GraphAddress, GraphQuestion, GraphService
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
    "onPremisesExtensionAttributes",
)
SERVICE_PRINCIPAL_PROPERTIES = ("id", "displayName", "accountEnabled", "appId")
GROUP_PROPERTIES = ("id", "displayName")

# Without it a page has a hundred items, and a large directory a thousand pages.
_LONG_PAGES = {"Prefer": f"odata.maxpagesize={LONGEST_PAGE_ITEMS}"}
_DELETED_USERS = GraphQuestion("deleted users", "User.Read.All")
_BIN = GraphAddress(
    "/directory/deletedItems/microsoft.graph.user",
    options={
        "select": ",".join((*USER_PROPERTIES, "deletedDateTime")),
        "top": str(LONGEST_PAGE_ITEMS),
    },
)


class DeltaExpiredError(SourceError):
    """Graph no longer knows the delta link (410)."""


@dataclass(frozen=True)
class Collection:
    """A Graph collection with delta: its path, the kind of principal it holds, its $select, the
    link to others that its rounds tell too, and the application permission that reading it takes.
    """

    name: str
    kind: str
    properties: tuple[str, ...]
    permission: str
    relation: str | None = None

    @property
    def question(self) -> GraphQuestion:
        """What is asked, as messages name it."""
        return GraphQuestion(self.name, self.permission)

    def rounds(self, **options: str) -> GraphAddress:
        """Return where its delta rounds begin."""
        told = (*self.properties, self.relation) if self.relation else self.properties
        select = {"select": ",".join(told)}
        return GraphAddress(f"/{self.name}/delta()", options=select | options, headers=_LONG_PAGES)


USERS = Collection("users", "user", USER_PROPERTIES, "User.Read.All", "manager")
SERVICE_PRINCIPALS = Collection(
    "servicePrincipals", "service_principal", SERVICE_PRINCIPAL_PROPERTIES, "Application.Read.All"
)
GROUPS = Collection("groups", "group", GROUP_PROPERTIES, "GroupMember.Read.All", "members")
COLLECTIONS = (USERS, SERVICE_PRINCIPALS)
"""Those that are read as a whole; of groups only what became of them since."""

_FROM_NOW = GROUPS.rounds(deltatoken="latest")


@dataclass(frozen=True)
class Delta:
    """What one round brought: objects in the order they came, and where the next round starts.

    `is_full` says that it began from nothing: what is missing no longer exists. Of groups, which
    are not enumerated, a round from nothing brings no objects.
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
        return _since(delta_link, lambda link: self._round(collection, collection.rounds(), link))

    def group_changes(self, delta_link: str | None) -> Delta:
        """Return the groups that changed, in name or members, since `delta_link`.

        Without one, or when it expired, only where the next round starts. Raises SourceError.
        """
        return _since(delta_link, lambda link: self._round(GROUPS, _FROM_NOW, link))

    def deleted_users(self) -> list[dict[str, Any]]:
        """Return the users that can still be restored, with `deletedDateTime`; raises SourceError.

        Graph keeps them for 30 days.
        """
        return [item for page in self.pages(_DELETED_USERS, _BIN) for item in page["value"]]

    def probe(self, collection: Collection) -> None:
        """Ask for one page, to see whether the collection may be read; SourceError says why not."""
        self.get(collection.question, _FROM_NOW if collection is GROUPS else collection.rounds())

    def _round(self, collection: Collection, address: GraphAddress, link: str | None) -> Delta:
        objects: list[dict[str, Any]] = []
        end = None
        try:
            for page in self.pages(collection.question, address, link):
                objects += page["value"]
                end = page.get("@odata.deltaLink")
        except RefusedError as error:
            if error.status != 410:
                raise
            raise DeltaExpiredError(str(error)) from error
        if not end:
            raise SourceError(f"Graph ended {collection.name} without a delta link: run again")
        return Delta(objects, end, is_full=link is None)


def _since(delta_link: str | None, read: Callable[[str | None], Delta]) -> Delta:
    if delta_link is None:
        return read(None)
    try:
        return read(delta_link)
    except DeltaExpiredError:
        # The link is older than Graph keeps it; everything has to come again.
        return read(None)
