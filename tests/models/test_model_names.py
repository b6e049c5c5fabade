"""From logged spellings to the price list's models."""

from pathlib import Path

import pytest
from genai_prices.data import providers

from models.model_names import ModelNamesError, price_model, read_model_names
from models.price_book import read_price_book

SEEDS = Path(__file__).parents[2] / "sql/seeds"
NAMES = read_model_names(SEEDS / "models.csv")
PRICED = {price.model for price in read_price_book(SEEDS / "prices.csv")}


@pytest.mark.parametrize(
    ("logged", "model"),
    [
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("Claude-Opus-5 ", "claude-opus-5"),
        ("claude-3-5-haiku-20241022", "claude-haiku-3-5"),
        ("claude-3-5-haiku-20990101", "claude-haiku-3-5"),
        ("claude-opus-4-20250514", "claude-opus-4"),
        ("claude-nobody-knows", "claude-nobody-knows"),
        ("", ""),
    ],
)
def test_a_logged_name_finds_its_model(logged: str, model: str) -> None:
    assert price_model(logged, NAMES) == model


def test_every_alias_leads_to_a_priced_model_and_is_needed() -> None:
    assert set(NAMES.values()) <= PRICED
    assert [name for name in NAMES if price_model(name, {}) in PRICED] == []


def test_genai_prices_reads_every_alias_it_knows_as_the_same_model() -> None:
    anthropic = next(provider for provider in providers if provider.id == "anthropic")
    read = {name: anthropic.find_model(name) for name in NAMES}
    known = {name: price_model(llm.id, NAMES) for name, llm in read.items() if llm is not None}
    assert len(known) > 30
    assert known == {name: NAMES[name] for name in known}


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("model_name\na\n", "line 1: column model is missing"),
        ("model_name,model\na,\n", "line 2: a cell is empty"),
        ("model_name,model\nA,b\n", "line 2: 'A' is not lower case"),
        ("model_name,model\na,b\na,c\n", "line 3: 'a' is already mapped to 'b'"),
    ],
)
def test_a_wrong_alias_says_what_to_do(tmp_path: Path, lines: str, says: str) -> None:
    path = tmp_path / "models.csv"
    path.write_text(lines)
    with pytest.raises(ModelNamesError, match=says):
        read_model_names(path)
