"""Figures as the page writes them: exact until here, and unknown is a word, never a zero."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from models.clock import to_utc
from models.money import enough_decimals, exact, usd

UNKNOWN = "unknown"
LONGEST_TEXT = 80
_STATUS = {"complete": "", "partial": "partial", "unpriced": "no price"}


def money_text(amount: Decimal | None, decimals: int | None = None) -> str:
    """Write dollars: cents from $1 up, three significant digits below, so that little is not 0.

    `decimals` writes that many instead, which lines up a column of small amounts.
    """
    if amount is None:
        return UNKNOWN
    return usd(amount, decimals)


def common_decimals(amounts: Iterable[Decimal | None]) -> int | None:
    """Return how many decimals suit all amounts of a column, None where some reach $1."""
    known = [amount for amount in amounts if amount]
    if not known or any(abs(amount) >= 1 for amount in known):
        return None
    return max(enough_decimals(amount) for amount in known)


def exact_text(amount: Decimal | None) -> str:
    """Write every digit of an amount in USD, for the hint behind the rounded one."""
    return "not known from any source read so far" if amount is None else f"{exact(amount)} USD"


def count_text(count: int | None) -> str:
    """Write a count of requests or tokens."""
    return UNKNOWN if count is None else f"{count:,}"


def share_text(part: int, whole: int) -> str:
    """Write part of whole as a percentage that says 100 % only when nothing is missing."""
    if whole == 0:
        return UNKNOWN
    percent = Decimal(100 * part) / Decimal(whole)
    return f"{percent.quantize(Decimal('0.1'), ROUND_FLOOR):f} %".replace(".0 %", " %")


def evidence_text(row: Mapping[str, Any]) -> str:
    """Say how a row's list cost is known, and whether it covers every token class."""
    if row["list_cost_usd"] is None:
        return UNKNOWN
    status = _STATUS[row["cost_status"]]
    known = _known(row)
    return f"{known} · {status}" if status else known


def _known(row: Mapping[str, Any]) -> str:
    """Of a request the weakest word there is on any of its tokens, of a sum its shares."""
    words = {value for name, value in row.items() if name.endswith("_evidence")}
    for word in ("estimated", "calibrated"):
        if word in words:
            return f"part {word}"
    measured = row.get("measured_share")
    if measured is None or measured == 1:
        return "measured"
    return f"{100 * measured:.0f} % measured" if measured else "calibrated"


def month_text(month: str) -> str:
    """Write YYYY-MM as a month people read."""
    return f"{date.fromisoformat(f'{month}-01'):%B %Y}"


def day_text(day: date) -> str:
    """Write a day with its weekday, in ISO order."""
    return f"{day:%Y-%m-%d %a}"


def moment_text(moment: datetime | None) -> str:
    """Write a UTC time to the minute."""
    return UNKNOWN if moment is None else f"{to_utc(moment):%Y-%m-%d %H:%M} UTC"


def short_text(text: str, longest: int = LONGEST_TEXT) -> str:
    """Return text from outside on one line and cut to a length; controls become spaces."""
    visible = "".join(c if c.isprintable() else " " for c in text[: longest * 4])
    line = " ".join(visible.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
