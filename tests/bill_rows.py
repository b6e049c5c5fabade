"""Hand-written bills beside hand-written logs: cost files and answers of the query API."""

import csv
import json
import os
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from core_rows import ACCOUNT, Books, gateway, llm

from ingest.cost_exports import load_cost_exports
from ingest.landing import land
from ingest.source import COST_TOTALS
from jobs.ingestion import Run
from jobs.pipeline import build_and_publish
from models.publication import Manifest

Row = dict[str, Any]

GROUP = ACCOUNT.split("/")[4]
"""The resource group of the accounts in `core_rows`."""

SCOPE = "subscriptions/s"
_SECONDS = count()
_COLUMNS = (
    "Date", "ChargeType", "PublisherType", "PublisherName", "MeterCategory", "MeterName",
    "UnitOfMeasure", "ResourceGroup", "ResourceId", "SubscriptionId", "Quantity",
    "CostInBillingCurrency", "BillingCurrency", "CostInPricingCurrency", "PricingCurrency",
    "ExchangeRatePricingToBilling", "InvoiceId", "PreviousInvoiceId", "BillingPeriodStartDate",
)  # fmt: skip
_FOCUS = {
    "Date": "ChargePeriodStart",
    "ChargeType": "ChargeCategory",
    "PublisherType": "x_PublisherCategory",
    "PublisherName": "PublisherName",
    "MeterCategory": "x_SkuMeterCategory",
    "MeterName": "x_SkuMeterName",
    "UnitOfMeasure": "ConsumedUnit",
    "ResourceGroup": "x_ResourceGroupName",
    "ResourceId": "ResourceId",
    "Quantity": "ConsumedQuantity",
    "CostInBillingCurrency": "BilledCost",
    "BillingCurrency": "BillingCurrency",
    "InvoiceId": "InvoiceId",
    "BillingPeriodStartDate": "BillingPeriodStart",
}


def charge(day: date | str, ccu: str, **changes: str) -> Row:
    """A row of cost details: CCU of one day at a cent each, in USD, not invoiced yet."""
    row = dict.fromkeys(_COLUMNS, "") | {
        "Date": str(day),
        "ChargeType": "Usage",
        "PublisherType": "Marketplace",
        "PublisherName": "Anthropic",
        "MeterCategory": "SaaS",
        "MeterName": "Claude Consumption Units",
        "UnitOfMeasure": "1",
        "ResourceGroup": GROUP.upper(),
        "SubscriptionId": "s",
        "Quantity": ccu,
        "CostInBillingCurrency": f"{float(ccu) / 100:.10f}" if ccu else "",
        "BillingCurrency": "USD",
    }
    assert changes.keys() <= row.keys(), changes
    return row | changes


def dated(**cells: str) -> dict[str, str]:
    """A line of a seed in two times; what is not given is always."""
    names = ("valid_from", "valid_to", "recorded_from", "recorded_to")
    return {**cells, **{name: cells.get(name, "") for name in names}, "source": "a test"}


def focus(row: Row) -> Row:
    """The same charge as a FOCUS export has it."""
    told = {_FOCUS[name]: value for name, value in row.items() if name in _FOCUS}
    subscription = {"SubAccountId": f"/subscriptions/{row['SubscriptionId']}"}
    kinds = {"Marketplace": "Vendor", "Microsoft": "Cloud Provider"}
    told["x_PublisherCategory"] = kinds[row["PublisherType"]]
    told["ChargePeriodStart"] += "T00:00:00Z"
    return told | subscription | {"EffectiveCost": told["BilledCost"]}


def export(books: Books, name: str, rows: Sequence[Row], made: str = "2026-11-05") -> None:
    """Write a cost file that was made at a time, and load what is new in the exports' folder."""
    folder = books.folder / "exports"
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    # A file that is written again is another version, if only by a second.
    moment = datetime.fromisoformat(made).replace(tzinfo=UTC).timestamp() + next(_SECONDS)
    os.utime(file, (moment, moment))
    settings = books.settings.model_copy(update={"cost_exports": (str(folder),)})
    load_cost_exports(books.connection, settings, books.clock)


def answer(books: Books, first: date, end: date, rows: Sequence[Row]) -> None:
    """Land an answer of the query API for the days of [first, end), told at the clock's time."""
    window = tuple(datetime.combine(day, time(), UTC) for day in (first, end))
    variables = {
        "snapshot_origin": SCOPE,
        "snapshot_first_day": first,
        "snapshot_end_day": end,
    }
    for name, value in variables.items():
        books.connection.execute(f"set variable {name} = $value", {"value": value})
    names = (
        "Date", "PublisherType", None, "MeterCategory", "MeterName", "ResourceGroup", "ChargeType",
        "Quantity", "CostInBillingCurrency", "BillingCurrency",
    )  # fmt: skip
    lines = [json.dumps([row[name] if name else None for name in names]) for row in rows]
    file = books.folder / "totals.ndjson"
    file.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    land(books.connection, books.clock, COST_TOTALS, SCOPE, window, file)  # type: ignore[arg-type]


def use(books: Books, number: int, day: date | str, **tokens: Any) -> None:
    """One request at 10:00: 1,000 input and 100 output tokens of claude-plain, 0.003 USD."""
    at = f"{day}T10:00:00Z"
    books.land(gateway(number, at))
    books.land(llm(number, at, **tokens))


def publish(books: Books, **settings: Any) -> Manifest:
    """Build and publish with settings of a tenant that reads its bill."""
    given = books.settings.model_copy(update={"billing_scope": f"/{SCOPE}"} | settings)
    return build_and_publish(Run(books.connection, given, books.clock, lambda *_: None))


def days(first: str, count: int) -> list[date]:
    """Consecutive days."""
    start = date.fromisoformat(first)
    return [start + timedelta(number) for number in range(count)]


def data_dir(books: Books) -> Path:
    """The data folder that commands and the dashboard are given."""
    return books.folder / "data"
