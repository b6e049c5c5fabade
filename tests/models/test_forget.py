"""Forgetting somebody: nothing that is left leads back to them, and no figure changes."""

import gzip
import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result
from hostile_tenant import (
    EMPLOYEE_ID,
    EXTERNAL_MAIL,
    GROUP,
    MAIL,
    MANAGER,
    MONTH,
    NAMES,
    NAMESAKE_MAIL,
    PERSON,
    REPORT,
    STRANGER,
    UPN,
    HostileTenant,
    hostile_tenant,
)
from leftovers import forms
from leftovers import leftovers as found_in

from ingest.sandbox.control import SandboxControl
from jobs.cli import cli
from jobs.ingestion import Run
from jobs.pipeline import JOBS, build_and_publish, open_run, run_jobs
from models.clock import Clock
from models.forgetting.journal import is_decided
from models.publication import read_manifest
from models.settings import Settings
from models.warehouse import mark_dirty

SOAK = os.environ.get("TOLLBOOK_SOAK") == "1"
_FORMS = forms(
    PERSON,
    (*NAMES, MAIL, UPN, EXTERNAL_MAIL, EMPLOYEE_ID, "zq-badge-0815", "Feather counter"),
)
CALLER = 1


def leftovers(folder: Path) -> list[str]:
    """Where the person is still found."""
    return found_in(folder, _FORMS, NAMESAKE_MAIL.encode())


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostileTenant]:
    with hostile_tenant(tmp_path_factory.mktemp("hostile")) as lived:
        yield lived


@pytest.fixture
def mine(tenant: HostileTenant, tmp_path: Path) -> HostileTenant:
    """A copy of the tenant that a test may change."""
    return tenant.copy_to(tmp_path / "data")


def tollbook(data_dir: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments, "--data-dir", str(data_dir)])


def said_of(ended: Result) -> str:
    """What the command said, an error with it."""
    return f"{ended.output}{ended.exception or ''}"


EVERY_REPORT = [
    *(("chargeback", by) for by in ("user", "unit", "day", "model", "client", "unit,model,day")),
    ("coverage", None),
    ("reconciliation", None),
]


def reports(
    data_dir: Path, asked: Sequence[tuple[str, str | None]] = EVERY_REPORT
) -> dict[str, list[dict[str, Any]]]:
    """Reports of the month as their users read them."""
    found = {}
    for name, by in asked:
        keys = ("--by", by) if by else ()
        said = tollbook(data_dir, "report", name, "--month", MONTH, *keys, "--format", "json")
        assert said.exit_code == 0, said_of(said)
        found[f"{name} {by}"] = json.loads(said.stdout)
    return found


def without_person(rows: list[dict[str, Any]], oid: str) -> list[dict[str, Any]]:
    """Rows by user, the person's without what names them, in an order of their figures."""
    known = [
        {**row, "oid": "person", "name": "person"} if row["oid"] == oid else row for row in rows
    ]
    return sorted(known, key=lambda row: json.dumps(row, sort_keys=True))


def assert_same_figures(
    before: dict[str, list[dict[str, Any]]], after: dict[str, list[dict[str, Any]]], oid: str
) -> None:
    by_user = "chargeback user"
    assert without_person(before[by_user], PERSON) == without_person(after[by_user], oid)
    for name in before.keys() - {by_user}:
        assert json.dumps(before[name]) == json.dumps(after[name]), name


