"""Hand-written log rows, seeds and people in a real warehouse: what tests of the core build on."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from ingest.landing import Landed, land
from ingest.source import GATEWAY_LOG, LLM_LOG, Source
from jobs.ingestion import Run
from jobs.pipeline import build_and_publish
from models import ledger
from models.clock import Clock
from models.directory import record
from models.ownership import refresh_ownership
from models.publication import Manifest
from models.seed_loading import load_seeds
from models.settings import Settings
from models.warehouse import Connection, writing

Row = dict[str, Any]

NOW = datetime(2026, 11, 1, tzinfo=UTC)
DAY = date(2026, 10, 5)
WINDOW = (datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
ACCOUNT = "/subscriptions/s/resourceGroups/r/providers/Microsoft.CognitiveServices/accounts"
NOBODY = "00000000-0000-0000-0000-000000000000"

# The ledger keeps an id as text only where its key does not say how it was spelt.
_CORRELATION_ID = (
    "case when call.has_correlation_id"
    " then coalesce(call.other_correlation_id, call.request_key::varchar) end as correlation_id"
)

_PRICE = {
    "speed": "standard",
    "prompt_over_tokens": "0",
    "prompt_up_to_tokens": "",
    "cache_read_usd_per_mtok": "0.2",
    "cache_write_5m_usd_per_mtok": "2.5",
    "cache_write_1h_usd_per_mtok": "4",
    "web_search_usd_per_thousand": "10",
    "us_data_zone_multiplier": "1.1",
    "valid_from": "2026-01-01",
    "valid_to": "",
    "recorded_from": "2026-01-01",
    "recorded_to": "",
    "source": "a test",
    "checked_on": "2026-11-01",
}


def price(model: str, input_usd: str, output_usd: str, **changes: str) -> Row:
    """A line of prices.csv, in USD per million tokens."""
    line = _PRICE | {
        "model": model,
        "input_usd_per_mtok": input_usd,
        "output_usd_per_mtok": output_usd,
    }
    line |= changes
    parts = ("speed", "prompt_over_tokens", "valid_from", "recorded_from")
    return {"price_id": "/".join([model, *(line[name] for name in parts)])} | line


PRICES = (
    price("claude-plain", "2", "10"),
    price("claude-plain", "4", "20", speed="fast"),
    price("claude-band", "0.1", "0.5", prompt_up_to_tokens="100000"),
    price("claude-band", "0.5", "2.5", prompt_over_tokens="100000"),
    price("claude-turn", "2", "10", valid_to="2026-10-07"),
    price("claude-turn", "4", "20", valid_from="2026-10-07"),
)
NAMES = ({"model_name": "plain-by-another-name", "model": "claude-plain"},)
_DATED = {"valid_from": "", "valid_to": "", "recorded_from": "", "recorded_to": "", "source": "t"}


def deployment(name: str, account: str, model: str, **changes: str) -> Row:
    """A line of deployments.csv."""
    line = {
        "deployment": name,
        "foundry_resource_id": f"{ACCOUNT}/{account}",
        "model": model,
        "model_version": "1",
        "hosting": "anthropic",
        "sku": "GlobalStandard",
    }
    return line | _DATED | changes


def subscription(name: str, owner: str, **changes: str) -> Row:
    """A line of subscriptions.csv."""
    return {"apim_subscription_id": name, "oid": owner} | _DATED | changes


def discount(model: str, share: str, **changes: str) -> Row:
    """A line of discounts.csv, in its fixed form."""
    dates = {name: _DATED[name] for name in ("valid_from", "valid_to", "recorded_from", "source")}
    return {"model": model, "discount_rate": share} | dates | changes


DEPLOYMENTS = (
    deployment("plain", "one", "claude-plain"),
    deployment("band", "one", "claude-band"),
    deployment("turn", "one", "claude-turn"),
)


def write_seed(folder: Path, name: str, lines: Sequence[Row]) -> Path:
    """Write a seed of at least one line."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(lines[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    return folder / name


def oid(number: int) -> str:
    """The object id of a caller."""
    return f"{number:08d}-0000-4000-8000-000000000001"


def correlation(number: int) -> str:
    """The CorrelationId of a request."""
    return f"{number:08d}-0000-4000-8000-000000000002"


def gateway(number: int, at: str | None = "2026-10-05T10:00:00Z", **changes: Any) -> Row:
    """A row of ApiManagementGatewayLogs as projected: a request of caller 1 that succeeded."""
    row = dict.fromkeys(GATEWAY_LOG.columns)
    row |= {
        "ingested_at": at or "2026-10-05T10:05:00Z",
        "item_id": f"gateway-{number}",
        "time_generated": at,
        "correlation_id": correlation(number),
        "method": "POST",
        "url": "https://gateway.example/anthropic/v1/messages",
        "response_code": 200,
        "backend_response_code": 200,
        "backend_url": "https://one.services.example/anthropic/v1/messages",
        "request_size_bytes": 40_000,
        "request_headers": {"User-Agent": "claude-cli/2.0 (external, cli)"},
        "backend_request_headers": {"x-caller-oid": oid(1)},
        "response_headers": {},
        "trace_records": [],
    }
    assert changes.keys() <= row.keys(), changes
    return row | changes


