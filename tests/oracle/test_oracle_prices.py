"""The oracle, the price list, and the public price files must tell the same story.

The oracle is typed by hand and shares no code with the product, so an agreement means something.
"""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from genai_prices import Usage, calc_price
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from oracle.charges import TRUE, TruthLine, known_cost, known_cost_upper_band, true_cost
from oracle.prices import DATA_ZONE_FACTOR, DATA_ZONE_MODELS, ROWS, Rates, rates_of

from models.price_book import Price, as_known, find_price, read_price_book

SEEDS = Path(__file__).parents[2] / "sql/seeds"
LITELLM = Path(__file__).parents[3] / "shared/data/litellm_1.109.1_claude_prices.json"
REVIEWED = datetime(2026, 11, 22, tzinfo=UTC)
BOOK = as_known(read_price_book(SEEDS / "prices.csv"), REVIEWED)
MODELS = sorted({row.model for row in ROWS} | {price.model for price in BOOK})
PROMPTS = (1, 99_999, 100_000, 100_001, 199_999, 200_000, 200_001, 1_000_000)
# Not in genai-prices 0.2.3 at all.
GENAI_LACKS = {
    ("claude-mythos-5", "standard"),
    ("claude-mythos-5-1", "standard"),
    ("claude-opus-4-6", "fast"),
}
GENAI_NAMES = {"claude-haiku-3-5": "claude-3-5-haiku", "claude-haiku-3": "claude-3-haiku"}


def truth(**changes: str | int | None) -> dict[str, str | int | None]:
    """Return a truth line: an Opus 5 request of 17 tokens in and 7 out, changed as given."""
    tokens = dict.fromkeys(TRUE.values(), 0) | {"input_tokens": 17, "output_tokens": 7}
    line: dict[str, str | int | None] = {
        "time": "2026-10-20T12:00:00Z",
        "model": "claude-opus-5",
        "sku": "GlobalStandard",
        "speed": "standard",
        "logged_input_tokens": 17,
        "logged_output_tokens": 7,
    }
    return {**line, **tokens, **changes}


# Oracle and price list.


def edges() -> list[datetime]:
    """Return both sides of every date that either list knows."""
    days = {row.first_day for row in ROWS} | {row.end_day for row in ROWS}
    days |= {
        moment.date() for price in BOOK for moment in (price.valid_from, price.valid_to) if moment
    }
    starts = [datetime(d.year, d.month, d.day, tzinfo=UTC) for d in sorted(days) if d.year < 9999]
    return [moment for start in starts for moment in (start - timedelta(microseconds=1), start)]


def fractions_of(price: Price | None) -> Rates | None:
    if price is None:
        return None
    return Rates(*(Fraction(getattr(price, f"{name}_usd_per_token")) for name in Rates._fields))


@pytest.mark.parametrize("model", MODELS)
def test_oracle_and_price_list_agree_on_every_rate_of_every_day(model: str) -> None:
    priced = 0
    for at in edges():
        for speed in ("standard", "fast"):
            for prompt in PROMPTS:
                ours = fractions_of(find_price(BOOK, model, speed, prompt, at))
                assert ours == rates_of(model, speed, at.date(), prompt), (at, speed, prompt)
                priced += ours is not None
    assert priced > 0


def test_oracle_and_price_list_agree_on_the_data_zones() -> None:
    offered = {price.model for price in BOOK if price.us_data_zone_multiplier is not None}
    factors = {price.us_data_zone_multiplier for price in BOOK if price.model in offered}
    assert offered == DATA_ZONE_MODELS
    assert {Fraction(factor) for factor in factors if factor is not None} == {DATA_ZONE_FACTOR}
    assert None not in factors


# Both sides of every edge, and measured bills.


