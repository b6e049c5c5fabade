"""A proposed price list: what changed is taken over, what was believed stays readable."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from installed_command import tollbook

from models.model_names import read_model_names
from models.price import Price, as_known, find_price
from models.price_book import read_price_book
from models.price_change import propose_change

SEEDS = Path(__file__).parents[2] / "sql/seeds"
NAMES = read_model_names(SEEDS / "models.csv")
COMMITTED = (SEEDS / "prices.csv").read_text(encoding="utf-8")
DAY = date(2026, 11, 20)


@dataclass(frozen=True)
class Asked:
    """A request, and what was known when."""

    model: str
    prompt_tokens: int
    at: str
    known_at: str


def moment(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def priced(book: tuple[Price, ...], asked: Asked) -> Price | None:
    known = as_known(book, moment(asked.known_at))
    return find_price(known, asked.model, "standard", asked.prompt_tokens, moment(asked.at))


def per_million(rate: Decimal) -> Decimal:
    return rate * 1_000_000


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    return tmp_path / "prices.csv"


def proposed(prices: Path) -> tuple[Price, ...]:
    change = propose_change(prices, DAY, NAMES)
    prices.with_name("new.csv").write_text(change.text, encoding="utf-8")
    return read_price_book(prices.with_name("new.csv"))


def test_the_reviewed_list_needs_no_change(prices: Path) -> None:
    prices.write_text(COMMITTED, encoding="utf-8")
    change = propose_change(prices, DAY, NAMES)
    assert (change.added, change.ended) == ((), ())
    assert change.text == COMMITTED


def test_a_new_rate_begins_on_the_day_and_the_past_stays_as_it_was(prices: Path) -> None:
    lines = [
        line.replace(",0,,5,25,0.5,", ",0,,6,30,0.6,") if "claude-opus-5/standard" in line else line
        for line in COMMITTED.splitlines()
    ]
    prices.write_text("\n".join(lines) + "\n", encoding="utf-8")
    book = proposed(prices)
    asked = {
        # (request made on, known on): USD per million input tokens
        ("2026-11-19", "2026-11-19"): 6,
        ("2026-11-21", "2026-11-19"): 6,
        ("2026-11-19", "2026-11-21"): 6,
        ("2026-11-21", "2026-11-21"): 5,
    }
    for (at, known_at), expected in asked.items():
        price = priced(book, Asked("claude-opus-5", 10, at, known_at))
        assert price is not None
        assert per_million(price.input_usd_per_token) == expected, (at, known_at)
        # no public list has the factor of the data zone: ours is kept
        assert price.us_data_zone_multiplier == Decimal("1.1")


def test_a_model_that_is_missing_comes_with_all_its_bands(prices: Path) -> None:
    lines = [line for line in COMMITTED.splitlines() if "claude-haiku-5-5" not in line]
    prices.write_text("\n".join(lines) + "\n", encoding="utf-8")
    book = proposed(prices)
    small = priced(book, Asked("claude-haiku-5-5", 100_000, "2026-11-20", "2026-11-20"))
    large = priced(book, Asked("claude-haiku-5-5", 100_001, "2026-11-20", "2026-11-20"))
    assert small is not None
    assert large is not None
    assert per_million(small.output_usd_per_token) == Decimal("0.5")
    assert per_million(large.output_usd_per_token) == Decimal("2.5")


# The dated price changes of 2026, as the vendor's pages and public trackers told them:
# request, known on -> USD per million tokens of input and cache reads; None before the first price.
EVENTS = {
    "13 March: no surcharge over 200,000 tokens": {
        Asked("claude-opus-4-6", 300_000, "2026-03-20", "2026-03-12"): ("10", "1"),
        Asked("claude-opus-4-6", 300_000, "2026-03-20", "2026-03-13"): ("5", "0.5"),
        Asked("claude-opus-4-6", 300_000, "2026-03-12", "2026-11-22"): ("10", "1"),
        Asked("claude-sonnet-4-6", 200_001, "2026-03-13", "2026-03-12"): ("6", "0.6"),
        Asked("claude-sonnet-4-6", 200_001, "2026-03-13", "2026-03-13"): ("3", "0.3"),
    },
    "30 June: Sonnet 5, with a rise announced": {
        Asked("claude-sonnet-5", 10, "2026-06-30", "2026-06-29"): None,
        Asked("claude-sonnet-5", 10, "2026-08-31", "2026-06-30"): ("2", "0.2"),
        Asked("claude-sonnet-5", 10, "2026-09-01", "2026-06-30"): ("3", "0.3"),
    },
    "10 August: the rise is cancelled": {
        Asked("claude-sonnet-5", 10, "2026-09-01", "2026-08-09"): ("3", "0.3"),
        Asked("claude-sonnet-5", 10, "2026-09-01", "2026-08-10"): ("2", "0.2"),
    },
    "1 September: Fable 5.1 reads": {
        Asked("claude-fable-5-1", 10, "2026-09-01", "2026-08-31"): None,
        Asked("claude-fable-5-1", 10, "2026-09-01", "2026-09-01"): ("10", "0.25"),
        Asked("claude-fable-5", 10, "2026-09-01", "2026-09-01"): ("10", "1"),
    },
    "22 September: Opus 5.5": {
        Asked("claude-opus-5-5", 10, "2026-09-22", "2026-09-21"): None,
        Asked("claude-opus-5-5", 10, "2026-09-22", "2026-09-22"): ("4", "0.2"),
    },
    "7 October: Haiku 5.5, and reads of Sonnet 5.5": {
        Asked("claude-sonnet-5-5", 10, "2026-10-08", "2026-10-06"): ("2", "0.2"),
        Asked("claude-sonnet-5-5", 10, "2026-10-08", "2026-10-07"): ("2", "0.1"),
        Asked("claude-sonnet-5-5", 10, "2026-10-06", "2026-11-22"): ("2", "0.2"),
        Asked("claude-haiku-5-5", 100_000, "2026-10-07", "2026-10-06"): None,
        Asked("claude-haiku-5-5", 100_000, "2026-10-07", "2026-10-07"): ("0.1", "0.01"),
        Asked("claude-haiku-5-5", 100_001, "2026-10-07", "2026-10-07"): ("0.5", "0.05"),
    },
    "9 November: Fable 5.2": {
        Asked("claude-fable-5-2", 10, "2026-11-09", "2026-11-08"): None,
        Asked("claude-fable-5-2", 10, "2026-11-09", "2026-11-09"): ("8", "0.2"),
    },
}


@pytest.mark.parametrize("told", EVENTS.values(), ids=EVENTS)
def test_each_price_event_as_it_was_known_before_and_after(
    told: dict[Asked, tuple[str, str] | None],
) -> None:
    book = read_price_book(SEEDS / "prices.csv")
    for asked, rates in told.items():
        price = priced(book, asked)
        if rates is None or price is None:
            assert price is rates is None, asked
            continue
        shown = (price.input_usd_per_token, price.cache_read_usd_per_token)
        assert tuple(map(per_million, shown)) == tuple(map(Decimal, rates)), asked


def test_the_commands_say_what_was_known_and_propose_without_applying(tmp_path: Path) -> None:
    then = tollbook(
        "prices", "show", "claude-sonnet-5", "--at", "2026-09-15", "--known-at", "2026-07-15",
        TOLLBOOK_DATA_DIR=str(tmp_path), TOLLBOOK_NOW="2026-11-22T00:00:00Z",
    )  # fmt: skip
    assert then.returncode == 0, then.stderr
    assert " 3 " in then.stdout
    assert "withdrawn 2026-08-10" in then.stdout
    none = tollbook("prices", "show", "claude-nobody", TOLLBOOK_DATA_DIR=str(tmp_path))
    assert none.returncode == 1
    assert "no price of claude-nobody is in force" in none.stderr
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    lines = [line for line in COMMITTED.splitlines() if "claude-haiku-5-5" not in line]
    (seeds / "prices.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    settings = {"TOLLBOOK_DATA_DIR": str(tmp_path), "TOLLBOOK_SEEDS_DIR": str(seeds)}
    kept = tollbook("prices", "propose", "--out", str(seeds / "prices.csv"), **settings)
    assert "is the price list in use" in kept.stderr
    shown = tollbook("prices", "propose", "--out", str(tmp_path / "new.csv"), **settings)
    assert shown.returncode == 0, shown.stderr
    assert "+ claude-haiku-5-5/standard/100000" in shown.stdout
    assert "claude-haiku-5-5" not in (seeds / "prices.csv").read_text()


def test_a_check_fails_only_while_something_is_to_be_decided(tmp_path: Path) -> None:
    settings = {"TOLLBOOK_DATA_DIR": str(tmp_path), "TOLLBOOK_SEEDS_DIR": str(tmp_path)}
    decided = tollbook("prices", "check", **settings)
    assert decided.returncode == 0, decided.stdout
    assert "0 differences to be decided" in decided.stdout
    dearer = COMMITTED.replace(",0,,5,25,0.5,6.25,10,", ",0,,5,30,0.5,6.25,10,")
    (tmp_path / "prices.csv").write_text(dearer, encoding="utf-8")
    asked = tollbook("prices", "check", **settings)
    assert asked.returncode == 1
    explained = asked.stdout.index("explained, nothing to do")
    assert "claude-opus-5 " in asked.stdout[:explained]
    assert "check the vendor's price page" in asked.stdout[:explained]
