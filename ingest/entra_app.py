"""Reads the application that people sign in to from Microsoft Graph: what it permits, and to whom.

Only what a check needs is asked for: no name and no mail address ever comes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest.graph_service import GraphQuestion, GraphService
from ingest.refusal import RefusedError
from models.clock import parse_utc
from models.errors import SourceError

PERMISSION = "Application.Read.All"
MOST_PAGES = 1_000
"""A hundred assignments a page; nobody assigns more one by one."""

_REGISTRATION_PATH = "/applications(appId='{appId}')"
_ENTERPRISE_PATH = "/servicePrincipals(appId='{appId}')"
_ASSIGNED_PATH = f"{_ENTERPRISE_PATH}/appRoleAssignedTo"
_OBJECT = ("id", str)
_REGISTRATION = GraphQuestion("applications(appId=...)", PERMISSION, _OBJECT)
_ENTERPRISE = GraphQuestion("servicePrincipals(appId=...)", PERMISSION, _OBJECT)
_ASSIGNED = GraphQuestion("servicePrincipals(appId=...)/appRoleAssignedTo", PERMISSION)
_REGISTRATION_PROPERTIES = (
    *("id", "signInAudience", "isFallbackPublicClient", "publicClient"),
    *("keyCredentials", "passwordCredentials"),
)
# Graph answers 400 where the id is no GUID.
_UNKNOWN = {400, 404}


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
    found = _object(graph, _ENTERPRISE, _ENTERPRISE_PATH, app_id, properties)
    if found is None:
        return None
    assigned: dict[object, set[str]] = {"User": set(), "Group": set()}
    for one in _assignments(graph, app_id):
        # A principal with several roles has as many assignments.
        assigned.get(one.get("principalType"), set()).add(str(one.get("principalId")).lower())
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
    try:
        return graph.ask(question, lambda _: _request(path, app_id, properties))
    except RefusedError as error:
        if error.status in _UNKNOWN:
            return None
        raise


def _assignments(graph: GraphService, app_id: str) -> Iterator[dict[str, Any]]:
    properties = ("principalId", "principalType")
    page = graph.ask(_ASSIGNED, lambda _: _request(_ASSIGNED_PATH, app_id, properties))
    for _ in range(MOST_PAGES):
        yield from _objects(page["value"])
        link = page.get("@odata.nextLink")
        if link is None:
            return
        page = _page(graph, link)
    raise SourceError(f"Graph sent more than {MOST_PAGES} pages of {_ASSIGNED.name}: check it")


def _page(graph: GraphService, link: str) -> dict[str, Any]:
    return graph.ask(
        _ASSIGNED,
        lambda client: client.service_principals.with_url(link).to_get_request_information(),
    )


def _request(path: str, app_id: str, properties: Sequence[str]) -> Any:
    """Return the SDK's request for a path, which its builders do not all know."""
    from kiota_abstractions.method import Method  # noqa: PLC0415 (comes with the SDK)
    from kiota_abstractions.request_information import RequestInformation  # noqa: PLC0415

    request = RequestInformation(Method.GET, f"{{+baseurl}}{path}{{?%24select}}", {"appId": app_id})
    request.query_parameters["%24select"] = list(properties)
    request.headers.try_add("Accept", "application/json")
    return request


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _moment(value: object) -> datetime | None:
    try:
        return parse_utc(value) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None
