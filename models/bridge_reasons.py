"""Why a line of the bridge is there, in words for whoever reads the invoice."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from models.discount_factor import Factor
from models.money import exact, usd

_REASONS = {
    "measured": "list cost of tokens that a source shows for the request itself",
    "calibrated": "list cost of tokens estimated per request and scaled to Foundry's own counts",
    "estimated": "list cost of tokens estimated without a count to scale to",
    "outside_gateway": "list cost of traffic that did not pass the gateway",
    "pool": "list cost of cache tokens that belong to no request",
    "discount": "discount of the private offer, as in discounts.csv",
    "legacy_meters": "usage of deployments that per-model meters bill, not CCU",
    "expected": "what CCU should be billed for this usage",
    "correction": "refunds, credits and late charges that name an earlier period",
    "refund": "refunds that name no earlier period",
    "credit": "credits that name no earlier period",
    "adjustment": "adjustments that name no earlier period",
    "rounding_adjustment": "the invoice's own rounding",
    "billed": "the CCU invoice before tax, as far as it is known",
    "legacy_billed": "beside the CCU invoice: what per-model meters billed",
    "other_claude": "beside the CCU invoice: other charges of the same publisher",
    "tax": "beside these lines: tax on CCU",
}
_LATE = {
    "half_logged": "the log of the day is not complete",
    "unbilled": "the day is not billed yet",
    "unlogged": "billed for days before the log begins",
    "unsettled": "the day's bill may still change",
}


def reason(line: Mapping[str, Any], factor: Factor | None) -> str:
    """Return the reason of a line of the report; `factor` is the month's."""
    name, kind = line["line"], line["kind"]
    if kind == "bound":
        return _bound(name, line["cases"])
    if name == "late_data":
        return "; ".join(_LATE[state] for state in (line["detail"] or "").split())
    if name == "discount_mismatch" and factor:
        return factor_reason(factor)
    if kind == "residual":
        return _residual(line["amount_usd"], line["low_usd"], line["high_usd"])
    return _REASONS[name]


def factor_reason(factor: Factor) -> str:
    """State k, and what a k other than 1 means."""
    k = exact(factor.k)
    if not factor.is_constant:
        return (
            f"billed is {k} of expected over {factor.days} days, and no constant factor of all"
            " models or of one: not a wrong rate alone"
        )
    what = f"expected for {factor.model}" if factor.model else "expected"
    said = f"billed is {k} of {what} on {factor.fitting_days} of {factor.days} days"
    if not factor.is_mismatch:
        return f"{said}: no rate is wrong throughout"
    return f"{said}: its discount in discounts.csv, or its price, is not the one in force"


def _bound(name: str, count: int) -> str:
    reasons = {
        "unknown_tokens": f"tokens of {count:,} requests that no source shows, or estimated",
        "outside_gateway": f"{count:,} requests that Foundry counted are not in the log: they came"
        " around the gateway, or the log lacks them",
        "pool": "cache tokens that belong to no request are estimated",
        "aborted_streams": f"{count:,} requests without usage, as aborted streams, may be billed",
        "unbilled_refusals": f"input of refused requests is not billed; {count:,} requests went to"
        " models that refuse so",
        "unknown_price": f"{count:,} requests of models without a price are billed all the same",
        "hourly_rounding": f"{count:,} hourly reports in whole CCU: half a CCU each if rounded half"
        " up, one if up or down",
    }
    return reasons[name]


def _residual(amount: Decimal | None, low: Decimal | None, high: Decimal | None) -> str:
    if amount is None:
        return "unknown, because an amount of the bill is"
    if not amount:
        return "nothing is left"
    is_within = (low is None or low <= amount) and (high is None or amount <= high)
    limits = " to ".join("no limit" if end is None else usd(end) for end in (low, high))
    if is_within:
        return f"left over; the causes of unknown amount allow {limits}"
    return f"left over, and not within what the causes of unknown amount allow: {limits}"
