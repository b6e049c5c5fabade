"""Claude list prices, typed by hand from Anthropic's pricing page: the independent second opinion.

Nothing here is read from the product or its seeds. USD per million tokens, as known on 2026-11-22:
    model, speed, first day, day after the last, prompt over, input, output, read, write 5m, 1h
"""

from datetime import date
from fractions import Fraction
from typing import NamedTuple

TABLE = """
claude-fable-5-2   standard 2026-11-09 9999-12-31 0      8    40   0.20  10     16
claude-fable-5-2   fast     2026-11-09 9999-12-31 0      16   80   0.40  20     32
claude-mythos-5-2  standard 2026-11-09 9999-12-31 0      8    40   0.20  10     16
claude-mythos-5-2  fast     2026-11-09 9999-12-31 0      16   80   0.40  20     32
claude-fable-5-1   standard 2026-09-01 9999-12-31 0      10   50   0.25  12.50  20
claude-mythos-5-1  standard 2026-09-01 9999-12-31 0      10   50   0.25  12.50  20
claude-fable-5     standard 2026-06-09 9999-12-31 0      10   50   1.00  12.50  20
claude-mythos-5    standard 2026-06-09 9999-12-31 0      10   50   1.00  12.50  20
claude-opus-5-5    standard 2026-09-22 9999-12-31 0      4    20   0.20  5      8
claude-opus-5-5    fast     2026-09-22 9999-12-31 0      8    40   0.40  10     16
claude-opus-5      standard 2026-07-24 9999-12-31 0      5    25   0.50  6.25   10
claude-opus-5      fast     2026-07-24 9999-12-31 0      10   50   1.00  12.50  20
claude-opus-4-8    standard 2026-05-28 9999-12-31 0      5    25   0.50  6.25   10
claude-opus-4-8    fast     2026-05-28 2026-12-01 0      10   50   1.00  12.50  20
claude-opus-4-7    standard 2026-04-16 9999-12-31 0      5    25   0.50  6.25   10
claude-opus-4-6    standard 2026-02-05 2026-03-13 0      5    25   0.50  6.25   10
claude-opus-4-6    standard 2026-02-05 2026-03-13 200000 10   37.50 1.00 12.50  20
claude-opus-4-6    standard 2026-03-13 9999-12-31 0      5    25   0.50  6.25   10
claude-opus-4-6    fast     2026-02-05 2026-03-13 0      30   150  3     37.50  60
claude-opus-4-6    fast     2026-02-05 2026-03-13 200000 60   225  6     75     120
claude-opus-4-6    fast     2026-03-13 9999-12-31 0      30   150  3     37.50  60
claude-opus-4-5    standard 2025-11-01 9999-12-31 0      5    25   0.50  6.25   10
claude-opus-4-1    standard 2025-08-05 9999-12-31 0      15   75   1.50  18.75  30
claude-opus-4      standard 2025-05-14 9999-12-31 0      15   75   1.50  18.75  30
claude-sonnet-5-5  standard 2026-09-28 2026-10-07 0      2    10   0.20  2.50   4
claude-sonnet-5-5  standard 2026-10-07 9999-12-31 0      2    10   0.10  2.50   4
claude-sonnet-5    standard 2026-06-30 9999-12-31 0      2    10   0.20  2.50   4
claude-sonnet-4-6  standard 2026-02-17 2026-03-13 0      3    15   0.30  3.75   6
claude-sonnet-4-6  standard 2026-02-17 2026-03-13 200000 6    22.50 0.60 7.50   12
claude-sonnet-4-6  standard 2026-03-13 9999-12-31 0      3    15   0.30  3.75   6
claude-sonnet-4-5  standard 2025-09-29 2026-03-13 0      3    15   0.30  3.75   6
claude-sonnet-4-5  standard 2025-09-29 2026-03-13 200000 6    22.50 0.60 7.50   12
claude-sonnet-4-5  standard 2026-03-13 9999-12-31 0      3    15   0.30  3.75   6
claude-sonnet-4    standard 2025-05-14 2026-03-13 0      3    15   0.30  3.75   6
claude-sonnet-4    standard 2025-05-14 2026-03-13 200000 6    22.50 0.60 7.50   12
claude-sonnet-4    standard 2026-03-13 9999-12-31 0      3    15   0.30  3.75   6
claude-haiku-5-5   standard 2026-10-07 9999-12-31 0      0.10 0.50 0.01  0.125  0.20
claude-haiku-5-5   standard 2026-10-07 9999-12-31 100000 0.50 2.50 0.05  0.625  1.00
claude-haiku-4-5   standard 2025-10-01 9999-12-31 0      1    5    0.10  1.25   2
claude-haiku-3-5   standard 2024-10-22 9999-12-31 0      0.80 4    0.08  1      1.60
claude-haiku-3     standard 2024-03-07 9999-12-31 0      0.25 1.25 0.03  0.30   0.50
claude-3-opus      standard 2024-02-29 9999-12-31 0      15   75   1.50  18.75  30
claude-3-sonnet    standard 2024-02-29 9999-12-31 0      3    15   0.30  3.75   6
claude-3-5-sonnet  standard 2024-06-20 9999-12-31 0      3    15   0.30  3.75   6
claude-3-7-sonnet  standard 2025-02-19 9999-12-31 0      3    15   0.30  3.75   6
"""
# US Data Zone Standard: offered for these, and then 1.1 times every token class.
DATA_ZONE_MODELS = frozenset(
    {
        "claude-haiku-4-5",
        "claude-haiku-5-5",
        "claude-opus-4-8",
        "claude-opus-5",
        "claude-opus-5-5",
        "claude-sonnet-5",
        "claude-sonnet-5-5",
    }
)
DATA_ZONE_FACTOR = Fraction(11, 10)


class Rates(NamedTuple):
    """USD per token, exact."""

    input: Fraction
    output: Fraction
    cache_read: Fraction
    cache_write_5m: Fraction
    cache_write_1h: Fraction


class Row(NamedTuple):
    """One line of the table."""

    model: str
    speed: str
    first_day: date
    end_day: date
    prompt_over: int
    rates: Rates


def _row(line: str) -> Row:
    model, speed, first, end, over, *amounts = line.split()
    rates = Rates(*(Fraction(amount) / 1_000_000 for amount in amounts))
    return Row(model, speed, date.fromisoformat(first), date.fromisoformat(end), int(over), rates)


ROWS = tuple(_row(line) for line in TABLE.strip().splitlines())


def rates_of(model: str, speed: str, day: date, prompt_tokens: int | None) -> Rates | None:
    """Return the rates of the band a prompt reaches (None: the highest), or None if unpriced."""
    bands = [
        row
        for row in ROWS
        if (row.model, row.speed) == (model, speed) and row.first_day <= day < row.end_day
    ]
    reached = [
        row
        for row in bands
        if prompt_tokens is None or row.prompt_over == 0 or prompt_tokens > row.prompt_over
    ]
    return max(reached, key=lambda row: row.prompt_over).rates if reached else None
