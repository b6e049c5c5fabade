"""`tollbook report reconciliation`: every format, and errors that say what to do."""

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from bill_rows import charge, data_dir, export, publish
from billed_month import BILLED, CCU, DEPLOYMENTS, OCTOBER, WALK, logged
from core_rows import Books, open_books
from installed_command import tollbook

BASE = ("report", "reconciliation", "--month", "2026-10")
COLUMNS = {
    "line", "kind", "amount_usd", "running_usd", "ccu", "low_usd", "high_usd", "reason", "day",
    "resource_group", "state",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder whose October is billed and matched."""
    books: Books
    with open_books(tmp_path_factory.mktemp("billed"), deployments=DEPLOYMENTS) as books:
        logged(books)
        export(books, "october.csv", [charge(day, CCU) for day in OCTOBER])
        publish(books)
        yield data_dir(books)


def walked(rows: list[dict[str, Any]]) -> Decimal:
    return sum((Decimal(row["amount_usd"]) for row in rows if row["kind"] in WALK), Decimal(0))


def test_every_format_tells_the_same(folder: Path, tmp_path: Path) -> None:
    where = ("--data-dir", str(folder))
    rows = json.loads(tollbook(*BASE, *where, "--format", "json", "--by", "day").stdout)
    assert rows[0].keys() >= COLUMNS
    assert walked(rows) == BILLED
    assert {row["state"] for row in rows} == {"matched"}
    assert rows[0]["day"] == "2026-10-01"
    assert isinstance(rows[0]["amount_usd"], str)
    files = {form: tmp_path / f"october.{form}" for form in ("csv", "parquet", "xlsx")}
    for form, out in files.items():
        asked = (*BASE, *where, "--by", "day", "--format", form, "--out", str(out))
        assert tollbook(*asked).returncode == 0
    text = list(csv.DictReader(io.StringIO(files["csv"].read_text(encoding="utf-8"))))
    table = pq.read_table(files["parquet"]).to_pylist()
    sheet = openpyxl.load_workbook(files["xlsx"]).active
    assert len(text) == len(table) == sheet.max_row - 1 == len(rows)
    for name in ("amount_usd", "low_usd", "high_usd", "ccu"):
        told = [row[name] for row in rows]
        assert [row[name] or None for row in text] == told
        exact = [None if row[name] is None else Decimal(row[name]) for row in rows]
        assert [row[name] for row in table] == exact


def test_people_see_the_walk_and_the_state(folder: Path) -> None:
    shown = tollbook(*BASE, "--data-dir", str(folder), COLUMNS="200")
    assert shown.returncode == 0
    lines = shown.stdout.splitlines()
    assert lines[0].startswith("reconciliation 2026-10")
    assert [line.split()[0] for line in lines[2:6]] == [
        "measured",
        "expected",
        "hourly",
        "residual",
    ]
    assert "$62.31" in next(line for line in lines if line.startswith("billed"))
    assert lines[-1].startswith("matched: Of $62.31 billed, $0.279 is unreconciled")


def test_wrong_questions_end_with_what_to_do(folder: Path) -> None:
    where = ("--data-dir", str(folder))
    for asked, says in (
        ((*BASE, "--by", "unit"), "choose from day, resource_group"),
        (("report", "reconciliation", "--month", "2026-09"), "published: 2026-10"),
        ((*BASE, "--format", "parquet"), "name a file with --out"),
    ):
        answer = tollbook(*asked, *where)
        assert answer.returncode == 1
        assert answer.stderr.startswith("Error: ")
        assert says in answer.stderr


def test_the_chargeback_shows_billed_costs(folder: Path) -> None:
    shown = tollbook(
        "report", "chargeback", "--month", "2026-10", "--data-dir", str(folder), COLUMNS="200"
    )
    lines = shown.stdout.splitlines()
    assert "billed cost" in lines[1]
    (residual,) = [line for line in lines if " residual " in line]
    assert residual.endswith("$0.279")
    assert lines[-1].endswith("$62.31")
