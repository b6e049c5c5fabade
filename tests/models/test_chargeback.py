"""The chargeback: every request of the month in one row, whatever it is asked by."""

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from core_rows import Books, gateway, llm, oid, open_books, person

from models.chargeback import KEY_COLUMNS, chargeback
from models.errors import PublicationError, ReportError
from models.published import Answer
from models.rendering import plain, render
from models.viewer import operator

FIGURES = ("requests", "input_tokens", "output_tokens", "list_cost_usd", "contracted_cost_usd")
FORMULA = "=1+1"


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    """Two callers, every label, an amount with 15 decimals, a unit that looks like a formula."""
    with open_books(tmp_path_factory.mktemp("chargeback")) as books:
        books.observe(person(1), person(2, employeeOrgData={"costCenter": FORMULA}))
        second = {"backend_request_headers": {"x-caller-oid": oid(2)}}
        books.land(
            gateway(1),
            gateway(2, "2026-10-06T10:00:00Z"),
            gateway(3, **second),
            gateway(4, **second),
            gateway(5, backend_request_headers={}),
            gateway(6),
            gateway(7, request_headers={"User-Agent": "curl/8"}),
            gateway(8, "2026-09-30T23:59:59Z"),
            gateway(9, backend_response_code=429),
        )
        books.land(
            llm(1),
            llm(2, "2026-10-06T10:00:00Z", model_name="claude-band", prompt_tokens=1),
            llm(3),
            llm(4, completion_tokens=None),
            llm(5),
            llm(6, model_name="claude-unheard-of"),
            llm(8, "2026-09-30T23:59:59Z"),
        )
        books.publish()
        yield books


def report(books: Books, *by: str, month: str = "2026-10") -> Answer:
    return chargeback(books.publication, operator(), month=month, by=list(by))


def total(answer: Answer, column: str) -> Any:
    return sum(row[column] for row in answer.records() if row[column] is not None)


def test_every_combination_of_keys_adds_up_to_the_month(books: Books) -> None:
    keys = [by for size in (1, 2, 5) for by in combinations(KEY_COLUMNS, size)]
    for by in keys:
        answer = report(books, *by)
        sums = {column: total(answer, column) for column in FIGURES}
        assert sums == {
            "requests": 7,
            "input_tokens": 5_001,
            "output_tokens": 500,
            "list_cost_usd": Decimal("0.0110501"),
            "contracted_cost_usd": Decimal("0.0110501"),
        }, by


def test_only_the_keys_asked_for_are_columns(books: Books) -> None:
    assert report(books, "unit", "day").columns[:3] == ("unit", "day", "label")
    by_user = report(books, "user", "user")
    assert by_user.columns[:3] == ("oid", "name", "label")
    assert {row["name"] for row in by_user.records()} == {"Person 1", "Person 2", None}


def test_labels_are_rows_of_their_own(books: Books) -> None:
    rows = {(row["unit"], row["label"]): row for row in report(books, "unit").records()}
    assert {key: row["requests"] for key, row in rows.items()} == {
        ("CC-1", ""): 2,
        ("CC-1", "unmetered"): 1,
        ("CC-1", "unpriced"): 1,
        (FORMULA, ""): 2,
        (None, "unattributed"): 1,
    }
    assert rows["CC-1", "unpriced"]["list_cost_usd"] is None
    assert rows["CC-1", "unpriced"]["cost_status"] == "unpriced"
    assert rows["CC-1", "unmetered"]["list_cost_usd"] is None


def test_what_is_not_known_is_null_and_never_zero(books: Books) -> None:
    for row in report(books, "unit").records():
        assert row["cache_read_tokens"] is None
        assert row["billed_cost_usd"] is None
        assert row["shared_cost_usd"] is None
        assert row["cost_status"] in {"partial", "unpriced"}
    bounded = {row["unit"]: row for row in report(books, "unit").records() if row["label"] == ""}
    # one request without an output count leaves its row without an upper bound
    assert bounded[FORMULA]["cost_high_usd"] is None
    assert bounded["CC-1"]["cost_high_usd"] > bounded["CC-1"]["list_cost_usd"]
    assert bounded[FORMULA]["cost_low_usd"] == bounded[FORMULA]["list_cost_usd"]


def test_every_format_carries_the_same_numbers(books: Books) -> None:
    answer = report(books, "unit", "model", "day")
    names, records = answer.columns, answer.records()
    as_json = json.loads(render(answer, "json", sheet="chargeback"))
    text = render(answer, "csv", sheet="chargeback").decode()
    as_csv = list(csv.DictReader(io.StringIO(text, newline="")))
    parquet = pq.read_table(io.BytesIO(render(answer, "parquet", sheet="chargeback"))).to_pylist()
    book = openpyxl.load_workbook(io.BytesIO(render(answer, "xlsx", sheet="chargeback")))
    cells = [dict(zip(names, row, strict=True)) for row in book["chargeback"].iter_rows(min_row=2)]
    assert parquet == records
    assert len(as_json) == len(as_csv) == len(cells) == len(records) > 4
    for record, by_json, by_csv, by_cell in zip(records, as_json, as_csv, cells, strict=True):
        for name, value in record.items():
            assert (by_json[name] is None) == (value is None) == (by_cell[name].value is None)
            if name.endswith("_usd") and value is not None:
                assert by_json[name] == by_csv[name] == plain(value)
                assert by_cell[name].value == float(value)
            elif isinstance(value, int):
                assert by_json[name] == int(by_csv[name]) == by_cell[name].value == value
        assert by_csv["unit"] == {FORMULA: f"'{FORMULA}", None: ""}.get(
            record["unit"], record["unit"]
        )
        assert by_cell["unit"].data_type == ("n" if record["unit"] is None else "s")


def test_a_key_that_is_not_offered_is_refused(books: Books) -> None:
    for by in (["colour"], ["unit", "colour"], []):
        with pytest.raises(ReportError, match=r"by (colour|nothing): choose from user"):
            report(books, *by)


def test_a_month_without_figures_says_which_there_are(books: Books) -> None:
    assert total(report(books, "unit", month="2026-09"), "requests") == 1
    with pytest.raises(PublicationError, match="published: 2026-09, 2026-10"):
        report(books, "unit", month="2026-11")
    with pytest.raises(PublicationError, match="'2026-13' is not a month"):
        report(books, "unit", month="2026-13")
