"""A directory that lives at random, followed hour by hour: recorded is what its lines say."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from random_directory import APP, APP_OID, START, Life, attributes_of, oid, random_life
from tiny_workspace import write_workspace

from ingest.graph_directory import GraphDirectory
from ingest.sandbox.control import SandboxControl
from ingest.sandbox.process import sandbox_process
from jobs.directory_sync import sync_directory
from jobs.ingestion import Run
from jobs.pipeline import open_run
from models.clock import Clock
from models.settings import Settings
from models.warehouse import Connection

HOURS = 36
SEEDS = range(40) if os.environ.get("TOLLBOOK_SOAK") == "1" else range(2)
GROUPS = [oid("group", number) for number in range(4)]

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Served:
    """A life behind a sandbox, and the real client for it."""

    life: Life
    url: str
    control: SandboxControl
    directory: GraphDirectory


@pytest.fixture(scope="module", params=SEEDS)
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    life = random_life(request.param, hours=HOURS, events=120)
    folder = write_workspace(tmp_path_factory.mktemp("life"), life.files())
    with (
        sandbox_process(folder) as url,
        SandboxControl(url) as control,
        GraphDirectory(settings_for(url, folder)) as directory,
    ):
        yield Served(life, url, control, directory)


def settings_for(url: str, folder: Path) -> Settings:
    # The fifth group is read because the application is assigned to it.
    return Settings(
        graph_endpoint=url,
        allow_loopback_http=True,
        data_dir=folder,
        claude_app_id=APP,
        group_ids=tuple(GROUPS),
    )


@contextmanager
def opened(served: Served, folder: Path, moment: datetime) -> Iterator[Run]:
    settings = settings_for(served.url, folder)
    clock = Clock(moment)
    with open_run(settings, clock) as connection:
        yield Run(connection, settings, clock, lambda *_: None)


def hours(every: Callable[[int], bool] = lambda _: True) -> list[datetime]:
    return [START + timedelta(hours=hour) for hour in range(HOURS + 1) if every(hour)]


def follow(served: Served, run: Run, moments: list[datetime], times: int = 1) -> None:
    for moment in moments:
        served.control.move_clock(moment)
        run.clock.move(moment)
        for _ in range(times):
            sync_directory(run, served.directory)


def test_every_hour_is_what_the_lines_say(served: Served, tmp_path: Path) -> None:
    with opened(served, tmp_path, START) as run:
        follow(served, run, hours())
        for moment in hours():
            assert_as_lived(run.connection, served.life, moment)


def test_hours_that_were_missed_are_caught_up_with(served: Served, tmp_path: Path) -> None:
    missed = hours(lambda hour: hour % 7 in {0, 1, 5})
    with opened(served, tmp_path, START) as run:
        follow(served, run, missed)
        for moment in missed:
            assert_as_lived(run.connection, served.life, moment)


def test_twice_an_hour_and_with_kills_between_ends_in_the_same_tables(
    served: Served, tmp_path: Path
) -> None:
    tables = []
    for times in (1, 2):
        with opened(served, tmp_path / str(times), START) as run:
            follow(served, run, hours(), times)
            tables.append(recorded(run.connection))
    tables.append(recorded_with_kills(served, tmp_path / "killed"))
    assert tables[0] == tables[1] == tables[2]


class KilledError(BaseException):
    """Stands for the end of the process, as far as a transaction can tell."""


class Mortal:
    """A connection that dies at its n-th statement."""

    def __init__(self, connection: Connection, left: int) -> None:
        self._connection, self._left = connection, left

    def execute(self, *given: Any) -> Any:
        self._left -= 1
        if self._left == 0:
            raise KilledError
        return self._connection.execute(*given)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def recorded_with_kills(served: Served, folder: Path) -> Rows:
    rng = Random(1)  # noqa: S311
    killed = 0
    for moment in hours():
        served.control.move_clock(moment)
        while True:
            try:
                with opened(served, folder, moment) as run:
                    mortal: Any = Mortal(run.connection, rng.randrange(1, 80))
                    dying = Run(mortal, run.settings, run.clock, run.report)
                    sync_directory(dying, served.directory)
                break
            except KilledError:
                killed += 1
    assert killed > HOURS / 4
    with opened(served, folder, START) as run:
        return recorded(run.connection)


def recorded(connection: Connection) -> Rows:
    return [
        row
        for table in ("principals", "links")
        for row in connection.execute(f"from warehouse.directory.{table} order by all").fetchall()
    ]


def assert_as_lived(connection: Connection, life: Life, moment: datetime) -> None:
    """Compare everybody who is there: attributes, manager, groups, assignments."""
    state = life.at(moment)
    at = {"at": moment.replace(tzinfo=None)}
    now = "valid_from <= $at and $at < valid_to and recorded_to = '9999-12-31'"
    people = connection.execute(
        "select oid, deleted, display_name, department, company, employee_id, cost_center,"
        " division, extension_attributes, account_enabled"
        f" from warehouse.directory.principals where kind = 'user' and {now}", at,
    ).fetchall()  # fmt: skip
    found = {
        row[0]: (*row[2:8], json.loads(row[8] or "{}"), row[9])
        for row in people
        if row[0] in state.present("user")
    }
    assert len(people) == len({row[0] for row in people})
    assert found == {one: attributes_of(state.users[one]) for one in state.present("user")}
    # Who came and went between two looks is first known as gone, and so was always.
    gone = {row[0] for row in people if row[1]} & state.users.keys()
    assert gone == state.deleted & state.users.keys()
    present = {*state.present("user"), *state.present("group")}
    links = connection.execute(
        f"select kind, source_oid, target_oid from warehouse.directory.links where {now}", at
    ).fetchall()
    assert len(links) == len(set(links))
    assert {link for link in links if link[0] == "manager" and link[1] in present} == {
        ("manager", person, manager)
        for person, manager in state.managers.items()
        if person in present
    }
    assert {link for link in links if link[0] == "member" and {*link[1:]} <= present} == {
        ("member", group, member)
        for group in state.present("group")
        for member in state.everyone_in(group)
    }
    assert {link for link in links if link[0] == "assignment" and link[2] in present} == {
        ("assignment", APP_OID, principal)
        for principal in state.assignments.values()
        if principal in present
    }
