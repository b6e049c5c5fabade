"""Findings about what is published: is it there, is it fresh, what does it say of the tenant."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from models.allocation_findings import allocation_findings
from models.approval_findings import approval_findings
from models.clock import Clock, rfc3339
from models.errors import PublicationError
from models.finding import DoctorFinding, fail, ok, warn
from models.publication import Manifest, read_manifest
from models.published import Published, reading
from models.request_checks import Seen, request_findings, seen_of
from models.traffic_findings import settled_until, traffic_findings
from models.tree_findings import tree_findings
from models.viewer import operator

STALE_AFTER = timedelta(hours=26)
LOOKED_AT = timedelta(days=31)
"""How far back doctor looks when it is not told."""

_RUN = "run `tollbook run`"


def published_findings(
    folder: Path, clock: Clock, first_day: date | None = None, last_day: date | None = None
) -> Iterator[DoctorFinding]:
    """Yield what the published figures say of some usage days, both included, UTC.

    Without days, of the last 31. Nothing is raised: what cannot be read is a finding.
    """
    last = last_day or clock.now().date()
    first = first_day or last - LOOKED_AT
    try:
        manifest = read_manifest(folder)
        if manifest is None or not manifest.days:
            yield fail("publication", "publication", "nothing is published", _RUN)
            return
        yield from _state(manifest, clock)
        with reading(
            folder, operator(), first_day=first, last_day=last, manifest=manifest
        ) as published:
            yield from _of_tenant(published)
            yield from _recording(published)
            yield from approval_findings(published)
            yield from tree_findings(published)
            yield from allocation_findings(published)
    except PublicationError as error:
        text, _, advice = str(error).partition(": ")
        yield fail("publication", "publication", text, advice or _RUN)


def _state(manifest: Manifest, clock: Clock) -> Iterator[DoctorFinding]:
    published = f"number {manifest.sequence} of {rfc3339(manifest.published_at)}"
    yield ok("publication", "publication", published)
    until = manifest.data_until
    text = f"data until {rfc3339(until) if until else 'unknown'}"
    if until is None or clock.now() - until > STALE_AFTER:
        yield warn("publication", "freshness", text, _RUN)
    else:
        yield ok("publication", "freshness", text)


def _of_tenant(published: Published) -> Iterator[DoctorFinding]:
    seen = {row["check"]: seen_of(row) for row in published.query("doctor/observations").records()}
    if "all_reached" not in seen:
        yield warn(
            "coverage", "coverage", "no request reached a model in these days",
            "check the API's path and the logs, or ask for other days with --from and --to",
        )  # fmt: skip
    else:
        yield _coverage(published, seen)
    yield from request_findings(seen)
    yield from traffic_findings(published)
    yield from map(_calibration, published.query("doctor/calibration").records())
    if clients := published.query("doctor/clients").rows:
        told = ", ".join(f"{client} {requests:,}" for client, requests in clients)
        yield ok("clients", "clients", f"requests that reached a model: {told}")


def _coverage(published: Published, seen: Mapping[str, Seen]) -> DoctorFinding:
    reached = seen["all_reached"].count

    def share(name: str) -> str:
        return f"{(seen[name].count if name in seen else 0) / reached:.2%}"

    settled = settled_until(published)
    hours: Mapping[str, Any] = published.query(
        "doctor/metric_hours", settled_until=settled
    ).records()[0]
    return ok(
        "coverage", "coverage",
        f"of {reached:,} requests {share('all_with_caller')} have a caller,"
        f" {share('all_with_usage_row')} a usage row, {share('all_with_usage_record')} a usage"
        f" record; {hours['measured_hours']:,} of {hours['hours']:,} hours of an account with"
        " traffic have platform metrics",
        count=reached,
    )  # fmt: skip


def _calibration(row: Mapping[str, Any]) -> DoctorFinding:
    counts = {name: row[name] or 0 for name in row}
    return ok(
        "metrics", "calibration",
        f"{counts['counted_requests'] / counts['requests']:.2%} of requests are in minutes of which"
        f" Foundry's own counts are there, {counts['alone_requests'] / counts['requests']:.2%} have"
        f" theirs to themselves and are exact; in minutes of {counts['short_requests']:,} requests"
        f" Foundry counted less than the log shows; {counts['pool_tokens']:,} cache tokens have no"
        " owner",
        count=counts["requests"],
    )  # fmt: skip


def _recording(published: Published) -> Iterator[DoctorFinding]:
    for row in published.query("reports/problems").records():
        place = f"{row['file']} line {row['line']}" if row["line"] else row["file"]
        yield warn(
            "recording",
            "recording",
            f"{place}: {row['reason']}",
            "correct the recording and load again",
            count=row["occurrences"],
        )
