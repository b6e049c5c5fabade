"""Findings from counts: the log against the platform's own metrics, hour by hour."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from models.finding import DoctorFinding, fail, warn
from models.published import Published

METRIC_VALUES_LIMIT = 95
"""Azure keeps about 100 values of a dimension; as many callers as this mean that it is full."""

# Rows and points of the last hour are still on their way.
_SETTLING = timedelta(hours=1)


def traffic_findings(published: Published) -> Iterator[DoctorFinding]:
    """Yield where the log has less than the platform counted, or the platform less than the log."""
    settled = settled_until(published)

    def rows(name: str) -> list[dict[str, Any]]:
        return published.query(f"doctor/{name}", settled_until=settled).records()

    yield from map(_gap, rows("gap_hours"))
    yield from map(_sampled, rows("log_sampled"))
    yield from map(_unmeasured, rows("metrics_missing"))
    yield from map(_outside, rows("outside_gateway"))
    yield from _dropped(rows("metric_values")[0])


def settled_until(published: Published) -> datetime:
    """Return until when both sides of an hour's count should be there, naive UTC."""
    until = published.manifest.data_until or datetime.max.replace(tzinfo=UTC)
    return (until - _SETTLING).replace(tzinfo=None)


def _gap(row: dict[str, Any]) -> DoctorFinding:
    counted = row["platform_requests"]
    basis = f"its own metric counts {counted:,} requests" if counted else "they are usually busy"
    return fail(
        "coverage", "gap_hours",
        f"{row['count']:,} hours of gateway {row['resource']} have no row in the log, though"
        f" {basis}",
        "look at the diagnostic settings' history; `tollbook run logs --again` with --from and"
        " --to reads the hours again",
        **_seen(row),
    )  # fmt: skip


def _sampled(row: dict[str, Any]) -> DoctorFinding:
    return fail(
        "coverage", "log_sampled",
        f"{row['count']:,} requests of {row['platform_requests']:,} that gateway"
        f" {row['resource']} counted itself, all its APIs, are not in the log",
        "set the sampling of the azuremonitor diagnostics to 100 %, on every API of the gateway",
        **_seen(row),
    )  # fmt: skip


def _unmeasured(row: dict[str, Any]) -> DoctorFinding:
    return warn(
        "metrics", "metrics_missing",
        f"{row['count']:,} hours of Foundry account {row['resource']} have traffic and no"
        " platform metrics",
        "name the account in TOLLBOOK_FOUNDRY_RESOURCE_IDS, grant Monitoring Reader on it, and"
        " `tollbook run metrics`",
        **_seen(row),
    )  # fmt: skip


def _outside(row: dict[str, Any]) -> DoctorFinding:
    return warn(
        "metrics", "outside_gateway",
        f"{row['count']:,} of {row['platform_requests']:,} requests that Foundry counted did not"
        " come through the gateway",
        "find who holds keys or roles on the Foundry accounts; turn off key access and leave the"
        " data role to the gateway's identity",
        **_seen(row),
    )  # fmt: skip


def _dropped(row: dict[str, Any]) -> Iterator[DoctorFinding]:
    shown, logged = row.pop("shown_callers"), row.pop("logged_callers")
    if shown >= METRIC_VALUES_LIMIT and logged > shown:
        yield warn(
            "metrics", "metric_values_dropped",
            f"the token metrics show {shown:,} callers, the log {logged:,}: the dimension is full",
            "bill nothing from the token metrics, and drop oid from their dimensions",
            **_seen(row | {"count": logged - shown}),
        )  # fmt: skip


def _seen(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "count": row["count"],
        "since": row["since"].replace(tzinfo=UTC),
        "last": row["last"].replace(tzinfo=UTC),
    }
