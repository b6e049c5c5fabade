"""What a Graph request asks for, checked: properties, page size, filter, tokens, and refusals.

Rules are those of microsoft-graph-docs paging.md, user-list.md, user-delta.md and
delta-query-overview.md. Options the sandbox does not answer are refused, never ignored.
"""

import base64
import binascii
import json
import re
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ingest.sandbox.workspace import JsonObject, parse_time
from models.clock import rfc3339

DEFAULT_PAGE = 100
LONGEST_PAGE = 999

_MAX_PAGE_SIZE = re.compile(r"odata\.maxpagesize\s*=\s*(\d+)", re.IGNORECASE)
_EQUALS = re.compile(r"\s*(\w+)\s+eq\s+(?:'((?:[^']|'')*)'|(true|false))\s*")


class GraphError(Exception):
    """A refusal with its HTTP status and the code Graph uses for it."""

    def __init__(
        self, status: int, code: str, message: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers


@dataclass(frozen=True)
class Token:
    """Where a client stands. It carries its whole state, so any server of this recording reads it.

    A delta token: all of `kind` up to event `last` is known, as of `issued_at`. A skip token: page
    on from `offset` in the answer that goes from event `first` (None = from nothing) to `last`.
    """

    kind: str
    generation: str
    issued_at: str
    last: int
    first: int | None = None
    offset: int = 0
    select: list[str] | None = None
    page_size: int = DEFAULT_PAGE

    def text(self) -> str:
        """The opaque form."""
        raw = json.dumps(asdict(self), separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    def age_started(self) -> datetime:
        """When the round this token belongs to was asked for."""
        return parse_time(self.issued_at)


def read_token(text: str, kind: str) -> Token:
    """The token in `text`; raises GraphError 400 when it is not one for `kind`."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        token = Token(**json.loads(raw))
        usable = (
            token.kind == kind
            and all(isinstance(part, int) for part in (token.last, token.first or 0, token.offset))
            and 1 <= token.page_size <= LONGEST_PAGE
            and min(token.last, token.first or 0, token.offset) >= 0
            and token.age_started() is not None
        )
    except (binascii.Error, ValueError, TypeError):
        usable = False
    if not usable:
        raise GraphError(400, "BadRequest", "The token in the link is not valid: start again.")
    return token


def options(request: Request, allowed: frozenset[str]) -> dict[str, str]:
    """The query options by lower-case name; refuses those that are not in `allowed`."""
    given = {name.lower(): value for name, value in request.query_params.items()}
    unknown = sorted(name for name in given.keys() - allowed if name.startswith("$"))
    if unknown:
        raise GraphError(
            400,
            "Request_UnsupportedQuery",
            f"The query option {unknown[0]} is not supported here by the sandbox.",
        )
    if given.get("$count", "").lower() == "true":
        eventual = request.headers.get("consistencylevel", "").lower() == "eventual"
        if not eventual:
            raise GraphError(
                400,
                "Request_UnsupportedQuery",
                "$count=true needs the header ConsistencyLevel: eventual on every page.",
            )
    return given


def page_size(request: Request, given: dict[str, str]) -> int:
    """Items per page: $top, else `Prefer: odata.maxpagesize`, else 100; 999 at most."""
    top = given.get("$top")
    if top is not None:
        if not top.isdecimal() or not 1 <= int(top) <= LONGEST_PAGE:
            raise GraphError(
                400,
                "Request_UnsupportedQuery",
                f"Invalid page size specified: '{top[:20]}'. Must be between 1 and "
                f"{LONGEST_PAGE} inclusive.",
            )
        return int(top)
    preferred = _MAX_PAGE_SIZE.search(request.headers.get("prefer", ""))
    return min(max(int(preferred[1]), 1), LONGEST_PAGE) if preferred else DEFAULT_PAGE


def selected(given: dict[str, str], known: frozenset[str], recorded_type: str) -> list[str] | None:
    """The names in $select, None without one; refuses a name outside `known` (empty = any)."""
    text = given.get("$select")
    if not text:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if known and name not in known:
            raise GraphError(
                400,
                "BadRequest",
                f"Could not find a property named '{name[:80]}' on type "
                f"'microsoft.graph.{recorded_type}'.",
            )
    return names


def matches(given: dict[str, str], value: JsonObject) -> bool:
    """Whether `value` passes $filter: `property eq 'text'` or `eq true`, joined by `or`."""
    text = given.get("$filter")
    if not text:
        return True
    return any(_equals(term, value) for term in re.split(r"\sor\s", text))


def _equals(term: str, value: JsonObject) -> bool:
    found = _EQUALS.fullmatch(term)
    if not found:
        raise GraphError(
            400,
            "Request_UnsupportedQuery",
            "The sandbox understands $filter only as property eq 'value', joined by or.",
        )
    name, text, flag = found.groups()
    if flag is not None:
        return value.get(name) is (flag == "true")
    return bool(value.get(name) == text.replace("''", "'"))


def require_bearer(request: Request) -> None:
    """Refuse a request without any Authorization header; what it holds is not looked at."""
    if "authorization" not in request.headers:
        raise GraphError(
            401,
            "InvalidAuthenticationToken",
            "Access token is empty.",
            {"WWW-Authenticate": "Bearer"},
        )


def root(request: Request) -> str:
    """Where v1.0 starts on the host the request was sent to."""
    return f"{request.base_url}v1.0"


def link(request: Request, query: dict[str, str]) -> str:
    """This request's own address with another query; `$` stays readable, as Graph writes it."""
    return f"{str(request.url).partition('?')[0]}?{urlencode(query, safe='$,', quote_via=quote)}"


def resync(request: Request, token: Token) -> GraphError:
    """The refusal of a token that is too old: 410 and where to start from nothing."""
    query = {"$select": ",".join(token.select)} if token.select else {}
    return GraphError(
        410,
        "syncStateNotFound",
        "The sync state has expired: start a full synchronization from the Location header.",
        {"Location": link(request, {**query, "$deltatoken": ""})},
    )


def not_found(wanted: str) -> GraphError:
    """The refusal for an object or link that does not exist."""
    return GraphError(
        404,
        "Request_ResourceNotFound",
        f"Resource '{wanted[:120]}' does not exist or one of its queried reference-property "
        "objects are not present.",
    )


def error_response(error: GraphError, now: datetime) -> Response:
    """The body Graph sends for a refusal."""
    request_id = str(uuid.uuid4())
    inner = {"date": rfc3339(now)[:19], "request-id": request_id, "client-request-id": request_id}
    return JSONResponse(
        {"error": {"code": error.code, "message": error.message, "innerError": inner}},
        status_code=error.status,
        headers=error.headers,
    )
