"""A report's rows as CSV, JSON, Parquet or XLSX: exact decimals, and text that stays text."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from models.clock import rfc3339
from models.money import exact
from models.published import Answer

FORMATS = ("table", "csv", "json", "parquet", "xlsx")
BINARY_FORMATS = ("parquet", "xlsx")

# A spreadsheet takes a cell that begins so for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def render(answer: Answer, form: str, *, sheet: str) -> bytes:
    """Return the rows as a file's bytes; `form` is one of FORMATS but "table"."""
    writers = {"csv": _csv, "json": _json, "parquet": _parquet}
    return _xlsx(answer, sheet) if form == "xlsx" else writers[form](answer)


def plain(value: Any) -> Any:
    """Return a value as JSON shows it: money as a decimal string, times as RFC 3339 UTC."""
    if isinstance(value, Decimal):
        return exact(value)
    if isinstance(value, date):
        return rfc3339(value) if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def is_share(column: str) -> bool:
    """Tell whether a column holds a share between 0 and 1 rather than money."""
    return column.endswith("_share")


def defused(text: str) -> str:
    """Return text that no spreadsheet runs as a formula."""
    return "'" + text if text.startswith(_FORMULA_STARTS) else text


def _json(answer: Answer) -> bytes:
    rows = [
        {
            name: float(value) if value is not None and is_share(name) else plain(value)
            for name, value in record.items()
        }
        for record in answer.records()
    ]
    return (json.dumps(rows, indent=1, ensure_ascii=False) + "\n").encode()


def _csv(answer: Answer) -> bytes:
    lines = [_csv_line(answer.columns)]
    lines += [_csv_line(map(_csv_cell, row)) for row in answer.rows]
    return "".join(lines).encode()


def _csv_cell(value: Any) -> Any:
    if isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, list | tuple):
        return _joined(value)
    return "" if value is None else defused(value) if isinstance(value, str) else plain(value)


def _joined(values: Sequence[Any]) -> str:
    """Write several values in one cell."""
    return defused(";".join(str(plain(value)) for value in values))


def _csv_line(cells: Iterable[Any]) -> str:
    out = io.StringIO(newline="")
    # The writer quotes only what is in its own line end, and a bare CR would begin another line.
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue().removesuffix("\r\n") + "\n"


def _parquet(answer: Answer) -> bytes:
    columns = [
        pa.array([row[index] for row in answer.rows], type=_arrow_type(kind))
        for index, kind in enumerate(answer.types)
    ]
    out = io.BytesIO()
    pq.write_table(pa.table(columns, names=list(answer.columns)), out)
    return out.getvalue()


def _arrow_type(kind: str) -> pa.DataType:
    if kind.endswith("[]"):
        return pa.list_(_arrow_type(kind.removesuffix("[]")))
    if kind.startswith("DECIMAL"):
        width, scale = kind.removeprefix("DECIMAL(").rstrip(")").split(",")
        return pa.decimal128(int(width), int(scale))
    return {
        "BIGINT": pa.int64(),
        "INTEGER": pa.int32(),
        "DATE": pa.date32(),
        "TIMESTAMP": pa.timestamp("us"),
        "BOOLEAN": pa.bool_(),
    }.get(kind, pa.string())


def _xlsx(answer: Answer, sheet: str) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    page = book.add_worksheet(sheet[:31])
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    money = book.add_format({"num_format": "#,##0.000000"})
    count = book.add_format({"num_format": "#,##0"})
    share = book.add_format({"num_format": "0.0 %"})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for index, name in enumerate(answer.columns):
        page.write_string(0, index, name, head)
        texts = [len(str(row[index])) for row in answer.rows[:200] if isinstance(row[index], str)]
        page.set_column(index, index, min(max([len(name), 11, *texts]) + 2, 44))
        for line, row in enumerate(answer.rows, start=1):
            value = row[index]
            if isinstance(value, str):
                page.write_string(line, index, value)
            elif isinstance(value, bool):
                page.write_boolean(line, index, value)
            elif isinstance(value, list | tuple):
                page.write_string(line, index, _joined(value))
            elif isinstance(value, Decimal):
                # Excel keeps 15 significant digits; the exact amounts are in CSV, JSON and Parquet.
                page.write_number(line, index, value, share if is_share(name) else money)
            elif isinstance(value, date):
                page.write_datetime(line, index, value, day)
            elif value is not None:
                page.write_number(line, index, value, count)
    page.freeze_panes(1, 0)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.autofilter(0, 0, max(len(answer.rows), 1), len(answer.columns) - 1)
    book.close()
    return out.getvalue()
