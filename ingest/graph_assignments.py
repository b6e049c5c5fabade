"""Reads from Microsoft Graph to whom the application that people sign in to is assigned."""

from dataclasses import dataclass

from ingest.graph_service import LONGEST_PAGE_ITEMS, GraphAddress, GraphQuestion, GraphService
from ingest.refusal import RefusedError

PERMISSION = "Application.Read.All"
PATH = "/servicePrincipals(appId='{appId}')"
"""The enterprise application; its place wants the application's client id."""

UNKNOWN = {400, 404}
"""How Graph answers for an application that the tenant has not; 400 where the id is no GUID."""

_ASSIGNED = GraphQuestion("servicePrincipals(appId=...)/appRoleAssignedTo", PERMISSION)
_PROPERTIES = ("principalId", "principalType", "resourceId")


@dataclass(frozen=True)
class Assignment:
    """The application's own object id, and the principal it is assigned to; ids in lower case.

    `kind` is User, Group or ServicePrincipal. Groups are not resolved into their members.
    """

    app_oid: str
    principal_oid: str
    kind: str


def read_assignments(graph: GraphService, app_id: str) -> frozenset[Assignment] | None:
    """Return the assignments of an application by its client id; None where the tenant has none.

    A principal with several roles is assigned once. Raises SourceError that says what to do when
    Graph does not answer.
    """
    address = GraphAddress(
        f"{PATH}/appRoleAssignedTo",
        {"appId": app_id},
        {"select": ",".join(_PROPERTIES), "top": str(LONGEST_PAGE_ITEMS)},
    )
    try:
        pages = list(graph.pages(_ASSIGNED, address))
    except RefusedError as error:
        if error.status in UNKNOWN:
            return None
        raise
    items = [item for page in pages for item in page["value"] if isinstance(item, dict)]
    return frozenset(
        Assignment(
            str(item.get("resourceId")).lower(),
            str(item["principalId"]).lower(),
            str(item.get("principalType")),
        )
        for item in items
        if item.get("principalId")
    )
