"""Turn public inference traces into a recorded workspace.

Arrival times and token counts are the trace's own. Everything else a gateway would have logged is
simulated and says so: callers, their units, deployments, identifiers. What the trace does not know,
sizes and durations, stays null.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from ingest.sandbox.generator.arrays import Ints, random_stream, weighted
from ingest.sandbox.generator.catalog import (
    DEPLOYMENTS,
    GATEWAY_HOST,
    HAIKU_4_5,
    NOW_AFTER_END,
    SONNET_5_5,
    deployment_tables,
    workspace_values,
)
from ingest.sandbox.generator.company import Company, Group, Person
from ingest.sandbox.generator.gateway_rows import GATEWAY_CONSTANTS
from ingest.sandbox.generator.graph_objects import write_graph
from ingest.sandbox.generator.identifiers import guids, message_ids
from ingest.sandbox.generator.llm_rows import LLM_CONSTANTS
from ingest.sandbox.generator.log_tables import GATEWAY_TABLE, LLM_TABLE
from ingest.sandbox.generator.recording import (
    SIMULATED_MARK,
    WORKSPACE_FILE,
    RecordingError,
    encode_columns,
    new_recording,
    toml_text,
    write_lines,
)
from ingest.sandbox.generator.trace_file import read_trace

CALLERS = 60
_UNITS = 8
# With 60 callers the busiest makes a third of the requests and five make two thirds: as
# concentrated as the clients of public service traces.
_CONCENTRATION = 1.3
_DAY_NS = 86_400 * 10**9
_MINUTE_NS = 60 * 10**9
_CONVERSATION_HINT = "conv"


@dataclass(frozen=True)
class TraceSummary:
    """What was imported; `rows` is by file name, in the order given."""

    out: Path
    day: date
    rows: dict[str, int]
    models: dict[str, str]
    callers: int
    input_tokens: int
    output_tokens: int
    first_at: str
    last_at: str


def import_trace(files: Sequence[Path], out: Path, *, day: date, seed: int) -> TraceSummary:
    """Write the traces as one recorded workspace to the folder `out`.

    The earliest row of all files keeps its time of day on `day` (UTC), and all others their
    distance to it. Raises RecordingError, before `out` is touched, for a missing or doubled file
    and, with file and line, for the first row that is not a time and two token counts.
    """
    _refuse_inputs(files, seed)
    trace = pd.concat([_read(file) for file in files], ignore_index=True)
    if trace.empty:
        raise RecordingError("The trace files hold no rows: name files with at least one row.")
    trace["time_ns"] += _shift_ns(trace["time_ns"].to_numpy(), day)
    trace = trace.sort_values("time_ns", kind="stable", ignore_index=True)
    company = _company(_stream(seed, "company"))
    last = datetime.fromtimestamp(int(trace["time_ns"].iloc[-1]) / 10**9, tz=UTC).date()
    with new_recording(out) as folder:
        write_graph(folder / "graph", company, ())
        _write_tables(folder, trace, company, seed)
        _write_workspace(folder, files, day, last)
    times = _time_texts(trace["time_ns"].to_numpy())
    counts = trace["name"].value_counts()
    return TraceSummary(
        out=out,
        day=day,
        rows={file.name: int(counts.get(file.name, 0)) for file in files},
        models={file.name: DEPLOYMENTS[_deployment(file)].model for file in files},
        callers=len(company.people),
        input_tokens=int(trace["input_tokens"].sum()),
        output_tokens=int(trace["output_tokens"].sum()),
        first_at=times[0],
        last_at=times[-1],
    )


def _stream(seed: int, name: str) -> np.random.Generator:
    return random_stream(seed, CALLERS, 1, f"trace {name}")


def _refuse_inputs(files: Sequence[Path], seed: int) -> None:
    if not files:
        raise RecordingError("No trace file is named: name at least one CSV file.")
    if seed < 0:
        raise RecordingError(f"seed is {seed}: use 0 or a positive whole number.")
    names = [file.name for file in files]
    for file in files:
        if not file.is_file():
            raise RecordingError(f"{file} does not exist or is no file: name a trace CSV.")
        if names.count(file.name) > 1:
            raise RecordingError(
                f"{file.name} is named twice and would count double: name it once, or rename one."
            )


def _deployment(file: Path) -> int:
    """Return the deployment a file's requests are simulated on, by the kind in its name."""
    return HAIKU_4_5 if _CONVERSATION_HINT in file.stem.lower() else SONNET_5_5


def _read(file: Path) -> pd.DataFrame:
    """Return columns time_ns, input_tokens, output_tokens, deployment and name (of the file)."""
    values = np.array(list(read_trace(file)), dtype=np.int64).reshape(-1, 3)
    return pd.DataFrame(
        {
            "time_ns": values[:, 0],
            "input_tokens": values[:, 1],
            "output_tokens": values[:, 2],
            "deployment": np.full(len(values), _deployment(file)),
            "name": pd.Series([file.name] * len(values), dtype=object),
        }
    )


def _shift_ns(times_ns: Ints, day: date) -> int:
    earliest = int(times_ns.min())
    target_ns = (day - date(1970, 1, 1)).days * _DAY_NS
    return target_ns - (earliest - earliest % _DAY_NS)


def _time_texts(times_ns: Ints) -> list[str]:
    """Return RFC 3339 texts in UTC with the seven decimals that the log has."""
    texts = np.datetime_as_string(times_ns.astype("datetime64[ns]"), unit="ns").astype("U27")
    result: list[str] = np.char.add(texts, "Z").tolist()
    return result


