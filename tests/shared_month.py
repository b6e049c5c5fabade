"""A month of hand-written usage, charges and policies, and what the statements split of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from models.allocation import STEPS
from models.sql_files import sql
from models.warehouse import Connection, build, in_memory

Row = Mapping[str, Any]
FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)
ALWAYS, FOREVER = datetime(1970, 1, 1), datetime(9999, 12, 31)  # noqa: DTZ001 (tables hold UTC)
CENTRAL = 99
"""The unit that policies name as the last resort."""

_DAILY = """
    usage_day date, caller_id integer, unit_id integer, llm_model_id integer,
    deployment_id integer, client_id integer, label varchar, cost_status varchar,
    requests integer, input_tokens bigint, output_tokens bigint, cache_read_tokens bigint,
    cache_write_5m_tokens bigint, cache_write_1h_tokens bigint, contracted_cost_usd decimal(38, 15)
"""
_TABLES = {
    "daily": _DAILY,
    "invoiced_daily": "usage_day date, label varchar, billed_cost_usd decimal(38, 15)",
    "requests": """
        usage_time timestamp, caller_id integer, unit_id integer, request_size_bytes bigint,
        response_size_bytes bigint
    """,
    "traffic": "hour timestamp, kind varchar, logged_requests integer",
    "shared_charges": """
        usage_day date, shared_cost varchar, charge_type varchar, amount_usd decimal(38, 15)
    """,
    "allocation_policies": """
        shared_cost varchar, method varchar, unit_id integer, idle_unit_id integer,
        valid_from timestamp, valid_to timestamp, source varchar
    """,
    "allocation_shares": """
        shared_cost varchar, unit_id integer, share decimal(18, 15), valid_from timestamp,
        valid_to timestamp
    """,
}
_USUAL: Mapping[str, Row] = {
    "daily": {"usage_day": FIRST, "llm_model_id": 1, "label": "", "cost_status": "complete"},
    "shared_charges": {"usage_day": FIRST, "shared_cost": "gateway", "charge_type": "usage"},
    "allocation_policies": {
        "shared_cost": "gateway", "unit_id": CENTRAL, "valid_from": ALWAYS, "valid_to": FOREVER,
    },
    "allocation_shares": {"shared_cost": "gateway", "valid_from": ALWAYS, "valid_to": FOREVER},
    "traffic": {"kind": "gateway", "logged_requests": 1},
}  # fmt: skip
_RESULTS = ("allocations", "allocated_shares", "allocated_daily", "billed_daily")


@dataclass(frozen=True)
class Split:
    """What was split, who bears which part of it, on which rows of the days, and what is billed."""

    allocations: Sequence[Row]
    shares: Sequence[Row]
    daily: Sequence[Row]
    billed: Sequence[Row]

    def by_unit(self) -> dict[int | None, Decimal]:
        """Return what each unit bears."""
        found: dict[int | None, Decimal] = {}
        for row in self.shares:
            found[row["unit_id"]] = found.get(row["unit_id"], Decimal(0)) + row["amount_usd"]
        return found


def split(**tables: Sequence[Row]) -> Split:
    """Run the statements over hand-written tables; columns left out are usual, or NULL."""
    connection = in_memory()
    for macros in ("statistics", "days", "money"):
        connection.execute(sql(f"macros/{macros}"))
    for name, columns in _TABLES.items():
        connection.execute(f"create table {name} ({columns})")
        for row in tables.get(name, ()):
            _insert(connection, name, {**_USUAL.get(name, {}), **row})
    connection.execute("set variable first_day = $day", {"day": FIRST})
    connection.execute("set variable last_day = $day", {"day": LAST})
    for variable in ("shares_by_day", "by_model", "by_client"):
        connection.execute(f"set variable {variable} = true")
    _create(connection, "stated_charges")
    connection.execute("create schema allocation")
    for step in STEPS:
        build(connection, f"allocation.{step}")
    for table, step in (("allocations", "allocations"), ("allocated_shares", "shares")):
        rows = f"select $first_day as month, * from allocation.{step}"
        connection.execute(f"create table {table} as {rows}", {"first_day": FIRST})
    for view in ("borne", "borne_lines", "allocated_daily", "billed_daily"):
        _create(connection, view)
    found = Split(*(_rows(connection, table) for table in _RESULTS))
    connection.close()
    return found


def _create(connection: Connection, view: str) -> None:
    connection.execute(f"create view {view} as {sql(f'published/{view}')}")


def _insert(connection: Connection, table: str, row: Row) -> None:
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    connection.execute(f"insert into {table} ({names}) values ({marks})", list(row.values()))


def _rows(connection: Connection, table: str) -> list[Row]:
    found = connection.execute(f"from {table} order by all")
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
