import asyncio
import time
from types import SimpleNamespace

import httpx
import pytest
from azure.core.credentials import AccessToken
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphServiceClient
from tiny_workspace import write_workspace

from ingest.sandbox.process import sandbox_process

# The SDK warns about its own classes when it first loads them.
pytestmark = [
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated"),
    pytest.mark.filterwarnings("ignore:This class is deprecated. Please use the generic"),
]

BEARER = {"Authorization": "Bearer any"}
PRINCIPAL = "00000000-0000-0000-0000-0000000000c1"
ASSIGNED_GROUP = "00000000-0000-0000-0000-0000000000b1"
APP = "20000000-0000-0000-0000-000000000000"


def user(name: str, **more: object) -> dict[str, object]:
    return {
        "id": name,
        "displayName": name.title(),
        "userPrincipalName": f"{name}@tenant.example",
        "department": "Tools",
        "employeeOrgData": {"division": "Platform", "costCenter": "CC-1"},
        **more,
    }


def entry(at: str, kind: str, operation: str, **value: object) -> dict[str, object]:
    return {"at": at, "kind": kind, "op": operation, "value": value}


FILES = {
    "graph/users.jsonl": [
        *(user(f"user-{number}") for number in range(5)),
        user("user-5", department=None),
        {"displayName": "nobody"},
        "broken",
    ],
    "graph/groups.jsonl": [{"id": name, "displayName": name} for name in ("all", "inner", "loop")],
    "graph/memberships.jsonl": [
        {"group_id": "all", "member_id": "user-0"},
        {"group_id": "all", "member_id": "inner"},
        {"group_id": "inner", "member_id": "user-1"},
        {"group_id": "inner", "member_id": "user-0"},
        {"group_id": "inner", "member_id": "loop"},
        {"group_id": "loop", "member_id": "all"},
        {"group_id": "all", "member_id": "device"},
    ],
    "graph/managers.jsonl": [{"user_id": "user-1", "manager_id": "user-0"}],
    "graph/service_principals.jsonl": [{"id": PRINCIPAL, "appId": APP, "displayName": "Claude"}],
    "graph/applications.jsonl": [{"id": "registration", "appId": APP}],
    "graph/app_role_assignments.jsonl": [
        {"id": "one", "principalId": ASSIGNED_GROUP, "resourceId": PRINCIPAL},
        {"id": "two", "principalId": "user-0", "resourceId": "another"},
    ],
    "graph/timeline.jsonl": [
        entry("2026-10-05T00:00:00Z", "user", "upsert", **user("user-1", department="Sales")),
        entry("2026-10-04T00:00:00Z", "user", "upsert", **user("user-1", department="Legal")),
        entry("2026-10-05T00:00:00Z", "user", "upsert", **user("user-6")),
        entry("2026-10-06T00:00:00Z", "user", "upsert", **user("user-2", jobTitle="Lead")),
        entry("2026-10-07T00:00:00Z", "user", "delete", id="user-3"),
        entry("2026-10-08T00:00:00Z", "manager", "upsert", user_id="user-1", manager_id="user-2"),
        entry("2026-10-09T00:00:00Z", "membership", "delete", group_id="all", member_id="user-0"),
        entry("2026-10-09T00:00:00Z", "membership", "upsert", group_id="all", member_id="user-4"),
        entry("2026-10-10T00:00:00Z", "manager", "delete", user_id="user-1"),
        entry("2026-10-10T00:00:00Z", "app_role_assignment", "delete", id="one"),
        entry("2026-10-11T00:00:00Z", "user", "upsert", **user("user-3", department="Back")),
        entry("2026-10-12T00:00:00Z", "user", "delete", id="user-4"),
        entry("2026-10-12T00:00:00Z", "user", "delete", id="never there"),
        entry("2026-10-12", "user", "delete", id="user-0"),
        entry("2026-10-12T00:00:00Z", "robot", "delete", id="user-0"),
    ],
}


class Credential:
    """What the SDK asks a token of; the sandbox takes any."""

    def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
        return AccessToken("any", int(time.time()) + 3600)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    folder = write_workspace(tmp_path_factory.mktemp("recorded"), FILES)
    with sandbox_process(folder) as url:
        yield SimpleNamespace(url=url, graph=f"{url}/v1.0")