def test_a_haiku_prompt_of_100_000_tokens_is_still_in_the_lower_band() -> None:
    haiku = truth(model="claude-haiku-5-5", output_tokens=1_000, logged_output_tokens=1_000)
    lower = haiku | {"input_tokens": 99_999, "cache_read_tokens": 1, "logged_input_tokens": 99_999}
    upper = lower | {"cache_read_tokens": 2}
    assert true_cost(lower) == Fraction("0.01049991")
    assert true_cost(upper) == Fraction("0.0524996")
    # The log shows 99,999 tokens of both; only the true prompt tells the bands apart.
    assert known_cost(lower) == known_cost(upper) == Fraction("0.0104999")
    assert known_cost_upper_band(upper) == 5 * Fraction("0.0104999")
    at_the_edge = {"logged_input_tokens": 100_000, "logged_output_tokens": 0}
    over_it = {"logged_input_tokens": 100_001, "logged_output_tokens": 0}
    assert known_cost(haiku | at_the_edge) == Fraction("0.01")
    assert known_cost(haiku | over_it) == Fraction("0.0500005")


def test_output_does_not_choose_the_band() -> None:
    line = truth(model="claude-haiku-5-5", input_tokens=1, output_tokens=200_000)
    assert true_cost(line) == Fraction("0.1000001")


@pytest.mark.parametrize(
    ("moment", "usd_per_mtok"),
    [
        ("2026-10-06T23:59:59.999999Z", "0.20"),
        ("2026-10-06T23:59:59.9999999Z", "0.20"),
        ("2026-10-07T00:00:00Z", "0.10"),
        ("2026-10-07T01:59:59+02:00", "0.20"),
        ("2026-10-06T20:00:00-04:00", "0.10"),
    ],
)
def test_sonnet_5_5_cache_reads_change_at_midnight_utc(moment: str, usd_per_mtok: str) -> None:
    reads = {"input_tokens": 0, "output_tokens": 0, "cache_read_tokens": 1_000_000}
    line = truth(model="claude-sonnet-5-5", time=moment, **reads)
    assert true_cost(line) == Fraction(usd_per_mtok)


def test_the_measured_write_and_read_of_4460_tokens_cost_what_was_billed() -> None:
    write, read = truth(cache_write_5m_tokens=4_460), truth(cache_read_tokens=4_460)
    assert true_cost(write) == Fraction("0.028135")
    assert true_cost(read) == Fraction("0.002490")
    assert known_cost(write) == known_cost(read) == Fraction("0.00026")


def test_the_measured_week_of_opus_5() -> None:
    week = truth(
        input_tokens=181_428,
        output_tokens=97_972,
        cache_read_tokens=5_311_188,
        cache_write_5m_tokens=159_197,
        cache_write_1h_tokens=875_313,
        logged_input_tokens=181_428,
        logged_output_tokens=97_972,
    )
    known, true = known_cost(week), true_cost(week)
    assert known is not None
    assert true is not None
    assert (round(known, 2), round(true, 2)) == (Fraction("3.36"), Fraction("15.76"))


@pytest.mark.parametrize("cost", [known_cost, known_cost_upper_band, true_cost])
def test_unknown_is_not_zero(cost: Callable[[TruthLine], Fraction | None]) -> None:
    unpriced = [
        truth(model="claude-unheard-of"),
        truth(time="2026-07-23T23:59:59Z"),
        truth(model="claude-opus-4-7", speed="fast"),
        truth(model="claude-opus-4-7", sku="DataZoneStandard"),
        truth(output_tokens=None, logged_output_tokens=None),
    ]
    assert [cost(line) for line in unpriced] == [None] * 5
    assert cost(truth(model="CLAUDE-OPUS-5-20260724")) == Fraction("0.00026")
    assert cost(truth(sku="DataZoneStandard")) == Fraction("0.000286")
    assert cost(truth(speed="fast")) == Fraction("0.00052")


# The public price files.


def is_genai_right(model: str, day: str, prompt_tokens: int) -> bool:
    """Leave out the three places where genai-prices 0.2.3 is known to be wrong."""
    if model == "claude-sonnet-5-5":
        return day >= "2026-10-07"
    surcharged = day < "2026-03-13" and prompt_tokens > 200_000
    if model == "claude-sonnet-4":
        return not surcharged
    if model == "claude-sonnet-4-5":
        return surcharged or prompt_tokens <= 200_000
    return True


