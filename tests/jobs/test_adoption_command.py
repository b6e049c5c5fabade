"""`tollbook report adoption`: the table with its totals, JSON, and what it refuses."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from adoption_rows import CODE, assign, use
from core_rows import oid, open_books, person
from installed_command import tollbook

BASE = ("report", "adoption", "--month", "2026-10")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Four people in two units: three entitled, of whom two use Claude, and one who is not."""
    with open_books(tmp_path_factory.mktemp("adoption")) as books:
        books.observe(
            *(person(number) for number in (1, 2, 3)),
            person(4, employeeOrgData={"costCenter": "CC-2"}),
        )
        for number in (1, 2, 3):
            assign(books, oid(number))
        use(
            books,
            (1, "10-05T12:00", CODE.format(14)),
            (2, "10-06T12:00", CODE.format(14)),
            (4, "10-07T12:00", CODE.format(14)),
        )
        books.publish()
        yield books.settings.data_dir


def test_the_table_ends_with_what_the_units_add_up_to(folder: Path) -> None:
    printed = tollbook(*BASE, "--data-dir", str(folder)).stdout.splitlines()
    assert printed[0].startswith("adoption 2026-10 by unit")
    totals = next(line for line in printed if line.startswith("     "))
    assert totals.split() == ["3", "3", "67%", "1", "0", "1", "0", "3", "$0.00900", "$0.00300"]


def test_json_carries_money_as_text_and_days_as_days(folder: Path) -> None:
    where = ("--data-dir", str(folder), "--format", "json", "--by", "user")
    rows = {row["name"]: row for row in json.loads(tollbook(*BASE, *where).stdout)}
    assert rows["Person 1"] | {"oid": None, "unit": None} == {
        "oid": None,
        "name": "Person 1",
        "unit": None,
        "kind": "member",
        "state": "active",
        "entitled_by": "direct",
        "left_at": None,
        "first_use": "2026-10-05",
        "last_use": "2026-10-05",
        "active_days": 1,
        "requests": 1,
        "list_cost_usd": "0.003",
        "client": "Claude Code",
        "client_version": "2.1.14",
    }
    assert rows["Person 3"]["state"] == "never_used"
    assert rows["Person 3"]["list_cost_usd"] == "0"


@pytest.mark.parametrize(
    ("asked", "advice"),
    [
        (("--by", "model"), "choose from unit; week; unit,week"),
        (("--roll-up",), "adoption has no roll-up"),
    ],
)
def test_what_is_not_offered_is_refused(folder: Path, asked: tuple[str, ...], advice: str) -> None:
    failed = tollbook(*BASE, *asked, "--data-dir", str(folder))
    assert failed.returncode != 0
    assert advice in failed.stderr
    assert not failed.stdout


def test_help_says_what_each_word_means() -> None:
    text = " ".join(tollbook("report", "--help").stdout.split())
    for word in ("entitled:", "active:", "never used:", "dormant:", "after leaving:"):
        assert word in text
    assert "the unit they were in at the end of the month" in text
