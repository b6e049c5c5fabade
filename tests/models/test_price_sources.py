"""What the two public price files say differently, and how a reviewer is told."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.model_names import read_model_names
from models.price_book import read_price_book
from models.price_sources import (
    Difference,
    PriceSourceError,
    compare_with_genai_prices,
    compare_with_litellm,
)

SEEDS = Path(__file__).parents[2] / "sql/seeds"
NAMES = read_model_names(SEEDS / "models.csv")
BOOK = read_price_book(SEEDS / "prices.csv")
LITELLM = Path(__file__).parents[3] / "shared/data/litellm_1.109.1_claude_prices.json"
TODAY = datetime(2026, 11, 22, tzinfo=UTC)
BEFORE_THE_CUT = datetime(2026, 10, 1, tzinfo=UTC)
OPUS_5 = {
    "input_cost_per_token": 5e-06,
    "output_cost_per_token": 2.5e-05,
    "cache_read_input_token_cost": 5e-07,
    "cache_creation_input_token_cost": 6.25e-06,
    "cache_creation_input_token_cost_above_1hr": 1e-05,
}


def rates(found: tuple[Difference, ...]) -> dict[tuple[str, str, int, str], tuple[str, ...]]:
    """Return the differences in numbers, without the models only one side lists."""
    return {
        (row.model, row.speed, row.prompt_over_tokens, row.rate): (
            str(row.ours_usd_per_mtok),
            str(row.theirs_usd_per_mtok),
            row.verdict.replace(row.source, "it"),
        )
        for row in found
        if row.rate != "model"
    }


def one_sided(found: tuple[Difference, ...], *, ours: bool) -> set[tuple[str, str]]:
    side = "ours_usd_per_mtok" if ours else "theirs_usd_per_mtok"
    return {
        (row.model, row.speed)
        for row in found
        if row.rate == "model" and getattr(row, side) == "listed"
    }


def test_genai_prices_differs_today_only_where_it_is_known_to() -> None:
    found = compare_with_genai_prices(BOOK, TODAY, NAMES)
    assert {key[:3] for key in rates(found)} == {("claude-sonnet-4-5", "standard", 200_000)}
    assert rates(found)["claude-sonnet-4-5", "standard", 200_000, "output"] == (
        "15",
        "22.5",
        "it has no date split: its number is ours from 2025-09-29 to 2026-03-13",
    )
    assert one_sided(found, ours=True) == {
        ("claude-mythos-5", "standard"),
        ("claude-mythos-5-1", "standard"),
        ("claude-opus-4-6", "fast"),
    }
    assert one_sided(found, ours=False) == {("claude-2", "standard"), ("claude-v1", "standard")}


def test_genai_prices_has_no_date_split_for_sonnet_5_5() -> None:
    found = rates(compare_with_genai_prices(BOOK, BEFORE_THE_CUT, NAMES))
    assert found["claude-sonnet-5-5", "standard", 0, "cache_read"] == (
        "0.2",
        "0.1",
        "it has no date split: its number is ours from 2026-10-07",
    )


def test_a_model_that_is_not_priced_yet_is_told_from_one_that_is_unknown() -> None:
    found = compare_with_genai_prices(BOOK, BEFORE_THE_CUT, NAMES)
    verdicts = {row.model: row.verdict for row in found if row.rate == "model"}
    assert verdicts["claude-haiku-5-5"].endswith("our prices begin 2026-10-07")
    assert verdicts["claude-2"].startswith("not in prices.csv: add it")
    (out,) = [
        row
        for row in compare_with_genai_prices(BOOK, BEFORE_THE_CUT, NAMES, {"claude-2": "too old"})
        if row.model == "claude-2"
    ]
    assert (out.verdict, out.is_open) == ("left out: too old", False)


def test_litellm_agrees_on_every_rate_both_list() -> None:
    if not LITELLM.exists():
        pytest.skip("the shared data folder with litellm's price file is not there")
    found = compare_with_litellm(BOOK, LITELLM, TODAY, NAMES)
    assert rates(found) == {}
    assert ("claude-fable-5-2", "standard") in one_sided(found, ours=True)
    assert one_sided(found, ours=False) == {("claude-mythos-preview", "standard")}


def compare(tmp_path: Path, entries: Mapping[str, object]) -> tuple[Difference, ...]:
    path = tmp_path / "litellm.json"
    path.write_text(json.dumps(entries))
    return compare_with_litellm(BOOK, path, TODAY, NAMES)


def test_numbers_are_compared_exactly_and_foundry_entries_go_first(tmp_path: Path) -> None:
    found = compare(
        tmp_path,
        {
            "sample_spec": {"input_cost_per_token": 0},
            "claude-opus-5": OPUS_5 | {"input_cost_per_token": 9e-06},
            "azure_ai/claude-opus-5": OPUS_5 | {"output_cost_per_token": 2.500000001e-05},
        },
    )
    assert rates(found) == {
        ("claude-opus-5", "standard", 0, "output"): (
            "25",
            "25.00000001",
            "check the vendor's price page, then correct price_overrides.csv or leave it",
        )
    }


def test_fast_rates_come_from_their_own_entry_or_the_factor(tmp_path: Path) -> None:
    factor = OPUS_5 | {"provider_specific_entry": {"us": 1.1, "fast": 2.0}}
    assert rates(compare(tmp_path, {"claude-opus-5": factor})) == {}
    own = {"claude-opus-5": OPUS_5, "azure_ai/claude-opus-5-fast": OPUS_5}
    assert {key[1] for key in rates(compare(tmp_path, own))} == {"fast"}


def test_a_missing_rate_and_a_missing_band_are_said_so(tmp_path: Path) -> None:
    silent = {name: rate for name, rate in OPUS_5.items() if not name.endswith("1hr")}
    found = rates(compare(tmp_path, {"models": {"claude-opus-5": silent}}))
    assert found == {
        ("claude-opus-5", "standard", 0, "cache_write_1h"): (
            "10",
            "None",
            "it says nothing about this rate",
        )
    }
    flat = rates(compare(tmp_path, {"claude-haiku-5-5": OPUS_5}))
    assert flat["claude-haiku-5-5", "standard", 100_000, "input"][2].startswith(
        "it has no band over 100000 tokens: check the vendor's price page"
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("<html>", "litellm.json is not JSON"),
        ("[]", "is no map of models"),
        ('{"models": 3}', "is no map of models"),
        ('{"claude-opus-5": {"input_cost_per_token": "free"}}', "is 'free', no USD per token"),
        ('{"claude-opus-5": {"input_cost_per_token": NaN}}', "no USD per token"),
        ('{"claude-opus-5": {"input_cost_per_token": 1e999999}}', "no USD per token"),
        ('{"claude-opus-5": {"input_cost_per_token": 1e99999999999999999999}}', "is not JSON"),
        ("[" * 100_000, "is not JSON"),
    ],
)
def test_a_broken_litellm_file_says_what_to_do(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "litellm.json"
    path.write_text(content)
    with pytest.raises(PriceSourceError, match="litellm's price file") as raised:
        compare_with_litellm(BOOK, path, TODAY, NAMES)
    assert says in str(raised.value)


def test_an_absent_litellm_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PriceSourceError, match="cannot be read"):
        compare_with_litellm(BOOK, tmp_path / "litellm.json", TODAY, NAMES)