@st.composite
def priced_lines(draw: st.DrawFn) -> TruthLine:
    """Draw a request that the oracle prices and that genai-prices should price alike."""
    known = (row for row in ROWS if (row.model, row.speed) not in GENAI_LACKS)
    row = draw(st.sampled_from(list(known)))
    days = (min(row.end_day, date(2027, 1, 1)) - row.first_day).days
    start = datetime.combine(row.first_day, time(), tzinfo=UTC)
    at = start + timedelta(seconds=draw(st.integers(0, days * 86_400 - 1)))
    sizes = st.one_of(st.integers(0, 3_000), st.integers(0, 400_000))
    tokens = {field: draw(sizes) for field in TRUE.values()}
    line = truth(time=at.isoformat(), model=row.model, speed=row.speed, **tokens)
    prompt = sum(tokens.values()) - tokens["output_tokens"]
    assume(is_genai_right(row.model, f"{at:%Y-%m-%d}", prompt))
    return line


@settings(deadline=None, max_examples=300)
@given(line=priced_lines())
@example(truth(model="claude-haiku-5-5", input_tokens=100_000))
@example(truth(model="claude-haiku-5-5", input_tokens=100_001))
@example(truth(model="claude-opus-4-6", time="2026-03-12T23:59:59Z", input_tokens=200_001))
@example(truth(model="claude-opus-4-6", time="2026-03-13T00:00:00Z", input_tokens=200_001))
def test_genai_prices_charges_the_same_to_the_last_digit(line: TruthLine) -> None:
    tokens = {name: int(line[field] or 0) for name, field in TRUE.items()}
    prompt = sum(tokens.values()) - tokens["output"]
    model, at = str(line["model"]), datetime.fromisoformat(str(line["time"]))
    usage = Usage(
        input_tokens=prompt,
        cache_read_tokens=tokens["cache_read"],
        cache_write_tokens=tokens["cache_write_5m"] + tokens["cache_write_1h"],
        cache_write_1h_tokens=tokens["cache_write_1h"],
        output_tokens=tokens["output"],
    )
    fast = line["speed"] == "fast"
    priced = calc_price(
        usage,
        GENAI_NAMES.get(model, model),
        # Its Azure provider has the same rates, but ignores the speed.
        provider_id="anthropic" if fast else "azure",
        genai_request_timestamp=at,
        price_context={"speed": "fast"} if fast else None,
    )
    assert Fraction(priced.total_price) == true_cost(line)


def test_genai_prices_is_still_wrong_where_it_is_left_out() -> None:
    """When one of these fails, the library has caught up: allow it in `is_genai_right`."""
    reads = Usage(input_tokens=1_000_000, cache_read_tokens=1_000_000, output_tokens=0)
    long = Usage(input_tokens=1_000_000, output_tokens=0)
    wrong = [
        ("claude-sonnet-5-5", reads, datetime(2026, 10, 6, tzinfo=UTC), "0.1"),
        ("claude-sonnet-4", long, datetime(2026, 3, 12, tzinfo=UTC), "3"),
        ("claude-sonnet-4-5", long, datetime(2026, 3, 13, tzinfo=UTC), "6"),
    ]
    for model, usage, at, usd in wrong:
        priced = calc_price(usage, model, provider_id="azure", genai_request_timestamp=at)
        assert priced.total_price == Decimal(usd)


def test_litellm_has_the_oracles_rates_of_today() -> None:
    if not LITELLM.exists():
        pytest.skip("the shared data folder with litellm's price file is not there")
    entries = json.loads(LITELLM.read_text(encoding="utf-8"), parse_float=Decimal)["models"]
    fields = (
        "input_cost_per_token",
        "output_cost_per_token",
        "cache_read_input_token_cost",
        "cache_creation_input_token_cost",
        "cache_creation_input_token_cost_above_1hr",
    )
    foundry = {
        key.removeprefix("azure_ai/"): entry
        for key, entry in entries.items()
        if key.startswith("azure_ai/")
    }
    assert len(foundry) == 15
    for name, entry in foundry.items():
        model, speed = name.removesuffix("-fast"), "fast" if name.endswith("-fast") else "standard"
        lower = Rates(*(Fraction(entry[field]) for field in fields))
        assert lower == rates_of(model, speed, REVIEWED.date(), 100_000), name
        if model == "claude-haiku-5-5":
            upper = Rates(*(Fraction(entry[f"{field}_above_100k_tokens"]) for field in fields))
            assert upper == rates_of(model, speed, REVIEWED.date(), 100_001)
