"""The two tables of the gateway's log as files: one per table and day."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ingest.sandbox.generator.arrays import Bools
from ingest.sandbox.generator.calls import Calls, Scope
from ingest.sandbox.generator.catalog import DAY_MS, utc_text
from ingest.sandbox.generator.company import Company
from ingest.sandbox.generator.gateway_rows import GATEWAY_CONSTANTS, gateway_columns
from ingest.sandbox.generator.llm_rows import LLM_CONSTANTS, llm_columns
from ingest.sandbox.generator.recording import encode_columns, write_lines
from ingest.sandbox.generator.traps import TRAP

GATEWAY_TABLE = "ApiManagementGatewayLogs"
LLM_TABLE = "ApiManagementGatewayLlmLog"
Progress = Callable[[str, int, int], None]


def days_of_calls(scope: Scope, table: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the calls of each day of the recording."""
    edges = scope.starts_ms + np.arange(scope.days + 1) * DAY_MS
    places = np.searchsorted(table["time_ms"].to_numpy(), edges)
    return [table.iloc[places[day] : places[day + 1]] for day in range(scope.days)]


def write_log_tables(
    folder: Path, scope: Scope, company: Company, calls: Calls, tell: Progress
) -> tuple[int, int]:
    """Write one file per table and day, its rows out of order; return the rows of each table.

    What is drawn for a call does not depend on whether the log keeps it.
    """
    rng = scope.stream("rows")
    gateway_rows = llm_rows = 0
    for number, day in enumerate(days_of_calls(scope, calls.table)):
        name = f"{utc_text(scope.starts_ms + number * DAY_MS)[:10]}.jsonl.gz"
        tell("log rows", number, scope.days)
        doubled = (day["trap"] == TRAP["duplicate_line"]).to_numpy()
        logged = day["gateway_row"].to_numpy() == 1
        unlogged = day["unlogged"].to_numpy() > 0
        columns = gateway_columns(rng, day, calls.habits, company.oids)
        lines = _blanked(encode_columns(columns, GATEWAY_CONSTANTS), unlogged)
        again = [line for line, is_doubled in zip(lines, doubled, strict=True) if is_doubled]
        kept = [line for line, is_kept in zip(lines, logged, strict=True) if is_kept]
        gateway_rows += _write_file(
            rng, folder / "tables" / GATEWAY_TABLE / name, kept + again, torn=number == 0
        )
        columns = llm_columns(rng, day)
        token_row_of, row_of = (
            np.array(columns.pop(name), dtype=np.int64) for name in ("_call", "_row_of")
        )
        lines = _blanked(encode_columns(columns, LLM_CONSTANTS), unlogged[row_of])
        repeated = np.flatnonzero((token_row_of >= 0) & doubled[token_row_of])
        again = [lines[place] for place in repeated.tolist()]
        llm_rows += _write_file(
            rng, folder / "tables" / LLM_TABLE / name, lines + again, torn=number == 0
        )
    tell("log rows", scope.days, scope.days)
    return gateway_rows, llm_rows


def _write_file(rng: np.random.Generator, path: Path, lines: Sequence[str], *, torn: bool) -> int:
    """Write shuffled lines, on demand with a torn one; return the number of good lines.

    Empty lines are shuffled as well, and not written.
    """
    order = rng.permutation(len(lines)).tolist() if lines else []
    shuffled = [lines[place] for place in order if lines[place]]
    if not shuffled:
        return 0
    good = len(shuffled)
    if torn:
        shuffled.insert(len(shuffled) // 2, shuffled[0][: len(shuffled[0]) // 3])
    write_lines(path, shuffled)
    return good


def _blanked(lines: Sequence[str], unlogged: Bools) -> list[str]:
    """Return the lines, empty where the log does not keep them."""
    return ["" if is_lost else line for line, is_lost in zip(lines, unlogged, strict=True)]