@pytest.fixture
def at(sandbox):
    def move(now: str) -> None:
        httpx.post(f"{sandbox.url}/sandbox/clock", json={"now": now}).raise_for_status()

    return move


@pytest.fixture(autouse=True)
def _before_any_change(at):
    at("2026-10-03T00:00:00Z")


@pytest.fixture
def get(sandbox):
    def fetch(path: str, status: int = 200, **headers: str) -> dict:
        url = path if path.startswith("http") else sandbox.graph + path
        answer = httpx.get(url, headers={**BEARER, **headers})
        assert answer.status_code == status, answer.text
        return answer.json()

    return fetch


def ids(page: dict) -> list[str]:
    return [item["id"] for item in page["value"]]


def with_sdk(sandbox, work):
    """Run `work(client)` with the real SDK against the sandbox."""

    async def run():
        client = GraphServiceClient(Credential(), ["https://graph.microsoft.com/.default"])
        client.request_adapter.base_url = sandbox.graph
        try:
            return await work(client)
        finally:
            # The SDK itself offers no way to close its connections.
            await client.request_adapter._http_client._transport.transport.aclose()

    return asyncio.run(run())


def test_the_sdk_pages_through_all_users(sandbox):
    from msgraph.generated.users.users_request_builder import UsersRequestBuilder

    parameters = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(
        select=["id", "department", "employeeOrgData"], top=4
    )

    async def read(client):
        page = await client.users.get(RequestConfiguration(query_parameters=parameters))
        found = list(page.value)
        while page.odata_next_link:
            page = await client.users.with_url(page.odata_next_link).get()
            found += page.value
        return found

    found = with_sdk(sandbox, read)
    assert [one.id for one in found] == [f"user-{number}" for number in range(6)]
    assert found[0].employee_org_data.cost_center == "CC-1"
    assert (found[0].department, found[5].department) == ("Tools", None)
    assert found[0].display_name is None


def test_the_sdk_follows_a_delta(sandbox, at):
    from msgraph.generated.users.delta.delta_request_builder import DeltaRequestBuilder

    parameters = DeltaRequestBuilder.DeltaRequestBuilderGetQueryParameters(
        select=["id", "department"]
    )

    async def first(client):
        configuration = RequestConfiguration(query_parameters=parameters)
        configuration.headers.add("Prefer", "odata.maxpagesize=4")
        page = await client.users.delta.get(configuration)
        found = list(page.value)
        while page.odata_next_link:
            page = await client.users.delta.with_url(page.odata_next_link).get()
            found += page.value
        return [one.id for one in found], page.odata_delta_link

    async def following(client):
        return await client.users.delta.with_url(link).get()

    found, link = with_sdk(sandbox, first)
    assert found == [f"user-{number}" for number in range(6)]
    at("2026-10-07T12:00:00Z")
    page = with_sdk(sandbox, following)
    assert [(one.id, one.department) for one in page.value] == [
        ("user-1", "Sales"),
        ("user-6", "Tools"),
        ("user-3", None),
    ]
    assert page.value[2].additional_data["@removed"] == {"reason": "changed"}


def test_the_sdk_reads_groups_managers_roles_and_deleted_users(sandbox, at):
    async def read(client):
        members = await client.groups.by_group_id("all").members.get()
        people = await client.groups.by_group_id("all").transitive_members.graph_user.get()
        manager = await client.users.by_user_id("user-1").manager.get()
        principal = await client.service_principals_with_app_id(APP).get()
        builder = client.service_principals.by_service_principal_id(principal.id)
        assigned = await builder.app_role_assigned_to.get()
        deleted = await client.directory.deleted_items.graph_user.get()
        return members, people, manager, assigned, deleted

    at("2026-10-07T12:00:00Z")
    members, people, manager, assigned, deleted = with_sdk(sandbox, read)
    assert [one.odata_type for one in members.value] == [
        "#microsoft.graph.user",
        "#microsoft.graph.group",
        "#microsoft.graph.directoryObject",
    ]
    assert sorted(one.id for one in people.value) == ["user-0", "user-1"]
    assert (manager.id, manager.display_name) == ("user-0", "User-0")
    assert [str(one.principal_id) for one in assigned.value] == [ASSIGNED_GROUP]
    assert [(one.id, one.deleted_date_time.day) for one in deleted.value] == [("user-3", 7)]


