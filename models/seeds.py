"""Reviewed seeds as rows: read, or refused with every problem named."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from models import seed_cells as cells
from models.clock import parse_utc
from models.errors import SeedError

FOREVER = datetime(9999, 12, 31)  # noqa: DTZ001 (tables hold naive UTC)
"""The open end of an interval in a table: later than any time, and still a plain timestamp."""

ALWAYS = datetime(1970, 1, 1)  # noqa: DTZ001

Cell = Callable[[str], Any]
RowCheck = Callable[[Mapping[str, Any]], Iterable[str]]
NumberedRows = Sequence[tuple[int, Mapping[str, Any]]]
"""Rows with the lines they stand in."""

_OID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True)
class SeedTable:
    """One dated seed: its file, its table's columns in order, and how each cell is read.

    `problems_of` says what is wrong with the cells of one row together, `problems_among` with rows
    that are each right. A file need not have the columns of `review`. Of a seed that is `gapless`
    the rows of one key follow each other without a hole.
    """

    file_name: str
    columns: Mapping[str, Cell]
    key: tuple[str, ...]
    problems_of: RowCheck = lambda _: ()
    problems_among: Callable[[NumberedRows], Iterable[str]] = lambda _: ()
    review: tuple[str, ...] = ()
    is_gapless: bool = False

    @property
    def table(self) -> str:
        """The warehouse table that holds the seed."""
        return f"warehouse.seeds.{self.file_name.removesuffix('.csv')}"


def start(text: str) -> datetime:
    """Read a day or an RFC 3339 time as the start of an interval; empty means always."""
    return _moment(text) if text else ALWAYS


def end(text: str) -> datetime:
    """Read a day or an RFC 3339 time as the end of an interval; empty means open."""
    return _moment(text) if text else FOREVER


def rate(text: str) -> Decimal:
    """Read a share between 0 and 1 with at most four decimals."""
    number = cells.amount(text)
    if number > 1:
        raise ValueError(f"{text} is over 1: write 12.5 % as 0.125")
    # Four decimals keep price x multiplier x (1 - rate) within the ledger's fifteen.
    if cells.decimal_places(number) > 4:
        raise ValueError(f"{text} has more than four decimals: round it to four")
    return number


def optional(text: str) -> str | None:
    """Read a text that may be missing."""
    return text or None


def sku(text: str) -> str:
    """Read a Foundry deployment type."""
    if text not in {"GlobalStandard", "DataZoneStandard"}:
        raise ValueError(f"{text!r} is no known type: write GlobalStandard or DataZoneStandard")
    return text


def is_oid(text: str) -> bool:
    """Tell whether a text is an Entra object id."""
    return bool(_OID.fullmatch(text))


def oid(text: str) -> str:
    """Read an Entra object id; a mail address in its place would carry a name into the facts."""
    if not is_oid(text):
        raise ValueError(f"{text[:40]!r} is no object id: write the GUID that Entra shows")
    return text.lower()


_DATES: Mapping[str, Cell] = {"valid_from": start, "valid_to": end}
TIMES: Mapping[str, Cell] = {**_DATES, "recorded_from": start, "recorded_to": end}
"""The columns of both times, as most seeds have them."""

REVIEW = ("link", "reviewer")
"""Where a row's source can be read, and who looked at it."""

DISCOUNTS = SeedTable(
    "discounts.csv",
    {"model": cells.filled, "discount_rate": rate, **_DATES, "recorded_from": start},
    key=("model",),
)
DEPLOYMENTS = SeedTable(
    "deployments.csv",
    {
        "deployment": cells.filled,
        "foundry_resource_id": cells.filled,
        "model": cells.filled,
        "model_version": optional,
        "hosting": optional,
        "sku": sku,
        **TIMES,
    },
    key=("deployment", "foundry_resource_id"),
    is_gapless=True,
)
SUBSCRIPTIONS = SeedTable(
    "subscriptions.csv",
    {
        "apim_subscription_id": cells.filled,
        "oid": oid,
        **TIMES,
    },
    key=("apim_subscription_id",),
)


