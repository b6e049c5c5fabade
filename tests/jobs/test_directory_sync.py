"""The whole look at the directory, over the real SDK: what each part does to what is recorded."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from recorded_directory import entry
from tiny_workspace import write_workspace

from ingest.graph_directory import GraphDirectory
from ingest.sandbox.control import SandboxControl
from ingest.sandbox.process import sandbox_process
from jobs.directory_sync import sync_directory
from jobs.ingestion import Run
from jobs.pipeline import open_run
from models.clock import Clock, rfc3339
from models.errors import SourceError
from models.seeds import ALWAYS, FOREVER
from models.settings import Settings

START = datetime(2026, 10, 1, tzinfo=UTC)
APP, APP_OID = "20000000-0000-0000-0000-000000000000", "00000000-0000-4000-8000-0000000000aa"
NAME = "Отдел" + "é" * 59


def hour(number: float) -> str:
    return rfc3339(START + timedelta(hours=number))


def naive(number: float) -> datetime:
    return (START + timedelta(hours=number)).replace(tzinfo=None)


def assignment(name: str, principal: str, kind: str) -> dict[str, str]:
    return {"id": name, "principalId": principal, "principalType": kind, "resourceId": APP_OID}


def member(group: str, who: str) -> dict[str, str]:
    return {"group_id": group, "member_id": who}


# What happens stands in the order of its hours; the tests look at stretches of it.
FILES: dict[str, list[Any]] = {
    "graph/users.jsonl": [
        {"id": "ADA", "displayName": "Ada", "department": NAME, "employeeId": "17"},
        {"id": "ben", "displayName": "Ben", "department": "\u00a0\t", "employeeId": "17"},
        {"id": "eve", "displayName": "Eve",
         "employeeOrgData": {"division": "D", "costCenter": "C"}},
        {"id": "boss", "displayName": "Boss"},
    ],
    "graph/groups.jsonl": [
        {"id": name, "displayName": f"The {name}"}
        for name in ("team", "inner", "other", "assigned")
    ],
    "graph/memberships.jsonl": [
        member("team", "ADA"), member("team", "inner"), member("inner", "ben"),
        member("other", "eve"), member("assigned", "ada"),
    ],
    "graph/managers.jsonl": [{"user_id": "ada", "manager_id": "BOSS"}],
    "graph/service_principals.jsonl": [{"id": APP_OID, "appId": APP, "displayName": "Claude"}],
    "graph/app_role_assignments.jsonl": [
        assignment("one", "ASSIGNED", "Group"), assignment("two", "ben", "User")
    ],
    "graph/timeline.jsonl": [
        entry(hour(1), "membership", "upsert", **member("inner", "eve")),
        entry(hour(2), "user", "delete", id="boss"),
        entry(hour(3), "group", "delete", id="inner"),
        entry(hour(4), "group", "upsert", id="inner", displayName="Inner again"),
        entry(hour(5), "group", "delete", id="team"),
        entry(hour(6), "group", "upsert", id="team", displayName="Team again"),
        entry(hour(7), "app_role_assignment", "delete", id="two"),
        entry(hour(8), "manager", "upsert", user_id="eve", manager_id="ben"),
        entry(hour(9), "user", "upsert", id="eve", displayName="Eve",
              employeeOrgData={"division": "E"}),
        entry(hour(10), "user", "upsert", id="new", displayName="New"),
        entry(hour(10), "membership", "upsert", **member("other", "new")),
        entry(hour(11), "user", "delete", id="eve"),
        entry(hour(12), "user", "upsert", id="eve", displayName="Eve"),
    ],
}  # fmt: skip


@dataclass
class Service:
    """The sandbox, a client for it, and a warehouse that follows it."""

    url: str
    control: SandboxControl
    directory: GraphDirectory
    run: Run

    def sync(self, at_hour: float, **settings: Any) -> int:
        """Look at the directory at an hour, with settings that differ from the usual."""
        moment = START + timedelta(hours=at_hour)
        self.control.move_clock(moment)
        self.run.clock.move(moment)
        changed = self.run.settings.model_copy(update=settings)
        return sync_directory(
            Run(self.run.connection, changed, self.run.clock, self.run.report), self.directory
        )

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        return self.run.connection.execute(statement).fetchall()

    def links(self, kind: str) -> set[tuple[Any, ...]]:
        """(source, target, valid from, valid to) as known now."""
        return set(
            self.rows(
                "select source_oid, target_oid, valid_from, valid_to"
                f" from warehouse.directory.links where kind = '{kind}'"
                " and recorded_to = '9999-12-31'"
            )
        )

    def inputs(self) -> dict[str, str]:
        return dict(self.rows("from warehouse.run.inputs"))

    @contextmanager
    def showing(self, **fault: Any) -> Iterator[None]:
        """Show one fault for the length of the block; it must have hit something."""
        self.control.set_faults([{"service": "graph"} | fault])
        try:
            yield
            assert all(one["hit"] for one in self.control.faults())
        finally:
            self.control.set_faults([])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, GraphDirectory]]:
    with (
        sandbox_process(write_workspace(tmp_path_factory.mktemp("recorded"), FILES)) as url,
        GraphDirectory(settings_for(url)) as directory,
    ):
        yield url, directory


def settings_for(url: str, **changes: Any) -> Settings:
    return Settings(
        graph_endpoint=url,
        allow_loopback_http=True,
        claude_app_id=APP,
        group_ids=("TEAM", "other"),
        retry_attempts=2,
        retry_wait_seconds=0.01,
        **changes,
    )


@pytest.fixture
def service(served: tuple[str, GraphDirectory], tmp_path: Path) -> Iterator[Service]:
    url, directory = served
    settings = settings_for(url, data_dir=tmp_path)
    clock = Clock(START)
    with open_run(settings, clock) as connection, SandboxControl(url) as control:
        yield Service(url, control, directory, Run(connection, settings, clock, lambda *_: None))


def test_a_first_look_brings_people_groups_managers_and_assignments_as_of_ever(
    service: Service,
) -> None:
    assert service.sync(0) == 4 + 1 + 4 + 1 + 5 + 2
    assert service.rows(
        "select oid, kind, department, employee_id, division, app_id"
        " from warehouse.directory.principals order by oid"
    ) == [
        (APP_OID, "service_principal", None, None, None, APP),
        ("ada", "user", NAME, "17", None, None),
        ("assigned", "group", None, None, None, None),
        ("ben", "user", None, "17", None, None),
        ("boss", "user", None, None, None, None),
        ("eve", "user", None, None, "D", None),
        ("inner", "group", None, None, None, None),
        ("other", "group", None, None, None, None),
        ("team", "group", None, None, None, None),
    ]
    ever = (ALWAYS, FOREVER)
    assert service.links("manager") == {("ada", "boss", *ever)}
    assert service.links("member") == {
        ("team", "ada", *ever), ("team", "inner", *ever), ("team", "ben", *ever),
        ("other", "eve", *ever), ("assigned", "ada", *ever),
    }  # fmt: skip
    assert service.links("assignment") == {
        (APP_OID, "assigned", *ever), (APP_OID, "ben", *ever)
    }  # fmt: skip
    assert service.inputs()["directory_changed"] == hour(0)


def test_a_quiet_look_writes_nothing_and_asks_four_times(service: Service) -> None:
    service.sync(0)
    before = service.rows("from warehouse.directory.delta_links order by all")
    with service.showing(kind="delay", seconds=0):
        assert service.sync(0.5) == 0
        assert service.control.faults()[0]["matched"] == 4
    assert service.rows("from warehouse.directory.delta_links order by all") == before
    assert service.inputs()["directory_changed"] == hour(0)


def test_a_change_deep_in_a_group_is_one_of_the_group_that_is_read(service: Service) -> None:
    service.sync(0)
    # the link, and the name of the group that has changed
    assert service.sync(1) == 2
    assert ("team", "eve", naive(1), FOREVER) in service.links("member")
    assert service.inputs()["directory_changed"] == hour(1)
    # without the nested group nobody is in the group through it; once it is back they are
    service.sync(3)
    inside = {target for _, target, _, end in service.links("member") if end == FOREVER}
    assert inside == {"ada", "eve"}
    service.sync(4)
    assert service.links("member") >= {
        ("team", "ben", ALWAYS, naive(3)), ("team", "ben", naive(4), FOREVER),
        ("team", "inner", naive(4), FOREVER),
    }  # fmt: skip
    assert service.rows(
        "select display_name, deleted from warehouse.directory.principals"
        " where oid = 'inner' and recorded_to = '9999-12-31' order by valid_from"
    ) == [(None, False), ("The inner", False), ("The inner", True), ("Inner again", False)]


def test_a_deleted_group_has_nobody_until_it_is_restored(service: Service) -> None:
    service.sync(4)
    service.sync(5)
    assert {end for of, _, _, end in service.links("member") if of == "team"} == {naive(5)}
    assert service.rows(
        "select display_name, deleted from warehouse.directory.principals"
        " where oid = 'team' and valid_to = '9999-12-31' and recorded_to = '9999-12-31'"
    ) == [("The team", True)]
    service.sync(6)
    assert ("team", "ada", naive(6), FOREVER) in service.links("member")


def test_a_deleted_manager_stays_one_as_long_as_graph_says_so(service: Service) -> None:
    service.sync(0)
    service.sync(2)
    assert service.links("manager") == {("ada", "boss", ALWAYS, FOREVER)}
    (row,) = service.rows(
        "select display_name, deleted, deleted_at, valid_from from warehouse.directory.principals"
        " where oid = 'boss' and valid_to = '9999-12-31' and recorded_to = '9999-12-31'"
    )
    assert row == ("Boss", True, naive(2), naive(2))


def test_a_group_that_is_no_longer_chosen_ends_and_may_be_chosen_again(service: Service) -> None:
    service.sync(0)
    assert service.sync(0.5, group_ids=("team",)) == 1
    assert ("other", "eve", ALWAYS, naive(0.5)) in service.links("member")
    assert service.sync(0.7, group_ids=("team",)) == 0
    service.sync(0.8)
    assert ("other", "eve", naive(0.8), FOREVER) in service.links("member")


def test_a_group_the_tenant_does_not_have_is_no_error(service: Service) -> None:
    service.sync(0, group_ids=("nowhere",))
    assert service.sync(0.5, group_ids=("nowhere",)) == 0
    assert {of for of, *_ in service.links("member")} == {"assigned"}


def test_a_group_that_an_ownership_rule_names_is_read(service: Service) -> None:
    service.run.connection.execute(
        "insert into warehouse.seeds.ownership_rules values"
        " (1, 'by group', 'all', 'group', 'other', null, 'U', $1, $2, $1, $2, 't')",
        [ALWAYS, FOREVER],
    )
    service.sync(0, group_ids=(), claude_app_id=None)
    assert {of for of, *_ in service.links("member")} == {"other"}


def test_an_assignment_that_is_revoked_ends_and_so_do_all_without_the_application(
    service: Service,
) -> None:
    service.sync(6)
    service.sync(7)
    assert (APP_OID, "ben", ALWAYS, naive(7)) in service.links("assignment")
    # another application, which the tenant does not have
    assert service.sync(7.5, claude_app_id=APP.replace("2", "3")) > 0
    assert {end for *_, end in service.links("assignment")} == {naive(7), naive(7.5)}
    # its group is read no more
    assert ("assigned", "ada", ALWAYS, naive(7.5)) in service.links("member")


def test_a_newcomer_was_always_in_the_group_they_come_with(service: Service) -> None:
    service.sync(9)
    assert service.sync(10) == 2
    assert ("other", "new", ALWAYS, FOREVER) in service.links("member")
    # but nobody's manager was always theirs who is known for long
    assert ("eve", "ben", ALWAYS, FOREVER) in service.links("manager")


def test_a_manager_that_changes_is_valid_from_when_it_was_seen(service: Service) -> None:
    service.sync(7)
    assert service.sync(8) == 1
    assert ("eve", "ben", naive(8), FOREVER) in service.links("manager")


def test_what_graph_clears_is_none_and_what_it_leaves_out_is_unchanged(service: Service) -> None:
    service.sync(8)
    service.sync(9)
    assert service.rows(
        "select cost_center, division, valid_from from warehouse.directory.principals"
        " where oid = 'eve' and recorded_to = '9999-12-31' order by valid_from"
    ) == [("C", "D", ALWAYS), (None, "E", naive(9))]


def test_whoever_comes_back_is_in_their_groups_again(service: Service) -> None:
    service.sync(10)
    service.sync(11)
    # the group is listed while she is away: with somebody else it was changed
    service.sync(11.5, group_ids=("team",))
    service.sync(11.6)
    assert ("other", "eve", naive(11.6), FOREVER) not in service.links("member")
    service.sync(12)
    assert ("other", "eve", naive(12), FOREVER) in service.links("member")
    assert ("eve", "ben", ALWAYS, FOREVER) in service.links("manager")


def test_a_directory_that_was_away_for_two_days_goes_on_from_its_link(service: Service) -> None:
    service.sync(0)
    for number in (1, 24, 47):
        with (
            service.showing(kind="status", status=503),
            pytest.raises(SourceError, match="parts of the directory were not read"),
        ):
            service.sync(number)
    assert service.sync(48) > 0
    assert ("team", "eve", naive(48), FOREVER) in service.links("member")


def test_after_more_than_a_week_everything_comes_again_and_who_vanished_is_deleted(
    service: Service,
) -> None:
    service.sync(0)
    late = 24 * 40
    service.sync(late)
    # purged by now, so no round tells of her; and Graph keeps no time of it
    assert service.rows(
        "select deleted, deleted_at, valid_from from warehouse.directory.principals"
        " where oid = 'boss' and valid_to = '9999-12-31' and recorded_to = '9999-12-31'"
    ) == [(True, None, naive(late))]
    assert service.links("assignment") >= {(APP_OID, "ben", ALWAYS, naive(late))}
    assert ("team", "eve", naive(late), FOREVER) in service.links("member")
    assert ("other", "new", ALWAYS, FOREVER) in service.links("member")


def test_a_caller_only_the_bin_knows_is_taken_from_it_and_nobody_else(service: Service) -> None:
    service.sync(2.5, group_ids=(), claude_app_id=None)
    principals = "select oid, display_name, deleted from warehouse.directory.principals"
    assert ("boss",) not in service.rows("select oid from warehouse.directory.principals")
    service.run.connection.execute(
        "insert into warehouse.directory.callers values (1, 'boss'), (2, 'unknown to graph')"
    )
    assert service.sync(2.6, group_ids=(), claude_app_id=None) == 1
    assert ("boss", "Boss", True) in service.rows(principals)
    with service.showing(kind="delay", seconds=0):
        assert service.sync(2.7, group_ids=(), claude_app_id=None) == 0
        assert service.control.faults()[0]["matched"] == 2


@pytest.mark.parametrize(
    ("path", "permission", "lost"),
    [
        ("/users/delta", "User.Read.All", {"user"}),
        ("appRoleAssignedTo", "Application.Read.All", set()),
        ("/groups/", "GroupMember.Read.All", {"group"}),
        ("/groups/.*/transitiveMembers", "GroupMember.Read.All", {"group"}),
        ("deletedItems", "User.Read.All", set()),
    ],
)
def test_a_part_that_may_not_be_read_does_not_lose_the_others(
    service: Service, path: str, permission: str, lost: set[str]
) -> None:
    with (
        service.showing(kind="status", status=403, path=path),
        pytest.raises(SourceError, match=permission),
    ):
        service.sync(0)
    kinds = service.rows("select distinct kind from warehouse.directory.principals")
    assert {kind for (kind,) in kinds} == {"user", "group", "service_principal"} - lost
    service.sync(0.5)
    assert {(*link[:2],) for link in service.links("member")} == {
        ("team", "ada"), ("team", "inner"), ("team", "ben"), ("other", "eve"), ("assigned", "ada")
    }  # fmt: skip


def test_a_group_that_changed_and_could_not_be_read_is_read_later(service: Service) -> None:
    service.sync(0)
    with (
        service.showing(kind="status", status=500, path="/groups/.*/transitiveMembers"),
        pytest.raises(SourceError),
    ):
        service.sync(1)
    assert service.sync(1.5) == 1
    assert ("team", "eve", naive(1.5), FOREVER) in service.links("member")


def test_empty_pages_with_a_next_link_lose_nobody(service: Service) -> None:
    service.control.set_faults([{"service": "graph", "kind": "empty_page"}])
    try:
        service.sync(0)
    finally:
        service.control.set_faults([])
    assert len(service.links("member")) == 5
    assert service.sync(0.5) == 0


def test_expired_links_of_groups_list_them_anew(service: Service) -> None:
    service.sync(0)
    with service.showing(kind="gone", path="/groups/delta"):
        assert service.sync(1) == 1
    assert ("team", "eve", naive(1), FOREVER) in service.links("member")
    assert service.sync(1.5) == 0
