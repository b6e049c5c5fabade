"""Findings about the invoice: is it there, in dollars, told once, and does the month add up?"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from models.bridge import Bridge, read_bridge
from models.bridge_reasons import factor_reason
from models.clock import Clock
from models.errors import PublicationError
from models.finding import DoctorFinding, fail, ok, warn
from models.money import exact
from models.publication import Manifest, read_manifest
from models.published_findings import LOOKED_AT
from models.reconciliation import sentence_of, state_of
from models.viewer import operator

_CENT = Decimal("0.01")


def invoice_findings(
    folder: Path, clock: Clock, first_day: date | None = None, last_day: date | None = None
) -> Iterator[DoctorFinding]:
    """Yield what is to be said of the invoice of each published month that some days touch.

    Both days included, UTC; without them, the last 31. A publication that cannot be read is a
    finding elsewhere, so nothing is raised and nothing said of it here.
    """
    last = last_day or clock.now().date()
    first = first_day or last - LOOKED_AT
    try:
        manifest = read_manifest(folder)
        for month in _months(manifest, first, last):
            yield from _findings(read_bridge(folder, operator(), month=month, manifest=manifest))
    except PublicationError:
        return


def _months(manifest: Manifest | None, first: date, last: date) -> list[str]:
    published = manifest.months() if manifest else []
    return [month for month in published if f"{first:%Y-%m}" <= month <= f"{last:%Y-%m}"]


def _findings(bridge: Bridge) -> Iterator[DoctorFinding]:
    yield _state(bridge)
    bill, factor = bridge.bill, bridge.factor
    for unknown in bridge.unknown_charges:
        yield _currency(bridge.month, unknown)
    if bill.differs_by_usd is not None and bill.differs_by_usd >= _CENT:
        yield warn(
            "invoice", "invoice_sources",
            f"{bridge.month}: two sources tell the same days, and differ by"
            f" {bill.differs_by_usd:.2f} USD on one of them",
            "take the export that is out of date or covers less out of TOLLBOOK_COST_EXPORTS",
        )  # fmt: skip
    if factor and factor.is_mismatch:
        yield warn(
            "invoice", "discount_mismatch", f"{bridge.month}: {factor_reason(factor)}",
            "hold discounts.csv and prices.csv against the private offer, with their dates",
        )  # fmt: skip


def _currency(month: str, unknown: Mapping[str, Any]) -> DoctorFinding:
    currency, amount = unknown["currency"], unknown["amount"]
    told = "an unknown amount" if amount is None else exact(amount)
    if currency in {None, "USD"}:
        lacks, advice = "no amount", "look for them in Cost Management, and export the costs again"
    else:
        lacks = f"neither CCU, nor an amount in USD, nor a rate of their day: {told} {currency}"
        advice = (
            f"add a line for {currency} from {unknown['first_day']} to exchange_rates.csv, or"
            " export cost details with CostInPricingCurrency; if they are CCU, set"
            " TOLLBOOK_CCU_METER"
        )
    return fail(
        "invoice", "invoice_currency",
        f"{month}: charges in {currency or 'no currency'} have {lacks}",
        advice,
        count=unknown["charges"],
        since=_midnight(unknown["first_day"]),
        last=_midnight(unknown["last_day"]),
    )  # fmt: skip


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _state(bridge: Bridge) -> DoctorFinding:
    state, sentence = state_of(bridge), sentence_of(bridge)
    text = f"{bridge.month} is {state}: {sentence}"
    if state == "residual too large":
        return fail(
            "invoice", "invoice", text,
            f"`tollbook report reconciliation --month {bridge.month} --by day` shows since when and"
            " why; the month is not final before",
        )  # fmt: skip
    if bridge.bill.is_missing:
        return warn(
            "invoice", "invoice", text,
            "look for the rows in Cost Management, then `tollbook run costs build`",
        )  # fmt: skip
    if bridge.is_over_limit:
        return warn(
            "invoice", "invoice", text,
            f"`tollbook report reconciliation --month {bridge.month}` names the causes",
        )  # fmt: skip
    return ok("invoice", "invoice", text)
