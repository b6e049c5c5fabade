"""What a request must cost, worked out in fractions from the hand-typed table alone.

A truth line is a mapping with `time` (RFC 3339), `model`, `sku` (GlobalStandard or
DataZoneStandard), `speed`, what the gateway logged (`logged_input_tokens`, `logged_output_tokens`)
and what was really used (`input_tokens`, `output_tokens`, `cache_read_tokens`,
`cache_write_5m_tokens`, `cache_write_1h_tokens`). All results are USD; None is "unknown": a model
without a price, a data zone that is not offered, or a token count that is missing.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from fractions import Fraction

from oracle.prices import DATA_ZONE_FACTOR, DATA_ZONE_MODELS, Rates, rates_of

TruthLine = Mapping[str, str | int | None]
LOGGED = {"input": "logged_input_tokens", "output": "logged_output_tokens"}
TRUE = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write_5m": "cache_write_5m_tokens",
    "cache_write_1h": "cache_write_1h_tokens",
}


def known_cost(line: TruthLine) -> Fraction | None:
    """List cost of the logged input and output; only the logged input chooses the band."""
    tokens = _tokens(line, LOGGED)
    return None if tokens is None else _charge(line, tokens, tokens["input"])


def known_cost_upper_band(line: TruthLine) -> Fraction | None:
    """List cost of the logged input and output as if the prompt were in the highest band."""
    tokens = _tokens(line, LOGGED)
    return None if tokens is None else _charge(line, tokens, None)


def true_cost(line: TruthLine) -> Fraction | None:
    """List cost of everything used; input, cache reads and cache writes choose the band."""
    tokens = _tokens(line, TRUE)
    if tokens is None:
        return None
    return _charge(line, tokens, sum(tokens.values()) - tokens["output"])


def _tokens(line: TruthLine, fields: Mapping[str, str]) -> dict[str, int] | None:
    """Return tokens by class, or None as soon as one is unknown: unknown is not zero."""
    counts = {name: line.get(field) for name, field in fields.items()}
    known = {name: int(count) for name, count in counts.items() if count is not None}
    return known if len(known) == len(fields) else None


def _charge(
    line: TruthLine, tokens: Mapping[str, int], prompt_tokens: int | None
) -> Fraction | None:
    model = re.sub(r"-\d{8}$", "", str(line["model"]).lower())
    day = datetime.fromisoformat(str(line["time"])).astimezone(UTC).date()
    rates = rates_of(model, str(line["speed"]), day, prompt_tokens)
    factor = _factor(model, str(line["sku"]))
    if rates is None or factor is None:
        return None
    return sum((count * _rate(rates, name) for name, count in tokens.items()), Fraction()) * factor


def _factor(model: str, sku: str) -> Fraction | None:
    if sku == "GlobalStandard":
        return Fraction(1)
    if sku != "DataZoneStandard":
        raise ValueError(f"sku {sku!r} is none that the oracle knows")
    return DATA_ZONE_FACTOR if model in DATA_ZONE_MODELS else None


def _rate(rates: Rates, name: str) -> Fraction:
    rate: Fraction = getattr(rates, name)
    return rate
