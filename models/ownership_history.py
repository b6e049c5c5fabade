"""Which unit a principal belonged to over time, as the rules say now."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from models.errors import ReportError, WarehouseError
from models.seeds import ALWAYS, FOREVER
from models.warehouse import looking, run


@dataclass(frozen=True)
class OwnedSpan:
    """One span of time in one unit; None stands for an open end."""

    unit: str
    unit_rule: str
    attribute: str
    raw_value: str | None
    rule_source: str | None
    valid_from: datetime | None
    valid_to: datetime | None


def history(warehouse_file: Path, oid: str) -> list[OwnedSpan]:
    """Return the spans of an object id, oldest first.

    Raises ReportError when the last run knew no such principal, WarehouseError when the warehouse
    is being written.
    """
    with looking(warehouse_file) as connection:
        if connection is None:
            raise WarehouseError(
                f"{warehouse_file} is absent or being written: run `tollbook run`, or wait for the"
                " run to end, and ask again"
            )
        rows = run(connection, "ownership/history", wanted=oid.strip().lower()).fetchall()
    if not rows:
        raise ReportError(
            f"the directory knows no principal {oid[:40]!r}: check the object id, or run"
            " `tollbook run directory build`"
        )
    return [
        OwnedSpan(unit, unit_rule, attribute, raw_value, source, _bound(start), _bound(end))
        for unit, unit_rule, attribute, raw_value, source, start, end in rows
    ]


def _bound(moment: datetime) -> datetime | None:
    return None if moment in {ALWAYS, FOREVER} else moment.replace(tzinfo=UTC)
