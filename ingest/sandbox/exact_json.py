"""JSON whose numbers keep the digits they were written with: decimals in and out, no float."""

import json
from decimal import Decimal
from typing import Any

_LARGEST_EXPONENT = 400


def read_exact(text: str | bytes) -> Any:
    """Parse `text`; a number with a fraction or an exponent becomes a Decimal.

    Raises ValueError for anything that is not JSON, NaN and Infinity included.
    """
    return json.loads(text, parse_float=_decimal, parse_constant=_no_constant)


def write_exact(value: Any) -> str:
    """The JSON text of `value`; a Decimal becomes a number with exactly its digits."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        members = (f"{json.dumps(name)}:{write_exact(member)}" for name, member in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(write_exact, value)) + "]"
    return json.dumps(value)


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    # Written out, 1e999999999 would fill the memory.
    if abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise ValueError("a number is too large or too small")
    return number


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
