"""Findings about the figures themselves: how much is known, and what was kept out of money."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from models.clock import Clock, rfc3339
from models.finding import DoctorFinding, fail, ok, warn
from models.publication import read_manifest
from models.published import reading
from models.viewer import operator

CALLER_COVERAGE = 0.98
"""Under this share of requests with a caller, a chargeback leaves too much to argue about."""

STALE_AFTER = timedelta(hours=26)

# column of reports/coverage: what it says, what to do
_COUNTED = {
    "caller_conflicts": (
        "requests whose sides name different callers, or that carry a client's own x-caller-oid",
        "override x-caller-oid in every section of the gateway's policy",
    ),
    "malformed_oids": (
        "requests with a caller value that is no object id; it was not used",
        "let the policy write the oid claim, nothing else",
    ),
    "malformed_headers": (
        "requests whose header columns could not be read",
        "look at them with `tollbook explain`; another tool may write to this workspace",
    ),
    "without_usage_row": (
        "requests that reached a model and have no usage row (label unmetered)",
        "check that GatewayLlmLogs is enabled on the API; aborted streams belong here",
    ),
    "without_gateway_row": (
        "usage rows whose gateway row has not arrived (label unattributed)",
        "wait a day; if they stay, check the GatewayLogs category",
    ),
    "unjoinable_usage": (
        "usage rows without a CorrelationId; their requests are booked as unmetered",
        "look at the LLM rows; a tool may strip the column on the way",
    ),
    "refused_counts": (
        "requests with negative or impossible token counts; those counts are unknown",
        "look at them with `tollbook explain`",
    ),
    "without_time": (
        "requests without a time; they are booked on the day they arrived, unpriced",
        "look at them with `tollbook explain`",
    ),
    "without_deployment": (
        "requests whose deployment is unknown; their bounds span the possible prices",
        "let the policy write x-llm-deployment, or complete deployments.csv",
    ),
    "logged_credentials": (
        "requests with a credential header in the log (its value was dropped while landing)",
        "remove Authorization, api keys and cookies from the diagnostic settings",
    ),
}


def coverage_findings(folder: Path, clock: Clock) -> Iterator[DoctorFinding]:
    """Yield what the published figures say about themselves."""
    manifest = read_manifest(folder)
    if manifest is None or not manifest.days:
        yield fail("publication", "nothing is published", "run `tollbook run`")
        return
    yield ok("publication", f"number {manifest.sequence} of {rfc3339(manifest.published_at)}")
    until = manifest.data_until
    if until is None or clock.now() - until > STALE_AFTER:
        yield warn(
            "freshness",
            f"data until {rfc3339(until) if until else 'unknown'}",
            "run `tollbook run`",
        )
    else:
        yield ok("freshness", f"data until {rfc3339(until)}")
    with reading(folder, operator(), manifest=manifest) as published:
        totals = published.query("reports/coverage").records()[0]
        problems = published.query("reports/problems").records()
    yield from _evidence(totals)
    yield from _problems(problems)


def _evidence(totals: Mapping[str, Any]) -> Iterator[DoctorFinding]:
    reached = totals["reached_model"]
    if not reached:
        yield warn("coverage", "no request reached a model", "check the API's path and the logs")
        return
    share = 1 - totals["without_caller"] / reached
    text = f"{share:.2%} of {reached:,} requests have a caller"
    if share < CALLER_COVERAGE:
        yield fail("coverage", text, "log x-caller-oid on the backend and response side")
    else:
        yield ok("coverage", text, totals["without_caller"])
    for column, (text, advice) in _COUNTED.items():
        if totals[column]:
            yield warn("evidence", f"{totals[column]:,} {text}", advice, totals[column])


def _problems(problems: Sequence[Mapping[str, Any]]) -> Iterator[DoctorFinding]:
    for row in problems:
        place = f"{row['file']} line {row['line']}" if row["line"] else row["file"]
        yield warn(
            "recording",
            f"{place}: {row['reason']}",
            "correct the recording and load again",
            row["occurrences"],
        )
