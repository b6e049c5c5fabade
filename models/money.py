"""Money as text: exact decimals in, exact decimals out. Arithmetic on money happens in SQL."""

from decimal import Decimal

USD_SCALE = 15


def exact(amount: Decimal) -> str:
    """Write an amount with every digit it has and no exponent: `0.0000003`."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def usd(amount: Decimal | None, decimals: int = 2) -> str:
    """Write an amount for people, `$1,234.57`; None, which is "unknown", as a dash."""
    if amount is None:
        return "–"
    sign = "-" if amount < 0 else ""
    return f"{sign}${abs(amount):,.{decimals}f}"
