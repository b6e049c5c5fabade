import time

import httpx
import pytest
from recorded_directory import entry
from tiny_workspace import write_workspace

from ingest.sandbox.process import sandbox_process

BEARER = {"Authorization": "Bearer any"}


@pytest.fixture(autouse=True)
def _before_any_change(at):
    """Every test starts at the same moment."""


def ids(page: dict) -> list[str]:
    return [item["id"] for item in page["value"]]


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


def test_a_week_old_token_is_gone_and_says_where_to_start(graph_server, at):
    first = httpx.get(
        f"{graph_server.graph}/users/delta?$select=id,department", headers=BEARER
    ).json()
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


def test_what_was_cleared_is_null_also_where_the_recording_leaves_it_out(changing):
    link = changing("/users/delta?$select=department,employeeId", "2026-10-01T00:00:00Z")
    link = link["@odata.deltaLink"]
    changed = changing(link, "2026-10-02T00:00:00Z")
    assert changed["value"] == [{"department": None, "employeeId": "1", "id": "CLEARED"}]


def test_whoever_is_restored_comes_with_all_links_and_ids_are_of_any_case(changing):
    link = changing("/users/delta?$select=id,manager", "2026-10-02T00:00:00Z")["@odata.deltaLink"]
    gone = changing(link, "2026-10-03T00:00:00Z")
    assert gone["value"] == [{"id": "CLEARED", "@removed": {"reason": "changed"}}]
    back = changing(gone["@odata.deltaLink"], "2026-10-04T00:00:00Z")["value"]
    assert back == [
        {"id": "CLEARED", "manager@delta": [{"@odata.type": "#microsoft.graph.user", "id": "boss"}]}
    ]


def test_a_deleted_group_has_nobody_in_it(changing):
    path = "/groups/outer/transitiveMembers"
    assert ids(changing(path, "2026-10-02T00:00:00Z")) == ["INNER", "CLEARED"]
    assert ids(changing(path, "2026-10-05T00:00:00Z")) == []


@pytest.fixture(scope="module")
def changing(tmp_path_factory):
    """Ask a sandbox of its own for a path, at a time."""
    person = {"id": "CLEARED", "department": "Tools", "employeeId": "1"}
    files = {
        "graph/users.jsonl": [person, {"id": "boss"}],
        "graph/managers.jsonl": [{"user_id": "cleared", "manager_id": "boss"}],
        "graph/groups.jsonl": [{"id": "outer"}, {"id": "INNER"}],
        "graph/memberships.jsonl": [
            {"group_id": "outer", "member_id": "INNER"},
            {"group_id": "inner", "member_id": "CLEARED"},
        ],
        "graph/timeline.jsonl": [
            entry("2026-10-02T00:00:00Z", "user", "upsert", id="CLEARED", employeeId="1"),
            entry("2026-10-03T00:00:00Z", "user", "delete", id="cleared"),
            entry("2026-10-04T00:00:00Z", "user", "upsert", id="CLEARED"),
            entry("2026-10-05T00:00:00Z", "group", "delete", id="inner"),
        ],
    }
    with sandbox_process(write_workspace(tmp_path_factory.mktemp("changing"), files)) as url:

        def ask(path, now):
            httpx.post(f"{url}/sandbox/clock", json={"now": now}).raise_for_status()
            target = path if path.startswith("http") else f"{url}/v1.0{path}"
            return httpx.get(target, headers=BEARER).json()

        yield ask