def _company(rng: np.random.Generator) -> Company:
    oids = guids(rng, CALLERS + 1)
    people = tuple(
        Person(
            oid=oids[place],
            display_name=f"Simulated caller {place + 1:03}",
            principal_name=f"simulated.caller.{place + 1:03}@contoso.example",
            employee_id=None,
            department=f"Simulated department {place % _UNITS // 2 + 1}",
            cost_center=f"Simulated cost center {place % _UNITS + 1}",
            office=0,
            user_type="Member",
            manager=None,
        )
        for place in range(CALLERS)
    )
    group = Group(oids[-1], "Simulated callers", tuple(range(CALLERS)))
    return Company(
        people=people,
        services=(),
        groups=(group,),
        directly_assigned=(),
        joiners=(),
        leavers=(),
        movers=(),
        renamed_department="",
    )


def _write_tables(folder: Path, trace: pd.DataFrame, company: Company, seed: int) -> None:
    """Write one file per table and day."""
    rng = _stream(seed, "rows")
    weights = 1 / np.arange(1, CALLERS + 1, dtype=np.float64) ** _CONCENTRATION
    caller = weighted(rng, weights, len(trace))
    oids = np.array(company.oids, dtype=np.object_)[caller].tolist()
    correlation_ids = guids(rng, len(trace))
    gateway = encode_columns(_gateway_columns(rng, trace, oids, correlation_ids), GATEWAY_CONSTANTS)
    llm = encode_columns(_llm_columns(rng, trace, correlation_ids), LLM_CONSTANTS)
    day = trace["time_ns"].to_numpy() // _DAY_NS
    for number in np.unique(day).tolist():
        name = f"{np.datetime64(number, 'D')}.jsonl.gz"
        first, end = np.searchsorted(day, [number, number + 1]).tolist()
        write_lines(folder / "tables" / GATEWAY_TABLE / name, gateway[first:end])
        write_lines(folder / "tables" / LLM_TABLE / name, llm[first:end])


def _gateway_columns(
    rng: np.random.Generator,
    trace: pd.DataFrame,
    oids: list[str],
    correlation_ids: list[str],
) -> dict[str, Sequence[object]]:
    count = len(trace)
    deployments = [DEPLOYMENTS[place] for place in trace["deployment"].tolist()]
    policy = [
        {"x-caller-oid": oid, "x-llm-deployment": deployment.name, "x-llm-speed": "standard"}
        for oid, deployment in zip(oids, deployments, strict=True)
    ]
    agents = [{"user-agent": f"simulated-trace ({name})"} for name in trace["name"].tolist()]
    return {
        "TimeGenerated": _time_texts(trace["time_ns"].to_numpy()),
        "CorrelationId": correlation_ids,
        "ApiId": ["claude"] * count,
        "ApiRevision": ["3"] * count,
        "OperationId": ["messages"] * count,
        "ApimSubscriptionId": [""] * count,
        "Method": ["POST"] * count,
        "Url": [f"https://{GATEWAY_HOST}/claude/v1/messages"] * count,
        "CallerIpAddress": ["192.0.2.1"] * count,
        "ResponseCode": [200] * count,
        "BackendResponseCode": [200] * count,
        "BackendMethod": ["POST"] * count,
        "BackendProtocol": ["HTTP/1.1"] * count,
        "BackendUrl": [deployment.backend_url for deployment in deployments],
        "RequestSize": [None] * count,
        "ResponseSize": [None] * count,
        "TotalTime": [None] * count,
        "BackendTime": [None] * count,
        "IsRequestSuccess": [True] * count,
        "LastErrorReason": [""] * count,
        "LastErrorSource": [""] * count,
        "LastErrorSection": [""] * count,
        "RequestHeaders": agents,
        "ResponseHeaders": policy,
        "BackendRequestHeaders": policy,
        "TraceRecords": [[]] * count,
        "_IngestionTime": _arrivals(rng, trace),
        "_ItemId": guids(rng, count),
    }


def _llm_columns(
    rng: np.random.Generator, trace: pd.DataFrame, correlation_ids: list[str]
) -> dict[str, Sequence[object]]:
    total = trace["input_tokens"] + trace["output_tokens"]
    return {
        "TimeGenerated": _time_texts(trace["time_ns"].to_numpy()),
        "CorrelationId": correlation_ids,
        "RequestId": message_ids(rng, len(trace)),
        "ModelName": [DEPLOYMENTS[place].model for place in trace["deployment"].tolist()],
        "PromptTokens": trace["input_tokens"].tolist(),
        "CompletionTokens": trace["output_tokens"].tolist(),
        "TotalTokens": total.tolist(),
        "IsStreamCompletion": [False] * len(trace),
        "SequenceNumber": [0] * len(trace),
        "_IngestionTime": _arrivals(rng, trace),
        "_ItemId": guids(rng, len(trace)),
    }


def _arrivals(rng: np.random.Generator, trace: pd.DataFrame) -> list[str]:
    delay_ns = rng.integers(3 * _MINUTE_NS, 10 * _MINUTE_NS, len(trace))
    return _time_texts(trace["time_ns"].to_numpy() + delay_ns)


def _write_workspace(folder: Path, files: Sequence[Path], day: date, last: date) -> None:
    starts_at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    now = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1) + NOW_AFTER_END
    used = tuple(DEPLOYMENTS[place] for place in sorted({_deployment(file) for file in files}))
    names = ", ".join(repr(file.name) for file in files)
    comment = f"{SIMULATED_MARK}: times and token counts of {names}; callers are simulated."
    values = workspace_values(starts_at, now)
    values["foundry_resource_ids"] = sorted({d.foundry_resource_id for d in used})
    text = toml_text(comment, values, {"deployments": deployment_tables(used)})
    (folder / WORKSPACE_FILE).write_text(text, encoding="utf-8")
