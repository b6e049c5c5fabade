"""Single groups over the real SDK: everyone in them, however deep, and what is said of none."""

import json
from collections.abc import Callable, Iterator

import pytest
from recorded_directory import APP, ASSIGNED_GROUP, DIRECTORY_FILES, PRINCIPAL
from scripted_service import Asked, Reply, scripted_service
from tiny_workspace import write_workspace

from ingest.graph_assignments import Assignment, read_assignments
from ingest.graph_groups import ReadGroup, read_group
from ingest.graph_service import GraphService
from ingest.sandbox.process import sandbox_process
from models.errors import SourceError
from models.settings import Settings

USER = "#microsoft.graph.user"


def service_at(url: str) -> GraphService:
    return GraphService(
        Settings(graph_endpoint=url, allow_loopback_http=True, retry_wait_seconds=0.01)
    )


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphService]:
    folder = write_workspace(tmp_path_factory.mktemp("recorded"), DIRECTORY_FILES)
    with sandbox_process(folder) as url, service_at(url) as service:
        yield service


def test_a_group_has_everyone_in_it_once_and_not_itself(graph: GraphService) -> None:
    found = read_group(graph, "ALL")
    assert found is not None
    assert found.value == {"id": "all", "displayName": "all"}
    # Graph does not say what the device is to whoever may not read devices
    assert found.member_ids == {"user-0", "user-1", "inner", "loop", "device"}
    assert found.nested_group_ids == {"inner", "loop"}


def test_a_group_that_is_not_there_is_none(graph: GraphService) -> None:
    assert read_group(graph, "nowhere") is None


def test_assignments_name_the_application_and_each_principal_once(graph: GraphService) -> None:
    assert read_assignments(graph, APP) == {Assignment(PRINCIPAL, ASSIGNED_GROUP, "None")}
    assert read_assignments(graph, "another") is None


def group_of(*listings: tuple[int, list[dict[str, str]]]) -> Callable[[Asked], Reply]:
    """A group whose listings, each of two pages, are told one after the other."""
    begun: list[int] = []

    def answer(asked: Asked) -> Reply:
        if not asked.path.endswith("transitiveMembers"):
            return Reply(json.dumps({"id": "G", "displayName": "Group"}).encode())
        is_first = "$skiptoken" not in asked.options
        if is_first:
            begun.append(1)
        count, members = listings[min(len(begun), len(listings)) - 1]
        page = {"value": members[:1] if is_first else members[1:]}
        if is_first:
            host = asked.headers["host"]
            link = f"http://{host}{asked.path}?$count=true&$skiptoken=1"
            page |= {"@odata.count": count, "@odata.nextLink": link}
        return Reply(json.dumps(page).encode())

    return answer


def read(script: Callable[[Asked], Reply]) -> tuple[ReadGroup | None, list[Asked]]:
    with scripted_service(script) as (url, asked), service_at(url) as service:
        return read_group(service, "g"), asked


PEOPLE = [{"id": one, "@odata.type": USER} for one in ("A", "b", "c")]


def test_every_page_is_asked_for_with_the_header_that_counting_takes() -> None:
    found, asked = read(group_of((3, PEOPLE)))
    assert found == ReadGroup(
        {"id": "G", "displayName": "Group"}, frozenset({"a", "b", "c"}), frozenset()
    )
    _, *pages = asked
    assert [one.headers["consistencylevel"] for one in pages] == ["eventual"] * 2
    assert pages[0].options == {"$select": "id", "$top": "999", "$count": "true"}


def test_a_listing_of_a_wrong_number_is_asked_for_once_more_and_then_taken() -> None:
    found, asked = read(group_of((3, PEOPLE[:2]), (3, PEOPLE)))
    assert found is not None
    assert found.member_ids == {"a", "b", "c"}
    assert len(asked) == 1 + 4
    found, asked = read(group_of((3, PEOPLE[:2])))
    assert found is not None
    assert found.member_ids == {"a", "b"}
    assert len(asked) == 1 + 4


def test_who_cannot_call_is_in_no_group_and_what_is_hidden_is() -> None:
    kinds = ["device", "orgContact", "servicePrincipal"]
    members = [{"id": kind, "@odata.type": f"#microsoft.graph.{kind}"} for kind in kinds]
    found, _ = read(group_of((4, [*members, {"id": "hidden"}])))
    assert found is not None
    assert found.member_ids == {"servicePrincipal".lower(), "hidden"}


def test_without_the_permission_it_is_named() -> None:
    with (
        scripted_service([Reply(b"{}", status=403)]) as (url, _),
        service_at(url) as service,
        pytest.raises(SourceError, match=r"GroupMember\.Read\.All"),
    ):
        read_group(service, "g")
