"""The directory over the real SDK: what a round brings, and what is said when there is none."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from recorded_directory import DIRECTORY_FILES, PRINCIPAL
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