def read_dated(seed: SeedTable, file: Path | Traversable) -> list[tuple[Any, ...]]:
    """Read a dated seed into rows in the order of its table; SeedError lists every problem."""
    lines, problems = cells.read_seed(file, [*seed.columns, "source"], seed.review)
    rows: list[tuple[int, dict[str, Any]]] = []
    noted = ("source", *seed.review)
    for number, line in lines:
        row: dict[str, Any] = {name: line[name] for name in noted}
        for column, read in seed.columns.items():
            try:
                row[column] = read(line[column])
            except ValueError as error:
                problems.append(f"{file.name} line {number}: {column} {error}")
        if len(row) == len(seed.columns) + len(noted):
            row.setdefault("recorded_to", FOREVER)
            rows.append((number, row))
            problems += [f"{file.name} line {number}: {wrong}" for wrong in seed.problems_of(row)]
    problems += [f"{file.name} {problem}" for problem in _interval_problems(seed, rows)]
    problems += [f"{file.name} {problem}" for problem in seed.problems_among(rows)]
    if problems:
        raise SeedError("\n".join(problems))
    order = [*(name for name in seed.columns if name != "recorded_to"), "recorded_to", *noted]
    return [tuple(row[column] for column in order) for _, row in rows]


def _interval_problems(seed: SeedTable, rows: list[tuple[int, dict[str, Any]]]) -> list[str]:
    problems = [
        f"line {number}: {name}_to is not after {name}_from: correct one of the two"
        for number, row in rows
        for name in ("valid", "recorded")
        if row[f"{name}_to"] <= row[f"{name}_from"]
    ]
    groups: dict[tuple[Any, ...], list[tuple[int, dict[str, Any]]]] = {}
    for number, row in rows:
        groups.setdefault(tuple(row[column] for column in seed.key), []).append((number, row))
    for key, group in groups.items():
        for position, (number, row) in enumerate(group):
            problems += [
                f"line {number}: overlaps line {earlier}{_named(key)}:"
                " end the older row where the newer begins"
                for earlier, other in group[:position]
                if _overlap(seed, row, other)
            ]
        if seed.is_gapless:
            problems += _holes(key, group)
    return problems


def _holes(key: tuple[Any, ...], rows: NumberedRows) -> Iterator[str]:
    """Yield where no row holds between two of those that are still believed."""
    believed = [(number, row) for number, row in rows if row["recorded_to"] == FOREVER]
    covered_to: datetime | None = None
    for number, row in sorted(believed, key=lambda pair: pair[1]["valid_from"]):
        if covered_to is not None and covered_to < row["valid_from"]:
            yield (
                f"line {number}: nothing holds{_named(key)} from {_day(covered_to)} to"
                f" {_day(row['valid_from'])}: begin this row there, or add one"
            )
        covered_to = max(row["valid_to"], covered_to or row["valid_to"])


def _named(key: tuple[Any, ...]) -> str:
    return f" for {', '.join(map(str, key))}" if key else ""


def _day(moment: datetime) -> str:
    """Return a time as people write it in a seed: the day, and the time if it is not midnight."""
    return f"{moment:%Y-%m-%d}" if moment.time() == time() else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _overlap(seed: SeedTable, row: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    valid: bool = row["valid_from"] < other["valid_to"] and other["valid_from"] < row["valid_to"]
    if "recorded_to" not in seed.columns:
        # Without recorded_to a later row replaces an earlier one from when it was recorded.
        return valid and row["recorded_from"] == other["recorded_from"]
    recorded: bool = (
        row["recorded_from"] < other["recorded_to"] and other["recorded_from"] < row["recorded_to"]
    )
    return valid and recorded


def _moment(text: str) -> datetime:
    try:
        return naive(parse_utc(text))
    except (ValueError, OverflowError):
        raise ValueError(f"{text[:40]!r} is no day or time: write it as 2026-10-07") from None


def naive(moment: datetime) -> datetime:
    """Return a time as tables hold it: UTC, without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None)
