import httpx
import pytest
from recorded_directory import APP, PRINCIPAL


@pytest.fixture(autouse=True)
def _before_any_change(at):
    """Every test starts at the same moment."""


def ids(page: dict) -> list[str]:
    return [item["id"] for item in page["value"]]


def test_users_have_the_default_properties_unless_selected(get):
    assert "department" not in get("/users/user-0")
    assert get("/users/user-0")["mobilePhone"] is None
    shown = get("/users/user-5@tenant.example?$select=department,employeeId")
    shown.pop("@odata.context")
    assert shown == {"department": None, "employeeId": None}
    refused = get("/users?$select=id,departement", 400)
    assert "'departement'" in refused["error"]["message"]


def test_pages_belong_to_the_moment_of_the_first(graph_server, get, at):
    page = get("/users?$select=id,department&$top=2")
    assert page["@odata.nextLink"].startswith(
        f"{graph_server.graph}/users?$select=id,department&$top=2"
    )
    at("2026-10-12T12:00:00Z")
    second = get(page["@odata.nextLink"])
    assert ids(second) == ["user-2", "user-3"]
    assert second["value"][1]["department"] == "Tools"
    assert "@odata.nextLink" not in get(second["@odata.nextLink"])


@pytest.mark.parametrize(
    ("path", "headers", "size"),
    [
        ("/users", {}, 6),
        ("/users", {"Prefer": "odata.maxpagesize=2"}, 2),
        ("/users?$top=3", {"Prefer": "odata.maxpagesize=2"}, 3),
        ("/users/delta", {"Prefer": "return=minimal, odata.maxpagesize=5"}, 5),
        ("/users/delta?$top=1", {}, 1),
    ],
)
def test_page_sizes(get, path, headers, size):
    assert len(get(path, **headers)["value"]) == size


@pytest.mark.parametrize(
    "path",
    [
        "/users?$top=1000",
        "/users?$top=0",
        "/users?$top=many",
        "/users?$expand=manager",
        "/users?$skip=5",
        "/users?$filter=startswith(displayName,'U')",
        "/users?$count=true",
        "/users?$skiptoken=nonsense",
        "/users/delta?$deltatoken=nonsense",
        "/users/delta?$deltatoken=e30",
        "/users/delta?$orderby=id",
    ],
)
def test_what_graph_or_the_sandbox_cannot_do_is_refused(get, path):
    assert get(path, 400)["error"]["message"]


def test_lists_can_be_filtered_by_equality(get):
    assert ids(get("/users?$filter=department eq 'Tools' or id eq 'user-5'&$select=id"))[-1] == (
        "user-5"
    )
    assert ids(get(f"/servicePrincipals?$filter=appId eq '{APP}'")) == [PRINCIPAL]
    assert ids(get(f"/applications?$filter=appId eq '{APP}'")) == ["registration"]


def test_counting_needs_its_header_on_every_page(get):
    path = "/groups/all/transitiveMembers/microsoft.graph.user?$count=true&$top=1&$select=id"
    page = get(path, ConsistencyLevel="eventual")
    assert page["@odata.count"] == 2
    get(page["@odata.nextLink"], 400)
    assert "@odata.count" not in get(page["@odata.nextLink"], ConsistencyLevel="eventual")


def test_role_assignments_of_the_enterprise_app(get, at):
    assert ids(get(f"/servicePrincipals(appId='{APP}')/appRoleAssignedTo")) == ["one"]
    assert ids(get(f"/servicePrincipals/{PRINCIPAL}/appRoleAssignedTo")) == ["one"]
    at("2026-10-10T00:00:00Z")
    assert ids(get(f"/servicePrincipals/{PRINCIPAL}/appRoleAssignedTo")) == []
    get("/servicePrincipals(appId='other')/appRoleAssignedTo", 404)
    assert ids(get("/servicePrincipals/delta")) == [PRINCIPAL]


@pytest.mark.parametrize("path", ["/users", "/users/delta", "/groups/all/members"])
def test_no_credentials_is_401(graph_server, path):
    answer = httpx.get(graph_server.graph + path)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"


@pytest.mark.parametrize("path", ["/users/nobody", "/groups/none/members", "/groups/user-0"])
def test_what_is_not_there_is_404(get, path):
    assert get(path, 404)["error"]["code"] == "Request_ResourceNotFound"


def test_lines_that_cannot_be_used_are_reported(graph_server):
    shown = httpx.get(f"{graph_server.url}/sandbox/problems").json()
    assert shown["counts"] == {"graph/users.jsonl": 2, "graph/timeline.jsonl": 2}
    assert sorted((one["file"], one["line"]) for one in shown["problems"]) == [
        ("graph/timeline.jsonl", 14),
        ("graph/timeline.jsonl", 15),
        ("graph/users.jsonl", 7),
        ("graph/users.jsonl", 8),
    ]
