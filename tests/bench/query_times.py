"""Times the queries behind the reports on a publication, each on several of its months.

Run as `python -m bench.query_times PUBLISHED TIMES`; prints the seconds of each, as JSON.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from models.chargeback import KEY_COLUMNS, chargeback_rows
from models.publication import require_manifest
from models.published import Published, month_days, reading
from models.viewer import operator

Query = Callable[[Published], object]


def main(folder: str, times: str) -> None:
    """Ask every query of every month in turn until each was asked often enough."""
    manifest = require_manifest(Path(folder))
    months = manifest.months()
    seconds: dict[str, list[float]] = {}
    for turn in range(-1, int(times)):  # one more, which only warms
        first_day, last_day = month_days(months[turn % len(months)])
        began = time.perf_counter()
        with reading(Path(folder), operator(), first_day=first_day, last_day=last_day) as month:
            took = {"open a month": time.perf_counter() - began}
            for name, query in queries(month).items():
                with timed(took, name):
                    query(month)
        for name, second in took.items():
            if turn >= 0:
                seconds.setdefault(name, []).append(second)
    print(json.dumps(seconds))


def queries(month: Published) -> dict[str, Query]:
    """Return every query by the name of its report."""
    example = month.connection.execute(
        "select correlation_id from requests using sample 1 rows"
    ).fetchone()
    wanted = example[0] if example else ""
    return {
        **{f"chargeback by {key}": _chargeback(key) for key in KEY_COLUMNS},
        "coverage": lambda published: published.query(
            "reports/coverage_by_day",
            published_at=published.manifest.published_at.replace(tzinfo=None),
        ),
        "totals": lambda published: published.query("reports/totals"),
        "summary": lambda published: published.query("reports/summary", largest=10),
        "explain": lambda published: published.query("reports/explain_request", wanted=wanted),
    }


def _chargeback(key: str) -> Query:
    return lambda published: chargeback_rows(published, [key])


@contextmanager
def timed(took: dict[str, float], name: str) -> Iterator[None]:
    """Note how long the block takes."""
    began = time.perf_counter()
    yield
    took[name] = time.perf_counter() - began


if __name__ == "__main__":
    main(*sys.argv[1:])
