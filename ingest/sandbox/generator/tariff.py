"""What every answer costs at list price, from a table of the simulated world's own.

The rates are typed by hand from platform.claude.com/docs/en/about-claude/pricing as of 26 September
2026, Claude Haiku 5.5 and Claude Sonnet 5.5's cheaper cache reads as announced for 7 October 2026.
The product's seeds are another table on purpose: the simulated invoice must not share their errors.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pandas as pd

from ingest.sandbox.generator.arrays import Ints
from ingest.sandbox.generator.catalog import DEPLOYMENTS, HAIKU_5_5_FROM, milliseconds

TOKEN_CLASSES = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
)
PROMPT_CLASSES = tuple(name for name in TOKEN_CLASSES if name != "output_tokens")
_ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Rate:
    """USD per million tokens, by class in the order of TOKEN_CLASSES.

    It holds from a moment on, for prompts of more than `prompt_over` tokens; of two rates that hold
    for a request the later in the table counts.
    """

    model: str
    since: datetime
    prompt_over: int
    usd_per_mtok: tuple[Decimal, ...]


def _rate(model: str, usd: str, since: datetime = _ALWAYS, prompt_over: int = -1) -> Rate:
    return Rate(model, since, prompt_over, tuple(Decimal(text) for text in usd.split()))


# Input, output, cache read, 5-minute write, 1-hour write.
LIST_PRICES = (
    _rate("claude-sonnet-5-5", "2 10 0.20 2.50 4"),
    _rate("claude-sonnet-5-5", "2 10 0.10 2.50 4", HAIKU_5_5_FROM),
    _rate("claude-haiku-5-5", "0.10 0.50 0.01 0.125 0.20", HAIKU_5_5_FROM),
    _rate("claude-haiku-5-5", "0.50 2.50 0.05 0.625 1.00", HAIKU_5_5_FROM, prompt_over=100_000),
    _rate("claude-haiku-4-5", "1 5 0.10 1.25 2"),
    _rate("claude-opus-5-5", "4 20 0.20 5 8"),
    _rate("claude-opus-5", "5 25 0.50 6.25 10"),
    # A preview: billed, but on no public price list. The figures are invented.
    _rate("claude-experimental-9", "6 30 0.60 7.50 12"),
)
# US Data Zone Standard costs 1.1 times the global rate, on every class of tokens.
_ZONE_TENTHS = {"GlobalStandard": 10, "DataZoneStandard": 11}
WEB_SEARCH_USD = Decimal("0.01")
CCU_USD = Decimal("0.01")
# Rates have three decimals, the zone factor one: whole units of this size hold every product.
UNIT_USD = Decimal("1e-10")
UNITS_PER_CCU = int(CCU_USD / UNIT_USD)
_RATE_STEP = Decimal("0.001")


def token_cost_units(answers: pd.DataFrame) -> Ints:
    """Return what each answer's tokens cost, exact, in units of UNIT_USD.

    The rate is the one in force when the request was made (`time_ms`). Answers without tokens cost
    nothing.
    """
    steps = [[int(usd / _RATE_STEP) for usd in rate.usd_per_mtok] for rate in LIST_PRICES]
    rate_steps = np.array([*steps, [0] * len(TOKEN_CLASSES)], dtype=np.int64)[_rates_of(answers)]
    tokens = answers[list(TOKEN_CLASSES)].to_numpy()
    tenths = np.array([_ZONE_TENTHS[deployment.sku] for deployment in DEPLOYMENTS])
    cost: Ints = (tokens * rate_steps).sum(axis=1) * tenths[answers["deployment"]]
    return cost


def search_cost_units(answers: pd.DataFrame) -> Ints:
    """Return what each answer's web searches cost, in units of UNIT_USD."""
    cost: Ints = answers["web_searches"].to_numpy() * int(WEB_SEARCH_USD / UNIT_USD)
    return cost


def in_usd(units: int) -> Decimal:
    """Return an amount of units in USD, exact."""
    return Decimal(units) * UNIT_USD


def _rates_of(answers: pd.DataFrame) -> Ints:
    """Return each answer's row of LIST_PRICES; -1 where no rate was in force yet."""
    models = np.array([deployment.model for deployment in DEPLOYMENTS])[answers["deployment"]]
    time_ms = answers["time_ms"].to_numpy()
    prompt = answers[list(PROMPT_CLASSES)].sum(axis=1).to_numpy()
    found = np.full(len(answers), -1, dtype=np.int64)
    for place, rate in enumerate(LIST_PRICES):
        holds = (models == rate.model) & (time_ms >= milliseconds(rate.since))
        found[holds & (prompt > rate.prompt_over)] = place
    return found
