"""Cost-detail rows of the billing account: the Claude line, the gateway, and what else there is.

Column names are those of a Microsoft Customer Agreement. The name of the Claude meter is a guess:
no public export shows one. Figures of meters other than Claude's are invented but for the list
price of the gateway's unit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np

from ingest.sandbox.generator.calls import Scope
from ingest.sandbox.generator.catalog import (
    DAY_MS,
    HOUR_MS,
    SUBSCRIPTION_ID,
    milliseconds,
    utc_text,
)
from ingest.sandbox.generator.claude_bill import ClaudeBill
from ingest.sandbox.generator.meters import METERS, Meter
from ingest.sandbox.generator.tariff import CCU_USD

CostRow = dict[str, object]
_BILLING_ACCOUNT = "1234567"
_INVOICED_AFTER = timedelta(hours=30)
_CENT = Decimal("0.01")
# Now and then an amount comes with the noise of somebody's binary arithmetic.
_NOISE = Decimal("1e-14")
_NOISE_EVERY_DAYS = 5


@dataclass(frozen=True)
class _Charge:
    """What a row is about, before it is dressed as one."""

    meter: Meter
    quantity: Decimal
    cost: Decimal
    charge_type: str = "Usage"
    previous_invoice_id: str = ""


def cost_rows(rng: np.random.Generator, scope: Scope, bill: ClaudeBill) -> list[CostRow]:
    """Return the rows of every day of the recording, by day.

    Amounts are Decimals. `available_at` is one or two days after the row's date. A row carries its
    InvoiceId when the month's invoice was issued before the recording ends, and is empty else; an
    invoice's RoundingAdjustment row comes with it.
    """
    ccu = bill.ccu_by_day()
    rows: list[CostRow] = []
    open_amount = Decimal()
    for number in range(scope.days):
        day_ms = scope.starts_ms + number * DAY_MS
        day = datetime.fromtimestamp(day_ms / 1000, tz=UTC)
        readable_ms = day_ms + DAY_MS + int(rng.integers(5, 31)) * HOUR_MS
        charges = list(_charges(rng, number, scope.days, day, ccu.get(day_ms, 0)))
        rows += [_row(charge, day, readable_ms, scope.now_ms) for charge in charges]
        open_amount += sum((charge.cost for charge in charges), Decimal())
        issued_ms = milliseconds(_issued_at(day))
        if (day + timedelta(days=1)).day == 1 and issued_ms < scope.now_ms:
            rounded = open_amount.quantize(_CENT, rounding=ROUND_HALF_EVEN)
            adjustment = _Charge(
                METERS["rounding"], Decimal(1), rounded - open_amount, "RoundingAdjustment"
            )
            rows.append(_row(adjustment, day, issued_ms, scope.now_ms))
            open_amount = Decimal()
    return rows


def _charges(
    rng: np.random.Generator, number: int, days: int, day: datetime, ccu: int
) -> Iterator[_Charge]:
    """Yield what one day is charged for; `number` counts the recording's days from 0."""
    noise = int(rng.integers(1, 10)) * _NOISE if number % _NOISE_EVERY_DAYS == 1 else Decimal()
    if ccu:
        yield _Charge(METERS["ccu"], Decimal(ccu), ccu * CCU_USD + noise)
    yield _used("gateway unit", Decimal(24))
    yield _used("gateway calls", Decimal(int(rng.integers(100, 900))) / 10_000)
    if number >= days // 2:
        yield _used("gateway second unit", Decimal(24))
    yield _used("log ingestion", Decimal(int(rng.integers(8_000, 60_000))) / 1_000_000)
    yield _used("private endpoint", Decimal(24))
    yield _used("payroll server", Decimal(24))
    if day.day == 1:
        yield _used("maps plan", Decimal(1), "Purchase")
    if number == days // 3:
        returned = Decimal(ccu // 10 + 1)
        yield _Charge(
            METERS["ccu"], -returned, -returned * CCU_USD, "Refund", _invoice_id(day, months=-1)
        )


def _used(meter: str, quantity: Decimal, charge_type: str = "Usage") -> _Charge:
    return _Charge(METERS[meter], quantity, quantity * METERS[meter].unit_price_usd, charge_type)


def _row(charge: _Charge, day: datetime, readable_ms: int, now_ms: int) -> CostRow:
    meter = charge.meter
    first = day.replace(day=1)
    issued = milliseconds(_issued_at(day)) < now_ms
    group = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/{meter.resource_group}"
    return {
        "InvoiceId": _invoice_id(day) if issued else "",
        "PreviousInvoiceId": charge.previous_invoice_id,
        "BillingAccountId": _BILLING_ACCOUNT,
        "BillingProfileId": "CNTS-0001",
        "InvoiceSectionId": "CNTS-AI",
        "SubscriptionId": SUBSCRIPTION_ID,
        "ResourceGroup": meter.resource_group,
        "ResourceId": f"{group}{meter.resource}" if meter.resource_group else "",
        "ResourceLocation": meter.location,
        "Date": day.strftime("%m/%d/%Y"),
        "BillingPeriodStartDate": first.strftime("%m/%d/%Y"),
        "BillingPeriodEndDate": (_next_month(day) - timedelta(days=1)).strftime("%m/%d/%Y"),
        "ChargeType": charge.charge_type,
        "Frequency": "Recurring" if charge.charge_type == "Purchase" else "UsageBased",
        "PublisherType": meter.publisher_type,
        "PublisherName": meter.publisher,
        "PublisherId": "",
        "PlanName": meter.plan,
        "MeterId": meter.meter_id,
        "MeterName": meter.name,
        "MeterCategory": meter.category,
        "MeterSubCategory": meter.sub_category,
        "Quantity": charge.quantity,
        "UnitOfMeasure": meter.unit,
        "UnitPrice": meter.unit_price_usd,
        "EffectivePrice": meter.unit_price_usd,
        "PayGPrice": meter.unit_price_usd,
        "CostInBillingCurrency": charge.cost,
        "CostInPricingCurrency": charge.cost,
        "BillingCurrency": "USD",
        "PricingCurrency": "USD",
        "ExchangeRatePricingToBilling": Decimal(1),
        "ExchangeRateDate": first.strftime("%m/%d/%Y"),
        "CostCenter": "",
        "CostAllocationRuleName": "",
        "Tags": "",
        "available_at": utc_text(min(readable_ms, now_ms - HOUR_MS)),
    }


def _issued_at(day: datetime) -> datetime:
    """Return when the invoice of the day's month is issued."""
    return _next_month(day) + _INVOICED_AFTER


def _next_month(day: datetime) -> datetime:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _invoice_id(day: datetime, months: int = 0) -> str:
    month = day.year * 12 + day.month - 1 + months
    return f"G{month // 12:04}{month % 12 + 1:02}0417"
