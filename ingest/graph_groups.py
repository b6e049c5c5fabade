"""Reads single groups from Microsoft Graph, each with everyone in it however deep."""

from dataclasses import dataclass
from typing import Any

import structlog

from ingest.graph_directory import GROUP_PROPERTIES, GROUPS
from ingest.graph_service import LONGEST_PAGE_ITEMS, GraphAddress, GraphQuestion, GraphService
from ingest.refusal import RefusedError

GROUP_TYPE = "#microsoft.graph.group"

# A device in a group uses nothing. Without the right to read a member Graph tells only its id.
_NO_CALLERS = {"#microsoft.graph.device", "#microsoft.graph.orgContact"}
_GROUP = GraphQuestion("groups/{id}", GROUPS.permission, ("id", str))
_MEMBERS = GraphQuestion("groups/{id}/transitiveMembers", GROUPS.permission)
# Graph answers 400 where the id is no GUID.
_UNKNOWN = {400, 404}

log = structlog.get_logger()


@dataclass(frozen=True)
class ReadGroup:
    """A group as Graph tells it, the ids of everyone in it, and those of them that are groups."""

    value: dict[str, Any]
    member_ids: frozenset[str]
    nested_group_ids: frozenset[str]


def read_group(graph: GraphService, group_id: str) -> ReadGroup | None:
    """Return a group with its members, ids in lower case; None where the tenant has none.

    Raises SourceError that says what to do when Graph does not answer.
    """
    values, select = {"id": group_id}, {"select": ",".join(GROUP_PROPERTIES)}
    try:
        value = graph.get(_GROUP, GraphAddress("/groups/{id}", values, select))
        members = _members(graph, group_id)
    except RefusedError as error:
        if error.status in _UNKNOWN:
            return None
        raise
    own_id = str(value["id"]).lower()
    known = {name: value[name] for name in GROUP_PROPERTIES if name in value}
    types = {oid: kind for oid, kind in members.items() if kind not in _NO_CALLERS}
    # Groups that contain each other are in themselves.
    types.pop(own_id, None)
    nested = frozenset(oid for oid, kind in types.items() if kind == GROUP_TYPE)
    return ReadGroup(known, frozenset(types), nested)


def _members(graph: GraphService, group_id: str) -> dict[str, str | None]:
    """Return the type of every member by id; listed once more when they are not as many as said.

    A directory that changes while it is paged through may never agree with its count: the second
    listing is taken as it comes, and a later round tells what changed meanwhile.
    """
    members, count = _listing(graph, group_id)
    if count is not None and count != len(members):
        members, count = _listing(graph, group_id)
    if count is not None and count != len(members):
        log.warning("a group was listed with a wrong count", listed=len(members), count=count)
    return members


def _listing(graph: GraphService, group_id: str) -> tuple[dict[str, str | None], int | None]:
    address = GraphAddress(
        "/groups/{id}/transitiveMembers",
        {"id": group_id},
        {"select": "id", "top": str(LONGEST_PAGE_ITEMS), "count": "true"},
        {"ConsistencyLevel": "eventual"},
    )
    members: dict[str, str | None] = {}
    count = None
    for page in graph.pages(_MEMBERS, address):
        # Only the first page tells it.
        count = page.get("@odata.count", count)
        members |= {
            str(item["id"]).lower(): item.get("@odata.type")
            for item in page["value"]
            if isinstance(item, dict) and item.get("id")
        }
    return members, count
