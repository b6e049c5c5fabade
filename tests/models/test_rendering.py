"""A report's rows in every format: the same numbers, exact, and text that stays text."""

import csv
import io
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.published import Answer
from models.rendering import BINARY_FORMATS, FORMATS, defused, plain, render

COLUMNS = ("unit", "day", "requests", "input_tokens", "list_cost_usd", "measured_share")
TYPES = ("VARCHAR", "DATE", "BIGINT", "BIGINT", "DECIMAL(38,15)", "DECIMAL(7,6)")
HOSTILE = [
    '=HYPERLINK("http://x")',
    "+1",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "\n=1",
    "\r=1",
    'a,"b"\n;',
    "https://x.example",
]
ROWS: list[tuple[Any, ...]] = [
    ("Tools", date(2026, 10, 5), 3, 10, Decimal("0.000000300000000"), Decimal("1.000000")),
    ("Büro ü", date(2026, 10, 6), 0, None, None, None),
    (None, None, 2**40, 2**53, Decimal(f"{'9' * 20}.000000000000001"), Decimal("0.333333")),
    ("", date(2026, 10, 7), 1, 0, Decimal("0E-15"), Decimal("0.000000")),
    *((text, date(2026, 10, 8), 1, 1, Decimal("-12.5"), None) for text in HOSTILE),
]  # fmt: skip
ANSWER = Answer(COLUMNS, TYPES, ROWS)


def as_csv(answer: Answer) -> list[dict[str, str]]:
    text = render(answer, "csv", sheet="t").decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def as_json(answer: Answer) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = json.loads(render(answer, "json", sheet="t"))
    return content


def as_cells(answer: Answer) -> list[list[Any]]:
    book = openpyxl.load_workbook(io.BytesIO(render(answer, "xlsx", sheet="t" * 40)))
    return [list(row) for row in book.worksheets[0].iter_rows(min_row=2)]


def test_parquet_keeps_the_very_values() -> None:
    table = pq.read_table(io.BytesIO(render(ANSWER, "parquet", sheet="t")))
    assert table.column_names == list(COLUMNS)
    columns = table.to_pydict()
    assert list(zip(*(columns[name] for name in COLUMNS), strict=True)) == ROWS
    assert str(table.schema.field("list_cost_usd").type) == "decimal128(38, 15)"


def test_json_has_money_as_strings_shares_as_numbers_and_unknown_as_null() -> None:
    rows = as_json(ANSWER)
    assert rows[0] == {
        "unit": "Tools",
        "day": "2026-10-05",
        "requests": 3,
        "input_tokens": 10,
        "list_cost_usd": "0.0000003",
        "measured_share": 1.0,
    }
    assert (rows[1]["list_cost_usd"], rows[1]["measured_share"]) == (None, None)
    assert rows[2]["list_cost_usd"] == f"{'9' * 20}.000000000000001"
    assert rows[3]["list_cost_usd"] == "0"


def test_csv_has_the_same_numbers_and_unknown_is_empty() -> None:
    for line, row in zip(as_csv(ANSWER), ROWS, strict=True):
        cost, tokens = row[4], row[3]
        assert line["list_cost_usd"] == ("" if cost is None else plain(cost))
        assert line["input_tokens"] == ("" if tokens is None else str(tokens))
        assert "e" not in line["list_cost_usd"].lower()
    assert as_csv(ANSWER)[0]["day"] == "2026-10-05"


def test_xlsx_has_numbers_as_numbers_and_unknown_as_no_cell() -> None:
    cells = as_cells(ANSWER)
    assert [cell.value for cell in cells[0]] == [
        "Tools",
        datetime(2026, 10, 5),  # noqa: DTZ001 (a day in a sheet has no offset)
        3,
        10,
        0.0000003,
        1,
    ]
    assert [cell.value for cell in cells[1]][3:] == [None, None, None]
    # a sheet keeps 15 digits, the other formats keep all
    assert cells[2][4].value == 1e20
    assert {cell.data_type for row in cells for cell in row[2:]} == {"n"}


def test_no_text_becomes_a_formula_or_a_link() -> None:
    lines, cells = as_csv(ANSWER)[4:], as_cells(ANSWER)[4:]
    for text, line, row in zip(HOSTILE, lines, cells, strict=True):
        shown = line["unit"]
        assert shown[0] not in "=+-@\t\r\n"
        assert shown.removeprefix("'") == text
        assert row[0].data_type == "s"
        assert row[0].hyperlink is None
        assert str(row[0].value).replace("_x000D_", "\r") == text
        # money is no text, so a negative amount stays a number
        assert line["list_cost_usd"] == "-12.5"
    assert [row["unit"] for row in as_json(ANSWER)[4:]] == HOSTILE


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_a_defused_text_never_starts_as_a_formula_does(text: str) -> None:
    assert not defused(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert defused(text).removeprefix("'") == text.removeprefix("'")


@settings(max_examples=50, deadline=None)
@given(
    amounts=st.lists(
        st.none() | st.decimals(min_value=-(10**15), max_value=10**15, places=15), max_size=5
    )
)
def test_every_amount_reads_back_exactly(amounts: list[Decimal | None]) -> None:
    answer = Answer(("cost_usd",), ("DECIMAL(38,15)",), [(amount,) for amount in amounts])
    by_json = [row["cost_usd"] for row in as_json(answer)]
    assert [None if text is None else Decimal(text) for text in by_json] == amounts
    # csv leaves a line of one empty cell out, as a blank line
    texts = [line["cost_usd"] for line in as_csv(answer)]
    assert [Decimal(text) for text in texts if text] == [a for a in amounts if a is not None]
    table = pq.read_table(io.BytesIO(render(answer, "parquet", sheet="t")))
    assert table.to_pydict()["cost_usd"] == amounts


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "table"])
def test_no_rows_make_a_file_with_a_header(form: str) -> None:
    empty = Answer(COLUMNS, TYPES, [])
    content = render(empty, form, sheet="t")
    assert content
    if form == "csv":
        assert content.decode() == ",".join(COLUMNS) + "\n"
    elif form == "json":
        assert json.loads(content) == []
    elif form == "parquet":
        assert pq.read_table(io.BytesIO(content)).num_rows == 0
    else:
        assert form in BINARY_FORMATS
        assert as_cells(empty) == []


def test_plain_values_nest() -> None:
    value = {"a": [Decimal("1E-7"), datetime(2026, 10, 5, 1)], "b": (None, True, 1)}  # noqa: DTZ001
    assert plain(value) == {"a": ["0.0000001", "2026-10-05T01:00:00Z"], "b": [None, True, 1]}
