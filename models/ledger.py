"""Builds the ledger and its marts for a span of usage days, and checks them before anyone reads.

The same statements serve a full build and a build of one day; only the span differs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from models.calibrated_days import calibrate_days
from models.calibration_fits import NO_FITS, Fits
from models.errors import CheckError
from models.publication import DAY_TABLES, SMALL_TABLES, parquet_name, write_parquet
from models.sql_files import names, sql
from models.warehouse import Connection, build, define, run, transaction

LONGEST_SPAN_DAYS = 7
MOST_SPAN_ROWS = 700_000
"""Days and gateway rows built together: enough to amortise a statement, few enough for memory."""

# What is asked shortly before a day may still be in the cache on it, and what is asked on it may be
# answered, and counted, after it; a little more than the calibration looks at.
_BEFORE, _AFTER = timedelta(minutes=75), timedelta(minutes=35)

# What does not depend on the span of days.
_REFERENCE = ("ledger.deployments", "ledger.discounts", "ledger.prices", "ledger.ownership")
_ATTRIBUTION = (
    "ledger.near_keys",
    "ledger.near_calls",
    "ledger.repeated_calls",
    "ledger.traced_calls",
    "ledger.gateway_calls",
    "ledger.usage_rows",
    "ledger.llm_names",
    "ledger.llm_usage",
    "ledger.requests",
    "ledger.user_agents",
    "ledger.callers",
    "ledger.places",
    "ledger.attributed",
    "ledger.metric_callers",
    "ledger.platform_minutes",
    "ledger.metered_deployments",
    "ledger.metered_reads",
    "ledger.told_usage",
)
# Once every caller, model and deployment has its id; made by `calibrate_days`.
_CALIBRATION = ("ledger.traffic", "ledger.calibrated", "ledger.cells")
_BOOKING = (
    "ledger.crowded_hours",
    "ledger.observed",
    "ledger.recorded_usage",
    "ledger.platform_counts",
    "ledger.usage",
    "ledger.rated",
    "ledger.costs",
    "ledger.charges",
    "ledger.beyond",
    "ledger.counted_stretches",
    "ledger.booked_stretches",
)
_VIEWS = (
    "ledger.near_calls",
    "ledger.gateway_calls",
    "ledger.requests",
    "ledger.callers",
    "ledger.usage",
    "ledger.rated",
    "ledger.costs",
    "ledger.counted_stretches",
    "ledger.booked_stretches",
)
"""Read once or in few columns, so that copying them would cost more than asking again."""
_DICTIONARIES = {
    "callers": "warehouse.directory.callers",
    "units": "warehouse.dimension.units",
    "llm_models": "warehouse.dimension.llm_models",
    "deployments": "warehouse.dimension.deployments",
    "clients": "warehouse.dimension.clients",
}
# Marts of a day that a further statement reads; the others go straight into their files.
_READ_AGAIN = ("booked", "daily")
_DAY_CHECKS = ("checks/daily__sums_to_ledger",)


@dataclass(frozen=True)
class Finding:
    """One offending row of a check: which check, what it is about, what was found."""

    check: str
    severity: str
    subject: str
    text: str


def spans(days: Sequence[date], rows: Mapping[date, int]) -> list[tuple[date, date]]:
    """Group days into runs of consecutive days, by how many gateway rows each of them has.

    A run has at most LONGEST_SPAN_DAYS, and one day or at most MOST_SPAN_ROWS.
    """
    ordered = sorted(set(days))
    if not ordered:
        return []
    grouped = [[ordered[0]]]
    for previous, day in pairwise(ordered):
        is_next = day - previous == timedelta(days=1)
        together = sum(rows.get(one, 0) for one in [*grouped[-1], day])
        if is_next and len(grouped[-1]) < LONGEST_SPAN_DAYS and together <= MOST_SPAN_ROWS:
            grouped[-1].append(day)
        else:
            grouped.append([day])
    return [(group[0], group[-1]) for group in grouped]


def prepare(connection: Connection, known_at: datetime) -> None:
    """Derive what every span needs: prices, discounts, deployments and ownership as known now."""
    connection.execute("create schema if not exists ledger")
    connection.execute("create schema if not exists marts")
    for table in _REFERENCE:
        build(connection, table, known_at=known_at.replace(tzinfo=None))


def attribute_span(connection: Connection, first_day: date, last_day: date) -> None:
    """Say of the requests of [first_day, last_day], and of some around, whose they are.

    `prepare` must have run. New callers, models, clients and deployments get their ids.
    """
    _forget(connection)
    midnight = datetime.combine(first_day, datetime.min.time())
    window = {
        "first_day": first_day,
        "last_day": last_day,
        "window_from": midnight - _BEFORE,
        "window_to": midnight + (last_day - first_day) + timedelta(days=1) + _AFTER,
    }
    _derive(connection, _ATTRIBUTION, window)
    with transaction(connection):
        for name, table in _DICTIONARIES.items():
            statement = f"insert into {table} by name\n{sql(f'dimension/{name}')}"
            connection.execute(statement)


def build_span(
    connection: Connection, first_day: date, last_day: date, fits: Fits = NO_FITS
) -> None:
    """Derive the ledger of [first_day, last_day] in memory and give new values their ids.

    `prepare` must have run. Raises CheckError when a check that stops publication finds rows.
    """
    attribute_span(connection, first_day, last_day)
    calibrate_days(connection, first_day, last_day, fits)
    _derive(connection, _BOOKING, {})
    checks = [name for name in names("checks") if name not in _DAY_CHECKS]
    refuse(run_checks(connection, checks))


def write_day(connection: Connection, usage_day: date, folder: Path, run_id: int) -> dict[str, str]:
    """Write one day's immutable files; return {table: path below `folder`}."""
    for table in _READ_AGAIN:
        build(connection, f"marts.{table}", usage_day=usage_day)
    refuse(run_checks(connection, _DAY_CHECKS))
    return {
        table: write_parquet(
            connection,
            f"marts.{table}" if table in _READ_AGAIN else f"(\n{sql(f'marts/{table}')}\n)",
            folder,
            parquet_name(table, run_id, usage_day),
        )
        for table in DAY_TABLES
    }


