"""The job `alert`: real mail and HTTP servers are told of each crossing, once."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from threading import Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from budget_rows import budget
from core_rows import open_books
from structlog.testing import capture_logs
from written_publication import Usage, Written, publish_empty, publish_written

from jobs.alerting import alert
from jobs.ingestion import Run
from jobs.pipeline import run_jobs
from models.clock import Clock
from models.errors import NotificationError, SettingsError
from models.operations import alerts_delivered, operations
from models.settings import Settings, environment_of

NOW = datetime(2026, 10, 9, tzinfo=UTC)
USER = "00000001-0000-4000-8000-000000000001"
PASSWORD = "hunter2secret"  # noqa: S105


class Post:
    """Keeps the mails it takes."""

    def __init__(self) -> None:
        self.mails: list[Message] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        self.mails.append(message_from_bytes(envelope.content or b""))
        return "250 taken"

    def texts(self) -> list[str]:
        parts = [part for mail in self.mails for part in mail.walk() if not part.is_multipart()]
        return [part.get_payload(decode=True).decode() for part in parts]  # type: ignore[union-attr]


@pytest.fixture
def post() -> Iterator[tuple[Post, str]]:
    """A mail server on this machine, and the address of the channel to it."""
    kept = Post()
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        sender, receiver = "from=tollbook@mail.example", "to=finance@mail.example"
        yield kept, f"mailto://127.0.0.1:{port}/?{sender}&{receiver}&mode=insecure"
    finally:
        controller.stop()


@contextmanager
def web(status: int = 200) -> Iterator[tuple[list[dict[str, Any]], str]]:
    """An HTTP server that keeps what it is told, and the address of the channel to it."""
    told: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if status == 200:
                told.append(json.loads(body))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield told, f"json://user:{PASSWORD}@127.0.0.1:{server.server_address[1]}/hook"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_empty(tmp_path_factory.mktemp("alerts")).parent


@pytest.fixture
def published(data_dir: Path) -> Iterator[Path]:
    spend(data_dir, 9)
    yield data_dir
    for file in data_dir.glob("operations.sqlite*"):
        file.unlink()


def spend(data_dir: Path, per_day: int) -> None:
    """Publish eight days of October: a user who spends the same every day, with two budgets."""
    written = Written(
        [Usage(day, 1, 1, per_day) for day in range(8)],  # type: ignore[arg-type]
        small={"budgets": [budget("user", USER, 80), budget("unit", "U1", 10_000)]},
    )
    publish_written(data_dir / "published", written, days=8, data_until=NOW)


def run(data_dir: Path, *urls: str, **changes: Any) -> Run:
    told = {"allow_loopback_http": True, "notify_urls": " ".join(urls), **changes}
    settings = Settings(data_dir=data_dir, **told)
    # Only its settings and its clock are asked for.
    return Run(None, settings, Clock(NOW), lambda *_: None)  # type: ignore[arg-type]


def recorded(data_dir: Path) -> int:
    with operations(data_dir / "operations.sqlite") as database:
        return len(alerts_delivered(database))


def test_a_mail_says_what_is_crossed_and_is_sent_once(
    published: Path, post: tuple[Post, str]
) -> None:
    kept, url = post
    # given 72 of 80 USD are spent: 80 % reached, 100 % expected
    alert(run(published, url))
    alert(run(published, url))
    # then one mail has both
    (mail,) = kept.mails
    assert mail["Subject"] == "tollbook: 2 budget thresholds"
    assert mail["To"] == "finance@mail.example"
    reached, expected = kept.texts()[0].strip().splitlines()
    assert reached == (
        "user Name 1, 2026-10-01 to 2026-10-31: 80 % reached. It has spent $72.00 of $80.00 (90%)"
        " as of 2026-10-09 00:00 UTC."
    )
    assert expected.startswith("user Name 1, 2026-10-01 to 2026-10-31: 100 % expected. It has")
    assert "80% interval $" in expected


def test_only_what_is_new_is_told(published: Path, post: tuple[Post, str]) -> None:
    kept, url = post
    alert(run(published, url))
    spend(published, 10)
    alert(run(published, url))
    assert len(kept.mails) == 2
    (line,) = kept.texts()[1].strip().splitlines()
    assert "100 % reached. It has spent $80.00 of $80.00 (100%)" in line


def test_a_channel_that_fails_is_tried_again_and_no_other_is_told_twice(
    published: Path, post: tuple[Post, str]
) -> None:
    kept, mail = post
    with web(500) as (_, broken), pytest.raises(NotificationError) as raised:
        alert(run(published, mail, broken))
    assert "channel 2 (json) of TOLLBOOK_NOTIFY_URLS did not take the message" in str(raised.value)
    assert PASSWORD not in str(raised.value)
    assert recorded(published) == 2
    with web() as (told, working):
        alert(run(published, mail, working))
    assert len(kept.mails) == 1
    assert [body["title"] for body in told] == ["tollbook: 2 budget thresholds"]


def test_a_kill_before_the_record_tells_again(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with web() as (told, url):
        with monkeypatch.context() as patched:
            patched.setattr("jobs.alerting.record_alerts", die)
            with pytest.raises(KeyboardInterrupt):
                alert(run(published, url))
        alert(run(published, url))
        alert(run(published, url))
    assert len(told) == 2


def test_channels_that_look_alike_without_their_secrets_are_both_told(published: Path) -> None:
    with web() as (told, url):
        other = url.replace(PASSWORD, "another" + PASSWORD)
        alert(run(published, url, other))
    assert len(told) == 2


def test_names_are_told_only_where_they_are_shown(published: Path) -> None:
    with web() as (told, url):
        alert(run(published, url, names_visible=False, smallest_group=1))
    assert "user Person 00001," in told[0]["message"]
    assert USER not in told[0]["message"]


def test_no_record_and_no_log_names_anybody_or_a_channel(
    published: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs, web() as (_, url):
        alert(run(published, url))
    with capture_logs() as failed, web(500) as (_, url), pytest.raises(NotificationError):
        alert(run(published, url + "other"))
    kept = (published / "operations.sqlite").read_bytes()
    for secret in (PASSWORD, "hook", USER, "Name 1"):
        assert secret not in f"{logs}{failed}{caplog.text}{capfd.readouterr()}"
        assert secret.encode() not in kept


def test_there_is_a_reason_for_silence(published: Path, tmp_path: Path) -> None:
    url = "json://127.0.0.1:9/"
    with capture_logs() as logs:
        alert(run(published))
        alert(run(tmp_path, url))
        spend(published, 0)
        alert(run(published, url))
    assert [line["event"] for line in logs] == [
        "no alerts: no channel is set",
        "no alerts: nothing is published",
        "no alerts: no threshold of a budget is crossed",
    ]
    assert not (published / "operations.sqlite").exists()


@pytest.mark.parametrize(
    ("urls", "said"),
    [
        ("nonsense://x", "channel 1 of TOLLBOOK_NOTIFY_URLS is no address that Apprise knows"),
        ("jsons://h.example json://h.example/hunter2", "channel 2 .* is not encrypted"),
        ("mailto://u:hunter2@mail.example?from=a@b.example", "mailto.* is not encrypted"),
    ],
)
def test_a_wrong_or_open_channel_is_refused_without_its_secret(
    published: Path, urls: str, said: str
) -> None:
    with pytest.raises(SettingsError, match=said) as raised:
        alert(run(published, urls))
    assert "hunter2" not in str(raised.value)


def test_plain_http_to_this_machine_needs_its_switch(published: Path) -> None:
    with pytest.raises(SettingsError, match="ALLOW_LOOPBACK_HTTP=true permits it"):
        alert(run(published, "json://127.0.0.1:9/", allow_loopback_http=False))


def test_addresses_are_secrets_and_stay_here() -> None:
    settings = Settings(
        notify_urls="mailtos://u:pw@h.example?to=a@b.example,c@d.example, jsons://k"
    )
    addresses = [url.get_secret_value() for url in settings.notify_urls]
    assert addresses == ["mailtos://u:pw@h.example?to=a@b.example,c@d.example", "jsons://k"]
    assert "h.example" not in repr(settings)
    assert "TOLLBOOK_NOTIFY_URLS" not in environment_of(settings)


def test_the_job_runs_after_a_build(tmp_path: Path) -> None:
    with open_books(tmp_path) as books, capture_logs() as logs:
        ours = Run(books.connection, books.settings, books.clock, lambda *_: None)
        run_jobs(ours, ["build", "alert"])
        done = books.connection.execute("select job, outcome from warehouse.run.runs").fetchall()
    assert done[-2:] == [("build", "succeeded"), ("alert", "succeeded")]
    assert logs[-1]["event"] == "no alerts: no channel is set"
