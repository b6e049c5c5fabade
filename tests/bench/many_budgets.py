"""A publication with a budget for each of many users, and thirteen months of their daily costs."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from written_publication import publish_empty

from models.publication import Manifest, publish, require_manifest, write_parquet
from models.warehouse import Connection, in_memory

MONTH = "2026-10"
KNOWN_AT = datetime(2026, 10, 22, tzinfo=UTC)

_DAYS, _UNITS = 400, 300
_ALWAYS = ", ".join(
    f"timestamp '{moment}' as {time}_{side}"
    for time in ("valid", "recorded")
    for side, moment in (("from", "1970-01-01"), ("to", "9999-12-31"))
)
_OID = "printf('%08d-0000-4000-8000-000000000001', user_no)"


def publish_budgets(folder: Path, users: int) -> Path:
    """Publish a budget per user, each of whom uses something on two of five days."""
    publication = publish_empty(folder)
    before = require_manifest(publication)
    connection = in_memory()
    connection.execute("select setseed(0.5)")
    connection.execute(f"create table users as select range::int as user_no from range({users})")
    (pattern, *_) = before.days.values()
    last = KNOWN_AT.date() - timedelta(days=1)
    used = _write(connection, publication, pattern["daily"], _used(last))
    none = _write(connection, publication, pattern["daily"], f"{_used(last)} limit 0")
    days = [str(last - timedelta(days=number)) for number in range(_DAYS)]
    publish(
        publication,
        replace(
            before,
            sequence=before.sequence + 1,
            data_until=KNOWN_AT,
            days={day: pattern | {"daily": used if day == days[0] else none} for day in days},
            tables=_tables(connection, publication, before),
        ),
    )
    connection.close()
    return publication


def _tables(connection: Connection, publication: Path, before: Manifest) -> dict[str, str]:
    rows = {
        "callers": f"select user_no as caller_id, {_OID} as oid from users",
        "units": f"select range::int as unit_id, 'Unit ' || range as unit from range({_UNITS})",
        "budgets": f"select 'user' as subject_kind, {_OID} as subject, 'month' as period,"
        f""" 60 as amount_usd, '["0.8", "1"]' as thresholds, {_ALWAYS} from users""",
    }
    return dict(before.tables) | {
        table: _write(connection, publication, before.tables[table], select)
        for table, select in rows.items()
    }


def _used(last: date) -> str:
    return (
        f"select date '{last}' - range::int as usage_day, user_no as caller_id,"
        f" (user_no % {_UNITS})::int as unit_id, 1 as llm_model_id, '' as label,"
        " 'complete' as cost_status, 1 as requests,"
        " (random() * 10)::decimal(38, 15) as contracted_cost_usd"
        f" from users cross join range({_DAYS}) where random() < 0.4"
    )


def _write(connection: Connection, publication: Path, like: str, select: str) -> str:
    name = like.replace(".parquet", f"-{abs(hash(select)):x}.parquet")
    rows = f"(select * from (from '{publication / like}' limit 0) union all by name ({select}))"
    return write_parquet(connection, rows, publication, name)
