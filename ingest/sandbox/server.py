"""The sandbox server: a recorded workspace behind Azure's own wire protocols, on loopback only."""

import json
import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ingest.sandbox.graph import Graph
from ingest.sandbox.graph_directory import read_directory
from ingest.sandbox.log_analytics import LogAnalytics
from ingest.sandbox.log_tables import load_log_tables
from ingest.sandbox.workspace import Problems, parse_time, read_workspace
from models.clock import Clock, rfc3339

HOST = "127.0.0.1"
_GRACE_S = 2


def build_app(workspace: Path) -> Starlette:
    """The whole server for the recorded workspace in folder `workspace`, its data loaded.

    Raises WorkspaceError when `workspace.toml` cannot be used. Everything else that is wrong with
    the recording is skipped and shown at `/sandbox/problems`.
    """
    recorded = read_workspace(workspace)
    problems = Problems()
    clock = Clock(fixed=recorded.now)
    folder = tempfile.TemporaryDirectory(prefix="tollbook-sandbox-")
    tables = load_log_tables(recorded, Path(folder.name), problems)
    directory = read_directory(recorded, problems)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        tables.connection.close()
        folder.cleanup()

    return Starlette(
        routes=[
            *_sandbox_routes(clock, problems),
            *Graph(directory, clock).routes(),
            *LogAnalytics(recorded, tables, clock).routes(),
        ],
        # Answers of 100 MB go through here: the fastest level keeps the server ahead of DuckDB.
        middleware=[Middleware(GZipMiddleware, compresslevel=1)],
        lifespan=lifespan,
    )


def serve(workspace: Path, *, port: int, announce: Callable[[str], None]) -> None:
    """Serve until interrupted, on 127.0.0.1 only; port 0 takes any free one.

    `announce` gets `http://127.0.0.1:PORT` once requests are answered. Raises OSError when the port
    is taken, WorkspaceError as `build_app` does.
    """
    with socket.create_server((HOST, port)) as listening:
        # asyncio overlooks sockets made this way, and without it every answer waits 40 ms.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        app = build_app(workspace)
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, timeout_graceful_shutdown=_GRACE_S
        )
        url = f"http://{HOST}:{listening.getsockname()[1]}"
        _AnnouncingServer(config, lambda: announce(url)).run(sockets=[listening])


class _AnnouncingServer(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


def _sandbox_routes(clock: Clock, problems: Problems) -> list[Route]:
    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def read_clock(_: Request) -> Response:
        return JSONResponse({"now": rfc3339(clock.now())})

    async def move_clock(request: Request) -> Response:
        try:
            asked = json.loads(await request.body())
            clock.move(parse_time(asked.get("now") if isinstance(asked, dict) else None))
        except ValueError as error:
            message = f'Send {{"now": "2026-10-01T00:00:00Z"}}: {error}'
            return JSONResponse({"error": {"code": "BadRequest", "message": message}}, 400)
        return await read_clock(request)

    async def show_problems(_: Request) -> Response:
        first = [asdict(problem) for problem in problems.first]
        return JSONResponse({"problems": first, "counts": dict(problems.counts)})

    return [
        Route("/sandbox/health", health),
        Route("/sandbox/clock", read_clock),
        Route("/sandbox/clock", move_clock, methods=["POST"]),
        Route("/sandbox/problems", show_problems),
    ]
