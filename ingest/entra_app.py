"""Reads the application that people sign in to from Microsoft Graph: what it permits, and to whom.

Only what a check needs is asked for: no name and no mail address ever comes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest.graph_assignments import PATH, PERMISSION, UNKNOWN, read_assignments
from ingest.graph_service import GraphAddress, GraphQuestion, GraphService
from ingest.refusal import RefusedError
from models.clock import parse_utc

_REGISTRATION_PATH = "/applications(appId='{appId}')"
_OBJECT = ("id", str)
_REGISTRATION = GraphQuestion("applications(appId=...)", PERMISSION, _OBJECT)
_ENTERPRISE = GraphQuestion("servicePrincipals(appId=...)", PERMISSION, _OBJECT)
_REGISTRATION_PROPERTIES = (
    *("id", "signInAudience", "isFallbackPublicClient", "publicClient"),
    *("keyCredentials", "passwordCredentials"),
)


@dataclass(frozen=True)
class Registration:
    """The application registration; `public_redirects` are those of mobile and desktop clients.

    `credential_starts` has an entry for each client secret and certificate, valid or expired: when
    it became valid, None where Graph does not say.
    """

    sign_in_audience: str | None
    allows_public_clients: bool
    public_redirects: tuple[str, ...]
    credential_starts: tuple[datetime | None, ...]


@dataclass(frozen=True)
class EnterpriseApp:
    """The application in this tenant: object ids of the people and groups assigned to it."""

    requires_assignment: bool
    people: frozenset[str]
    groups: frozenset[str]


def read_registration(graph: GraphService, app_id: str) -> Registration | None:
    """Return the registration with this client id, None where the tenant has none.

    Raises SourceError that says what to do when Graph does not answer.
    """
    found = _object(graph, _REGISTRATION, _REGISTRATION_PATH, app_id, _REGISTRATION_PROPERTIES)
    if found is None:
        return None
    public_client = found.get("publicClient") or {}
    credentials = [
        *_objects(found.get("passwordCredentials")),
        *_objects(found.get("keyCredentials")),
    ]
    return Registration(
        found.get("signInAudience"),
        found.get("isFallbackPublicClient") is True,
        tuple(map(str, public_client.get("redirectUris") or ())),
        tuple(_moment(one.get("startDateTime")) for one in credentials),
    )


def read_enterprise_app(graph: GraphService, app_id: str) -> EnterpriseApp | None:
    """Return the enterprise application with this client id, None where the tenant has none.

    Raises SourceError that says what to do when Graph does not answer.
    """
    properties = ("id", "appRoleAssignmentRequired")
    found = _object(graph, _ENTERPRISE, PATH, app_id, properties)
    if found is None:
        return None
    assigned: dict[str, set[str]] = {"User": set(), "Group": set()}
    for one in read_assignments(graph, app_id) or ():
        assigned.get(one.kind, set()).add(one.principal_oid)
    return EnterpriseApp(
        found.get("appRoleAssignmentRequired") is True,
        frozenset(assigned["User"]),
        frozenset(assigned["Group"]),
    )


def _object(
    graph: GraphService,
    question: GraphQuestion,
    path: str,
    app_id: str,
    properties: Sequence[str],
) -> dict[str, Any] | None:
    address = GraphAddress(path, {"appId": app_id}, {"select": ",".join(properties)})
    try:
        return graph.get(question, address)
    except RefusedError as error:
        if error.status in UNKNOWN:
            return None
        raise


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _moment(value: object) -> datetime | None:
    try:
        return parse_utc(value) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None
