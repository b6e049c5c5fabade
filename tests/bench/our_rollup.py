"""Our way to price and roll up: ids for text, token sums first, money last, by spans of days.

Requests of one caller, model, day and price row cost the sum of their tokens times that row's
rates. So whole numbers are summed for every request, and exact decimals are multiplied only once
per group. The groups of few days fit the processor's cache, those of a month do not.

Run as `python -m bench.our_rollup REQUESTS PRICES OUT`.
"""

import json
import sys
import time
from pathlib import Path

import duckdb

SPAN_REQUESTS = 1_000_000
"""As many whole days are rolled up together as have about this many requests, at least one."""

_STATEMENTS = Path(__file__).with_name("sql")


def main(requests: str, prices: str, out: str) -> None:
    """Time the roll-up; then write it down for the comparison of the results."""
    connection = duckdb.connect()
    began = time.perf_counter()
    roll_up(connection, requests, prices)
    seconds = time.perf_counter() - began
    connection.execute(f"copy ({_statement('our_rollup')}) to '{out}' (format parquet)")
    print(json.dumps({"seconds": seconds, "version": duckdb.__version__}))


def roll_up(connection: duckdb.DuckDBPyConnection, requests: str, prices: str) -> None:
    """Leave the table `our_daily` with one row per caller id, model id and day."""
    connection.execute("set preserve_insertion_order = false")
    for name, value in {"requests": requests, "prices": prices}.items():
        connection.execute(f"set variable {name} = $value", {"value": value})
    connection.execute("set variable span_requests = $count", {"count": SPAN_REQUESTS})
    for table in ("our_callers", "our_prices"):
        connection.execute(f"create table {table} as\n{_statement(table)}")
    for place, (first_day, end_day) in enumerate(
        connection.execute(_statement("our_spans")).fetchall()
    ):
        connection.execute("set variable first_day = $day", {"day": first_day})
        connection.execute("set variable end_day = $day", {"day": end_day})
        into = "insert into our_daily by name" if place else "create table our_daily as"
        connection.execute(f"{into}\n{_statement('our_daily')}")


def _statement(name: str) -> str:
    return (_STATEMENTS / f"{name}.sql").read_text(encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
