"""Our price of every single request of a file, exact, kept as a table of one row per request.

Run as `python -m bench.our_pricing REQUESTS PRICES [SAMPLE_REQUESTS SAMPLE_FILE]`: with the last
two it also writes the first requests with their prices, for those who price one at a time.
"""

import json
import sys
import time
from pathlib import Path

import duckdb

_STATEMENTS = Path(__file__).with_name("sql")


def main(requests: str, prices: str, sampled: str = "", sample_file: str = "") -> None:
    """Time the pricing and print it."""
    connection = duckdb.connect()
    connection.execute("set preserve_insertion_order = false")
    for name, value in {"requests": requests, "prices": prices}.items():
        connection.execute(f"set variable {name} = $value", {"value": value})
    began = time.perf_counter()
    connection.execute(f"create table our_priced as\n{_statement('our_priced')}")
    seconds = time.perf_counter() - began
    if sampled:
        connection.execute("set variable sampled = $count", {"count": int(sampled)})
        connection.execute(f"copy ({_statement('sample')}) to '{sample_file}' (format json)")
    print(json.dumps({"seconds": seconds}))


def _statement(name: str) -> str:
    return (_STATEMENTS / f"{name}.sql").read_text(encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
