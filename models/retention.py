"""Deletes what the tenant does not want to keep: log rows, and single requests of old days.

Daily totals, coverage and the small tables always stay, so every total does. A day that was purged
is never built again: it would be built from nothing.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from models.publication import DAY_TABLES, Manifest, parquet_name, publish, write_parquet
from models.seeds import naive
from models.sql_files import sql
from models.warehouse import Connection, in_memory, scalar, transaction

RAW, REQUESTS = "raw", "requests"
"""What may be purged of a day."""

REQUEST_TABLES = (
    "requests",
    "usage_rows",
    "ledger",
    "cells",
    "observations",
    "traffic",
    "metric_callers",
)
"""Published tables of single requests, or of what only they explain."""

_STAGED = "day_key"
_DATED = "coalesce(time_generated, ingested_at)::date"
DAY_OF_ROW: Mapping[str, str] = {
    "raw.gateway_log": _DATED,
    "raw.llm_log": _DATED,
    "raw.app_metrics": _DATED,
    "raw.app_traces": _DATED,
    "raw.platform_metrics": "point_time::date",
    "raw.usage_records": "coalesce(record_time, ingested_at)::date",
    "staging.gateway_requests": _STAGED,
    "staging.llm_rows": _STAGED,
    "staging.caller_traces": _STAGED,
    "staging.metric_points": _STAGED,
    "staging.usage_records": _STAGED,
}
"""Tables of log rows, and the usage day of a row. What bills and prices are read from stays."""

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Rule:
    """For how many days what is kept; None is for ever."""

    raw_days: int | None = None
    requests_days: int | None = None


@dataclass(frozen=True)
class Purged:
    """What a purge deleted: log rows, and days whose single requests left the publication."""

    rows: int = 0
    request_days: int = 0


def frozen_days(manifest: Manifest | None) -> set[date]:
    """Return the days that cannot be built again as they were: purged, or beside rows purged."""
    found: set[date] = set()
    for text, purged in (manifest.purged if manifest else {}).items():
        day = date.fromisoformat(text)
        found |= {day - _DAY, day, day + _DAY} if RAW in purged else {day}
    return found


def purge(
    connection: Connection,
    folder: Path,
    manifest: Manifest,
    rule: Rule,
    now: datetime,
    pending: Collection[date],
) -> Purged:
    """Delete what is older than the rule keeps, of days that are built and `pending` no change.

    The manifest is published first: a kill in between leaves rows that the next purge deletes.
    """
    blocked = _blocked(connection, manifest, pending)
    raw = _old(manifest, rule.raw_days, now) - _with_neighbours(blocked)
    requests = _old(manifest, rule.requests_days, now) - set(pending)
    purged = _purged(manifest, {RAW: raw, REQUESTS: requests})
    new_days = len(_days_without(purged, REQUESTS)) - len(_days_without(manifest.purged, REQUESTS))
    renewed = replace(manifest, purged=purged)
    if purged != _purged(manifest, {}) or any(
        _lacking(renewed, day) - manifest.days[day].keys() for day in purged
    ):
        _publish(connection, folder, renewed)
    if rule.raw_days is None:
        return Purged(0, new_days)
    kept = _with_neighbours(blocked) | (_known_days(connection, manifest) - raw)
    return Purged(_delete(connection, _cutoff(rule.raw_days, now), kept), new_days)


def _cutoff(days: int, now: datetime) -> date:
    return (naive(now) - timedelta(days=days)).date()


def _old(manifest: Manifest, days: int | None, now: datetime) -> set[date]:
    if days is None:
        return set()
    whole = {date.fromisoformat(day) for day in manifest.whole_days()}
    return {day for day in whole if day < _cutoff(days, now)}


def _blocked(connection: Connection, manifest: Manifest, pending: Collection[date]) -> set[date]:
    """Return days that are still to be built: changed, never published, or of a month not over."""
    open_months = {
        month for (month,) in connection.execute(sql("calibration/open_months")).fetchall()
    }
    known = _known_days(connection, manifest)
    whole = {date.fromisoformat(day) for day in manifest.whole_days()}
    return {
        *pending,
        *(known - whole),
        *(day for day in known if day.replace(day=1) in open_months),
    }


def _known_days(connection: Connection, manifest: Manifest) -> set[date]:
    staged = {day for (day,) in connection.execute(sql("staging/days")).fetchall()}
    return staged | {date.fromisoformat(day) for day in manifest.days}


def _with_neighbours(days: Collection[date]) -> set[date]:
    return {day + step for day in days for step in (-_DAY, 0 * _DAY, _DAY)}


def _purged(
    manifest: Manifest, found: Mapping[str, Collection[date]]
) -> dict[str, tuple[str, ...]]:
    purged = {day: set(kinds) for day, kinds in manifest.purged.items()}
    for kind, days in found.items():
        for day in days:
            purged.setdefault(str(day), set()).add(kind)
    return {day: tuple(sorted(kinds)) for day, kinds in sorted(purged.items())}


def _days_without(purged: Mapping[str, Collection[str]], kind: str) -> list[str]:
    return [day for day, kinds in purged.items() if kind in kinds]


def _publish(connection: Connection, folder: Path, manifest: Manifest) -> None:
    """Publish with a file without rows wherever a purged day has none of its own."""
    run_id = int(scalar(connection, "select nextval('warehouse.run.run_ids')"))
    lacking = {day: _lacking(manifest, day) for day in manifest.days}
    empty = dict(_empty_files(folder, manifest, run_id, set().union(*lacking.values())))
    days = {
        day: {**files, **{table: empty[table] for table in lacking[day] if table in empty}}
        for day, files in manifest.days.items()
    }
    # The build that made the days is still the last one.
    publish(folder, replace(manifest, sequence=manifest.sequence + 1, days=days), kept=1)


def _lacking(manifest: Manifest, day: str) -> set[str]:
    """Return the tables of which a purged day has nothing, or is to have nothing."""
    if day not in manifest.purged:
        return set()
    purged = REQUEST_TABLES if REQUESTS in manifest.purged[day] else ()
    return {*purged, *(set(DAY_TABLES) - manifest.days[day].keys())}


def _empty_files(
    folder: Path, manifest: Manifest, run_id: int, tables: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Write a file without rows for each table, with the columns that its newest day has."""
    connection = in_memory()
    try:
        for table in sorted(tables):
            having = [day for day, files in manifest.days.items() if table in files]
            if having:
                path = str(folder / manifest.days[max(having)][table]).replace("'", "''")
                rows = f"(select * from read_parquet('{path}') limit 0)"
                yield table, write_parquet(connection, rows, folder, parquet_name(table, run_id))
    finally:
        connection.close()


def _delete(connection: Connection, cutoff: date, kept: Collection[date]) -> int:
    """Delete rows of days before the cutoff, but those of the kept days; return how many."""
    deleted = 0
    with transaction(connection):
        for table, day in DAY_OF_ROW.items():
            where = f"{day} < $cutoff and not list_contains($kept::date[], {day})"
            result = connection.execute(
                f"delete from warehouse.{table} where {where}",
                {"cutoff": cutoff, "kept": sorted(day for day in kept if day < cutoff)},
            )
            deleted += int(result.fetchall()[0][0])
    if deleted:
        connection.execute("checkpoint warehouse")
    return deleted
