"""What tollbook published about a staged tenant, under the tenant's own numbers.

Everything is read from the publication, as its readers read it; nothing from the warehouse.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from attribution.staged_tenant import deployments_of, oid_of, unit_name
from attribution.tenant import MIDNIGHT, Tenant

from models.chargeback import chargeback
from models.published import reading
from models.viewer import operator

MONTH = str(MIDNIGHT)[:7]

_STATEMENTS = Path(__file__).with_name("sql")


@dataclass(frozen=True)
class ProductEstimate:
    """Tables of one publication.

    `tokens`: a row per request of the tenant in the ledger: `request_no`, `input`, `output`,
    `cache_read`, `cache_write_5m`, `cache_write_1h`; an unknown class is 0.
    `users`, `units`: a row per caller or unit of the month's chargeback: `caller` or `unit`,
    `cost_usd` at list prices and its bounds `cost_low`, `cost_high`, infinite where there is none.
    `unequal_days`: a row per deployment, day and metric of which users and labelled rows together
    have other tokens than the metrics.
    """

    tokens: pa.Table
    users: pa.Table
    units: pa.Table
    unequal_days: pa.Table


def product_estimate(published: Path, tenant: Tenant) -> ProductEstimate:
    """Read the publication of the whole tenant.

    Raises PublicationError when there is none, KeyError when its report names somebody else.
    """
    with reading(published, operator()) as views:
        views.connection.register("tenant_requests", tenant.requests)
        views.connection.register("tenant_points", tenant.points)
        views.connection.register("tenant_deployments", deployments_of(tenant))
        tokens, unequal_days = (
            views.connection.sql(_sql(name)).to_arrow_table()
            for name in ("estimated", "unequal_days")
        )
    callers = {oid_of(number): number for number in _numbers(tenant.requests, "caller")}
    units = {unit_name(number): number for number in _numbers(tenant.truth, "unit")}
    return ProductEstimate(
        tokens=tokens,
        users=_costs(published, "user", "oid", callers).rename_columns({"number": "caller"}),
        units=_costs(published, "unit", "unit", units).rename_columns({"number": "unit"}),
        unequal_days=unequal_days,
    )


def _numbers(table: pa.Table, column: str) -> list[int]:
    numbers: list[int] = table[column].unique().to_pylist()
    return numbers


def _costs(published: Path, by: str, key: str, numbers: Mapping[str, int]) -> pa.Table:
    """The month's chargeback by number, its labels added up; rows of nobody are left out."""
    sums: dict[int, list[float]] = {}
    for row in chargeback(published, operator(), month=MONTH, by=[by]).records():
        if row[key] is None:
            continue
        total = sums.setdefault(numbers[row[key]], [0.0, 0.0, 0.0])
        total[0] += _usd(row, "list_cost_usd", 0)
        total[1] += _usd(row, "cost_low_usd", 0)
        total[2] += _usd(row, "cost_high_usd", float("inf"))
    cost, low, high = zip(*sums.values(), strict=True)
    return pa.table({"number": list(sums), "cost_usd": cost, "cost_low": low, "cost_high": high})


def _usd(row: Mapping[str, Any], column: str, unknown: float) -> float:
    """A float is fine here: errors are measured, not money."""
    return unknown if row[column] is None else float(row[column])


def _sql(name: str) -> str:
    return (_STATEMENTS / f"{name}.sql").read_text(encoding="utf-8")
