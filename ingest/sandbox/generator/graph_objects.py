"""Microsoft Graph objects of the simulated company, as the API returns them."""

import hashlib
import uuid
from pathlib import Path

from ingest.sandbox.generator.catalog import (
    CLAUDE_APP_ID,
    OFFICES,
    STARTS_AT,
    milliseconds,
    utc_text,
)
from ingest.sandbox.generator.company import Company, Group, Person, Service
from ingest.sandbox.generator.recording import write_objects

_CLAUDE_APP_NAME = "Claude Gateway"
_APP_ROLE_ID = "6e1d0f7c-3b5a-4d8e-9f20-7a1c4b6d8e05"
_CREATED = "2026-06-23T08:00:00Z"
_CLAUDE_PRINCIPAL_ID = "b7d9c2a4-0e1f-4c6b-8a35-5d7e9f1b3c06"
_CLAUDE_REGISTRATION_ID = "e4f6a8b0-2c4d-4e5f-a617-8b9cadbecf07"


def user_object(person: Person, *, enabled: bool = True) -> dict[str, object]:
    """Return a user with the properties that have to be selected by name."""
    is_guest = person.user_type == "Guest"
    organization = None
    if person.cost_center is not None:
        organization = {"division": "Contoso", "costCenter": person.cost_center}
    return {
        "id": person.oid,
        "displayName": person.display_name,
        "userPrincipalName": person.principal_name,
        "mail": None if is_guest else person.principal_name,
        "department": person.department,
        "companyName": None if is_guest else "Contoso",
        "employeeId": person.employee_id,
        "employeeOrgData": organization,
        "jobTitle": None,
        "officeLocation": None if is_guest else OFFICES[person.office].name,
        "accountEnabled": enabled,
        "userType": person.user_type,
    }


def group_object(group: Group) -> dict[str, object]:
    """Return a security group."""
    return {
        "id": group.oid,
        "displayName": group.display_name,
        "description": None,
        "groupTypes": [],
        "mailEnabled": False,
        "securityEnabled": True,
    }


def membership_object(group: Group, person: Person) -> dict[str, object]:
    """Return one membership."""
    return {"group_id": group.oid, "member_id": person.oid}


def manager_object(person: Person, manager: Person) -> dict[str, object]:
    """Return who manages whom."""
    return {"user_id": person.oid, "manager_id": manager.oid}


def app_role_assignment(
    principal_id: str, name: str, principal_type: str, created_ms: int
) -> dict[str, object]:
    """Return the assignment of the Claude app's one role; its id follows from the principal."""
    digest = hashlib.sha256(f"assignment {principal_id}".encode()).digest()[:16]
    return {
        "id": str(uuid.UUID(bytes=digest, version=4)),
        "appRoleId": _APP_ROLE_ID,
        "principalDisplayName": name,
        "principalId": principal_id,
        "principalType": principal_type,
        "resourceDisplayName": _CLAUDE_APP_NAME,
        "resourceId": _CLAUDE_PRINCIPAL_ID,
        "createdDateTime": utc_text(created_ms),
    }


def write_graph(folder: Path, company: Company, timeline: tuple[dict[str, object], ...]) -> None:
    """Write the graph folder of a recorded workspace, as of its start, with its timeline."""
    joiners = set(company.joiners)
    present = [person for index, person in enumerate(company.people) if index not in joiners]
    write_objects(folder / "users.jsonl", map(user_object, present))
    write_objects(folder / "groups.jsonl", map(group_object, company.groups))
    write_objects(
        folder / "memberships.jsonl",
        (
            membership_object(group, company.people[member])
            for group in company.groups
            for member in group.members
        ),
    )
    write_objects(
        folder / "managers.jsonl",
        (
            manager_object(person, company.people[person.manager])
            for person in present
            if person.manager is not None
        ),
    )
    principals = [_claude_principal(), *map(_service_object, company.services)]
    write_objects(folder / "service_principals.jsonl", principals)
    write_objects(folder / "applications.jsonl", [_claude_registration()])
    write_objects(folder / "app_role_assignments.jsonl", _assignments(company))
    write_objects(folder / "timeline.jsonl", timeline)


def _assignments(company: Company) -> list[dict[str, object]]:
    created_ms = milliseconds(STARTS_AT) - 90 * 86_400_000
    group = company.groups[0]
    assigned = [(group.oid, group.display_name, "Group")]
    people = [company.people[index] for index in company.directly_assigned]
    assigned += [(person.oid, person.display_name, "User") for person in people]
    assigned += [(app.oid, app.display_name, "ServicePrincipal") for app in company.services]
    return [app_role_assignment(*principal, created_ms) for principal in assigned]


def _service_object(service: Service) -> dict[str, object]:
    return {
        "id": service.oid,
        "appId": service.app_id,
        "displayName": service.display_name,
        "servicePrincipalType": "Application",
        "accountEnabled": True,
        "appRoleAssignmentRequired": False,
        "appRoles": [],
        "tags": [],
    }


def _claude_principal() -> dict[str, object]:
    return {
        "id": _CLAUDE_PRINCIPAL_ID,
        "appId": CLAUDE_APP_ID,
        "displayName": _CLAUDE_APP_NAME,
        "servicePrincipalType": "Application",
        "accountEnabled": True,
        "appRoleAssignmentRequired": True,
        "appRoles": [_app_role()],
        "tags": ["WindowsAzureActiveDirectoryIntegratedApp"],
    }


def _claude_registration() -> dict[str, object]:
    return {
        "id": _CLAUDE_REGISTRATION_ID,
        "appId": CLAUDE_APP_ID,
        "displayName": _CLAUDE_APP_NAME,
        "createdDateTime": _CREATED,
        "signInAudience": "AzureADMyOrg",
        "isFallbackPublicClient": True,
        "identifierUris": [f"api://{CLAUDE_APP_ID}"],
        "publicClient": {"redirectUris": ["http://127.0.0.1/callback"]},
        "web": {"redirectUris": []},
        "appRoles": [_app_role()],
        "keyCredentials": [],
        "passwordCredentials": [],
    }


def _app_role() -> dict[str, object]:
    return {
        "id": _APP_ROLE_ID,
        "allowedMemberTypes": ["User", "Application"],
        "displayName": "Claude user",
        "description": "May call Claude through the gateway",
        "isEnabled": True,
        "value": "Claude.User",
    }
