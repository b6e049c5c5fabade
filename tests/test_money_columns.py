"""No statement and no table holds money as anything but an exact decimal."""

import re
from pathlib import Path

import pytest
from core_rows import gateway, llm, open_books, person

from models.publication import DAY_TABLES, SMALL_TABLES
from models.published import reading
from models.viewer import operator

SQL = Path(__file__).parents[1] / "sql"
FILES = sorted(SQL.rglob("*.sql"))
_NO_CODE = re.compile(r"--[^\n]*|'(?:[^']|'')*'")
# What yields a DOUBLE in DuckDB: the types, the division, the average, a number with an exponent.
_FLOAT = re.compile(
    r"\b(double|float4?|float8|real)\b|/|\bavg\s*\(|\b[0-9.]+e[+-]?[0-9]", re.IGNORECASE
)
# How sure a figure is, and what calibration learned, is no money.
_STATISTICS = {"macros/statistics", "warehouse/v3"}
_UNSURE = re.compile(r"_(co)?variance$|_deviation(_tokens)?$|^prompt_noise$|^value$")
_MONEY = re.compile(r"_usd(_|$)")


def code(file: Path) -> str:
    """A statement without its comments and texts."""
    return _NO_CODE.sub("''", file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_no_statement_makes_a_float(file: Path) -> None:
    if f"{file.parent.name}/{file.stem}" not in _STATISTICS:
        assert _FLOAT.findall(code(file)) == []


@pytest.mark.parametrize(
    "statement",
    ["select cost_usd / 3", "x::double", "select avg(cost_usd)", "select 3e-7 as price", "a float"],
)
def test_a_float_would_be_found(tmp_path: Path, statement: str) -> None:
    file = tmp_path / "statement.sql"
    file.write_text(f"-- a / b\n{statement}, 'a / b'", encoding="utf-8")
    assert _FLOAT.search(code(file))


def test_every_money_column_of_every_table_is_decimal_38_15(tmp_path: Path) -> None:
    with open_books(tmp_path) as books:
        books.observe(person(1))
        books.land(gateway(1))
        books.land(llm(1))
        books.publish()
        tables = books.connection.execute(
            "select table_name, column_name, data_type from duckdb_columns()"
            " where database_name in ('memory', 'warehouse')"
        ).fetchall()
        with reading(books.publication, operator()) as published:
            files = [
                (table, name, kind)
                for table in (*DAY_TABLES, *SMALL_TABLES)
                for name, kind, *_ in published.connection.execute(f"describe {table}").fetchall()
            ]
    for columns, at_least in ((tables, 30), (files, 14)):
        money = [column for column in columns if _MONEY.search(column[1])]
        assert len(money) > at_least
        assert {kind for *_, kind in money} == {"DECIMAL(38,15)"}
        floats = [column for column in columns if column[2] in {"DOUBLE", "FLOAT"}]
        assert not [column for column in floats if not _UNSURE.search(column[1])]
