"""The committed price list is what the generator builds, and the override file is checked."""

from pathlib import Path

import pytest

from models.model_names import read_model_names
from models.price_book import PriceBookError
from models.price_proposal import build_prices_csv, left_out, propose_rows

SEEDS = Path(__file__).parents[2] / "sql/seeds"
OVERRIDES = SEEDS / "price_overrides.csv"
NAMES = read_model_names(SEEDS / "models.csv")


def test_rebuilding_gives_the_committed_file_byte_for_byte() -> None:
    committed = (SEEDS / "prices.csv").read_bytes()
    assert build_prices_csv(OVERRIDES, NAMES).encode() == committed, (
        "prices.csv is not what genai-prices and price_overrides.csv give: compare both, then"
        " either correct price_overrides.csv or commit the new list"
    )


def test_every_override_is_needed(tmp_path: Path) -> None:
    """Without any one of its lines, the file builds another list or none, or decides less."""
    header, *lines = OVERRIDES.read_text(encoding="utf-8").splitlines()
    whole = propose_rows(OVERRIDES, NAMES)
    for index, line in enumerate(lines):
        path = tmp_path / "price_overrides.csv"
        path.write_text("\n".join([header, *lines[:index], *lines[index + 1 :]]))
        if line.startswith("drop,"):
            assert left_out(path).keys() < left_out(OVERRIDES).keys(), line
            continue
        try:
            rows = propose_rows(path, NAMES)
        except PriceBookError:
            continue
        assert rows != whole, line


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            "set,claude-nobody,,,,valid_from=2026-01-01,s,,r",
            "selects no row: correct its selectors",
        ),
        ("change,claude-opus-5,,,,valid_from=2026-01-01,s,,r", "action 'change' is unknown"),
        ("set,claude-opus-5,,,,price=3,s,,r", "changes has 'price=3'"),
        ("set,claude-opus-5,,,,valid_from,s,,r", "changes has 'valid_from'"),
        ("set,claude-opus-5,,,,valid_to=2027-01-01,,,r", "source or reason is empty"),
        ("set,claude-opus-5,,,,valid_to=2027-01-01,s,,", "source or reason is empty"),
        ("copy,claude-opus-5,,,,valid_from= model=claude-x,s,,r", "claude-x standard has no first"),
    ],
)
def test_a_wrong_override_is_named_with_its_line(tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "price_overrides.csv"
    path.write_text(OVERRIDES.read_text(encoding="utf-8") + line + "\n")
    number = len(path.read_text().splitlines())
    with pytest.raises(PriceBookError) as raised:
        propose_rows(path, NAMES)
    assert says in str(raised.value)
    assert "has no first" in says or f"price_overrides.csv line {number}: " in str(raised.value)
