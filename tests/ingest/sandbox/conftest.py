"""Running sandboxes and how to ask them."""

from types import SimpleNamespace

import httpx
import pytest
from azure.core.pipeline.policies import HeadersPolicy
from azure.monitor.query import LogsQueryClient
from recorded_directory import DIRECTORY_FILES
from recorded_logs import LOG_FILES
from tiny_workspace import FIRST, write_workspace

from ingest.sandbox.process import sandbox_process

BEARER = {"Authorization": "Bearer any"}


@pytest.fixture(scope="session")
def graph_server(tmp_path_factory):
    """A sandbox with `DIRECTORY_FILES`."""
    folder = write_workspace(tmp_path_factory.mktemp("recorded"), DIRECTORY_FILES)
    with sandbox_process(folder) as url:
        yield SimpleNamespace(url=url, graph=f"{url}/v1.0")


@pytest.fixture
def at(graph_server):
    """Move the clock of `graph_server`; each test starts before any recorded change."""

    def move(now: str) -> None:
        httpx.post(f"{graph_server.url}/sandbox/clock", json={"now": now}).raise_for_status()

    move("2026-10-03T00:00:00Z")
    return move


@pytest.fixture
def get(graph_server):
    """Get a Graph path or link, check its status, return its JSON."""

    def fetch(path: str, status: int = 200, **headers: str) -> dict:
        url = path if path.startswith("http") else graph_server.graph + path
        answer = httpx.get(url, headers={**BEARER, **headers})
        assert answer.status_code == status, answer.text
        return answer.json()

    return fetch


@pytest.fixture(scope="session")
def log_server(tmp_path_factory):
    """A sandbox with `LOG_FILES`, and the real client for it."""
    folder = write_workspace(tmp_path_factory.mktemp("recorded"), LOG_FILES)
    with sandbox_process(folder) as url:
        header = HeadersPolicy(base_headers=BEARER)
        with LogsQueryClient(object(), endpoint=url, authentication_policy=header) as client:
            yield SimpleNamespace(url=url, client=client, folder=folder)


@pytest.fixture
def ask(log_server):
    """Run a query with the real client."""

    def query(text, timespan=None, workspace=FIRST, **more):
        return log_server.client.query_workspace(workspace, text, timespan=timespan, **more)

    return query


@pytest.fixture
def move_clock(log_server):
    """Move the clock of `log_server` for the length of a test."""
    before = httpx.get(f"{log_server.url}/sandbox/clock").json()
    yield lambda now: httpx.post(f"{log_server.url}/sandbox/clock", json={"now": now})
    httpx.post(f"{log_server.url}/sandbox/clock", json=before)
