"""Recorded cost-detail rows (`costs/*.jsonl`) with the digits they were written with.

Column names compare without case, because agreements spell them differently. A row is visible from
its `available_at` on; without one, from the end of the day it was used on.
"""

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from ingest.sandbox.azure_request import RefusedError
from ingest.sandbox.exact_json import read_exact
from ingest.sandbox.workspace import (
    BrokenLineError,
    Problem,
    Problems,
    Workspace,
    json_line_files,
    json_lines,
    parse_time,
    recorded_name,
)

# The names one amount has, by agreement.
COST = ("costinbillingcurrency", "cost", "pretaxcost")
COST_USD = ("costinusd", "costusd", "pretaxcostusd")
COST_PRICING = ("costinpricingcurrency",)
QUANTITY = ("quantity", "usagequantity")
CURRENCY = ("billingcurrency", "billingcurrencycode", "currency")
PRICING_CURRENCY = ("pricingcurrency",)
SUBSCRIPTION = ("subscriptionid", "subscriptionguid")
RESOURCE_GROUP = ("resourcegroup", "resourcegroupname")
_DAY = ("date", "usagedate")

_NUMBER = re.compile(r"-?\d{1,40}(\.\d{1,40})?")
_AMERICAN_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_SUBSCRIPTION_SCOPE = re.compile(r"/subscriptions/([^/]+)(?:/resourcegroups/([^/]+))?")


@dataclass(frozen=True)
class CostRow:
    """One recorded row: `names` as recorded, `values` by lower-case name, `available_at` apart."""

    names: tuple[str, ...]
    values: dict[str, Any]
    day: date
    available_at: datetime

    def first(self, columns: tuple[str, ...]) -> Any:
        """The value of the first of `columns` (lower case) that is recorded and not empty."""
        found = (self.values.get(name) for name in columns)
        return next((value for value in found if value is not None and value != ""), None)

    def text(self, columns: tuple[str, ...]) -> str:
        """The same as text, empty where there is none."""
        value = self.first(columns)
        return value if isinstance(value, str) else "" if value is None else str(value)

    def amount(self, columns: tuple[str, ...]) -> Decimal | None:
        """The same as a number; None where there is none."""
        value = self.first(columns)
        return None if value is None else _number(value)


@dataclass(frozen=True)
class CostRows:
    """All recorded rows in the order of files and lines."""

    workspace: Workspace
    rows: tuple[CostRow, ...]

    def in_scope(self, scope: str, now: datetime) -> list[CostRow]:
        """What is visible at `now` in a billing scope, a subscription or a resource group.

        Raises RefusedError (403) for a scope that the recorded tenant does not have.
        """
        wanted = scope.strip("/").lower()
        visible = [row for row in self.rows if row.available_at <= now]
        if wanted and wanted == self.workspace.billing_scope.strip("/").lower():
            return visible
        found = _SUBSCRIPTION_SCOPE.fullmatch(f"/{wanted}")
        if not found or found[1] not in self._subscriptions():
            raise RefusedError(
                403,
                "RBACAccessDenied",
                "The client does not have authorization to perform this action over scope "
                f"'{scope[:200]}', or the scope does not exist.",
            )
        return [
            row
            for row in visible
            if row.text(SUBSCRIPTION).lower() == found[1]
            and found[2] in (None, row.text(RESOURCE_GROUP).lower())
        ]

    def _subscriptions(self) -> set[str]:
        workspace = self.workspace
        scopes = (
            workspace.billing_scope,
            *workspace.apim_resource_ids,
            *workspace.foundry_resource_ids,
        )
        named = (_SUBSCRIPTION_SCOPE.match(f"/{scope.strip('/').lower()}") for scope in scopes)
        return {found[1] for found in named if found} | {
            row.text(SUBSCRIPTION).lower() for row in self.rows
        }


def read_cost_rows(workspace: Workspace, problems: Problems) -> CostRows:
    """Read `costs/` of `workspace`; every line left out is added to `problems`."""
    rows: list[CostRow] = []
    for file in json_line_files(workspace.folder / "costs"):
        for number, text, _ in json_lines(workspace, file, problems):
            try:
                rows.append(_cost_row(text))
            except BrokenLineError as error:
                problems.add(Problem(recorded_name(workspace, file), number, str(error)))
    return CostRows(workspace, tuple(rows))


def _cost_row(text: str) -> CostRow:
    """Read one line; raises BrokenLineError."""
    try:
        recorded: dict[str, Any] = read_exact(text)
    except ValueError:
        raise BrokenLineError("a number is too large or too small") from None
    names = tuple(sys.intern(name) for name in recorded if name.lower() != "available_at")
    values = {sys.intern(name.lower()): value for name, value in recorded.items()}
    available_at = values.pop("available_at", None)
    for column in (*COST, *COST_USD, *COST_PRICING, *QUANTITY):
        if values.get(column) not in (None, "") and _number(values[column]) is None:
            raise BrokenLineError(f"left out, because {column} is no number")
    day = _day(next((values[name] for name in _DAY if name in values), None))
    if day is None:
        raise BrokenLineError("left out, because Date is no day like 2026-10-01 or 10/01/2026")
    try:
        moment = _end_of(day) if available_at is None else parse_time(available_at)
    except ValueError:
        raise BrokenLineError("left out, because available_at is no RFC 3339 time") from None
    return CostRow(names, values, day, moment)


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC) + timedelta(days=1)


def _day(value: object) -> date | None:
    if not isinstance(value, str):
        return None
    american = _AMERICAN_DAY.fullmatch(value)
    try:
        if american:
            month, day, year = map(int, american.groups())
            return date(year, month, day)
        return datetime.fromisoformat(value).date()
    except ValueError:
        return None


def _number(value: object) -> Decimal | None:
    """A JSON number, or a text that is one as exports from CSV have it."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return Decimal(value)
    return None


def column_names(rows: Iterable[CostRow]) -> list[str]:
    """Every column of `rows` as first spelled, in the order of first appearance."""
    spelled: dict[str, str] = {}
    for row in rows:
        for name in row.names:
            spelled.setdefault(name.lower(), name)
    return list(spelled.values())
