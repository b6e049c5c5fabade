"""Settings about the bill: which cost rows are Claude's, and when a month counts as reconciled.

Patterns are regular expressions, found anywhere in a text and in any case: no public export shows
how Azure names these rows, so what a tenant sees decides.
"""

import re
from decimal import Decimal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings


class BillingSettings(BaseSettings):
    """How cost rows are told apart, and how far an invoice may be from what is expected."""

    marketplace_type: str = Field(
        default="marketplace|vendor", description="pattern of the publisher type of Claude's rows"
    )
    claude_publisher: str = Field(
        default="anthropic", description="pattern of the publisher's name on Claude's rows"
    )
    claude_meter: str = Field(
        default="claude", description="pattern of Claude's meters, where no publisher is named"
    )
    ccu_meter: str = Field(
        default=r"\bccus?\b|claude consumption unit",
        description="pattern of the meter, its category or unit on rows that are CCU",
    )
    unbilled_refusals: str = Field(
        default="^claude-fable-",
        description="pattern of models whose refused requests are not billed their input",
    )
    showback: bool = Field(
        default=False, description="figures are shown and nothing is posted: the central unit pays"
    )
    central_unit: str = Field(
        default="Central budget", min_length=1, max_length=200,
        description="the unit that pays what is charged to no other",
    )  # fmt: skip
    bill_settles_after_hours: int = Field(
        default=72, ge=0, le=24 * 31,
        description="hours after the end of a day from which its bill counts as complete",
    )  # fmt: skip
    residual_limit_usd: Decimal = Field(
        default=Decimal(10), ge=0, lt=10**12, decimal_places=6,
        description="a month's residual may be this many USD, or the share below if that is more",
    )  # fmt: skip
    residual_limit_share: Decimal = Field(
        default=Decimal("0.01"), ge=0, le=1, decimal_places=6,
        description="share of the invoice that a month's residual may be",
    )  # fmt: skip

    @field_validator(
        "marketplace_type", "claude_publisher", "claude_meter", "ccu_meter", "unbilled_refusals"
    )
    @classmethod
    def _a_pattern(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"is no regular expression ({error})") from error
        return pattern
