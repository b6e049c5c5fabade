"""How far a month's bill is: open, provisional, matched, residual too large; and in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from models.clock import rfc3339
from models.money import exact, usd

State = Literal["open", "provisional", "matched", "residual too large"]

SOURCES = {
    "cost_details": "cost details files",
    "focus": "FOCUS files",
    "cost_totals": "Cost Management's query API",
}


@dataclass(frozen=True)
class BillState:
    """How much of a month's CCU invoice is known, as `sql/reports/bill_state.sql` has it.

    `known_days` have a bill, `settled_days` a complete one; `half_logged_days` are billed while the
    log lacks rows. `billing_amount` is in the one billing currency, None where there are several.
    `ccu_prices_usd` held one after another on the known days.
    """

    first_day: date
    last_day: date
    published_at: datetime
    known_days: int
    settled_days: int
    half_logged_days: int
    first_known_day: date | None
    last_known_day: date | None
    sources: str | None
    snapshot_at: datetime | None
    days_told_twice: int
    differs_by_usd: Decimal | None
    ccu: Decimal | None
    unknown_charges: int
    currencies: str | None
    billing_amount: Decimal | None
    exchange_rate: Decimal | None
    ccu_prices_usd: Sequence[Decimal] | None
    residual_limit_usd: Decimal
    residual_limit_share: Decimal
    is_bill_read: bool

    @property
    def days(self) -> int:
        """How many days the month has."""
        return (self.last_day - self.first_day).days + 1

    @property
    def is_over(self) -> bool:
        """Tell whether the month had ended when this was published."""
        return self.published_at.date() > self.last_day

    @property
    def is_missing(self) -> bool:
        """Tell whether a month that is over has no bill although costs are read."""
        return self.is_over and self.is_bill_read and not self.known_days

    @property
    def is_complete(self) -> bool:
        """Tell whether every day is logged, billed and settled, in amounts that are known."""
        return (
            self.is_over
            and self.settled_days == self.days
            and not self.half_logged_days
            and not self.unknown_charges
        )

    def limit_usd(self, billed_usd: Decimal) -> Decimal:
        """Return how many USD may stay unreconciled of an invoice."""
        share = (abs(billed_usd) * self.residual_limit_share).quantize(Decimal("1e-15"))
        return max(self.residual_limit_usd, share)

    def state(self, billed_usd: Decimal | None, unreconciled_usd: Decimal | None) -> State:
        """Return the month's state; the amounts are None where they are unknown."""
        if not self.is_over or not self.known_days:
            return "open"
        if not self.is_complete or billed_usd is None or unreconciled_usd is None:
            return "provisional"
        is_large = abs(unreconciled_usd) > self.limit_usd(billed_usd)
        return "residual too large" if is_large else "matched"

    def sentence(self, billed_usd: Decimal | None, unreconciled_usd: Decimal | None) -> str:
        """Say what the state means and what is missing, in whole sentences."""
        return " ".join(self._sentences(billed_usd, unreconciled_usd))

    def _sentences(self, billed_usd: Decimal | None, rest_usd: Decimal | None) -> Iterator[str]:
        if not self.known_days:
            yield self._without_bill()
            return
        yield from self._incomplete()
        if billed_usd is None or rest_usd is None:
            yield "What is unreconciled is not known until every amount is."
            return
        limit = self.limit_usd(billed_usd)
        verb = "is over" if abs(rest_usd) > limit else "is within"
        yield (
            f"Of {usd(billed_usd)} billed, {usd(rest_usd)} is unreconciled on the days that can be"
            f" compared; that {verb} the limit of {usd(limit)}."
        )

    def _without_bill(self) -> str:
        if not self.is_bill_read:
            return (
                "No costs are read: set TOLLBOOK_BILLING_SCOPE or TOLLBOOK_COST_EXPORTS, and"
                " `tollbook run`."
            )
        if not self.is_over:
            return "The month is not over, and no CCU is billed yet."
        return (
            f"No CCU is billed, {_days((self.published_at.date() - self.last_day).days)} after the"
            " month's end: check that the billing scope or the exports hold Claude's resource"
            " group, and that TOLLBOOK_CCU_METER fits the meter's name."
        )

    def _incomplete(self) -> Iterator[str]:
        if not self.is_over:
            yield f"The month is not over: {self.known_days} of {self.days} days are billed."
        elif self.known_days < self.days:
            yield (
                f"{self.known_days} of {self.days} days are billed, {self.first_known_day} to"
                f" {self.last_known_day}."
            )
        if early := self.known_days - self.settled_days:
            yield f"The bill of {_days(early)} may still change."
        if self.half_logged_days:
            yield f"The log of {_days(self.half_logged_days)} that are billed is not complete."
        if self.unknown_charges:
            charges = _counted(self.unknown_charges, "charge", "charges")
            has = "has" if self.unknown_charges == 1 else "have"
            yield (
                f"{charges} in {self.currencies} {has} neither CCU, nor an amount in USD, nor a"
                " rate in exchange_rates.csv."
            )

    def notes(self) -> Iterator[tuple[str, str]]:
        """Yield what a reader of the invoice must know: (topic, sentence)."""
        if not self.known_days:
            return
        told = ", ".join(SOURCES[name] for name in (self.sources or "").split(", "))
        made = rfc3339(self.snapshot_at) if self.snapshot_at else "an unknown time"
        twice = (
            f" {_counted(self.days_told_twice, 'day is', 'days are')} told by more than one"
            " source or export: one counts, they are not added."
            if self.days_told_twice
            else ""
        )
        differs = (
            f" Another source differs by {usd(self.differs_by_usd)} on some day."
            if self.differs_by_usd
            else ""
        )
        yield "sources", f"Read from {told}, newest of {made}.{twice}{differs}"
        if self.currencies and self.currencies != "USD":
            yield "currency", self._currency()

    def _currency(self) -> str:
        amount = f"{exact(self.billing_amount)} " if self.billing_amount is not None else ""
        rate = (
            f", exchange rate {exact(self.exchange_rate)}" if self.exchange_rate is not None else ""
        )
        prices = " and later ".join(map(exact, self.ccu_prices_usd or ()))
        return (
            f"The invoice is {amount}{self.currencies}{rate}; USD are CCU x"
            f" {prices or 'what one costs'}, which no exchange rate moves; what is not CCU and not"
            " told in USD takes the rate of its day in exchange_rates.csv."
        )


def _days(count: int) -> str:
    return _counted(count, "day", "days")


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
