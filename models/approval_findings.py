"""Findings about deployments that were used while nobody had approved them."""

from collections.abc import Iterator
from datetime import UTC

from models.finding import DoctorFinding, warn
from models.money import usd
from models.published import Published


def approval_findings(published: Published) -> Iterator[DoctorFinding]:
    """Yield a finding per deployment that requests reached while it was not approved.

    Without any row in approved_deployments.csv there is no such rule.
    """
    for row in published.query("doctor/unapproved").records():
        place = f" of Foundry account {row['account']}" if row["account"] else ""
        cost = "an unknown amount" if row["cost_usd"] is None else usd(row["cost_usd"])
        least = "at least " if row["unpriced"] and row["cost_usd"] is not None else ""
        yield warn(
            "clients", "deployment_unapproved",
            f"{row['count']:,} requests for {least}{cost} reached deployment {row['deployment']}"
            f"{place} while it was not approved",
            "add it to approved_deployments.csv with its dates, or take it off the gateway",
            count=row["count"],
            since=row["since"].replace(tzinfo=UTC),
            last=row["last"].replace(tzinfo=UTC),
        )  # fmt: skip
