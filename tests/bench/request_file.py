"""The files that every roll-up engine reads: requests with all their token classes, and prices.

One row per request, as any gateway could have logged it: object ids are GUID text, models are
names, and all counts are known. Prices are the product's own reviewed ones.
"""

from datetime import datetime
from pathlib import Path

import duckdb

from models.seed_files import read_seeds

MODELS = (
    "claude-sonnet-4-5",
    "claude-haiku-4-5",
    "claude-opus-4-5",
    "claude-haiku-5-5",
    "claude-sonnet-5-5",
)
RATES = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")

_KNOWN_AT = datetime(2026, 11, 1)  # noqa: DTZ001 (seeds hold naive UTC)
_PRICE_COLUMNS = (
    ("price_id", "varchar"),
    ("model", "varchar"),
    ("speed", "varchar"),
    ("zone", "varchar"),
    ("prompt_over_tokens", "bigint"),
    ("prompt_up_to_tokens", "bigint"),
    *((f"{rate}_usd", "decimal(38, 15)") for rate in RATES),
    ("web_search_usd", "decimal(38, 15)"),
    ("valid_from", "timestamp"),
    ("valid_to", "timestamp"),
    ("recorded_from", "timestamp"),
    ("recorded_to", "timestamp"),
    ("source", "varchar"),
    ("link", "varchar"),
    ("reviewer", "varchar"),
)
_STATEMENTS = Path(__file__).with_name("sql")


def write_prices(file: Path) -> None:
    """Write the list prices of the month, one row per model, band and stretch of validity.

    Bands are (over, up to] in prompt tokens of all classes; stretches are [from, to). The rows say
    so without NULL: the lowest band is over -1, an open end is far away.
    """
    connection = duckdb.connect()
    columns = ", ".join(f"{name} {kind}" for name, kind in _PRICE_COLUMNS)
    connection.execute(f"create table known ({columns})")
    marks = ", ".join("?" * len(_PRICE_COLUMNS))
    connection.executemany(f"insert into known values ({marks})", read_seeds(None)["prices.csv"])
    connection.execute("set variable known_at = $at", {"at": _KNOWN_AT})
    connection.execute("set variable models = $models", {"models": list(MODELS)})
    statement = (_STATEMENTS / "price_file.sql").read_text(encoding="utf-8")
    connection.execute(f"copy ({statement}) to '{file}' (format parquet)")
    connection.close()


def write_requests(file: Path, requests: int, *, callers: int) -> None:
    """Write requests of October 2026 in the order of their times."""
    connection = duckdb.connect()
    values = {"requests": requests, "callers": callers, "models": list(MODELS)}
    for name, value in values.items():
        connection.execute(f"set variable {name} = $value", {"value": value})
    statement = (_STATEMENTS / "request_file.sql").read_text(encoding="utf-8")
    connection.execute(f"copy ({statement}) to '{file}' (format parquet, compression zstd)")
    connection.close()
