"""What must hold between the rows of a price list: one price for every request, never two."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import combinations, product

from models.price import Price, as_known, holds, in_band

# Rows are compared pair by pair; no honest list comes near this.
MAX_ROWS_PER_MODEL = 150
_NEVER = datetime.max.replace(tzinfo=UTC)


def consistency_problems(
    prices: Sequence[tuple[int, Price]], *, complete: bool
) -> list[tuple[int, str]]:
    """Return what is wrong between numbered rows, as (line, problem).

    `complete` says that no row is missing for other reasons; only then a hole is a finding.
    """
    problems = []
    seen: dict[str, int] = {}
    for line, price in prices:
        first = seen.setdefault(price.price_id, line)
        if first != line:
            problems.append((line, f"price_id {price.price_id!r} is on line {first} too: rename"))
    for rows in _by_model(prices).values():
        if len(rows) > MAX_ROWS_PER_MODEL:
            text = f"more than {MAX_ROWS_PER_MODEL} rows of one model and speed: remove the doubles"
            problems.append((rows[-1][0], text))
        else:
            problems += _overlaps(rows) + (_holes(rows) if complete else [])
    return problems


def price_gaps(prices: Iterable[Price]) -> tuple[str, ...]:
    """Return a warning per hole between two dated prices of a model, as known at any moment."""
    warnings: set[str] = set()
    for (model, speed), rows in _by_model(enumerate(prices)).items():
        for known_at in {row.recorded_from for _, row in rows}:
            known = as_known((row for _, row in rows), known_at)
            for ended, begins in _time_holes(known):
                warnings.add(
                    f"{model} {speed} has no price from {ended:%Y-%m-%d} to {begins:%Y-%m-%d}:"
                    " requests of those days stay unpriced; add a row"
                )
    return tuple(sorted(warnings))


def _time_holes(prices: Iterable[Price]) -> list[tuple[datetime, datetime]]:
    """Return (end, next start) wherever no row at all holds between two rows."""
    found = []
    covered_to: datetime | None = None
    for price in sorted(prices, key=lambda row: row.valid_from):
        if covered_to is not None and covered_to < price.valid_from:
            found.append((covered_to, price.valid_from))
        covered_to = max(price.valid_to or _NEVER, covered_to or price.valid_from)
    return found


def _by_model(
    rows: Iterable[tuple[int, Price]],
) -> dict[tuple[str, str], list[tuple[int, Price]]]:
    groups = defaultdict(list)
    for line, price in rows:
        groups[price.model, price.speed].append((line, price))
    return groups


def _overlaps(rows: Sequence[tuple[int, Price]]) -> list[tuple[int, str]]:
    """Two rows that hold for the same prompt, at the same time, as known at the same moment."""
    return [
        (later, f"holds at the same time as line {line}: end one row where the other begins")
        for (line, one), (later, other) in combinations(rows, 2)
        if _meet(one.valid_from, one.valid_to, other.valid_from, other.valid_to)
        and _meet(one.recorded_from, one.recorded_to, other.recorded_from, other.recorded_to)
        and _bands_meet(one, other)
    ]


def _meet(
    start: datetime, end: datetime | None, other_start: datetime, other_end: datetime | None
) -> bool:
    return (other_end is None or start < other_end) and (end is None or other_start < end)


def _bands_meet(one: Price, other: Price) -> bool:
    return in_band(one, other.prompt_over_tokens + 1) or in_band(other, one.prompt_over_tokens + 1)


def _holes(rows: Sequence[tuple[int, Price]]) -> list[tuple[int, str]]:
    """Prompt lengths without a price while the model has one for other lengths."""
    prices = [price for _, price in rows]
    valid = {moment for row in prices for moment in (row.valid_from, row.valid_to) if moment}
    known = {moment for row in prices for moment in (row.recorded_from, row.recorded_to) if moment}
    problems = []
    for valid_at, known_at in product(valid, known):
        active = [
            (row.prompt_over_tokens, row.prompt_up_to_tokens, line)
            for line, row in rows
            if holds(row.valid_from, row.valid_to, valid_at)
            and holds(row.recorded_from, row.recorded_to, known_at)
        ]
        problems += _band_holes(sorted(active, key=lambda band: band[0]))
    return problems


def _band_holes(bands: Sequence[tuple[int, int | None, int]]) -> list[tuple[int, str]]:
    """Walk the bands of one moment from 0 tokens up; each must begin where the last ended."""
    problems = []
    reached: int | None = 0
    for over, up_to, line in bands:
        if reached is not None and over > reached:
            text = f"prompts of {reached + 1} to {over} tokens have no price beside this row:"
            problems.append((line, f"{text} begin it at {reached} or add a row"))
        reached = up_to
    if bands and reached is not None:
        text = f"prompts over {reached} tokens have no price: leave prompt_up_to_tokens empty"
        problems.append((bands[-1][2], text))
    return problems
