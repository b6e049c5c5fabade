"""What a tenant records beside the gateway's log and the directory, and the truth of it.

Everything here draws from streams of its own: leaving a source out changes no other file.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ingest.sandbox.exact_json import write_exact
from ingest.sandbox.generator.answers import foundry_answers, response_columns
from ingest.sandbox.generator.app_metrics import app_metric_lines
from ingest.sandbox.generator.app_traces import (
    OTHER_CONSTANTS,
    TRACE_CONSTANTS,
    days_of,
    other_columns,
    trace_columns,
    trace_truth_columns,
    traced_calls,
)
from ingest.sandbox.generator.arrays import Ints
from ingest.sandbox.generator.calls import Calls, Scope
from ingest.sandbox.generator.catalog import DAY_MS, utc_text
from ingest.sandbox.generator.claude_bill import ClaudeBill, bill_columns, claude_bill
from ingest.sandbox.generator.cost_rows import cost_rows
from ingest.sandbox.generator.foundry_metrics import foundry_points, minute_columns
from ingest.sandbox.generator.gateway_metrics import gauge_points, request_points
from ingest.sandbox.generator.metric_points import write_points
from ingest.sandbox.generator.outside import draw_outside, outside_columns
from ingest.sandbox.generator.planting import Planted
from ingest.sandbox.generator.recording import encode_columns, write_lines
from ingest.sandbox.generator.retail_pages import retail_pages
from ingest.sandbox.generator.usage_records import recorded_answers, usage_columns


@dataclass(frozen=True)
class Sources:
    """What the sources are written from; `answers` are Foundry's, the gateway's and others'."""

    scope: Scope
    calls: Calls
    oids: Sequence[str]
    planted: Planted
    outside: pd.DataFrame
    answers: pd.DataFrame
    bill: ClaudeBill
    traced: pd.DataFrame


def draw_sources(
    scope: Scope, calls: Calls, planted: Planted, oids: Sequence[str], model_requests: int
) -> Sources:
    """Return what happened beside the gateway's log; nothing is written yet."""
    outside = draw_outside(scope, model_requests)
    answers = foundry_answers(calls.table, planted.streamed, outside)
    return Sources(
        scope=scope,
        calls=calls,
        oids=oids,
        planted=planted,
        outside=outside,
        answers=answers,
        bill=claude_bill(answers),
        traced=traced_calls(calls.table, planted.trace_trap, oids),
    )


def write_sources(folder: Path, sources: Sources) -> None:
    """Write metrics/, usage/, costs/, retail_prices/ and the two tables of Application Insights."""
    scope, calls = sources.scope, sources.calls
    rng = scope.stream("gateway metrics")
    points = [
        foundry_points(
            scope.stream("foundry metrics"), sources.answers, sources.planted.unmeasured
        ),
        request_points(rng, calls.table),
        gauge_points(rng, calls.table, scope.starts_ms, scope.ends_ms),
    ]
    write_points(folder / "metrics", points, scope.starts_ms)
    _write_usage(folder / "usage", sources)
    lines, days = app_metric_lines(
        scope.stream("app metrics"), calls.table, calls.habits, sources.oids
    )
    _write_days(folder / "tables" / "AppMetrics", lines, days)
    _write_traces(folder / "tables" / "AppTraces", sources)
    _write_costs(folder / "costs", sources)
    for number, page in enumerate(retail_pages(), start=1):
        write_lines(folder / "retail_prices" / f"page-{number}.json", [write_exact(page)])


def write_source_truth(truth: Path, sources: Sources) -> None:
    """Write what really happened, in files of its own."""
    table, planted = sources.calls.table, sources.planted
    logged = (table["unlogged"] == 0).to_numpy()
    for name, columns in (
        ("responses", response_columns(table[logged], planted.streamed[logged])),
        ("outside", outside_columns(sources.outside)),
        ("metric_minutes", minute_columns(sources.answers, planted.unmeasured)),
        ("traces", trace_truth_columns(sources.traced, sources.oids)),
    ):
        write_lines(truth / f"{name}.jsonl.gz", encode_columns(columns, {}))
    write_lines(truth / "costs.jsonl", encode_columns(bill_columns(sources.bill), {}))


def _write_usage(folder: Path, sources: Sources) -> None:
    table = sources.calls.table
    recorded = table[recorded_answers(table, sources.planted.streamed)]
    columns = usage_columns(sources.scope.stream("usage"), recorded)
    days = np.array([str(time)[:10] for time in columns["time"]], dtype="datetime64[D]")
    # What kept a call out of the log kept its record away as well.
    unlogged = set(table.loc[table["unlogged"] > 0, "correlation_id"])
    kept = np.array([name not in unlogged for name in columns["correlation_id"]], dtype=np.bool_)
    lines = np.array(encode_columns(columns, {}), dtype=object)[kept].tolist()
    _write_days(folder, lines, days.astype(np.int64)[kept])


def _write_traces(folder: Path, sources: Sources) -> None:
    rng = sources.scope.stream("app traces")
    own, others = trace_columns(rng, sources.traced), other_columns(rng, sources.scope)
    lines = encode_columns(own, TRACE_CONSTANTS) + encode_columns(others, OTHER_CONSTANTS)
    days = np.concatenate([days_of(own), days_of(others)])
    order = rng.permutation(len(lines))
    _write_days(folder, [lines[place] for place in order.tolist()], days[order])


def _write_costs(folder: Path, sources: Sources) -> None:
    months = defaultdict(list)
    for row in cost_rows(sources.scope.stream("costs"), sources.scope, sources.bill):
        month, _, year = str(row["Date"]).split("/")
        months[f"{year}-{month}"].append(write_exact(row))
    for name, lines in months.items():
        write_lines(folder / f"{name}.jsonl", lines)


def _write_days(folder: Path, lines: Sequence[str], days: Ints) -> None:
    """Write one file of lines per day; `days` counts from 1970."""
    by_day: dict[int, list[str]] = defaultdict(list)
    for line, day in zip(lines, days.tolist(), strict=True):
        by_day[day].append(line)
    for day, today in sorted(by_day.items()):
        write_lines(folder / f"{utc_text(day * DAY_MS)[:10]}.jsonl.gz", today)
