"""Reads a reviewed seed (a CSV file people edit): its lines, and its cells as exact values.

Nothing here goes through a float. Every reader takes a cell's text and returns its value, or raises
ValueError in the form `what is wrong: what to do`.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Context, Decimal, Inexact, InvalidOperation
from importlib.resources.abc import Traversable
from pathlib import Path

SeedFile = Path | Traversable
SeedLine = tuple[int, Mapping[str, str]]

# Wide enough for any cell that `amount` lets through, and loud if it ever were not.
_EXACT = Context(prec=80, traps=[Inexact, InvalidOperation])
_AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,18})?")
_COUNT = re.compile(r"[0-9]{1,12}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_seed(
    file: SeedFile, columns: Sequence[str], optional: Sequence[str] = ()
) -> tuple[list[SeedLine], list[str]]:
    """Return the lines of a seed as (line number, {column: stripped text}), and its problems.

    A byte order mark, CRLF ends and blank lines are accepted. A line whose number of cells is
    wrong is left out and reported; without a usable header there are no lines at all. `optional`
    columns that the file lacks are empty.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return [], [f"{file.name} is missing: restore the file, the product ships one in sql/seeds"]
    except OSError as error:
        return [], [f"{file.name} cannot be read ({error.strerror}): correct the file"]
    except UnicodeDecodeError:
        return [], [f"{file.name} is not UTF-8 text: save it as CSV UTF-8"]
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines: list[SeedLine] = []
    problems: list[str] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        absent = {name: "" for name in optional if name not in header}
        wrong = _header_problems(header, [*columns, *(set(optional) - absent.keys())])
        if wrong:
            return [], [f"{file.name} line 1: {problem}" for problem in wrong]
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) == len(header):
                stripped = (cell.strip() for cell in cells)
                lines.append((reader.line_num, absent | dict(zip(header, stripped, strict=True))))
            else:
                problems.append(
                    f"{file.name} line {reader.line_num}: {len(cells)} cells under"
                    f" {len(header)} columns: put a text with a comma in double quotes"
                )
    except csv.Error as error:
        problems.append(
            f"{file.name} line {reader.line_num}: {error}: correct the quotes and odd characters"
        )
    return lines, problems


def _header_problems(header: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Return what is wrong with a header; the order of its columns is free."""
    missing = [f"column {name} is missing: add it" for name in columns if name not in header]
    unknown = [f"column {name!r} is unknown: remove it" for name in header if name not in columns]
    doubled = [
        f"column {name} is there {header.count(name)} times: keep one"
        for name in columns
        if header.count(name) > 1
    ]
    return missing + unknown + doubled


def amount(text: str) -> Decimal:
    """Read a non-negative decimal such as `0.125`."""
    if not _AMOUNT.fullmatch(text):
        raise ValueError(
            f"{text[:40]!r} is no plain decimal: write digits and at most one point, as 0.0000003;"
            " no exponent, sign, thousands separator or NaN"
        )
    return Decimal(text)


def count(text: str) -> int:
    """Read a whole number of tokens."""
    if not _COUNT.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no whole number: write digits only, as 100000")
    return int(text)


def midnight_utc(text: str) -> datetime:
    """Read an ISO day as the first instant of that day in UTC."""
    # fromisoformat alone would also take 20261007 and 2026-W41-3.
    day = text if _DAY.fullmatch(text) else "not written as a day"
    try:
        return datetime.fromisoformat(day).replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no day: write it as 2026-10-07") from None


def filled(text: str) -> str:
    """Read a text that must be there."""
    if not text:
        raise ValueError("is empty: fill it in")
    return text


def point_moved(number: Decimal, places: int) -> Decimal:
    """Return `number` with its decimal point moved left by `places`, exactly."""
    return number.scaleb(-places, context=_EXACT)


def product(number: Decimal, factor: Decimal) -> Decimal:
    """Return `number * factor`, exactly."""
    return _EXACT.multiply(number, factor)


def decimal_places(number: Decimal) -> int:
    """Return how many digits after the point `number` needs, trailing zeros not counted."""
    exponent = number.normalize(_EXACT).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
