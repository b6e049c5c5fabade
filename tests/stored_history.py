"""Many days of every source in a warehouse: one day that really arrived, and copies of it."""

from dataclasses import replace
from datetime import date, timedelta

from core_rows import Books, Row, gateway, llm, oid
from incremental_life import land_arriving
from incremental_rows import FRONT, Arriving, metric, point, record, trace

from models.publication import publish

FIRST_DAY = date(2026, 7, 1)
ROWS_A_DAY = 1024
"""Of every source: half of the smallest row group, so that no day shares one with many others."""

_CALLERS = 16
_COPIED = (
    "raw.gateway_log", "raw.llm_log", "raw.app_traces", "raw.app_metrics", "raw.usage_records",
    "raw.platform_metrics", "staging.gateway_requests", "staging.llm_rows",
    "staging.caller_traces", "staging.usage_records", "staging.metric_points",
)  # fmt: skip
_LOADS_A_DAY = 24


def arriving(day: date, first: int, rows: int) -> list[Arriving]:
    """Rows of every source for so many requests of a day from 10 o'clock on, 80 a minute."""
    found = []
    for number in range(first, first + rows):
        minute, second = divmod(number, 80)
        hour, minute = divmod(minute, 60)
        at = f"{day}T{10 + hour:02}:{minute:02}:{second // 2:02}"
        found += [
            Arriving("gateway_log", _gateway(number, f"{at}Z")),
            Arriving("llm_log", llm(number, f"{at}.5Z")),
            Arriving("app_traces", _named(trace(number, f"{at}Z", number), day)),
            Arriving("app_metrics", _named(metric(number, f"{at}Z", number % _CALLERS), day)),
            Arriving("usage_records", record(number, f"{at}.6Z")),
        ]
    return found + [_point(day, number) for number in range(first, first + rows)]


def store_history(books: Books, days: int) -> date:
    """Store and publish `days` days of every source; return the last of them.

    Only the first is built. The others name its files: an increment reads none of them.
    """
    connection = books.connection
    land_arriving(books, arriving(FIRST_DAY, 0, ROWS_A_DAY))
    manifest = books.publish()
    published = manifest.days[str(FIRST_DAY)]
    all_days = [FIRST_DAY + timedelta(days=shift) for shift in range(days)]
    # Otherwise rows of a day would lie scattered, as rows that arrive hour by hour never do.
    connection.execute("set preserve_insertion_order = true")
    for table in _COPIED:
        columns = connection.execute(f"describe warehouse.{table}").fetchall()
        moved = [
            f"{shifted} as {name}"
            for name, kind, *_ in columns
            if (shifted := _shifted(name, kind)) is not None
        ]
        connection.execute(
            f"insert into warehouse.{table} by name"
            f" select * exclude (shift) replace ({', '.join(moved)})"
            f" from warehouse.{table} cross join range(1, ?) as days (shift)"
            " order by shift, item_id",
            [days],
        )
    connection.execute(
        "insert into warehouse.run.loads select load.* replace (load.load_id + 1000 as load_id)"
        " from warehouse.run.loads as load cross join range(?) as hours (hour)"
        " order by hour, load.load_id",
        [days * _LOADS_A_DAY],
    )
    connection.execute("set preserve_insertion_order = false")
    connection.execute("checkpoint warehouse")
    whole = replace(manifest, sequence=2, days={str(day): published for day in all_days})
    publish(books.publication, whole)
    return all_days[-1]


def _shifted(name: str, kind: str) -> str | None:
    """Return the expression that makes a column that of a later day."""
    if name == "load_id":
        return "load_id + 1000 * shift"
    if name == "item_id":
        return "item_id || '-' || shift"
    if name == "correlation_id":
        return "replace(correlation_id, '-0000-4', format('-{:04}-4', shift))"
    if kind == "TIMESTAMP":
        return f"{name} + to_days(shift::integer)"
    return f"{name} + shift::integer" if kind == "DATE" else None


def _gateway(number: int, at: str) -> Row:
    named = {"backend_request_headers": {"x-caller-oid": oid(number % _CALLERS)}}
    return gateway(number, at, resource_id=FRONT, **named)


def _named(row: Row, day: date) -> Row:
    return row | {"item_id": f"{row['item_id']}-{day}"}


def _point(day: date, number: int) -> Arriving:
    hour, minute = divmod(number, 60)
    name = "Requests" if number % 2 else "ModelRequests"
    return Arriving("platform_metrics", point(name, f"{day}T{hour:02}:{minute:02}:00Z", 1))
