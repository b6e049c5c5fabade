"""Reads and hashes every value that a build reads of staging, once: the least a build can take.

Run as `python -m bench.read_once WAREHOUSE`.
"""

import json
import sys
import time

import duckdb
from bench.staged_traffic import MEMORY_LIMIT


def main(file: str) -> None:
    """Print the seconds that reading takes."""
    connection = duckdb.connect()
    connection.execute("set memory_limit = $limit", {"limit": MEMORY_LIMIT})
    connection.execute(f"attach '{file}' as warehouse (read_only)")
    began = time.perf_counter()
    for table in ("gateway_requests", "llm_rows"):
        # Every column by itself, so that none can be skipped and none be answered from statistics.
        connection.execute(f"select bit_xor(hash(columns(*))) from warehouse.staging.{table}")
        connection.fetchall()
    print(json.dumps({"seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main(*sys.argv[1:])
