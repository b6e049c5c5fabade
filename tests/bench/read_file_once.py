"""Reads a Parquet file once and sums its numbers: the least any roll-up of it can take.

Run as `python -m bench.read_file_once FILE`.
"""

import json
import sys
import time

import duckdb


def main(file: str) -> None:
    """Print the seconds that reading takes."""
    connection = duckdb.connect()
    began = time.perf_counter()
    connection.execute(
        "select sum(columns('_tokens$')), max(usage_time), bit_xor(hash(caller)), max(model)"
        " from read_parquet($file)",
        {"file": file},
    ).fetchall()
    print(json.dumps({"seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main(*sys.argv[1:])
