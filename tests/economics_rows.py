"""Requests of a published month written by hand, and what they cost by plain fractions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID

from core_rows import NOW, oid

from models.publication import (
    DAY_TABLES,
    Manifest,
    parquet_name,
    publish,
    require_manifest,
    write_parquet,
)
from models.warehouse import in_memory

Row = dict[str, Any]
Tokens = tuple[int | None, int | None, int | None, int | None, int | None]
"""Input, output, cache reads, five-minute and one-hour cache writes."""

BEGINS = datetime(2026, 10, 1)  # noqa: DTZ001 (tables hold naive UTC)
BAND = 100_000
BOT = 9
"""The caller that is an application."""

OPUS_46, OPUS_55, SONNET_55, HAIKU_55 = (
    "claude-opus-4-6", "claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5",
)  # fmt: skip
UNHEARD = "claude-unheard-of"
MODELS = (OPUS_46, OPUS_55, SONNET_55, HAIKU_55, UNHEARD)
CLIENTS = ("Claude Code", "Claude Desktop")


@dataclass(frozen=True)
class Rate:
    """A price row: USD per million tokens by class, from a day on and until another."""

    model: str
    per_million: tuple[str, str, str, str, str]
    since: int = -400
    until: int = 400
    over: int = -1
    up_to: int = 10**12
    speed: str = "standard"

    @property
    def price_id(self) -> str:
        return f"{self.model}/{self.speed}/{self.over}/{self.since}"

    def usd(self) -> list[Fraction]:
        return [Fraction(text) / 1_000_000 for text in self.per_million]


# Sonnet 5.5's reads become cheaper on 7 October, when Haiku 5.5 and its bands begin.
RATES = (
    Rate(OPUS_46, ("5", "25", "0.5", "6.25", "10")),
    Rate(OPUS_55, ("4", "20", "0.2", "5", "8")),
    Rate(OPUS_55, ("8", "40", "0.4", "10", "16"), speed="fast"),
    Rate(SONNET_55, ("2", "10", "0.2", "2.5", "4"), until=6),
    Rate(SONNET_55, ("2", "10", "0.1", "2.5", "4"), since=6),
    Rate(HAIKU_55, ("0.1", "0.5", "0.01", "0.125", "0.2"), since=6, up_to=BAND),
    Rate(HAIKU_55, ("0.5", "2.5", "0.05", "0.625", "1"), since=6, over=BAND),
)


@dataclass(frozen=True)
class Call:
    """A request that reached a model, so many minutes after BEGINS."""

    minute: float
    tokens: Tokens
    model: str = OPUS_46
    session: str | None = "s"
    caller: int | None = 1
    unit: int | None = 1
    client: int = 1
    discount: str = "0"
    speed: str = "standard"

    @property
    def time(self) -> datetime:
        return BEGINS + timedelta(minutes=self.minute)

    @property
    def prompt(self) -> int:
        uncached, _output, *cached = self.tokens
        return sum(part or 0 for part in (uncached, *cached))

    @property
    def rate(self) -> Rate | None:
        return rate_of(self.model, self.speed, self.time, self.prompt)

    @property
    def list_cost(self) -> Fraction | None:
        """What the known classes cost; None where nothing is known."""
        if self.rate is None or all(part is None for part in self.tokens):
            return None
        return cost(self.tokens, self.rate)

    @property
    def contracted_cost(self) -> Fraction | None:
        whole = self.list_cost
        return None if whole is None else whole * (1 - Fraction(self.discount))

    @property
    def label(self) -> str:
        if self.caller is None:
            return "unattributed"
        return "unpriced" if self.rate is None else ""

    @property
    def status(self) -> str:
        if self.list_cost is None:
            return "unpriced"
        return "partial" if None in self.tokens else "complete"


def rate_of(model: str, speed: str, time: datetime, prompt: int) -> Rate | None:
    """The one price row in force, found by looking at all of them."""
    day = (time - BEGINS) / timedelta(days=1)
    found = [
        rate
        for rate in RATES
        if (rate.model, rate.speed) == (model, speed)
        and rate.since <= day < rate.until
        and rate.over < prompt <= rate.up_to
    ]
    assert len(found) <= 1
    return found[0] if found else None


def cost(tokens: Sequence[int | None], rate: Rate) -> Fraction:
    """Tokens by class at one price row; unknown classes add nothing."""
    return sum(
        ((part or 0) * usd for part, usd in zip(tokens, rate.usd(), strict=True)), Fraction(0)
    )


def decimal(amount: Fraction | None) -> Decimal | None:
    """An amount that has at most fifteen decimals, exactly."""
    if amount is None:
        return None
    units = amount * 10**15
    assert units.denominator == 1, amount
    return Decimal(units.numerator).scaleb(-15)


def rounded(amount: Fraction, places: int) -> Decimal:
    """Half up, as reports round."""
    units = (amount * 10**places * 2 + 1) // 2
    return Decimal(units).scaleb(-places)


def publish_calls(folder: Path, calls: Sequence[Call]) -> None:
    """Publish requests, and the daily totals they make, in place of what a folder has."""
    before = require_manifest(folder)
    (pattern, *_) = before.days.values()
    run = before.run_id + 1
    months: dict[date, list[Call]] = defaultdict(list)
    for call in calls:
        months[call.time.date().replace(day=1)].append(call)
    connection = in_memory()

    def write(like: str, table: str, rows: Iterable[Row], day: date | None = None) -> str:
        connection.execute(f"create or replace table rows as from '{folder / like}' limit 0")
        for row in rows:
            names = ", ".join(f'"{name}"' for name in row)
            marks = ", ".join("?" * len(row))
            connection.execute(f"insert into rows ({names}) values ({marks})", list(row.values()))
        return write_parquet(connection, "rows", folder, parquet_name(table, run, day))

    empty = {table: write(pattern[table], table, ()) for table in DAY_TABLES}
    # One file has the whole month: only its rows say of which day they are.
    days = {
        str(month): empty
        | {
            "ledger": write(pattern["ledger"], "ledger", map(_ledger, numbered(made)), month),
            "requests": write(
                pattern["requests"], "requests", map(_request, numbered(made)), month
            ),
            "daily": write(pattern["daily"], "daily", _daily(made), month),
        }
        for month, made in months.items()
    }
    small = {
        table: write(before.tables[table], table, rows) for table, rows in _small_tables().items()
    }
    connection.close()
    publish(
        folder,
        Manifest(before.sequence + 1, run, NOW, NOW, days=days, tables={**before.tables, **small}),
    )


def numbered(calls: Sequence[Call]) -> list[tuple[int, Call]]:
    """Calls with the numbers that their request keys are made of, in the order of their times."""
    return list(enumerate(sorted(calls, key=lambda call: call.minute), start=1))


def before_each(calls: Sequence[Call]) -> dict[int, Call | None]:
    """By id of each call, the last one of its session to the same model."""
    latest: dict[tuple[Any, ...], Call] = {}
    found: dict[int, Call | None] = {}
    for _, call in numbered(calls):
        key = (call.caller, call.session, call.model)
        found[id(call)] = latest.get(key)
        latest[key] = call
    return found


def _keys(call: Call) -> Row:
    return {
        "caller_id": call.caller,
        "unit_id": call.unit,
        "llm_model_id": MODELS.index(call.model) + 1,
        "client_id": call.client,
        "label": call.label,
        "cost_status": call.status,
    }


def _tokens(tokens: Sequence[int | None]) -> Row:
    names = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")
    return {f"{name}_tokens": part for name, part in zip(names, tokens, strict=True)}


def _ledger(call_of: tuple[int, Call]) -> Row:
    number, call = call_of
    return {
        "request_key": UUID(int=number),
        "usage_time": call.time,
        **_keys(call),
        **_tokens(call.tokens),
        "speed": call.speed,
        "price_id": call.rate and call.rate.price_id,
        "list_cost_usd": decimal(call.list_cost),
        "contracted_cost_usd": decimal(call.contracted_cost),
    }


def _request(call_of: tuple[int, Call]) -> Row:
    number, call = call_of
    return {
        "request_key": UUID(int=number),
        "usage_time": call.time,
        "caller_id": call.caller,
        "unit_id": call.unit,
        "session_id": call.session,
        "reached_model": True,
    }


def _daily(calls: Sequence[Call]) -> list[Row]:
    groups: dict[tuple[Any, ...], list[Call]] = defaultdict(list)
    for call in calls:
        groups[(call.time.date(), *_keys(call).values())].append(call)
    return [
        {
            "usage_day": day,
            **_keys(group[0]),
            **_tokens([known_sum(parts) for parts in zip(*(c.tokens for c in group), strict=True)]),
            "requests": len(group),
            "list_cost_usd": decimal(known_sum(c.list_cost for c in group)),
            "measured_cost_usd": decimal(known_sum(c.list_cost for c in group)),
            "calibrated_cost_usd": decimal(Fraction(0)),
            "contracted_cost_usd": decimal(known_sum(c.contracted_cost for c in group)),
            "cost_variance": 0,
            "cost_deviation": 0,
        }
        for (day, *_), group in groups.items()
    ]


def known_sum(values: Iterable[Any]) -> Any:
    """The sum of what is known, None if nothing is: as SQL adds."""
    known = [value for value in values if value is not None]
    return sum(known[1:], known[0]) if known else None


def _small_tables() -> Mapping[str, list[Row]]:
    return {
        "callers": [
            {
                "caller_id": number,
                "oid": oid(number),
                "kind": "service_principal" if number == BOT else "user",
                "display_name": f"Name {number}",
                "deleted": False,
                "in_directory": True,
            }
            for number in range(1, 10)
        ],
        "units": [{"unit_id": number, "unit": f"U{number}"} for number in (1, 2, 3)],
        "llm_models": [
            {"llm_model_id": number, "llm_model": model}
            for number, model in enumerate(MODELS, start=1)
        ],
        "clients": [
            {"client_id": number, "client": client} for number, client in enumerate(CLIENTS, 1)
        ],
        "prices": [_price(rate) for rate in RATES],
    }


def _price(rate: Rate) -> Row:
    names = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")
    return {
        "price_id": rate.price_id,
        "model": rate.model,
        "speed": rate.speed,
        "zone": "global",
        "prompt_over_tokens": rate.over,
        "prompt_up_to_tokens": rate.up_to,
        "valid_from": BEGINS + timedelta(days=rate.since),
        "valid_to": BEGINS + timedelta(days=rate.until),
        **{f"{name}_usd": decimal(usd) for name, usd in zip(names, rate.usd(), strict=True)},
    }
