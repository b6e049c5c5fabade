"""The publication: immutable Parquet files, a manifest that names them, one pointer that moves.

Writing: new files under new names, then a new manifest, then the pointer. A crash at any
instruction leaves the old pointer, and with it the old publication, in place.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from models.clock import parse_utc, rfc3339
from models.durable import sync_file, write_whole
from models.errors import PublicationError
from models.warehouse import Connection

MANIFEST_VERSION = 1
DAY_TABLES = (
    "ledger",
    "cells",
    "requests",
    "usage_rows",
    "daily",
    "coverage",
    "observations",
    "traffic",
    "metric_callers",
    "client_versions",
)
SMALL_TABLES = (
    "callers",
    "ownership",
    "units",
    "llm_models",
    "deployments",
    "clients",
    "prices",
    "sources",
    "problems",
    "accounts",
    "billed",
    "billed_days",
    "billing_rules",
    "ccu_prices",
    "approved_deployments",
    "groups",
    "memberships",
    "managers",
    "unit_tree",
    "entitlements",
    "standings",
    "budgets",
    "fiscal_periods",
    "calendars",
    "shared_charges",
    "allocation_policies",
    "allocation_shares",
)
MONTH_TABLES = ("allocations", "allocated_shares")
# A fifth less work than the third level in pages of the first version, and no larger.
_FORMAT = "format parquet, parquet_version v2, compression zstd, compression_level 1"
_POINTER = "current"
_KEPT_MANIFESTS = 3
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True)
class Manifest:
    """One published state. Paths are relative to the publication folder.

    `purged` says of a day what the retention rule deleted; see `models.retention`. `allocated` has
    the files of each month (YYYY-MM), and `inputs`: the hash of what they were made from.
    """

    sequence: int
    run_id: int
    published_at: datetime
    data_until: datetime | None
    days: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)
    purged: Mapping[str, Sequence[str]] = field(default_factory=dict)
    allocated: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def months(self) -> list[str]:
        """Return the months that have at least one day, as YYYY-MM, oldest first."""
        return sorted({day[:7] for day in self.days})

    def files(self, table: str, first: date, last: date) -> list[str]:
        """Return the day files of `table` between two days, both included."""
        wanted = (str(first), str(last))
        return [
            entry[table]
            for day, entry in sorted(self.days.items())
            if wanted[0] <= day <= wanted[1] and table in entry
        ]

    def whole_days(self) -> set[str]:
        """Return the days that have every table; an older tollbook wrote fewer.

        A purged day is whole: it cannot have more.
        """
        return {
            day
            for day, entry in self.days.items()
            if day in self.purged or entry.keys() >= set(DAY_TABLES)
        }


def read_manifest(folder: Path) -> Manifest | None:
    """Return what is published now, None when nothing is. Raises PublicationError if unreadable."""
    pointer = folder / _POINTER
    if not pointer.exists():
        return None
    try:
        return _read(folder / pointer.read_text(encoding="utf-8").strip())
    except _UNREADABLE as error:
        raise PublicationError(
            f"what {pointer} names cannot be read ({error}): move {folder} away and run"
            " `tollbook run build` to publish again"
        ) from error


def require_manifest(folder: Path) -> Manifest:
    """Return what is published now; PublicationError says how to publish when nothing is."""
    manifest = read_manifest(folder)
    if manifest is None:
        raise PublicationError(
            f"nothing is published in {folder}: run `tollbook run`, or `tollbook demo` to look"
            " around, or name another --data-dir"
        )
    return manifest


def publish(folder: Path, manifest: Manifest, *, kept: int = _KEPT_MANIFESTS) -> None:
    """Make `manifest` the published state, in one rename, and drop files no kept manifest names.

    `kept` is how many states stay readable, this one among them.
    """
    name = f"manifest-{manifest.sequence:08d}.json"
    write_whole(folder / name, manifest_text(manifest).encode())
    write_whole(folder / _POINTER, f"{name}\n".encode())
    _prune(folder, name, kept)


def _prune(folder: Path, current: str, most: int) -> None:
    """Delete old manifests, and Parquet files that only they named or that a killed run left.

    Manifests after the current one are of a run that was killed, or of before a lost pointer.
    """
    manifests = sorted(folder.glob("manifest-*.json"))
    recent = [path for path in manifests if path.name <= current][-most:]
    readable = {path: manifest for path in recent if (manifest := _if_readable(path))}
    kept = readable.values()
    named = {path for manifest in kept for path in manifest.tables.values()}
    named |= {
        path
        for manifest in kept
        for entry in (*manifest.days.values(), *manifest.allocated.values())
        for path in entry.values()
    }
    for path in manifests:
        if path not in readable:
            path.unlink()
    for path in folder.rglob("*.parquet"):
        if path.relative_to(folder).as_posix() not in named:
            path.unlink()


def _if_readable(path: Path) -> Manifest | None:
    try:
        return _read(path)
    except (*_UNREADABLE, PublicationError):
        return None


def parquet_name(table: str, run_id: int, span: date | str | None = None) -> str:
    """Return a file name no earlier run has used; `span` is a day, or a month as YYYY-MM."""
    return f"{table}/{span or 'all'}.r{run_id:06d}.parquet"


def write_parquet(connection: Connection, rows: str, folder: Path, name: str) -> str:
    """Write a table, or a select in parentheses, to `folder/name` and return the name."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    target = str(path).replace("'", "''")
    connection.execute(f"copy {rows} to '{target}' ({_FORMAT})")
    # On the disk before the pointer moves, so that not even a power cut publishes half a state.
    sync_file(path)
    return name


def _read(path: Path) -> Manifest:
    return manifest_of(path.read_text(encoding="utf-8"))


def manifest_text(manifest: Manifest) -> str:
    """Return a manifest as its file holds it."""
    return json.dumps(_to_json(manifest), indent=1, sort_keys=True)


def manifest_of(text: str) -> Manifest:
    """Read a manifest's text. Raises PublicationError when it is of another version."""
    return _from_json(json.loads(text))


def _to_json(manifest: Manifest) -> dict[str, Any]:
    content = asdict(manifest) | {"version": MANIFEST_VERSION}
    content["published_at"] = rfc3339(manifest.published_at)
    content["data_until"] = manifest.data_until and rfc3339(manifest.data_until)
    return content


def _from_json(content: dict[str, Any]) -> Manifest:
    version = content.pop("version")
    if version != MANIFEST_VERSION:
        raise PublicationError(
            f"the publication has version {version}, this tollbook reads {MANIFEST_VERSION}:"
            " install the tollbook that wrote it, or publish again"
        )
    content["published_at"] = parse_utc(content["published_at"])
    content["data_until"] = content["data_until"] and parse_utc(content["data_until"])
    return Manifest(**content)