def test_the_sdk_gets_errors_it_understands(sandbox):
    from msgraph.generated.models.o_data_errors.o_data_error import ODataError

    async def manager(client):
        await client.users.by_user_id("user-0").manager.get()

    with pytest.raises(ODataError) as error:
        with_sdk(sandbox, manager)
    assert error.value.response_status_code == 404
    assert error.value.error.code == "Request_ResourceNotFound"
    assert error.value.error.inner_error.request_id


def test_users_have_the_default_properties_unless_selected(get):
    assert "department" not in get("/users/user-0")
    assert get("/users/user-0")["mobilePhone"] is None
    shown = get("/users/user-5@tenant.example?$select=department,employeeId")
    shown.pop("@odata.context")
    assert shown == {"department": None, "employeeId": None}
    refused = get("/users?$select=id,departement", 400)
    assert "'departement'" in refused["error"]["message"]


def test_pages_belong_to_the_moment_of_the_first(sandbox, get, at):
    page = get("/users?$select=id,department&$top=2")
    assert page["@odata.nextLink"].startswith(f"{sandbox.graph}/users?$select=id,department&$top=2")
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


def test_a_token_of_another_endpoint_is_refused(get):
    link = get("/groups/delta")["@odata.deltaLink"]
    get(link.replace("/groups/", "/users/"), 400)


def test_a_quiet_delta_is_empty_and_cheap(get):
    link = get("/users/delta")["@odata.deltaLink"]
    assert get(link)["value"] == []
    with httpx.Client(headers=BEARER) as client:
        client.get(link)
        started = time.perf_counter()
        for _ in range(50):
            client.get(link)
        took_s = (time.perf_counter() - started) / 50
    # The round trip with its client; the server's own share is a fraction of a millisecond.
    assert took_s < 0.025


def test_changes_of_unselected_properties_do_not_show(get, at):
    department = get("/users/delta?$select=department")["@odata.deltaLink"]
    job = get("/users/delta()?$select=jobTitle")["@odata.deltaLink"]
    at("2026-10-06T12:00:00Z")
    assert ids(get(department)) == ["user-1", "user-6"]
    changed = get(job)["value"]
    assert changed == [{"id": "user-6"}, {"jobTitle": "Lead", "id": "user-2"}]


def test_null_is_shown_and_absent_is_left_out(get):
    items = {item["id"]: item for item in get("/users/delta?$select=department,city")["value"]}
    assert items["user-5"] == {"id": "user-5", "department": None}


def test_managers_show_only_when_selected(get, at):
    plain = get("/users/delta?$select=department")["@odata.deltaLink"]
    with_manager = get("/users/delta?$select=id,manager")
    first = {item["id"]: item for item in with_manager["value"]}
    assert first["user-1"]["manager@delta"] == [
        {"@odata.type": "#microsoft.graph.user", "id": "user-0"}
    ]
    assert "manager@delta" not in first["user-2"]
    at("2026-10-07T12:00:00Z")
    plain = get(plain)["@odata.deltaLink"]
    link = get(with_manager["@odata.deltaLink"])["@odata.deltaLink"]
    at("2026-10-08T12:00:00Z")
    assert get(plain)["value"] == []
    changed = get(link)
    assert changed["value"] == [
        {
            "id": "user-1",
            "manager@delta": [
                {"@odata.type": "#microsoft.graph.user", "id": "user-2"},
                {
                    "@odata.type": "#microsoft.graph.user",
                    "id": "user-0",
                    "@removed": {"reason": "deleted"},
                },
            ],
        }
    ]
    assert get("/users/user-1/manager")["id"] == "user-2"
    at("2026-10-10T12:00:00Z")
    removed = get(changed["@odata.deltaLink"])["value"][0]["manager@delta"]
    assert [link.get("@removed") for link in removed] == [{"reason": "deleted"}]
    get("/users/user-1/manager", 404)


