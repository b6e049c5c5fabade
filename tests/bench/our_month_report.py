"""Times our month's report on a publication: the nested one, and what `tollbook report` asks.

Run as `python -m bench.our_month_report PUBLISHED`, where the month is 2026-10.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from models.chargeback import chargeback
from models.published import Answer, month_days, reading
from models.viewer import operator

Result = TypeVar("Result")

MONTH = "2026-10"

_STATEMENT = Path(__file__).with_name("sql") / "our_month_report.sql"


def main(folder: str) -> None:
    """Print the seconds of each report and what the month adds up to."""
    published = Path(folder)
    nested_s, days = timed(lambda: nested(published))
    units_s, _ = timed(lambda: _chargeback(published, "unit"))
    users_s, answer = timed(lambda: _chargeback(published, "user"))
    rows = answer.records()
    print(
        json.dumps(
            {
                "nested": nested_s,
                "by_unit": units_s,
                "by_user": users_s,
                "days": len(days),
                "requests": sum(row["requests"] for row in rows),
                "spend_usd": str(sum(row["list_cost_usd"] or 0 for row in rows)),
            }
        )
    )


def nested(folder: Path) -> list[tuple[object, str]]:
    """Return, per day, its callers and their models and clients as JSON; opening is part of it."""
    first_day, last_day = month_days(MONTH)
    with reading(folder, operator(), first_day=first_day, last_day=last_day) as published:
        statement = _STATEMENT.read_text(encoding="utf-8")
        return list(published.connection.execute(statement).fetchall())


def timed(work: Callable[[], Result]) -> tuple[float, Result]:
    """Return how long some work took, and its result."""
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def _chargeback(folder: Path, key: str) -> Answer:
    return chargeback(folder, operator(), month=MONTH, by=[key])


if __name__ == "__main__":
    main(*sys.argv[1:])
