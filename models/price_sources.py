"""Compares the reviewed price list with two public ones: genai-prices and litellm's JSON file.

Both are third-party files without all dates, so a difference is a question for a reviewer, never a
correction. Compared are the five token rates of every prompt band, standard and fast.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import genai_prices

from models.clock import to_utc
from models.errors import SourceError
from models.model_names import price_model
from models.money import exact
from models.price import Price, as_known, holds
from models.price_proposal import FAST, anthropic_models, genai_band_edges, genai_rates
from models.seed_cells import SeedFile, point_moved, product

Rates = Mapping[str, Decimal | None]
# (model, speed) -> {prompt over so many tokens -> USD per million tokens by rate}
Listing = dict[tuple[str, str], dict[int, Rates]]

_LITELLM_RATES = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cache_read": "cache_read_input_token_cost",
    "cache_write_5m": "cache_creation_input_token_cost",
    "cache_write_1h": "cache_creation_input_token_cost_above_1hr",
}
_LITELLM_KEY = re.compile(r"(?P<provider>azure_ai/)?(?P<name>claude-[a-z0-9.-]+?)(?P<fast>-fast)?")


CHECK = "check the vendor's price page, then correct price_overrides.csv or leave it"
NOT_LISTED = "not in prices.csv: add it to price_overrides.csv, or `drop` it there with a reason"
_ASKING = (CHECK, NOT_LISTED)
"""How verdicts end that ask a reviewer to decide; every other one explains the difference."""


class PriceSourceError(SourceError, ValueError):
    """A public price file cannot be read; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One rate on which two lists disagree, in USD per million tokens as exact decimal text.

    `rate` is `model` when only one side lists the model at all (`listed` on that side).
    `prompt_over_tokens` names the band. None means: that side says nothing.
    """

    source: str
    model: str
    speed: str
    prompt_over_tokens: int
    rate: str
    ours_usd_per_mtok: str | None
    theirs_usd_per_mtok: str | None
    verdict: str

    @property
    def is_open(self) -> bool:
        """Tell whether a reviewer has to decide; else the verdict says why there is nothing."""
        return self.verdict.endswith(_ASKING)


def compare_with_genai_prices(
    book: Iterable[Price],
    at: datetime,
    names: Mapping[str, str],
    left_out: Mapping[str, str] | None = None,
) -> tuple[Difference, ...]:
    """Return where the installed genai-prices differs from `book` for a request made at `at`.

    `book` are all rows of the list; those known at `at` are compared. `names` are the aliases of
    `models.csv`, `left_out` says of models that are not listed on purpose why.
    """
    theirs: Listing = {}
    moment = to_utc(at)
    for llm in anthropic_models():
        fast = any(variant.when == FAST for variant in llm.price_variants or ())
        for speed in ("standard", "fast") if fast else ("standard",):
            prices = llm.get_prices(moment, FAST if speed == "fast" else None)
            theirs[price_model(llm.id, names), speed] = {
                over: {_rate(column): rate for column, rate in genai_rates(prices, over).items()}
                for over in (0, *genai_band_edges(prices))
            }
    source = f"genai-prices {genai_prices.__version__}"
    return _differences(source, tuple(book), theirs, moment, left_out or {})


def compare_with_litellm(
    book: Iterable[Price],
    file: SeedFile,
    at: datetime,
    names: Mapping[str, str],
    left_out: Mapping[str, str] | None = None,
) -> tuple[Difference, ...]:
    """Return where a litellm price file differs from `book` for a request made at `at`.

    The file is litellm's own map of models, or that map under the key `models`. A model's Foundry
    entry (`azure_ai/...`) goes before its first-party one; a fast rate is the entry with `-fast`,
    else the standard rate times the entry's `fast` factor.
    Raises PriceSourceError when the file is not such a map or a rate is not a number.
    """
    first_party: Listing = {}
    foundry: Listing = {}
    for key, entry in _litellm_entries(file).items():
        match = _LITELLM_KEY.fullmatch(key)
        if match is None or not isinstance(entry, Mapping):
            continue
        bands = _litellm_bands(file, key, entry)
        listing = foundry if match["provider"] else first_party
        model = price_model(match["name"], names)
        listing[model, "fast" if match["fast"] else "standard"] = bands
        factor = _fast_factor(entry)
        if factor is not None and not match["fast"]:
            listing.setdefault((model, "fast"), _times(bands, factor))
    theirs = first_party | foundry
    return _differences("litellm", tuple(book), theirs, to_utc(at), left_out or {})


def _litellm_entries(file: SeedFile) -> Mapping[str, object]:
    try:
        data = json.loads(file.read_bytes(), parse_float=Decimal, parse_int=Decimal)
    except OSError as error:
        text = f"{file.name} cannot be read ({error.strerror}): name litellm's price file"
        raise PriceSourceError(text) from error
    except (ValueError, ArithmeticError, RecursionError) as error:
        text = f"{file.name} is not JSON ({error}): fetch litellm's price file again"
        raise PriceSourceError(text) from error
    entries = data.get("models", data) if isinstance(data, dict) else None
    if not isinstance(entries, dict):
        raise PriceSourceError(f"{file.name} is no map of models: name litellm's price file")
    return entries


def _litellm_bands(file: SeedFile, key: str, entry: Mapping[str, object]) -> dict[int, Rates]:
    """Return the rates of one entry by band, moved from USD per token to per million."""
    base = re.escape(_LITELLM_RATES["input"])
    edges = (re.fullmatch(rf"{base}_above_([0-9]{{1,6}})k_tokens", field) for field in entry)
    bands: dict[int, Rates] = {}
    for thousands in (0, *sorted(int(edge[1]) for edge in edges if edge)):
        suffix = f"_above_{thousands}k_tokens" if thousands else ""
        rates: dict[str, Decimal | None] = {}
        for rate, field in _LITELLM_RATES.items():
            value = entry.get(field + suffix)
            if value is not None and not _is_rate(value):
                raise PriceSourceError(
                    f"{file.name}: {key} {field + suffix} is {value!r}, no USD per token:"
                    " fetch litellm's price file again"
                )
            rates[rate] = point_moved(value, -6) if isinstance(value, Decimal) else None
        bands[thousands * 1000] = rates
    return bands


def _is_rate(value: object) -> bool:
    """Whether a number is plausible and short enough to be computed with exactly."""
    if not isinstance(value, Decimal) or not value.is_finite():
        return False
    _, digits, exponent = value.as_tuple()
    return 0 <= value < 1000 and len(digits) <= 30 and isinstance(exponent, int) and exponent > -40


def _fast_factor(entry: Mapping[str, object]) -> Decimal | None:
    factors = entry.get("provider_specific_entry")
    factor = factors.get("fast") if isinstance(factors, Mapping) else None
    return factor if isinstance(factor, Decimal) and _is_rate(factor) else None


def _times(bands: Mapping[int, Rates], factor: Decimal) -> dict[int, Rates]:
    return {
        over: {
            name: None if rate is None else product(rate, factor) for name, rate in rates.items()
        }
        for over, rates in bands.items()
    }


def _differences(
    source: str,
    book: tuple[Price, ...],
    theirs: Listing,
    at: datetime,
    left_out: Mapping[str, str],
) -> tuple[Difference, ...]:
    """Return all differences, sorted by model, speed, band."""
    ours: Listing = {}
    for row in as_known(book, at):
        if holds(row.valid_from, row.valid_to, at):
            ours.setdefault((row.model, row.speed), {})[row.prompt_over_tokens] = _book_rates(row)
    found = []
    for model, speed in sorted(ours.keys() | theirs.keys()):
        key = (model, speed)
        if key in ours and key in theirs:
            found += _rate_differences(source, book, key, ours[key], theirs[key])
        else:
            found.append(_one_sided(source, book, key, key in ours, left_out.get(model)))
    return tuple(found)


def _book_rates(row: Price) -> dict[str, Decimal | None]:
    return {rate: point_moved(getattr(row, f"{rate}_usd_per_token"), -6) for rate in _LITELLM_RATES}


def _one_sided(
    source: str, book: tuple[Price, ...], key: tuple[str, str], is_ours: bool, left_out: str | None
) -> Difference:
    model, speed = key
    if is_ours:
        verdict = f"{source} does not list it"
    elif rows := [row for row in book if (row.model, row.speed) == key]:
        days = ", ".join(sorted({f"{row.valid_from:%Y-%m-%d}" for row in rows}))
        verdict = f"not priced here at that time; our prices begin {days}"
    elif left_out:
        verdict = f"left out: {left_out}"
    else:
        verdict = NOT_LISTED
    return Difference(
        source=source,
        model=model,
        speed=speed,
        prompt_over_tokens=0,
        rate="model",
        ours_usd_per_mtok="listed" if is_ours else None,
        theirs_usd_per_mtok=None if is_ours else "listed",
        verdict=verdict,
    )


def _rate_differences(
    source: str,
    book: tuple[Price, ...],
    key: tuple[str, str],
    ours: Mapping[int, Rates],
    theirs: Mapping[int, Rates],
) -> list[Difference]:
    found = []
    for over in sorted(ours.keys() | theirs.keys()):
        our_rates, their_rates = _band(ours, over), _band(theirs, over)
        for rate, our_rate in our_rates.items():
            their_rate = their_rates[rate]
            if our_rate == their_rate:
                continue
            if their_rate is None:
                verdict = f"{source} says nothing about this rate"
            else:
                verdict = _dated_verdict(source, book, key, over, rate, their_rate)
                if verdict == CHECK and over not in theirs:
                    verdict = f"{source} has no band over {over} tokens: {CHECK}"
                elif verdict == CHECK and over not in ours:
                    verdict = f"only {source} has a band over {over} tokens: {CHECK}"
            found.append(
                Difference(source, *key, over, rate, _text(our_rate), _text(their_rate), verdict)
            )
    return found


def _band(bands: Mapping[int, Rates], over: int) -> Rates:
    return bands[max(edge for edge in bands if edge <= over)]


def _dated_verdict(
    source: str,
    book: tuple[Price, ...],
    key: tuple[str, str],
    over: int,
    rate: str,
    their_rate: Decimal,
) -> str:
    """Say whether their number is one of ours of another time; if so, only the dates differ."""
    for row in sorted(book, key=lambda row: row.recorded_to is not None):
        same = (row.model, row.speed) == key and row.prompt_over_tokens == over
        if same and _book_rates(row)[rate] == their_rate:
            until = f" to {row.valid_to:%Y-%m-%d}" if row.valid_to else ""
            withdrawn = f", withdrawn {row.recorded_to:%Y-%m-%d}" if row.recorded_to else ""
            return (
                f"{source} has no date split: its number is ours"
                f" from {row.valid_from:%Y-%m-%d}{until}{withdrawn}"
            )
    return CHECK


def _rate(column: str) -> str:
    return column.removesuffix("_usd_per_mtok")


def _text(rate: Decimal | None) -> str | None:
    return None if rate is None else exact(rate)
