"""Proposed rules shown on a published month: old against new per unit, and nothing applied."""

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from core_rows import Books, correlation, gateway, llm, oid, open_books, person, write_seed
from installed_command import tollbook

from models.errors import ReportError, SeedError
from models.ownership_history import history
from models.ownership_preview import preview
from models.published import Answer

MONTH = "2026-10"
CENTERS = {1: "CC-1", 2: "CC-1", 3: "CC-2"}


@pytest.fixture
def closed_books(tmp_path: Path) -> Books:
    """A published month of three people and a stranger, its warehouse closed again."""
    with open_books(tmp_path) as books:
        books.observe(
            *(
                person(number, employeeOrgData={"costCenter": center})
                for number, center in CENTERS.items()
            )
        )
        numbers = [10 * who + day for who in (1, 2, 3) for day in (3, 5, 7)]
        books.land(
            *(
                gateway(
                    number,
                    f"2026-10-{number % 10:02}T10:00:00Z",
                    backend_request_headers=json.dumps({"x-caller-oid": oid(number // 10)}),
                )
                for number in numbers
            ),
            gateway(99, "2026-10-05T11:00:00Z", backend_request_headers=None),
        )
        books.land(*(llm(number, f"2026-10-{number % 10:02}T10:00:01Z") for number in numbers))
        books.publish()
    return books


def correction(who: int, unit: str, since: str) -> dict[str, str]:
    row = dict.fromkeys(("valid_from", "valid_to", "recorded_from", "recorded_to", "source"), "")
    return row | {"oid": oid(who), "unit": unit, "valid_from": since}


def requests(answer: Answer, column: str) -> Counter[str | None]:
    return Counter({row["unit"]: row[column] for row in answer.records() if row[column]})


def test_both_sides_add_up_and_differ_by_who_moves(closed_books: Books, tmp_path: Path) -> None:
    write_seed(tmp_path / "new", "unit_corrections.csv", [correction(1, "CC-9", "2026-10-05")])
    answer = preview(
        closed_books.settings,
        tmp_path / "new",
        month=MONTH,
        known_at=closed_books.clock.now(),
    )
    assert requests(answer, "requests") == {"CC-1": 6, "CC-2": 3, None: 1}
    assert requests(answer, "proposed_requests") == {"CC-1": 4, "CC-2": 3, "CC-9": 2, None: 1}
    rows = answer.records()
    booked = sum((row["list_cost_usd"] or Decimal(0) for row in rows), Decimal(0))
    proposed = sum((row["proposed_list_cost_usd"] or Decimal(0) for row in rows), Decimal(0))
    assert booked == proposed > 0
    assert sum((row["difference_list_cost_usd"] or Decimal(0) for row in rows), Decimal(0)) == 0
    # nothing was applied
    assert [span.unit for span in history(closed_books.settings.warehouse_file, oid(1))] == ["CC-1"]


def test_wrong_files_are_named_with_their_lines(closed_books: Books, tmp_path: Path) -> None:
    asked = {"month": MONTH, "known_at": closed_books.clock.now()}
    (tmp_path / "empty").mkdir()
    with pytest.raises(SeedError, match=r"has none of ownership_rules\.csv"):
        preview(closed_books.settings, tmp_path / "empty", **asked)
    write_seed(tmp_path / "new", "unit_corrections.csv", [correction(1, "", "2026-10-05")])
    with pytest.raises(SeedError, match=r"unit_corrections\.csv line 2: unit is empty"):
        preview(closed_books.settings, tmp_path / "new", **asked)
    with pytest.raises(ReportError, match="knows no principal"):
        history(closed_books.settings.warehouse_file, correlation(1))


def test_the_commands_show_it(closed_books: Books, tmp_path: Path) -> None:
    write_seed(tmp_path / "new", "unit_corrections.csv", [correction(1, "CC-9", "2026-10-05")])
    data = ["--data-dir", str(closed_books.settings.data_dir)]
    seeds = {"TOLLBOOK_SEEDS_DIR": str(tmp_path / "seeds")}
    shown = tollbook(
        "ownership", "preview", str(tmp_path / "new"), "--month", MONTH, *data, **seeds
    )
    assert shown.returncode == 0, shown.stderr
    assert "CC-9" in shown.stdout
    assert "no caller" in shown.stdout
    spans = tollbook("ownership", "history", oid(2).upper(), *data, **seeds)
    assert "cost_center" in spans.stdout, spans.stderr