def llm(number: int, at: str | None = "2026-10-05T10:00:01Z", **changes: Any) -> Row:
    """A row of ApiManagementGatewayLlmLog as projected: 1,000 input and 100 output tokens."""
    row = dict.fromkeys(LLM_LOG.columns)
    row |= {
        "ingested_at": at or "2026-10-05T10:05:00Z",
        "item_id": f"llm-{number}-{changes.get('request_id', '')}-{changes.get('sequence_number')}",
        "time_generated": at,
        "correlation_id": correlation(number),
        "request_id": f"msg_{number}",
        "model_name": "claude-plain",
        "prompt_tokens": 1_000,
        "completion_tokens": 100,
        "sequence_number": 0,
    }
    assert changes.keys() <= row.keys(), changes
    return row | changes


def person(number: int, **changes: Any) -> Row:
    """A Graph user in cost center CC-1."""
    return {
        "id": oid(number),
        "displayName": f"Person {number}",
        "userType": "Member",
        "accountEnabled": True,
        "department": "Tools",
        "employeeOrgData": {"costCenter": "CC-1"},
    } | changes


@dataclass(frozen=True)
class Books:
    """An open warehouse, and the folders beside it."""

    connection: Connection
    folder: Path
    clock: Clock = field(default_factory=lambda: Clock(NOW))

    @property
    def settings(self) -> Settings:
        return Settings(data_dir=self.folder / "data", seeds_dir=self.folder / "seeds")

    @property
    def publication(self) -> Path:
        return self.settings.publication_dir

    def seed(self, name: str, *lines: Row) -> None:
        """Replace a seed, as a reviewer would, and load it."""
        write_seed(self.folder / "seeds", name, lines)
        load_seeds(self.connection, self.folder / "seeds")

    def land(self, *rows: Row, window: tuple[datetime, datetime] = WINDOW) -> Landed:
        """Land rows of one table as the answer for one window."""
        source = GATEWAY_LOG if "method" in rows[0] else LLM_LOG
        return land_rows(self.connection, self.folder, source, rows, window, self.clock)

    def observe(self, *people: Row, at: str = "2026-10-01T00:00:00Z", is_full: bool = False) -> int:
        """Record a delta round of users."""
        return record(
            self.connection,
            "users",
            "user",
            people,
            is_full=is_full,
            next_link="next",
            observed_at=datetime.fromisoformat(at),
        )

    def book(self, first_day: date = DAY, last_day: date | None = None) -> dict[str, Row]:
        """Build the ledger of some days and return its charges by CorrelationId."""
        found = self.book_rows(first_day, last_day)
        charges = {row["correlation_id"]: row for row in found}
        assert len(charges) == len(found)
        return charges

    def book_rows(self, first_day: date = DAY, last_day: date | None = None) -> list[Row]:
        """Build the ledger of some days, as known at the clock's time, and return its charges."""
        refresh_ownership(self.connection, self.clock.now())
        ledger.prepare(self.connection, self.clock.now())
        ledger.build_span(self.connection, first_day, last_day or first_day)
        return rows_of(
            self.connection,
            f"select {_CORRELATION_ID}, charge.* from ledger.charges as charge"
            " inner join ledger.attributed as call using (request_key)"
            " order by charge.usage_time, charge.request_key",
        )

    def attributed(self) -> dict[str, Row]:
        """What the last `book` attributed, charged or not, by CorrelationId."""
        found = rows_of(
            self.connection, f"select {_CORRELATION_ID}, call.* from ledger.attributed as call"
        )
        return {row["correlation_id"]: row for row in found}

    def publish(self) -> Manifest:
        """Build every dirty day and publish, by the pipeline's own step."""
        return build_and_publish(
            Run(self.connection, self.settings, self.clock, lambda _what, _done, _total: None)
        )


@contextmanager
def open_books(folder: Path, **seeds: Sequence[Row]) -> Iterator[Books]:
    """Open a warehouse with small seeds; `seeds` names those that differ, without `.csv`."""
    for name, lines in (
        {"prices": PRICES, "models": NAMES, "deployments": DEPLOYMENTS} | seeds
    ).items():
        write_seed(folder / "seeds", f"{name}.csv", lines)
    clock = Clock(NOW)
    file = folder / "data" / "warehouse.duckdb"
    with writing(file, clock, wait_seconds=5, memory_limit="1GB") as connection:
        load_seeds(connection, folder / "seeds")
        yield Books(connection, folder, clock)


def land_rows(
    connection: Connection,
    folder: Path,
    source: Source,
    rows: Sequence[Mapping[str, Any]],
    window: tuple[datetime, datetime] = WINDOW,
    clock: Clock | None = None,
) -> Landed:
    """Land rows as the answer for an ingestion window; dynamic columns travel as JSON text."""
    file = folder / "answer.ndjson"
    lines = [json.dumps([_cell(row[name]) for name in source.columns]) for row in rows]
    file.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return land(connection, clock or Clock(NOW), source, "workspace", window, file)


def rows_of(connection: Connection, statement: str) -> list[Row]:
    """The rows of a query as dicts."""
    result = connection.execute(statement)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, map(_plain, row), strict=True)) for row in result.fetchall()]


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value
