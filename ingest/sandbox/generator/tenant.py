"""The tenant generator: a whole simulated company as a recorded workspace, and its truth."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from ingest.sandbox.generator.calls import Calls, Scope, draw_calls
from ingest.sandbox.generator.catalog import (
    DAY_MS,
    DEPLOYMENTS,
    NOW_AFTER_END,
    STARTS_AT,
    deployment_tables,
    milliseconds,
    utc_text,
    workspace_values,
)
from ingest.sandbox.generator.company import Company, build_company
from ingest.sandbox.generator.gateway_rows import GATEWAY_CONSTANTS, gateway_columns
from ingest.sandbox.generator.graph_objects import write_graph
from ingest.sandbox.generator.llm_rows import LLM_CONSTANTS, llm_columns
from ingest.sandbox.generator.outcomes import OUTCOMES
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
from ingest.sandbox.generator.sources import (
    Sources,
    draw_sources,
    write_source_truth,
    write_sources,
)
from ingest.sandbox.generator.timeline import Timeline, build_timeline
from ingest.sandbox.generator.traps import TRAP, TRAPS
from ingest.sandbox.generator.truth import people_rows, truth_columns

FEWEST_USERS = 5
FEWEST_DAYS = 1
GATEWAY_TABLE = "ApiManagementGatewayLogs"
LLM_TABLE = "ApiManagementGatewayLlmLog"
_TRUTH_FILE = "truth.toml"
Progress = Callable[[str, int, int], None]


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
        gateway_rows, llm_rows = _write_tables(folder, scope, company, calls, tell)
        _write_subscriptions(folder, company, calls)
        sources = _write_sources(folder, scope, company, calls, tell)
        _write_workspace(folder, scope, now)
        summary = TenantSummary(
            out=out,
            truth=truth,
            seed=seed,
            users=users,
            days=days,
            starts_at=STARTS_AT,
            now=now,
            model_requests=_model_requests(calls.table),
            sessions=calls.sessions,
            gateway_rows=gateway_rows,
            llm_rows=llm_rows,
            traps=_trap_counts(calls.table),
        )
        if truth is not None:
            _write_truth(truth, scope, company, timeline, calls, summary)
            write_source_truth(truth, sources)
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


def _model_requests(table: pd.DataFrame) -> int:
    reached = np.array([outcome.reached_model for outcome in OUTCOMES])
    return int(reached[table["outcome"]].sum())


def _trap_counts(table: pd.DataFrame) -> dict[str, int]:
    counts = np.bincount(table["trap"], minlength=len(TRAPS)).tolist()
    return {trap.name: count for trap, count in zip(TRAPS, counts, strict=True) if trap.name}


def _days(scope: Scope, table: pd.DataFrame) -> list[pd.DataFrame]:
    edges = scope.starts_ms + np.arange(scope.days + 1) * DAY_MS
    places = np.searchsorted(table["time_ms"].to_numpy(), edges)
    return [table.iloc[places[day] : places[day + 1]] for day in range(scope.days)]


def _write_tables(
    folder: Path, scope: Scope, company: Company, calls: Calls, tell: Progress
) -> tuple[int, int]:
    """Write one file per table and day, its rows out of order; return the rows of each table."""
    rng = scope.stream("rows")
    gateway_rows = llm_rows = 0
    for number, day in enumerate(_days(scope, calls.table)):
        name = f"{utc_text(scope.starts_ms + number * DAY_MS)[:10]}.jsonl.gz"
        tell("log rows", number, scope.days)
        doubled = (day["trap"] == TRAP["duplicate_line"]).to_numpy()
        logged = day["gateway_row"].to_numpy() == 1
        columns = gateway_columns(rng, day, calls.habits, company.oids)
        lines = encode_columns(columns, GATEWAY_CONSTANTS)
        again = [line for line, is_doubled in zip(lines, doubled, strict=True) if is_doubled]
        kept = [line for line, is_kept in zip(lines, logged, strict=True) if is_kept]
        gateway_rows += _write_file(
            rng, folder / "tables" / GATEWAY_TABLE / name, kept + again, torn=number == 0
        )
        columns = llm_columns(rng, day)
        token_row_of = np.array(columns.pop("_call"), dtype=np.int64)
        lines = encode_columns(columns, LLM_CONSTANTS)
        repeated = np.flatnonzero((token_row_of >= 0) & doubled[token_row_of])
        again = [lines[place] for place in repeated.tolist()]
        llm_rows += _write_file(
            rng, folder / "tables" / LLM_TABLE / name, lines + again, torn=number == 0
        )
    tell("log rows", scope.days, scope.days)
    return gateway_rows, llm_rows


def _write_file(rng: np.random.Generator, path: Path, lines: Sequence[str], *, torn: bool) -> int:
    """Write shuffled lines, on demand with a torn one; return the number of good lines."""
    if not lines:
        return 0
    shuffled = [lines[place] for place in rng.permutation(len(lines)).tolist()]
    if torn:
        shuffled.insert(len(shuffled) // 2, shuffled[0][: len(shuffled[0]) // 3])
    write_lines(path, shuffled)
    return len(lines)


def _write_subscriptions(folder: Path, company: Company, calls: Calls) -> None:
    path = folder / "seeds" / "subscriptions.csv"
    path.parent.mkdir()
    rows = calls.owners.seed_rows(company.oids)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _write_sources(
    folder: Path, scope: Scope, company: Company, calls: Calls, tell: Progress
) -> Sources:
    tell("other sources", 0, 1)
    sources = draw_sources(scope, calls, company.oids, _model_requests(calls.table))
    write_sources(folder, sources)
    tell("other sources", 1, 1)
    return sources


def _write_workspace(folder: Path, scope: Scope, now: datetime) -> None:
    comment = f"{SIMULATED_MARK}: seed {scope.seed}, {scope.users} users, {scope.days} days."
    values = workspace_values(STARTS_AT, now)
    tables = {"deployments": deployment_tables(DEPLOYMENTS)}
    (folder / WORKSPACE_FILE).write_text(toml_text(comment, values, tables), encoding="utf-8")


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
        for day in _days(scope, calls.table)
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
    outcomes = np.bincount(calls.table["outcome"], minlength=len(OUTCOMES)).tolist()
    tables = {
        "traps": dict(summary.traps),
        "outcomes": {o.name: count for o, count in zip(OUTCOMES, outcomes, strict=True)},
    }
    text = toml_text(f"{SIMULATED_MARK}: the truth.", values, tables)
    (truth / _TRUTH_FILE).write_text(text, encoding="utf-8")
