"""The directory over the real SDK: what a round brings, and what is said when there is none."""

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from recorded_directory import DIRECTORY_FILES, PRINCIPAL
from scripted_service import Asked, Reply, scripted_service
from tiny_workspace import write_workspace

from ingest.graph_directory import (
    SERVICE_PRINCIPALS,
    USER_PROPERTIES,
    USERS,
    DeltaExpiredError,
    GraphDirectory,
)
from ingest.sandbox.control import SandboxControl
from ingest.sandbox.process import sandbox_process
from models.errors import SourceError
from models.settings import Settings


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = write_workspace(tmp_path_factory.mktemp("recorded"), DIRECTORY_FILES)
    with sandbox_process(folder) as url:
        yield url


@pytest.fixture(scope="module")
def directory(sandbox: str) -> Iterator[GraphDirectory]:
    with GraphDirectory(settings_for(sandbox)) as opened:
        yield opened


def settings_for(url: str) -> Settings:
    return Settings(graph_endpoint=url, allow_loopback_http=True)


def opened(url: str) -> GraphDirectory:
    return GraphDirectory(settings_for(url))


def move(url: str, day: int) -> None:
    with SandboxControl(url) as control:
        control.move_clock(datetime(2026, 10, day, tzinfo=UTC))


def test_a_first_round_is_everything_with_the_properties_asked_for(
    sandbox: str, directory: GraphDirectory
) -> None:
    move(sandbox, 3)
    delta = directory.changes(USERS, None)
    assert delta.is_full
    assert sorted(user["id"] for user in delta.objects) == [f"user-{n}" for n in range(6)]
    user = delta.objects[0]
    assert user["employeeOrgData"]["costCenter"] == "CC-1"
    assert set(user) - {"@odata.type"} <= set(USER_PROPERTIES)
    managed = {user["id"]: user.get("manager@delta") for user in delta.objects}
    assert managed["user-1"] == [{"@odata.type": "#microsoft.graph.user", "id": "user-0"}]
    principals = directory.changes(SERVICE_PRINCIPALS, None)
    assert [item["id"] for item in principals.objects] == [PRINCIPAL]


def test_a_later_round_is_what_changed_and_who_was_removed(
    sandbox: str, directory: GraphDirectory
) -> None:
    move(sandbox, 3)
    link = directory.changes(USERS, None).delta_link
    quiet = directory.changes(USERS, link)
    assert (quiet.objects, quiet.is_full) == ([], False)
    move(sandbox, 7)
    delta = directory.changes(USERS, link)
    assert not delta.is_full
    last = {item["id"]: item for item in delta.objects}
    assert last["user-1"]["department"] == "Sales"
    assert "@removed" in last["user-3"]
    assert "user-6" in last
    assert "user-0" not in last


def test_an_expired_link_brings_everything_again(sandbox: str, directory: GraphDirectory) -> None:
    move(sandbox, 3)
    link = directory.changes(USERS, None).delta_link
    move(sandbox, 25)
    delta = directory.changes(USERS, link)
    assert delta.is_full
    assert {item["id"] for item in delta.objects} == {f"user-{n}" for n in (0, 1, 2, 3, 5, 6)}


def test_a_link_that_means_nothing_is_an_error_that_does_not_repeat_it(
    sandbox: str, directory: GraphDirectory
) -> None:
    link = f"{sandbox}/v1.0/users/delta?$deltatoken=secret-nonsense"
    with pytest.raises(SourceError) as raised:
        directory.changes(USERS, link)
    assert not isinstance(raised.value, DeltaExpiredError)
    assert "status 400: the next run retries" in str(raised.value)
    assert "secret" not in str(raised.value)


def pages_of_two(asked: Asked) -> Reply:
    """A round of two pages, each with somebody."""
    if asked.path == "/v1.0/next":
        return Reply(json.dumps({"value": [{"id": "b"}], "@odata.deltaLink": "end"}).encode())
    link = f"http://{asked.headers['host']}/v1.0/next?$skiptoken=1"
    return Reply(json.dumps({"value": [{"id": "a"}], "@odata.nextLink": link}).encode())


def test_every_page_is_asked_for_in_full_length() -> None:
    with scripted_service(pages_of_two) as (url, asked), opened(url) as directory:
        assert directory.changes(USERS, None).objects == [{"id": "a"}, {"id": "b"}]
    assert [one.path for one in asked] == ["/v1.0/users/delta()", "/v1.0/next"]
    assert {one.headers["prefer"] for one in asked} == {"odata.maxpagesize=999"}
    assert set(asked[0].options["$select"].split(",")) == {*USER_PROPERTIES, "manager"}


def test_a_long_retry_after_is_waited_for_by_us_and_not_refused_by_the_sdk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", waits.append)
    throttled = Reply(b"{}", status=429, headers={"Retry-After": "200"})
    page = Reply(json.dumps({"value": [], "@odata.deltaLink": "end"}).encode())
    with scripted_service([throttled, throttled, page]) as (url, asked), opened(url) as directory:
        assert directory.changes(USERS, None).delta_link == "end"
    assert waits == [200, 200]
    assert len(asked) == 3


def test_who_asks_for_more_patience_than_the_settings_have_is_left_to_the_next_run() -> None:
    throttled = Reply(b"{}", status=429, headers={"Retry-After": "301"})
    with scripted_service([throttled]) as (url, asked), opened(url) as directory:
        with pytest.raises(SourceError, match="status 429: the next run retries"):
            directory.changes(USERS, None)
        assert len(asked) == 1


def test_users_in_the_bin_come_with_the_time_of_their_deletion(
    sandbox: str, directory: GraphDirectory
) -> None:
    move(sandbox, 7)
    (deleted,) = directory.deleted_users()
    assert (deleted["id"], deleted["deletedDateTime"]) == ("user-3", "2026-10-07T00:00:00Z")
    assert deleted["employeeOrgData"]["costCenter"] == "CC-1"


def test_groups_are_not_enumerated_only_their_changes_come(
    sandbox: str, directory: GraphDirectory
) -> None:
    move(sandbox, 3)
    begun = directory.group_changes(None)
    assert (begun.objects, begun.is_full) == ([], True)
    move(sandbox, 9)
    later = directory.group_changes(begun.delta_link)
    assert ([item["id"] for item in later.objects], later.is_full) == (["all"], False)
    move(sandbox, 25)
    again = directory.group_changes(later.delta_link)
    assert (again.objects, again.is_full) == ([], True)


def test_nobody_listening_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with (
        GraphDirectory(settings_for(f"http://127.0.0.1:{port}")) as directory,
        pytest.raises(SourceError, match=r"did not answer for users: .*TOLLBOOK_GRAPH_ENDPOINT"),
    ):
        directory.probe(USERS)


def test_a_tenant_without_people_is_empty_and_no_error(tmp_path: Path) -> None:
    with (
        sandbox_process(write_workspace(tmp_path, {"graph/users.jsonl": []})) as url,
        GraphDirectory(settings_for(url)) as directory,
    ):
        delta = directory.changes(USERS, None)
        directory.probe(SERVICE_PRINCIPALS)
    assert (delta.objects, delta.is_full) == ([], True)