def write_small_tables(connection: Connection, folder: Path, run_id: int) -> dict[str, str]:
    """Write the small tables that every reader needs whole; return {table: path}.

    Whom the directory links to something gets a surrogate here, after all who called have theirs.
    """
    people = sql("dimension/people")
    connection.execute(f"insert into warehouse.directory.callers by name\n{people}")
    for table in SMALL_TABLES:
        build(connection, f"marts.{table}")
    return {
        table: write_parquet(connection, f"marts.{table}", folder, parquet_name(table, run_id))
        for table in SMALL_TABLES
    }


def _forget(connection: Connection) -> None:
    """Free the memory that the span before still holds: with it the next would spill to disk."""
    for table in (*_ATTRIBUTION, *_CALIBRATION, *_BOOKING):
        if table not in _VIEWS:
            connection.execute(f"drop table if exists {table}")


def _derive(connection: Connection, tables: Sequence[str], variables: Mapping[str, Any]) -> None:
    for table in tables:
        (define if table in _VIEWS else build)(connection, table, **variables)


def run_checks(connection: Connection, checks: Sequence[str]) -> list[Finding]:
    """Run checks and return every row they find; the first line of a file says fail or warn."""
    return list(_findings(connection, checks))


def refuse(findings: Sequence[Finding]) -> None:
    """Raise CheckError with every finding of a check that is marked `fail`."""
    failed = [finding for finding in findings if finding.severity == "fail"]
    if failed:
        lines = [f"  {finding.check}: {finding.subject} {finding.text}" for finding in failed[:20]]
        raise CheckError(
            f"{len(failed)} findings stop the publication; the last one stays in place."
            " Run `tollbook doctor`, and report a finding that raw data cannot explain:\n"
            + "\n".join(lines)
        )


def days_between(first_day: date, last_day: date) -> Iterator[date]:
    """Yield every day of [first_day, last_day]."""
    for offset in range((last_day - first_day).days + 1):
        yield first_day + timedelta(days=offset)


def _findings(connection: Connection, checks: Sequence[str]) -> Iterator[Finding]:
    for name in checks:
        severity = sql(name).removeprefix("-- ").partition(":")[0]
        for subject, text in run(connection, name).fetchall():
            yield Finding(name.removeprefix("checks/"), severity, str(subject), str(text))
