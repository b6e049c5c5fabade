"""The tenant generator: a whole simulated company as a recorded workspace, and its truth."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from ingest.sandbox.generator.calls import Calls, Scope, draw_calls
from ingest.sandbox.generator.catalog import (
    DEPLOYMENTS,
    NOW_AFTER_END,
    STARTS_AT,
    deployment_tables,
    milliseconds,
    utc_text,
    workspace_values,
)
from ingest.sandbox.generator.company import Company, build_company
from ingest.sandbox.generator.fault_truth import fault_lines
from ingest.sandbox.generator.faults import FAULTS
from ingest.sandbox.generator.graph_objects import write_graph
from ingest.sandbox.generator.log_tables import Progress, days_of_calls, write_log_tables
from ingest.sandbox.generator.outcomes import OUTCOMES
from ingest.sandbox.generator.planting import Planted, plant_faults
from ingest.sandbox.generator.recording import (
    SIMULATED_MARK,
    WORKSPACE_FILE,
    RecordingError,
    encode_columns,
    new_recording,
    toml_text,
    write_lines,
    write_objects,
)
from ingest.sandbox.generator.reviewers import write_reviews
from ingest.sandbox.generator.sources import (
    Sources,
    draw_sources,
    write_source_truth,
    write_sources,
)
from ingest.sandbox.generator.timeline import Timeline, build_timeline, departments_of
from ingest.sandbox.generator.traps import TRAPS
from ingest.sandbox.generator.truth import people_rows, truth_columns, unlogged_columns

FEWEST_USERS = 5
FEWEST_DAYS = 1
_TRUTH_FILE = "truth.toml"


@dataclass(frozen=True)
class TenantSummary:
    """What was generated; row counts are of good lines, repeated ones included."""

    out: Path
    truth: Path | None
    seed: int
    users: int
    days: int
    starts_at: datetime
    now: datetime
    model_requests: int
    sessions: int
    gateway_rows: int
    llm_rows: int
    traps: Mapping[str, int]


def generate_tenant(
    out: Path,
    *,
    truth: Path | None,
    seed: int,
    users: int,
    days: int,
    progress: Progress | None = None,
) -> TenantSummary:
    """Write a simulated tenant to the folder `out`, and what really happened to `truth`.

    The same seed, users and days give the same bytes. An earlier simulated workspace at `out` is
    replaced. Raises RecordingError, before anything is written, for fewer than 5 users or 1 day,
    for an `out` that holds anything else, and for a `truth` inside `out`.
    """
    _refuse_size(seed, users, days)
    if truth is not None:
        _refuse_truth(truth, out)
    tell = progress or _say_nothing
    starts_ms = milliseconds(STARTS_AT)
    now = STARTS_AT + timedelta(days=days) + NOW_AFTER_END
    scope = Scope(seed, users, days, starts_ms, milliseconds(now))
    with new_recording(out) as folder:
        tell("people", 0, users)
        company = build_company(scope.stream("company"), users)
        timeline = build_timeline(scope.stream("timeline"), company, starts_ms, days)
        write_graph(folder / "graph", company, timeline.lines)
        tell("people", users, users)
        calls = draw_calls(scope, company, timeline)
        planted = plant_faults(scope, calls)
        gateway_rows, llm_rows = write_log_tables(folder, scope, company, calls, tell)
        _write_subscriptions(folder, company, calls)
        write_reviews(folder / "seeds", company, timeline.corrections, departments_of(company))
        sources = _write_sources(folder, scope, company, calls, planted, tell)
        _write_workspace(folder, scope, now)
        summary = TenantSummary(
            out=out,
            truth=truth,
            seed=seed,
            users=users,
            days=days,
            starts_at=STARTS_AT,
            now=now,
            model_requests=_model_requests(_logged(calls.table)),
            sessions=calls.sessions,
            gateway_rows=gateway_rows,
            llm_rows=llm_rows,
            traps=_trap_counts(calls.table),
        )
        if truth is not None:
            _write_truth(truth, scope, company, timeline, calls, summary)
            _write_unlogged(truth, company, timeline, calls, planted)
            write_source_truth(truth, sources)
            write_objects(truth / "faults.jsonl", fault_lines(calls, planted, sources.outside))
            tell("truth", 1, 1)
    return summary


def _say_nothing(_step: str, _done: int, _total: int) -> None:
    """Stand in for a caller that wants no progress."""


def _refuse_size(seed: int, users: int, days: int) -> None:
    if users < FEWEST_USERS:
        raise RecordingError(f"users is {users}: ask for {FEWEST_USERS} users or more.")
    if days < FEWEST_DAYS:
        raise RecordingError(f"days is {days}: ask for {FEWEST_DAYS} day or more.")
    if seed < 0:
        raise RecordingError(f"seed is {seed}: use 0 or a positive whole number.")


def _refuse_truth(truth: Path, out: Path) -> None:
    if truth.resolve().is_relative_to(out.resolve()):
        raise RecordingError(
            f"The truth folder {truth} lies in the workspace {out}, where the product would read "
            "it: name a folder outside."
        )
    if truth.is_file():
        raise RecordingError(f"{truth} is a file: name a folder for the truth.")
    if truth.is_dir() and any(truth.iterdir()) and not (truth / _TRUTH_FILE).is_file():
        raise RecordingError(
            f"{truth} is not empty and holds no earlier truth: name a new or empty folder."
        )


def _logged(table: pd.DataFrame) -> pd.DataFrame:
    """Return the calls that the gateway's log has any row of."""
    return table[table["unlogged"] == 0]


