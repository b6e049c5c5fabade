"""A tiny published tenant whose names, units and user agents are hostile text."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, sync_playwright

from ingest.landing import land
from ingest.source import GATEWAY_LOG, LLM_LOG, Source
from jobs.ingestion import Run
from jobs.pipeline import build_and_publish, open_run
from models.clock import Clock, rfc3339
from models.directory import record
from models.settings import read_settings

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
MONTH = "2026-10"
HOSTILE_UNITS = (
    "<script>alert('unit')</script><img src=x onerror=alert(1)>",
    "**bold** [link](https://example.org) $x^2$ :red[red] `code`",
    '=HYPERLINK("https://example.org";"unit")',
    "long " + "unit " * 200_000,
)
HOSTILE_NAMES = (
    "<b id=owned>Ada</b><script>document.body.id='owned'</script>",
    "# Heading | table | $1$ -> :material/home:",
    "@SUM(1+1)*cmd|'/C calc'!A0",
    "\u202egnp.exe \u0000 end",
)
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOSTILE_AGENT = "claude-cli/2.1 <svg onload=alert('agent')>"


@dataclass(frozen=True)
class Call:
    """One request of the tiny tenant; None where the log lacks it."""

    number: int
    person: int | None
    at: datetime
    model: str | None = "claude-sonnet-4-5"
    input_tokens: int | None = 1000
    output_tokens: int | None = 100


@dataclass(frozen=True)
class Tenant:
    """A published tenant: its data folder and the calls it was made from."""

    data_dir: Path
    calls: tuple[Call, ...]


def oid(person: int) -> str:
    """Return the object id of a numbered person."""
    return str(UUID(int=0xAAAA_0000_0000_4000_8000_0000_0000_0000 + person))


def correlation_id(number: int) -> str:
    """Return the CorrelationId of a numbered call."""
    return str(UUID(int=0xCCCC_0000_0000_4000_8000_0000_0000_0000 + number))


def hostile_calls() -> tuple[Call, ...]:
    """Return calls over several days: ordinary, unattributed, unmetered and unpriced."""
    start = datetime(2026, 10, 5, 9, tzinfo=UTC)
    ordinary = [
        Call(number, number % 4, start + timedelta(hours=5 * number), input_tokens=1000 + number)
        for number in range(60)
    ]
    odd = [
        Call(100, None, start),
        Call(101, None, start + timedelta(days=1)),
        Call(102, 0, start, model=None, input_tokens=None, output_tokens=None),
        Call(103, 1, start, model="claude-nobody-knows-9"),
        Call(104, 0, datetime(2026, 9, 30, 23, 59, 59, tzinfo=UTC)),
    ]
    return (*ordinary, *odd)


def build_tenant(data_dir: Path, calls: tuple[Call, ...]) -> Tenant:
    """Land the calls, sync the people, build and publish: the product's own pipeline."""
    settings = read_settings(data_dir=data_dir)
    clock = Clock(NOW)
    with open_run(settings, clock) as connection:
        for source, rows in ((GATEWAY_LOG, _gateway_rows(calls)), (LLM_LOG, _llm_rows(calls))):
            file = data_dir / f"{source.name}.ndjson"
            _write(file, source, rows)
            land(connection, clock, source, "w", (datetime(2026, 9, 1, tzinfo=UTC), NOW), file)
        record(
            connection, "users", "user", _users(),
            is_full=True, next_link="", observed_at=NOW,
        )  # fmt: skip
        build_and_publish(Run(connection, settings, clock, lambda *_: None))
    return Tenant(data_dir, calls)


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Tenant:
    """The hostile tenant, published; tests read it and never write to it."""
    return build_tenant(tmp_path_factory.mktemp("hostile"), hostile_calls())


def _users() -> list[dict[str, object]]:
    return [
        {
            "id": oid(person),
            "displayName": name,
            "userType": "Member",
            "accountEnabled": True,
            "employeeOrgData": {"costCenter": HOSTILE_UNITS[person]},
        }
        for person, name in enumerate(HOSTILE_NAMES)
    ]


def _gateway_rows(calls: tuple[Call, ...]) -> list[dict[str, object]]:
    return [
        {
            "ingested_at": rfc3339(call.at),
            "item_id": f"g{call.number}",
            "time_generated": rfc3339(call.at),
            "correlation_id": correlation_id(call.number),
            "method": "POST",
            "url": "https://gateway.example/claude/v1/messages",
            "response_code": 200,
            "backend_response_code": 200,
            "backend_url": "https://account-one.services.ai.azure.com/anthropic/v1/messages",
            "request_size_bytes": 40_000,
            "response_size_bytes": 2_000,
            "total_time_ms": 900,
            "request_headers": json.dumps({"User-Agent": HOSTILE_AGENT}),
            "backend_request_headers": json.dumps(
                {} if call.person is None else {"x-caller-oid": oid(call.person)}
            ),
        }
        for call in calls
    ]


def _llm_rows(calls: tuple[Call, ...]) -> list[dict[str, object]]:
    return [
        {
            "ingested_at": rfc3339(call.at),
            "item_id": f"l{call.number}",
            "time_generated": rfc3339(call.at),
            "correlation_id": correlation_id(call.number),
            "request_id": f"r{call.number}",
            "model_name": call.model,
            "prompt_tokens": call.input_tokens,
            "completion_tokens": call.output_tokens,
        }
        for call in calls
        if call.model is not None
    ]


def _write(file: Path, source: Source, rows: list[dict[str, object]]) -> None:
    lines = (json.dumps([row.get(column) for column in source.columns]) for row in rows)
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium that talks to nobody but the page's server."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM_ARGUMENTS
        )
        yield launched
        launched.close()


@pytest.fixture
def chromium(require_heavy: Callable[[bool, str], None], request: pytest.FixtureRequest) -> Browser:
    """The browser, or one clear line where there is no Chromium."""
    require_heavy(shutil.which("chromium") is not None, "Chromium is not installed: make extras")
    started: Browser = request.getfixturevalue("browser")
    return started