def query(settings: Settings, statement: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(settings.warehouse_file, read_only=True) as connection:
        return connection.execute(statement).fetchall()


def replacement(settings: Settings) -> str:
    """The object id that caller 1 has now."""
    ((found,),) = query(settings, f"select oid from directory.callers where caller_id = {CALLER}")
    return str(found)


def rebuilt(tenant: HostileTenant) -> None:
    """Build every published day once more."""
    clock = tenant.settings.clock()
    with open_run(tenant.settings, clock) as connection:
        manifest = read_manifest(tenant.settings.publication_dir)
        assert manifest
        mark_dirty(
            connection, [datetime.fromisoformat(day).date() for day in manifest.days], "test"
        )
        build_and_publish(Run(connection, tenant.settings, clock, lambda *_: None))


def test_the_search_finds_the_person_wherever_they_were_put(tenant: HostileTenant) -> None:
    found = "\n".join(leftovers(tenant.data_dir))
    for place in ("warehouse.duckdb", "published/callers", "seeds/owners", "graph/users", "AppTr"):
        assert place in found


def test_nothing_is_left_of_a_person_and_every_figure_stays(mine: HostileTenant) -> None:
    settings, before = mine.settings, reports(mine.data_dir)
    units = query(settings, _UNITS.format(oid=PERSON))
    assert len(units) == 6
    with gzip.open(mine.data_dir / "notes.txt.gz", "wt", encoding="utf-8") as notes:
        notes.write(f"{PERSON}\n{MAIL}\nnobody\n")

    said = tollbook(mine.data_dir, "forget", PERSON.upper())

    assert said.exit_code == 0, said_of(said)
    assert leftovers(mine.data_dir) == []
    assert "Entra still has" not in said.output
    new_oid = replacement(settings)
    assert_same_figures(before, reports(mine.data_dir), new_oid)
    # in its own output too
    assert not [word for word in (PERSON, *NAMES, MAIL, UPN) if word in said.output]
    assert new_oid in said.output
    assert "department 'Labs', which nobody else ever had" in said.output
    # what is others' stays theirs
    assert query(settings, "select count(*) from raw.gateway_log"
                 f" where contains(request_headers, '{NAMESAKE_MAIL}')") == [(33,)]  # fmt: skip
    assert query(settings, f"select mail from directory.principals where oid = '{REPORT}'") == [
        (NAMESAKE_MAIL,)
    ]
    groups = "select distinct source_oid from directory.links where kind = 'member' and target_oid"
    assert query(settings, f"{groups} = '{new_oid}'") == [(GROUP,)]
    # and everything built once more from what is left comes out the same
    rebuilt(mine)
    assert_same_figures(before, reports(mine.data_dir), new_oid)
    assert query(settings, _UNITS.format(oid=new_oid)) == units
    assert leftovers(mine.data_dir) == []


_UNITS = (
    "select unit, unit_rule, valid_from, valid_to from directory.ownership where oid = '{oid}'"
    " order by valid_from"
)


def test_what_comes_later_finds_its_place(mine: HostileTenant) -> None:
    assert tollbook(mine.data_dir, "forget", PERSON).exit_code == 0
    before, new_oid = reports(mine.data_dir), replacement(mine.settings)
    later = datetime(2026, 10, 3, 12, tzinfo=UTC)
    with SandboxControl(mine.url) as sandbox:
        sandbox.move_clock(later)
    clock = Clock(later)
    with open_run(mine.settings, clock) as connection:
        run_jobs(Run(connection, mine.settings, clock, lambda *_: None), JOBS)
    assert query(mine.settings, "select department from directory.principals"
                 f" where oid = '{STRANGER}' and recorded_to > '9999-01-01'"
                 " order by valid_from desc limit 1") == [("New",)]  # fmt: skip
    assert_same_figures(before, reports(mine.data_dir), PERSON)
    assert replacement(mine.settings) == new_oid
    assert leftovers(mine.data_dir) == []
    # ids are given on from where they were
    assert len(query(mine.settings, "select run_id from run.runs")) == len(
        set(query(mine.settings, "select run_id from run.runs"))
    )


def test_nobody_is_forgotten_twice_and_nobody_unknown(mine: HostileTenant) -> None:
    assert tollbook(mine.data_dir, "forget", PERSON).exit_code == 0
    again = tollbook(mine.data_dir, "forget", PERSON)
    assert again.exit_code == 1
    assert "they are forgotten already" in said_of(again)
    typo = tollbook(mine.data_dir, "forget", PERSON[:-1])
    assert "is no object id" in said_of(typo)
    group = tollbook(mine.data_dir, "forget", GROUP)
    assert "is a group" in said_of(group)
    with sqlite3.connect(mine.settings.operations_file) as database:
        rows = database.execute("select actor, action, subject, detail from audit").fetchall()
    database.close()
    assert rows == [("command line", "forget", "caller 1", "")]
    assert not (mine.data_dir / "forgetting").exists()


def test_who_is_still_in_entra_would_be_learned_again(mine: HostileTenant) -> None:
    said = tollbook(mine.data_dir, "forget", MANAGER)
    assert said.exit_code == 0, said_of(said)
    assert "the next one learns them again, as somebody new. Delete them in Entra" in said.output


def test_a_file_that_is_not_ours_to_change_is_named(mine: HostileTenant) -> None:
    with zipfile.ZipFile(mine.data_dir / "statement.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet1.xml", f"<c>{NAMES[0]}</c>")
    (mine.data_dir / "backup.bin").write_bytes(b"\x00\x01" + PERSON.upper().encode() + b"\xff")
    with duckdb.connect(mine.data_dir / "copy.duckdb") as copied:
        copied.execute(f"create table t as select n || ' {MAIL}' as s from range(9) r(n)")
    (mine.data_dir / "harmless.bin").write_bytes(b"\x00" + STRANGER.encode())

    said = tollbook(mine.data_dir, "forget", PERSON)

    assert said.exit_code == 1
    assert "Forgotten: caller 1." in said.output
    error = str(said.exception)
    for name in ("statement.xlsx", "backup.bin", "copy.duckdb"):
        assert name in error
        (mine.data_dir / name).unlink()
    assert "harmless.bin" not in error
    assert leftovers(mine.data_dir) == []


def test_a_seed_that_cannot_be_written_stops_it_before_anything_changes(
    mine: HostileTenant, tmp_path: Path
) -> None:
    # seeds of a checkout, outside the data folder; this one cannot be replaced
    seeds = tmp_path / "checkout"
    shutil.copytree(mine.data_dir / "seeds", seeds)
    before = replacement(mine.settings)
    if subprocess.run(["chattr", "+i", seeds / "owners.csv"], check=False).returncode:
        if os.geteuid() == 0:
            pytest.skip("neither file attributes nor permissions hold here")
        (seeds / "owners.csv").chmod(0o444)
    try:
        said = CliRunner(env={"TOLLBOOK_SEEDS_DIR": str(seeds)}).invoke(
            cli, ["forget", PERSON, "--data-dir", str(mine.data_dir)]
        )
    finally:
        subprocess.run(["chattr", "-i", seeds / "owners.csv"], check=False)
    assert said.exit_code == 1
    assert f"{seeds / 'owners.csv'} line 2" in said_of(said)
    assert replacement(mine.settings) == before == PERSON
    assert PERSON in (seeds / "subscriptions.csv").read_text(encoding="utf-8")


def test_a_name_that_others_have_or_that_means_something_stays_theirs(mine: HostileTenant) -> None:
    with duckdb.connect(mine.settings.warehouse_file) as connection:
        connection.execute(
            f"update directory.principals set display_name = '{NAMES[1]}' where oid = '{STRANGER}'"
        )
        connection.execute("insert into dimension.units values (99, ?)", [f"Team {NAMES[1]}"])
    (mine.data_dir / "notes.txt").write_text(f"{NAMES[1]} wrote this\n", encoding="utf-8")

    said = tollbook(mine.data_dir, "forget", PERSON)

    assert said.exit_code == 0, said_of(said)
    assert "somebody else has the same name" in said.output
    assert f"the unit 'Team {NAMES[1]}' holds a name" in said.output
    assert query(mine.settings, "select distinct oid from directory.principals"
                 f" where display_name = '{NAMES[1]}'") == [(STRANGER,)]  # fmt: skip
    assert NAMES[1] in (mine.data_dir / "notes.txt").read_text(encoding="utf-8")


_TWO_REPORTS = [("chargeback", "user"), ("chargeback", "unit")]


def killed(data_dir: Path, number: int) -> subprocess.CompletedProcess[str]:
    script = Path(__file__).with_name("killable_forget.py")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TOLLBOOK_")}
    return subprocess.run(
        [sys.executable, script, str(number), data_dir, "forget", PERSON, "--data-dir", data_dir],
        env=kept,
        capture_output=True,
        text=True,
        check=False,
    )


def test_killed_at_any_operation_it_is_finished_by_who_comes_next(
    tenant: HostileTenant, tmp_path: Path
) -> None:
    before = reports(tenant.data_dir, _TWO_REPORTS)
    calm = killed(tenant.copy_to(tmp_path / "calm").data_dir, 0)
    operations = int(calm.stdout.rpartition("operations: ")[2])
    assert operations > 50
    decided = set()
    for number in range(1, operations + 1, 1 if SOAK else operations // 6):
        mine = tenant.copy_to(tmp_path / str(number))
        assert killed(mine.data_dir, number).returncode == -signal.SIGKILL
        was_decided = is_decided(mine.settings)
        decided.add(was_decided)
        if was_decided and number % 2:
            # somebody else writes first
            with open_run(mine.settings, mine.settings.clock()):
                pass
        else:
            again = tollbook(mine.data_dir, "forget", PERSON)
            done = "they are forgotten already" in said_of(again)
            assert again.exit_code == 0 or done, said_of(again)
        assert leftovers(mine.data_dir) == [], number
        after = reports(mine.data_dir, _TWO_REPORTS)
        assert_same_figures(before, after, replacement(mine.settings))
        shutil.rmtree(mine.data_dir)
    assert decided == {True, False}


def test_without_room_everything_stays_as_it_was(mine: HostileTenant) -> None:
    size = mine.settings.warehouse_file.stat().st_size

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2))

    ended = subprocess.run(
        [Path(sys.executable).with_name("tollbook"), "forget", PERSON, "--data-dir", mine.data_dir],
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "has no room" in ended.stderr
    assert replacement(mine.settings) == PERSON
    assert not (mine.data_dir / "forgetting").exists()
    assert tollbook(mine.data_dir, "forget", PERSON).exit_code == 0
