"""By group, by manager and rolled up: from the directory and units.csv to the report's rows."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from core_rows import NOW, Books, correlation, gateway, llm, oid, open_books, person

from models.chargeback import chargeback
from models.clock import Clock
from models.errors import ReportError
from models.published_findings import published_findings
from models.seeds import ALWAYS, FOREVER
from models.viewer import operator

GROUP = {1: "a0000000-0000-4000-8000-000000000000", 2: "b0000000-0000-4000-8000-000000000000"}
REQUEST_USD = Decimal("0.003")
OCTOBER_6 = datetime(2026, 10, 6)  # noqa: DTZ001 (tables hold naive UTC)
SEED = {"valid_from": "", "valid_to": "", "recorded_from": "", "recorded_to": "", "source": "t"}


def link(books: Books, kind: str, source: str, target: str, *span: datetime) -> None:
    start, end = span or (ALWAYS, FOREVER)
    books.connection.execute(
        "insert into warehouse.directory.links values (?, ?, ?, ?, ?, ?, ?)",
        [kind, source, target, start, end, ALWAYS, FOREVER],
    )


def group(books: Books, number: int, name: str) -> None:
    books.connection.execute(
        "insert into warehouse.directory.principals by name select ? as oid, 'group' as kind,"
        " ? as display_name, false as deleted,"
        " ?::timestamp as valid_from, ?::timestamp as valid_to,"
        " ?::timestamp as recorded_from, ?::timestamp as recorded_to",
        [GROUP[number], name, ALWAYS, FOREVER, ALWAYS, FOREVER],
    )


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    """Persons 1 to 4: 1 manages 2, who manages 3 until 6 October; 4 manages themselves.

    Two groups of one name; 2 is in both, 3 leaves the first on 6 October at noon. Unit CC-2 is part
    of CC-1, both are part of Division.
    """
    with open_books(tmp_path_factory.mktemp("places")) as books:
        for number, center in ((1, "CC-1"), (2, "CC-2"), (3, "CC-2"), (4, "CC-3")):
            books.observe(person(number, employeeOrgData={"costCenter": center}))
        books.seed(
            "units.csv",
            {"unit": "CC-2", "parent_unit": "CC-1"} | SEED,
            {"unit": "CC-1", "parent_unit": "Division"} | SEED,
            {"unit": "Loop A", "parent_unit": "Loop B"} | SEED,
            {"unit": "Loop B", "parent_unit": "Loop A"} | SEED,
        )
        for number, group_oid in GROUP.items():
            group(books, number, "Pilot")
            link(books, "member", group_oid, oid(2))
        link(books, "member", GROUP[1], oid(3), ALWAYS, OCTOBER_6.replace(hour=12))
        link(books, "member", GROUP[1], GROUP[2])
        link(books, "manager", oid(2), oid(1))
        link(books, "manager", oid(3), oid(2), ALWAYS, OCTOBER_6)
        link(books, "manager", oid(3), oid(8), OCTOBER_6, FOREVER)
        link(books, "manager", oid(4), oid(4))
        for place, (who, day) in enumerate(
            [(1, 5), (2, 5), (3, 5), (3, 6), (3, 7), (4, 5), (0, 5)]
        ):
            headers = {"x-caller-oid": oid(who)} if who else {}
            at = f"2026-10-{day:02}T10:00:00Z"
            books.land(gateway(place, at, backend_request_headers=headers))
            books.land(llm(place, at))
        books.publish()
        yield books


def rows(books: Books, *by: str, roll_up: bool = False) -> list[dict[str, Any]]:
    return chargeback(
        books.publication, operator(), month="2026-10", by=by, roll_up=roll_up
    ).records()


def test_groups_of_one_name_are_told_apart_and_say_that_they_overlap(books: Books) -> None:
    found = {(row["group"], row["label"]): row for row in rows(books, "group")}
    assert {key: (row["requests"], row["overlaps"]) for key, row in found.items()} == {
        ("Pilot (a0000000)", ""): (3, True),  # 2, and 3 on the 5th and, until noon, the 6th
        ("Pilot (b0000000)", ""): (1, True),
        (None, ""): (3, False),
        (None, "unattributed"): (1, False),
    }
    first = found["Pilot (a0000000)", ""]
    assert (first["group_oid"], first["list_cost_usd"]) == (GROUP[1], 3 * REQUEST_USD)


def test_a_team_is_whom_its_manager_managed_when_the_day_began(books: Books) -> None:
    found = {(row["manager_oid"], row["label"]): row for row in rows(books, "manager")}
    assert {key: row["requests"] for key, row in found.items()} == {
        (oid(1), ""): 1,
        (oid(2), ""): 1,
        (oid(4), ""): 1,
        (None, ""): 3,  # 1, and 3 under somebody whom the directory does not know
        (None, "unattributed"): 1,
    }
    assert found[oid(2), ""]["manager"] == "Person 2"


def test_a_manager_rolls_up_everybody_below_and_themselves(books: Books) -> None:
    found = rows(books, "manager", roll_up=True)
    rolled = {row["manager_oid"]: row for row in found if row["is_roll_up"]}
    assert {key: (row["requests"], row["level"]) for key, row in rolled.items()} == {
        oid(1): (3, 0),
        oid(2): (2, 1),
        oid(4): (1, 0),
        None: (2, 0),
    }
    assert sum(row["requests"] for row in found if not row["is_roll_up"]) == 7


def test_a_unit_rolls_up_its_parts(books: Books) -> None:
    found = {
        (row["unit"], row["is_roll_up"]): (row["requests"], row["parent_unit"], row["level"])
        for row in rows(books, "unit", roll_up=True)
    }
    assert found == {
        ("Division", True): (5, None, 0),
        ("CC-1", True): (5, "Division", 1),
        ("CC-1", False): (1, "Division", 1),
        ("CC-2", False): (4, "CC-1", 2),
        ("CC-3", False): (1, None, 0),
        (None, False): (1, None, None),
    }


def test_a_roll_up_needs_one_tree(books: Books) -> None:
    for by in (["model"], ["unit", "manager"]):
        with pytest.raises(ReportError, match="ask with --by unit or --by manager"):
            rows(books, *by, roll_up=True)


def test_doctor_names_units_and_counts_people_in_circles(books: Books) -> None:
    found = {
        finding.check: finding
        for finding in published_findings(
            books.publication, Clock(NOW), date(2026, 10, 5), date(2026, 10, 7)
        )
    }
    assert "Loop A, Loop B" in found["unit_circle"].text
    assert "from 2026-10-05 to 2026-10-07" in found["unit_circle"].text
    assert (found["manager_circle"].severity, found["manager_circle"].count) == ("warn", 1)


def test_the_table_of_groups_ends_with_the_total_and_not_the_sum(books: Books) -> None:
    command = Path(sys.executable).with_name("tollbook")
    where = ["--data-dir", str(books.folder / "data"), "--month", "2026-10"]
    for arguments, total in ((["--by", "group"], 7), (["--by", "unit", "--roll-up"], 7)):
        shown = subprocess.run(
            [command, "report", "chargeback", *where, *arguments],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        assert ("groups overlap" in shown) == ("group" in arguments)
        assert re.search(rf"\n +{total} +", shown), shown


def test_hidden_names_hide_object_ids_from_every_command(books: Books) -> None:
    command = Path(sys.executable).with_name("tollbook")
    hidden = os.environ | {"TOLLBOOK_NAMES_VISIBLE": "false"}
    where = ["--data-dir", str(books.folder / "data")]
    for arguments in (
        ["report", "chargeback", "--month", "2026-10", "--by", "user,manager", "--format", "json"],
        ["report", "chargeback", "--month", "2026-10", "--by", "manager", "--roll-up"],
        ["explain", correlation(0)],
    ):
        shown = subprocess.run(
            [command, *arguments, *where], capture_output=True, text=True, check=True, env=hidden
        ).stdout
        assert "Person 0" in shown or "Small teams" in shown
        assert "Person 1" not in shown
        assert "-4000-8000-000000000001" not in shown
