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
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from ingest.sandbox.blobs import BLOB_TYPE, Blobs
from ingest.sandbox.cost_rows import read_cost_rows
from ingest.sandbox.costs import Costs
from ingest.sandbox.fault_control import fault_routes
from ingest.sandbox.fault_middleware import FaultMiddleware
from ingest.sandbox.faults import Faults, read_faults
from ingest.sandbox.graph import Graph
from ingest.sandbox.graph_directory import read_directory
from ingest.sandbox.log_analytics import LogAnalytics
from ingest.sandbox.log_tables import load_log_tables
from ingest.sandbox.metric_points import load_metric_points
from ingest.sandbox.metrics import Metrics
from ingest.sandbox.retail_prices import read_retail_prices
from ingest.sandbox.service_clock import ServiceClock
from ingest.sandbox.usage_blobs import read_usage_blobs
from ingest.sandbox.workspace import Problems, parse_time, read_workspace
from models.clock import Clock, rfc3339

HOST = "127.0.0.1"
_GRACE_S = 2


def build_app(workspace: Path, faults: Path | None = None) -> ASGIApp:
    """The whole server for the recorded workspace in folder `workspace`, its data loaded.

    It shows the faults of the TOML file `faults`. Raises FaultsError when that cannot be used,
    WorkspaceError when `workspace.toml` cannot. Everything else that is wrong with
    the recording is skipped and shown at `/sandbox/problems`.
    """
    recorded = read_workspace(workspace)
    problems = Problems()
    clock = ServiceClock(fixed=recorded.now)
    shown = Faults(read_faults(faults) if faults else ())
    folder = tempfile.TemporaryDirectory(prefix="tollbook-sandbox-")
    tables = load_log_tables(recorded, Path(folder.name), problems)
    directory = read_directory(recorded, problems)
    points = load_metric_points(recorded, Path(folder.name), problems)
    costs = read_cost_rows(recorded, problems)
    prices = read_retail_prices(recorded, clock, problems)
    usage = read_usage_blobs(recorded, Path(folder.name), problems)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        tables.connection.close()
        points.connection.close()
        folder.cleanup()

    app = Starlette(
        routes=[
            *_sandbox_routes(clock, problems),
            *fault_routes(shown),
            *Graph(directory, clock).routes(),
            *LogAnalytics(recorded, tables, clock).routes(),
            *Metrics(recorded, points, clock).routes(),
            *Costs(costs, clock).routes(),
            *prices.routes(),
            *Blobs(usage, clock).routes(),
        ],
        # Answers of 100 MB go through here: the fastest level keeps the server ahead of DuckDB.
        # A blob's length is part of what it is, so blobs pass as they are.
        middleware=[
            Middleware(
                GZipMiddleware,
                compresslevel=1,
                exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, BLOB_TYPE),
            )
        ],
        lifespan=lifespan,
    )
    return FaultMiddleware(app, shown, clock)


def serve(
    workspace: Path,
    *,
    port: int,
    announce: Callable[[str], None],
    faults: Path | None = None,
) -> None:
    """Serve until interrupted, on 127.0.0.1 only; port 0 takes any free one.

    `announce` gets `http://127.0.0.1:PORT` once requests are answered. Raises OSError when the port
    is taken, WorkspaceError and FaultsError as `build_app` does.
    """
    with socket.create_server((HOST, port)) as listening:
        # asyncio overlooks sockets made this way, and without it every answer waits 40 ms.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        app = build_app(workspace, faults)
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            # Answers carry the date of the sandbox clock.
            date_header=False,
            timeout_graceful_shutdown=_GRACE_S,
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
