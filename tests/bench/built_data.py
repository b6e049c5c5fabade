"""Data folders with staged traffic, the command that builds them, and what it must have built."""

import sys
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
from bench.measured_process import Measured, measured
from bench.staged_traffic import Traffic

from models.publication import Manifest, require_manifest
from models.published import FIRST_DAY, LAST_DAY

TOLLBOOK = str(Path(sys.executable).with_name("tollbook"))


def staged(
    folder: Path, traffic: Traffic, *, from_number: int = 0, to_number: int | None = None
) -> Measured:
    """Write a data folder with traffic that is not built yet, in a process of its own."""
    whole = (traffic.requests, traffic.first_day, traffic.days, traffic.callers)
    part = (from_number, to_number or traffic.requests)
    command = [sys.executable, "-m", "bench.staged_traffic", str(folder)]
    return measured([*command, *map(str, [*whole, *part])], {})


def built(folder: Path, now: datetime) -> Measured:
    """Run `tollbook run build` in a data folder, as a user would."""
    return measured([TOLLBOOK, "run", "build"], settings_of(folder, now))


def settings_of(folder: Path, now: datetime) -> dict[str, str]:
    """Return the variables that point a process at a data folder at a fixed time."""
    return {
        "TOLLBOOK_DATA_DIR": str(folder),
        "TOLLBOOK_SEEDS_DIR": str(folder / "seeds"),
        "TOLLBOOK_NOW": (now + timedelta(minutes=10)).isoformat(),
    }


def manifest_of(folder: Path) -> Manifest:
    """Return what a data folder has published."""
    return require_manifest(folder / "published")


def published_files(folder: Path, table: str) -> list[Path]:
    """Return the day files of a published table."""
    files = manifest_of(folder).files(table, FIRST_DAY, LAST_DAY)
    return [folder / "published" / file for file in files]


def published_bytes(folder: Path) -> int:
    """Return the size of everything a data folder has published."""
    manifest = manifest_of(folder)
    names = [
        *manifest.tables.values(),
        *(n for day in manifest.days.values() for n in day.values()),
    ]
    return sum((folder / "published" / name).stat().st_size for name in names)


def ledger_requests(folder: Path) -> int:
    """Return how many requests the published ledger holds."""
    files = [str(file) for file in published_files(folder, "ledger")]
    row = duckdb.connect().execute("select count(*) from read_parquet($files)", {"files": files})
    return int((row.fetchone() or (0,))[0])


def answered_requests(folder: Path) -> int:
    """Return how many requests raw shows as answered: what the ledger must hold."""
    connection = duckdb.connect()
    connection.execute(f"attach '{folder / 'warehouse.duckdb'}' as warehouse (read_only)")
    row = connection.execute(
        "select count(*) from warehouse.raw.gateway_log where response_code = 200"
    ).fetchone()
    connection.close()
    return int((row or (0,))[0])
