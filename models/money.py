"""Money as text: exact decimals in, exact decimals out. Arithmetic on money happens in SQL."""

from decimal import Decimal

USD_SCALE = 15


def exact(amount: Decimal) -> str:
    """Write an amount with every digit it has and no exponent: `0.0000003`."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def usd(amount: Decimal | None, decimals: int | None = None) -> str:
    """Write an amount for people, `$1,234.57`; None, which is "unknown", as a dash."""
    if amount is None:
        return "–"
    sign = "-" if amount < 0 else ""
    places = enough_decimals(amount) if decimals is None else decimals
    return f"{sign}${abs(amount):,.{places}f}"


def enough_decimals(amount: Decimal) -> int:
    """Return cents from a dollar up, and below it what three digits need: little is not nothing."""
    return 2 if amount == 0 or abs(amount) >= 1 else max(2, 2 - amount.adjusted())
