"""A tenant's requests of any number, written straight into raw and staging of a warehouse: what a
build reads, without the hours that reading them from Azure would take.

Raw has what the build's checks hold the ledger against, staging what ingestion would have made of
it. A request is known by its number; numbers follow time, so a stretch of them is a span of time.

Run as `python -m bench.staged_traffic FOLDER REQUESTS FIRST_DAY DAYS CALLERS FROM TO`.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from models.clock import Clock
from models.seed_loading import load_seeds
from models.warehouse import Connection, mark_dirty, transaction, writing

CHUNK_REQUESTS = 1_000_000
MEMORY_LIMIT = "4GB"
CALLERS = 20_000
UNITS = 400
MODELS = (
    "claude-sonnet-4-5",
    "claude-haiku-4-5",
    "claude-opus-4-5",
    "claude-opus-4-6",
    "claude-haiku-5-5",
)

_ACCOUNT = "/subscriptions/s/resourceGroups/r/providers/Microsoft.CognitiveServices/accounts/one"
_STATEMENTS = Path(__file__).with_name("sql")


@dataclass(frozen=True)
class Traffic:
    """Requests spread evenly over whole days (UTC) by some callers of which a few use most."""

    requests: int
    first_day: date
    days: int
    callers: int = CALLERS

    @property
    def starts_at(self) -> datetime:
        """The first instant."""
        return datetime.combine(self.first_day, time(), UTC)

    @property
    def ends_at(self) -> datetime:
        """The instant after the last."""
        return self.starts_at + timedelta(days=self.days)

    def number_at(self, moment: datetime) -> int:
        """The number of the first request at or after a moment."""
        share = (moment - self.starts_at) / (self.ends_at - self.starts_at)
        return round(self.requests * share)


def stage_traffic(
    data_dir: Path, traffic: Traffic, *, from_number: int = 0, to_number: int | None = None
) -> Path:
    """Write a new warehouse with seeds, directory and the requests [from_number, to_number)."""
    write_seeds(data_dir / "seeds")
    file = data_dir / "warehouse.duckdb"
    with writing(
        file, Clock(traffic.ends_at), wait_seconds=1, memory_limit=MEMORY_LIMIT
    ) as connection:
        load_seeds(connection, data_dir / "seeds")
        connection.execute(_statement("directory"), {"callers": traffic.callers, "units": UNITS})
        stage_numbers(connection, traffic, from_number, to_number or traffic.requests)
        connection.execute("checkpoint warehouse")
    return file


def stage_hour(data_dir: Path, traffic: Traffic, start: datetime) -> int:
    """Add one hour's requests to a warehouse, as a run that read them would; return how many."""
    first, last = traffic.number_at(start), traffic.number_at(start + timedelta(hours=1))
    file = data_dir / "warehouse.duckdb"
    with writing(file, Clock(start), wait_seconds=1, memory_limit=MEMORY_LIMIT) as connection:
        with transaction(connection):
            stage_numbers(connection, traffic, first, last)
            mark_dirty(connection, [start.date()], "gateway_log")
        connection.execute("checkpoint warehouse")
    return last - first


def stage_numbers(connection: Connection, traffic: Traffic, first: int, last: int) -> None:
    """Write the requests [first, last) and the record of their loads."""
    for chunk, (begin, end) in enumerate(_chunks(first, last)):
        connection.execute(
            _statement("calls"),
            {
                "first": begin,
                "last": end,
                "starts_at": traffic.starts_at.replace(tzinfo=None),
                "microseconds": traffic.days * 86_400_000_000,
                "requests": traffic.requests,
                "callers": traffic.callers,
                "models": list(MODELS),
                "load_id": first + chunk + 1,
            },
        )
        for table in ("raw.gateway_log", "staging.gateway_requests"):
            rows = _statement(table.replace(".", "_"))
            connection.execute(f"insert into warehouse.{table} by name\n{rows}")
        connection.execute(_statement("llm_lines"))
        for table in ("raw.llm_log", "staging.llm_rows"):
            rows = _statement(table.replace(".", "_"))
            connection.execute(f"insert into warehouse.{table} by name\n{rows}")
        connection.execute(f"insert into warehouse.run.loads by name\n{_statement('loads')}")
    for table in ("calls", "llm_lines"):
        connection.execute(f"drop table if exists {table}")


def write_seeds(folder: Path) -> None:
    """Write the reviewed seeds that name the tenant's deployments and discounts."""
    folder.mkdir(parents=True)
    head = "deployment,foundry_resource_id,model,model_version,hosting,sku"
    lines = [f"{head},valid_from,valid_to,recorded_from,recorded_to,source"]
    for place, model in enumerate(MODELS):
        sku = "DataZoneStandard" if place == 1 else "GlobalStandard"
        lines.append(f"{model},{_ACCOUNT},{model},1,anthropic,{sku},,,,,benchmark")
    (folder / "deployments.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "discounts.csv").write_text(
        "model,discount_rate,valid_from,valid_to,recorded_from,source\n"
        "claude-opus-4-5,0.12,2025-01-01,,2025-01-01,benchmark\n",
        encoding="utf-8",
    )


def _chunks(first: int, last: int) -> Iterator[tuple[int, int]]:
    for begin in range(first, last, CHUNK_REQUESTS):
        yield begin, min(begin + CHUNK_REQUESTS, last)


def _statement(name: str) -> str:
    return (_STATEMENTS / f"{name}.sql").read_text(encoding="utf-8")


if __name__ == "__main__":
    folder, requests, first_day, days, callers, begin, end = sys.argv[1:]
    month = Traffic(int(requests), date.fromisoformat(first_day), int(days), int(callers))
    stage_traffic(Path(folder), month, from_number=int(begin), to_number=int(end))
