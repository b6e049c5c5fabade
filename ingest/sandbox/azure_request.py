"""What a request to an Azure data or management endpoint asks for, checked, and its refusals.

The envelope of an error is the one azure-core reads: `{"error": {"code", "message"}}`. Options the
sandbox does not answer are refused, never ignored.
"""

import base64
import binascii
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ingest.sandbox.workspace import JsonObject

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]

_API_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-preview)?")


class RefusedError(Exception):
    """A request that is answered with an error; `code` is the one Azure uses for it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def bad_request(message: str) -> RefusedError:
    """The refusal of a request that cannot be understood."""
    return RefusedError(400, "BadRequest", message)


def authorized_route(path: str, handler: Handler, method: str) -> Route:
    """A route that wants an Authorization header and answers a RefusedError in Azure's shape.

    What the header holds is not looked at.
    """

    async def endpoint(request: Request) -> Response:
        try:
            _require_bearer(request)
            return await handler(request)
        except RefusedError as refused:
            error = {"code": refused.code, "message": refused.message}
            headers = {"WWW-Authenticate": "Bearer"} if refused.status == 401 else None
            return JSONResponse({"error": error}, refused.status, headers)

    return Route(path, endpoint, methods=[method])


def _require_bearer(request: Request) -> None:
    if "authorization" not in request.headers:
        raise RefusedError(
            401,
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing.",
        )


def query_options(request: Request) -> dict[str, str]:
    """The query options by lower-case name, as Azure compares them.

    Raises RefusedError when `api-version` is absent or no version.
    """
    given = {name.lower(): value for name, value in request.query_params.items()}
    version = given.get("api-version", "")
    if not version:
        raise RefusedError(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )
    if not _API_VERSION.fullmatch(version):
        raise RefusedError(
            400, "InvalidApiVersionParameter", f"The api-version '{version[:40]}' is invalid."
        )
    return given


async def json_body(request: Request) -> JsonObject:
    """The JSON object a request carries; raises RefusedError for anything else."""
    try:
        body: Any = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise bad_request("The request body is not JSON.") from None
    if not isinstance(body, dict):
        raise bad_request("The request body must be a JSON object.")
    return body


def opaque(state: JsonObject) -> str:
    """A token that carries `state`, so that the server has nothing to remember."""
    raw = json.dumps(state, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def read_opaque(token: str, names: frozenset[str]) -> JsonObject | None:
    """The state in a token of `opaque`; None when it is none with exactly the keys `names`."""
    try:
        state = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    return state if isinstance(state, dict) and state.keys() == names else None