def _model_requests(table: pd.DataFrame) -> int:
    reached = np.array([outcome.reached_model for outcome in OUTCOMES])
    return int(reached[table["outcome"]].sum())


def _trap_counts(table: pd.DataFrame) -> dict[str, int]:
    counts = np.bincount(table["trap"], minlength=len(TRAPS)).tolist()
    return {trap.name: count for trap, count in zip(TRAPS, counts, strict=True) if trap.name}


def _write_subscriptions(folder: Path, company: Company, calls: Calls) -> None:
    path = folder / "seeds" / "subscriptions.csv"
    path.parent.mkdir()
    rows = calls.owners.seed_rows(company.oids)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _write_sources(
    folder: Path,
    scope: Scope,
    company: Company,
    calls: Calls,
    planted: Planted,
    tell: Progress,
) -> Sources:
    tell("other sources", 0, 1)
    sources = draw_sources(scope, calls, planted, company.oids, _model_requests(calls.table))
    write_sources(folder, sources)
    tell("other sources", 1, 1)
    return sources


def _write_workspace(folder: Path, scope: Scope, now: datetime) -> None:
    comment = f"{SIMULATED_MARK}: seed {scope.seed}, {scope.users} users, {scope.days} days."
    values = workspace_values(STARTS_AT, now)
    tables = {"deployments": deployment_tables(DEPLOYMENTS)}
    (folder / WORKSPACE_FILE).write_text(toml_text(comment, values, tables), encoding="utf-8")


def _write_unlogged(
    truth: Path, company: Company, timeline: Timeline, calls: Calls, planted: Planted
) -> None:
    unlogged = (calls.table["unlogged"] > 0).to_numpy()
    columns = unlogged_columns(
        calls.table[unlogged], planted.streamed[unlogged], timeline, company.oids
    )
    write_lines(truth / "unlogged.jsonl.gz", encode_columns(columns, {}))


def _write_truth(
    truth: Path,
    scope: Scope,
    company: Company,
    timeline: Timeline,
    calls: Calls,
    summary: TenantSummary,
) -> None:
    truth.mkdir(parents=True, exist_ok=True)
    lines = [
        line
        for day in days_of_calls(scope, _logged(calls.table))
        for line in encode_columns(truth_columns(day, timeline, company.oids), {})
    ]
    write_lines(truth / "requests.jsonl.gz", lines)
    write_objects(truth / "people.jsonl", people_rows(company, timeline, scope.starts_ms))
    values: dict[str, object] = {
        "seed": scope.seed,
        "users": scope.users,
        "days": scope.days,
        "starts_at": utc_text(scope.starts_ms),
        "now": utc_text(scope.now_ms),
        "calls": len(lines),
        "model_requests": summary.model_requests,
        "sessions": summary.sessions,
        "gateway_rows": summary.gateway_rows,
        "llm_rows": summary.llm_rows,
    }
    outcomes = np.bincount(_logged(calls.table)["outcome"], minlength=len(OUTCOMES)).tolist()
    faults = np.bincount(calls.table["fault"], minlength=len(FAULTS)).tolist()
    tables = {
        "traps": dict(summary.traps),
        "faults": {f.name: count for f, count in zip(FAULTS, faults, strict=True) if f.name},
        "outcomes": {o.name: count for o, count in zip(OUTCOMES, outcomes, strict=True)},
    }
    text = toml_text(f"{SIMULATED_MARK}: the truth.", values, tables)
    (truth / _TRUTH_FILE).write_text(text, encoding="utf-8")
