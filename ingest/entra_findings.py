"""What doctor says of the application that people sign in to. Counts are of objects."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from ingest.entra_app import (
    EnterpriseApp,
    Registration,
    read_enterprise_app,
    read_registration,
)
from ingest.graph_assignments import PERMISSION
from ingest.graph_service import GraphService
from ingest.patience import hasty
from ingest.source_question import SourceQuestion, grant
from models.errors import SourceError
from models.finding import DoctorFinding, fail, ok, warn
from models.setting_values import PREFIX
from models.settings import Settings

_AREA = "entra"
_APP_ID = f"{PREFIX}CLAUDE_APP_ID"
_PILOT_GROUPS = f"{PREFIX}PILOT_GROUP_IDS"
_LOOPBACK = {"127.0.0.1", "localhost"}
_REMEDY = grant(f"the application permission {PERMISSION} with admin consent")
_REGISTRATION = SourceQuestion(
    _AREA, "the application's registration", "GET /applications(appId=...)", _REMEDY
)
_ENTERPRISE = SourceQuestion(
    _AREA,
    "the enterprise application with its assignments",
    "GET /servicePrincipals(appId=...) or its appRoleAssignedTo",
    _REMEDY,
)


def entra_findings(settings: Settings) -> Iterator[DoctorFinding]:
    """Yield, for each check of the application in the settings, whether it holds."""
    if not settings.claude_app_id:
        yield warn(
            _AREA,
            "claude_app",
            f"{_APP_ID} is not set: nothing is known of the application that people sign in to",
            f"set {_APP_ID} to its client id",
        )
        return
    registration = enterprise_app = None
    with GraphService(hasty(settings)) as graph:
        try:
            registration = read_registration(graph, settings.claude_app_id)
        except SourceError as error:
            yield _REGISTRATION.failure(error)
        else:
            yield _REGISTRATION.permitted()
            yield from _registration_findings(registration)
        try:
            enterprise_app = read_enterprise_app(graph, settings.claude_app_id)
        except SourceError as error:
            yield _ENTERPRISE.failure(error)
        else:
            yield _ENTERPRISE.permitted()
            yield from _enterprise_findings(enterprise_app, settings.pilot_group_ids)
    if registration and enterprise_app:
        yield ok(_AREA, "claude_app", "the application is registered and has its enterprise part")


def _registration_findings(registration: Registration | None) -> Iterator[DoctorFinding]:
    if registration is None:
        yield fail(
            _AREA,
            "claude_app",
            f"the tenant has no application registration with the client id in {_APP_ID}",
            f"correct {_APP_ID}, or register the application",
        )
        return
    yield _single_tenant(registration)
    yield _redirect_uri(registration)
    yield _public_client(registration)
    yield _app_credentials(registration)


def _single_tenant(registration: Registration) -> DoctorFinding:
    if registration.sign_in_audience == "AzureADMyOrg":
        return ok(_AREA, "single_tenant", "only accounts of this tenant can sign in")
    return fail(
        _AREA,
        "single_tenant",
        "accounts of other directories can sign in to the application",
        "set its supported account types to this directory only (signInAudience AzureADMyOrg)",
    )


def _redirect_uri(registration: Registration) -> DoctorFinding:
    if any(map(_is_loopback_redirect, registration.public_redirects)):
        return ok(_AREA, "redirect_uri", "a desktop client can be redirected to its own machine")
    return fail(
        _AREA,
        "redirect_uri",
        "no loopback redirect under Mobile and desktop applications, so no client can sign in",
        "add http://127.0.0.1/callback there; under Web or Single-page application it is no use",
    )


def _public_client(registration: Registration) -> DoctorFinding:
    if registration.allows_public_clients:
        return ok(_AREA, "public_client", "public client flows are allowed")
    return warn(
        _AREA,
        "public_client",
        "public client flows are not allowed: a client may be asked for a secret it cannot have",
        "set Allow public client flows to yes",
    )


def _app_credentials(registration: Registration) -> DoctorFinding:
    starts = registration.credential_starts
    if not starts:
        return ok(_AREA, "app_credentials", "the registration has no secret and no certificate")
    return warn(
        _AREA,
        "app_credentials",
        f"client secrets or certificates of the registration: {len(starts)}",
        "delete them, expired ones too: a public client has none, and whoever finds one is the"
        " application",
        count=len(starts),
        since=min((start for start in starts if start), default=None),
    )


def _enterprise_findings(
    app: EnterpriseApp | None, pilot_group_ids: tuple[str, ...]
) -> Iterator[DoctorFinding]:
    if app is None:
        yield fail(
            _AREA,
            "claude_app",
            f"the tenant has no enterprise application with the client id in {_APP_ID}",
            f"correct {_APP_ID}, or create the enterprise application of the registration",
        )
        return
    yield _assignment_required(app)
    yield _assigned_directly(app)
    if pilot_group_ids:
        yield from _assigned_elsewhere(app, {group.lower() for group in pilot_group_ids})


def _assignment_required(app: EnterpriseApp) -> DoctorFinding:
    if app.requires_assignment:
        return ok(_AREA, "assignment_required", "only who is assigned can sign in")
    return fail(
        _AREA,
        "assignment_required",
        "Assignment required is off: everybody in the tenant may sign in",
        "set Assignment required to yes on the enterprise application",
    )


def _assigned_directly(app: EnterpriseApp) -> DoctorFinding:
    if not app.people:
        return ok(_AREA, "assigned_directly", "nobody is assigned but through a group")
    return warn(
        _AREA,
        "assigned_directly",
        f"people assigned one by one, not through a group: {len(app.people)}",
        "put them into the pilot group, then take their own assignments away",
        count=len(app.people),
    )


def _assigned_elsewhere(app: EnterpriseApp, pilot_groups: set[str]) -> Iterator[DoctorFinding]:
    elsewhere = app.groups - pilot_groups
    if elsewhere:
        yield warn(
            _AREA,
            "assigned_elsewhere",
            f"groups assigned that are not in {_PILOT_GROUPS}: {len(elsewhere)}",
            f"take their assignments away, or add them to {_PILOT_GROUPS}",
            count=len(elsewhere),
        )
    if not app.groups & pilot_groups:
        yield warn(
            _AREA,
            "assigned_elsewhere",
            f"none of the groups in {_PILOT_GROUPS} is assigned: {len(pilot_groups)}",
            f"assign the pilot group to the enterprise application, or correct {_PILOT_GROUPS}",
            count=len(pilot_groups),
        )
    elif not elsewhere:
        yield ok(_AREA, "assigned_elsewhere", f"only groups in {_PILOT_GROUPS} are assigned")


def _is_loopback_redirect(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    return parts.scheme == "http" and parts.hostname in _LOOPBACK
