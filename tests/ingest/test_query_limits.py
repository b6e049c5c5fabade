"""How hard Log Analytics is asked: at most five queries at once, and so many in half a minute."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core_rows import open_books
from pyrate_limiter import Duration, Limiter, Rate
from scripted_service import Asked, Reply, scripted_service
from tiny_workspace import FIRST

from ingest.log_query import MOST_QUERIES, log_service
from ingest.logs import LogReading, load_source
from ingest.source import GATEWAY_LOG
from models.settings import Settings

START = datetime(2026, 10, 1, tzinfo=UTC)
ANSWER = {"tables": [{"columns": [{"name": name} for name in GATEWAY_LOG.columns], "rows": []}]}


@dataclass
class Watched:
    """A workspace without rows that remembers how hard it was asked."""

    asked_at: list[float] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, _: Asked) -> Reply:
        with self.lock:
            self.asked_at.append(time.monotonic())
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(0.03)
        with self.lock:
            self.at_once -= 1
        return Reply(json.dumps(ANSWER).encode())

    def most_within(self, seconds: float) -> int:
        times = sorted(self.asked_at)
        return max(sum(first <= at < first + seconds for at in times) for first in times)


@contextmanager
def watched(folder: Path, limiter: Limiter, days: int) -> Iterator[Watched]:
    """Load `days` slices of a table from a workspace that watches how."""
    workspace = Watched()
    with scripted_service(workspace.answer) as (url, _), open_books(folder) as books:
        settings = Settings(
            data_dir=folder / "data",
            workspace_ids=(FIRST,),
            logs_endpoint=url,
            allow_loopback_http=True,
        )
        with log_service(settings) as service:
            limited = replace(service, limiter=limiter)
            reading = LogReading(books.connection, limited, settings, books.clock)
            load_source(reading, GATEWAY_LOG, asked=(START, START + timedelta(days=days)))
    yield workspace


def test_five_queries_at_once_and_never_more(tmp_path: Path) -> None:
    with watched(tmp_path, Limiter(MOST_QUERIES), days=30) as workspace:
        assert workspace.most_at_once == 5
        assert len(workspace.asked_at) == 30


def test_the_rate_is_kept(tmp_path: Path) -> None:
    with watched(tmp_path, Limiter(Rate(10, Duration.SECOND)), days=25) as workspace:
        assert len(workspace.asked_at) == 25
        # what is let go within the second may arrive a little closer together
        assert workspace.most_within(0.9) <= 10
        assert max(workspace.asked_at) - min(workspace.asked_at) >= 1.8


def test_the_rate_of_the_service_is_the_one_documented() -> None:
    assert (MOST_QUERIES.limit, MOST_QUERIES.interval) == (200, 30_000)