def test_members_show_in_a_group_delta(get, at):
    first = get("/groups/delta")
    members = {item["id"]: item.get("members@delta", []) for item in first["value"]}
    assert [one["id"] for one in members["all"]] == ["device", "inner", "user-0"]
    names = get("/groups/delta?$select=displayName")
    assert "members@delta" not in names["value"][0]
    at("2026-10-09T12:00:00Z")
    assert get(names["@odata.deltaLink"])["value"] == []
    changed = get(first["@odata.deltaLink"])["value"]
    assert [item["id"] for item in changed] == ["all"]
    assert [(one["id"], "@removed" in one) for one in changed[0]["members@delta"]] == [
        ("user-4", False),
        ("user-0", True),
    ]
    assert ids(get("/groups/all/members")) == ["inner", "device", "user-4"]


def test_a_deleted_user_comes_back_or_is_purged(get, at):
    at("2026-10-06T12:00:00Z")
    link = get("/users/delta?$select=id")["@odata.deltaLink"]
    at("2026-10-08T00:00:00Z")
    deleted = get(link)
    assert deleted["value"] == [{"id": "user-3", "@removed": {"reason": "changed"}}]
    get("/users/user-3", 404)
    assert ids(get("/directory/deletedItems/microsoft.graph.user")) == ["user-3"]
    at("2026-10-11T12:00:00Z")
    assert ids(get(deleted["@odata.deltaLink"])) == ["user-3"]
    assert ids(get("/directory/deletedItems/microsoft.graph.user")) == []
    at("2026-11-10T00:00:00Z")
    link = get("/users/delta?$deltatoken=latest")["@odata.deltaLink"]
    assert ids(get("/directory/deletedItems/microsoft.graph.user")) == ["user-4"]
    at("2026-11-11T00:00:00Z")
    assert get(link)["value"] == [{"id": "user-4", "@removed": {"reason": "deleted"}}]
    assert ids(get("/directory/deletedItems/microsoft.graph.user")) == []


def test_latest_gives_only_a_link(get, at):
    page = get("/users/delta?$deltatoken=latest&$select=department")
    assert page["value"] == []
    at("2026-10-05T00:00:00Z")
    assert ids(get(page["@odata.deltaLink"])) == ["user-1", "user-6"]


def test_a_week_old_token_is_gone_and_says_where_to_start(sandbox, at):
    first = httpx.get(f"{sandbox.graph}/users/delta?$select=id,department", headers=BEARER).json()
    link = first["@odata.deltaLink"]
    at("2026-10-10T00:00:00Z")
    assert httpx.get(link, headers=BEARER).status_code == 200
    at("2026-10-10T00:00:01Z")
    gone = httpx.get(link, headers=BEARER)
    assert gone.status_code == 410
    assert gone.json()["error"]["code"] == "syncStateNotFound"
    assert gone.headers["Location"].endswith("/users/delta?$select=id,department&$deltatoken=")
    fresh = httpx.get(gone.headers["Location"], headers=BEARER).json()
    assert len(fresh["value"]) == 6


def test_the_clock_may_go_back(get, at):
    at("2026-10-05T00:00:00Z")
    link = get("/users/delta?$select=department")["@odata.deltaLink"]
    at("2026-10-03T00:00:00Z")
    assert get(link)["value"] == [
        {"department": "Tools", "id": "user-1"},
        {"id": "user-6", "@removed": {"reason": "deleted"}},
    ]
    assert ids(get("/users?$filter=department eq 'Sales'")) == []


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
def test_no_credentials_is_401(sandbox, path):
    answer = httpx.get(sandbox.graph + path)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"


@pytest.mark.parametrize("path", ["/users/nobody", "/groups/none/members", "/groups/user-0"])
def test_what_is_not_there_is_404(get, path):
    assert get(path, 404)["error"]["code"] == "Request_ResourceNotFound"


def test_lines_that_cannot_be_used_are_reported(sandbox):
    shown = httpx.get(f"{sandbox.url}/sandbox/problems").json()
    assert shown["counts"] == {"graph/users.jsonl": 2, "graph/timeline.jsonl": 2}
    assert sorted((one["file"], one["line"]) for one in shown["problems"]) == [
        ("graph/timeline.jsonl", 14),
        ("graph/timeline.jsonl", 15),
        ("graph/users.jsonl", 7),
        ("graph/users.jsonl", 8),
    ]
