"""The Log Analytics query API over recorded tables.

`POST /v1/workspaces/{id}/query` and `POST /v1/{resource id}/query`, answering as documented in
azure-monitor-docs logs API (response-format.md, errors.md, timeouts.md, 14 May 2026): 200 with
tables, 200 with tables and a PartialError, 204 when the workspaces hold no data yet, 400 for the
query, 401 without credentials, 403 for workspaces that are not in the recorded tenant, 504.
"""

import json
import re
import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ingest.sandbox.kql import QueryError
from ingest.sandbox.log_answer import QueryTimeoutError, Question, body_pieces, open_answer
from ingest.sandbox.log_tables import LogTables
from ingest.sandbox.timespan import parse_timespan
from ingest.sandbox.workspace import Workspace
from models.clock import Clock

_DEFAULT_WAIT_S = 180.0
_LONGEST_WAIT_S = 600.0
_PREFERENCE = re.compile(r"\s*([\w-]+)\s*=\s*([\w.-]+)\s*")


@dataclass(frozen=True)
class LogAnalytics:
    """What the endpoints answer from."""

    workspace: Workspace
    tables: LogTables
    clock: Clock

    def routes(self) -> list[Route]:
        """The two spellings of the query endpoint."""
        return [
            Route("/v1/workspaces/{workspace_id}/query", self._in_workspace, methods=["POST"]),
            Route("/v1/{resource_id:path}/query", self._in_resource, methods=["POST"]),
        ]

    async def _in_workspace(self, request: Request) -> Response:
        return await self._answer(request, (request.path_params["workspace_id"],), None)

    async def _in_resource(self, request: Request) -> Response:
        resource_id = "/" + request.path_params["resource_id"].strip("/")
        return await self._answer(request, self.workspace.workspace_ids, resource_id)

    async def _answer(
        self, request: Request, workspace_ids: tuple[str, ...], resource_id: str | None
    ) -> Response:
        if "authorization" not in request.headers:
            return _unauthorized()
        # Documented: without a JSON body the service answers 200 with nothing in it.
        if "json" not in request.headers.get("content-type", ""):
            return Response(status_code=200)
        try:
            return await self._run(request, workspace_ids, resource_id)
        except _RefusedError as refused:
            return refused.response
        except QueryError as error:
            return query_error(error)
        except QueryTimeoutError:
            return logs_error(
                504, "GatewayTimeout", "Gateway timeout: narrow the query's time range."
            )

    async def _run(
        self, request: Request, workspace_ids: tuple[str, ...], resource_id: str | None
    ) -> Response:
        preferences = dict(_PREFERENCE.findall(request.headers.get("prefer", "")))
        asked = _read_body(await request.body(), self.clock.now())
        question = replace(
            asked,
            workspace_ids=(*workspace_ids, *asked.workspace_ids),
            resource_id=resource_id,
            wait_s=_wait_s(preferences),
        )
        if not self._has_data(question):
            return Response(status_code=204)
        answer = await run_in_threadpool(open_answer, self.tables, question)
        pieces = body_pieces(
            answer, with_statistics=preferences.get("include-statistics") == "true"
        )
        return StreamingResponse(pieces, media_type="application/json")

    def _has_data(self, question: Question) -> bool:
        """Whether anything is visible yet; raises _RefusedError for what is not this tenant's."""
        if question.resource_id is not None:
            recorded = (*self.workspace.apim_resource_ids, *self.workspace.foundry_resource_ids)
            if question.resource_id.lower() not in {known.lower() for known in recorded}:
                raise _RefusedError(404, "PathNotFoundError", "The requested path does not exist")
        asked = {name.lower() for name in question.workspace_ids}
        if asked - {known.lower() for known in self.workspace.workspace_ids}:
            raise _RefusedError(
                403,
                "InsufficientAccessError",
                "The provided credentials have insufficient access to perform the requested "
                "operation",
            )
        seen = (self.tables.first_seen.get(name) for name in asked)
        return any(moment is not None and moment <= question.now for moment in seen)


class _RefusedError(Exception):
    """A request that is answered with an error body instead of a query result."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.response = logs_error(status, code, message)


def _read_body(body: bytes, now: datetime) -> Question:
    """Read a request body; raises _RefusedError saying what is wrong with it.

    `workspace_ids` of the result are the further workspaces the body names.
    """
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        raise _RefusedError(400, "BadArgumentError", "The body is not JSON") from None
    if not isinstance(asked, dict) or not isinstance(asked.get("query"), str):
        raise _RefusedError(400, "BadArgumentError", "The body needs a text 'query'")
    more, timespan = asked.get("workspaces") or [], asked.get("timespan")
    if not isinstance(more, list) or not all(isinstance(name, str) for name in more):
        raise _RefusedError(400, "BadArgumentError", "'workspaces' must be a list of ids")
    if timespan is not None and not isinstance(timespan, str):
        raise _RefusedError(400, "BadArgumentError", "'timespan' must be text like PT1H")
    try:
        start, end = parse_timespan(timespan, now) if timespan else (None, None)
    except ValueError as error:
        raise _RefusedError(400, "BadArgumentError", str(error)) from error
    return Question(
        query=asked["query"],
        now=now,
        workspace_ids=tuple(more),
        resource_id=None,
        start=start,
        end=end,
        wait_s=_DEFAULT_WAIT_S,
    )


def _wait_s(preferences: dict[str, str]) -> float:
    try:
        return min(float(preferences["wait"]), _LONGEST_WAIT_S)
    except (KeyError, ValueError):
        return _DEFAULT_WAIT_S


def query_error(error: QueryError) -> Response:
    """The answer to a query the service refuses."""
    inner: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.detail:
        inner["innererror"] = {"code": error.detail[0], "message": error.detail[1]}
    return logs_error(
        400, "BadArgumentError", "The request had some invalid properties", innererror=inner
    )


def _unauthorized() -> Response:
    response = logs_error(
        401, "AuthorizationRequiredError", "Valid authentication was not provided"
    )
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def logs_error(status: int, code: str, message: str, **more: object) -> Response:
    """The error body of the service, with a correlation id of its own."""
    error = {"message": message, "code": code, "correlationId": str(uuid.uuid4()), **more}
    return JSONResponse({"error": error}, status_code=status)
