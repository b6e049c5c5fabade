"""`tollbook report budget` and `forecast`: the table, and lists in every file format."""

import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from budget_rows import budget
from installed_command import tollbook
from written_publication import Usage, Written, publish_empty, publish_written

BASE = ("report", "budget", "--month", "2026-10")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A unit that spends 10 USD a day from 15 August to 8 October, and two budgets."""
    publication = publish_empty(tmp_path_factory.mktemp("budget"))
    written = Written(
        [Usage(day, 1, 1, Decimal(10)) for day in range(-47, 8)],
        small={"budgets": [budget("unit", "U1", 90), budget("total", "", 1_000)]},
    )
    seen_to = datetime(2026, 10, 9, tzinfo=UTC)
    publish_written(publication, written, days=55, first=-47, data_until=seen_to)
    return publication.parent


def test_the_table_has_a_line_for_each_budget_and_says_what_counts(folder: Path) -> None:
    printed = " ".join(tollbook(*BASE, "--data-dir", str(folder)).stdout.split())
    assert "total 2026-10-01 $1,000.00 $80.00 8%" in printed
    assert "unit U1 2026-10-01 $90.00 $80.00 89%" in printed
    assert "80% 100% 2026-10-09 forecast_over" in printed
    assert "Spent is the contracted cost, list cost after discounts" in printed
    assert "Low and high are an 80% interval." in printed


def test_lists_are_told_in_every_format(folder: Path, tmp_path: Path) -> None:
    asked = (*BASE, "--by", "unit", "--data-dir", str(folder))
    (row,) = json.loads(tollbook(*asked, "--format", "json").stdout)
    assert (row["thresholds_reached"], row["thresholds_expected"]) == (["0.8"], ["1"])
    assert (row["spent_usd"], row["state"]) == ("80", "forecast_over")
    assert row["period_to"] == "2026-11-01"
    (line,) = csv.DictReader(io.StringIO(tollbook(*asked, "--format", "csv").stdout))
    assert (line["thresholds_reached"], line["note"]) == ("0.8", "")
    for form in ("parquet", "xlsx"):
        tollbook(*asked, "--format", form, "--out", str(tmp_path / f"budget.{form}"))
    (stored,) = pq.read_table(tmp_path / "budget.parquet").to_pylist()
    assert stored["thresholds_reached"] == [Decimal("0.8")]
    head, cells = openpyxl.load_workbook(tmp_path / "budget.xlsx").active.values
    assert dict(zip(head, cells, strict=True))["thresholds_expected"] == "1"


def test_the_forecast_says_how_far_off_it_was(folder: Path) -> None:
    asked = ("report", "forecast", "--month", "2026-10", "--data-dir", str(folder))
    rows = json.loads(tollbook(*asked, "--format", "json").stdout)
    assert [(row["month"], row["day_of_month"]) for row in rows] == [
        ("2026-09", 10),
        ("2026-09", 20),
    ]
    assert all(abs(row["error_share"]) < 0.1 for row in rows)
    printed = " ".join(tollbook(*asked).stdout.split())
    assert "of 1 in the interval" in printed
    assert "tried on what is published now" in printed


def test_kinds_that_are_none_are_refused(folder: Path) -> None:
    asked = (*BASE, "--by", "day", "--data-dir", str(folder))
    refused = tollbook(*asked)
    assert refused.returncode == 1
    assert "choose from total, unit, user, model, group" in refused.stderr
