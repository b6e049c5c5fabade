"""What each kind of fault does to the answer of one request."""

import asyncio
import json
from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any, TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest.sandbox.fault_connection import reset_connection
from ingest.sandbox.fault_errors import expired_token, status_answer
from ingest.sandbox.fault_kinds import (
    REAL_PAGE,
    AddColumn,
    ClockSkew,
    Delay,
    Drop,
    DropColumn,
    DuplicateRows,
    EmptyPage,
    ExpiredToken,
    Gone,
    HideTable,
    Partial,
    ReorderRows,
    Reset,
    Status,
    Trickle,
    Truncate,
)
from ingest.sandbox.fault_request import FaultRequest
from ingest.sandbox.fault_rows import refusal, rewrite
from ingest.sandbox.graph_request import GraphError, error_response, read_token, resync
from ingest.sandbox.log_analytics import query_error
from ingest.sandbox.service_clock import skewed
from models.clock import Clock

_Headers: TypeAlias = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Exchange:
    """One request on its way to `app`, and the way back; `wire` is the server's own `send`."""

    app: ASGIApp
    scope: Scope
    receive: Receive
    send: Send
    wire: Send
    asked: FaultRequest
    clock: Clock

    async def pass_on(self) -> None:
        """Let the application answer."""
        await self.app(self.scope, self.receive, self.send)

    async def answer(self, response: Response) -> None:
        """Send `response` instead of the application's answer."""
        await response(self.scope, self.receive, self.send)

    async def whole_answer(self) -> "WholeAnswer":
        """The application's answer, kept back until it is complete."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await replace(self, send=keep).pass_on()
        start = next(one for one in messages if one["type"] == "http.response.start")
        body = b"".join(one.get("body", b"") for one in messages)
        return WholeAnswer(start["status"], list(start["headers"]), body)

    def uncompressed(self) -> "Exchange":
        """This request without its wish for a compressed answer."""
        kept = [one for one in self.scope["headers"] if one[0].lower() != b"accept-encoding"]
        return replace(self, scope={**self.scope, "headers": kept})


@dataclass(frozen=True)
class WholeAnswer:
    """A complete answer: status, headers in lower case, body as it would be sent."""

    status: int
    headers: _Headers
    body: bytes

    def start(self, *, sized: bool = True) -> Message:
        """The message it begins with; without a size the server sends it in chunks."""
        headers = [one for one in self.headers if sized or one[0] != b"content-length"]
        return {"type": "http.response.start", "status": self.status, "headers": headers}


def _piece(body: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


@singledispatch
async def act(fault: Any, exchange: Exchange) -> None:
    """Answer `exchange` as `fault` has it."""
    raise NotImplementedError(type(fault).__name__)


@act.register
async def _(fault: Status, exchange: Exchange) -> None:
    now = exchange.clock.now()
    await exchange.answer(status_answer(fault, exchange.asked.service, now))


@act.register
async def _(_: ExpiredToken, exchange: Exchange) -> None:
    await exchange.answer(expired_token(exchange.asked.service, exchange.clock.now()))


@act.register
async def _(fault: Delay, exchange: Exchange) -> None:
    await asyncio.sleep(fault.seconds)
    await exchange.pass_on()


@act.register
async def _(fault: Trickle, exchange: Exchange) -> None:
    whole = await exchange.whole_answer()
    await exchange.send(whole.start())
    for first in range(0, len(whole.body), fault.bytes):
        await exchange.send(_piece(whole.body[first : first + fault.bytes], more=True))
        await asyncio.sleep(fault.seconds)
    await exchange.send(_piece(b"", more=False))


@act.register
async def _(_: Drop, exchange: Exchange) -> None:
    await reset_connection(exchange.wire, exchange.receive)


@act.register
async def _(fault: Reset, exchange: Exchange) -> None:
    whole = await exchange.whole_answer()
    # With a size, a client could take an answer for complete that was cut at its very end.
    await exchange.send(whole.start(sized=False))
    await exchange.send(_piece(whole.body[: fault.bytes], more=True))
    await reset_connection(exchange.wire, exchange.receive)


@act.register
async def _(fault: Truncate, exchange: Exchange) -> None:
    whole = await exchange.uncompressed().whole_answer()
    await exchange.send(whole.start(sized=False))
    await exchange.send(_piece(whole.body[: fault.bytes], more=False))


@act.register
async def _(fault: ClockSkew, exchange: Exchange) -> None:
    with skewed(fault.seconds):
        await exchange.pass_on()


async def _change_rows(fault: Any, exchange: Exchange) -> None:
    whole = await exchange.uncompressed().whole_answer()
    refused = refusal(fault, exchange.asked)
    if whole.status != 200 or not whole.body:
        await exchange.send(whole.start())
        await exchange.send(_piece(whole.body, more=False))
    elif refused is not None:
        await exchange.answer(query_error(refused))
    else:
        answer = json.loads(whole.body)
        rewrite(fault, answer)
        await exchange.answer(JSONResponse(answer))


for _kind in (Partial, DuplicateRows, ReorderRows, HideTable, AddColumn, DropColumn):
    act.register(_kind, _change_rows)


@act.register
async def _(_: Gone, exchange: Exchange) -> None:
    request = Request(exchange.scope)
    name = exchange.asked.path.removeprefix("/v1.0/").removesuffix("()")
    given = {key.lower(): value for key, value in request.query_params.items()}
    try:
        token = read_token(given.get("$deltatoken") or given.get("$skiptoken", ""), name)
        refused = resync(request, token)
    except GraphError as error:
        refused = error
    await exchange.answer(error_response(refused, exchange.clock.now()))


@act.register
async def _(_: EmptyPage, exchange: Exchange) -> None:
    # Asked first, because a request without credentials or sense has no pages.
    whole = await exchange.uncompressed().whole_answer()
    if whole.status != 200:
        await exchange.send(whole.start())
        await exchange.send(_piece(whole.body, more=False))
        return
    request = Request(exchange.scope)
    address = str(request.url)
    body = {
        "@odata.context": json.loads(whole.body)["@odata.context"],
        "@odata.nextLink": f"{address}{'&' if request.url.query else '?'}{REAL_PAGE}",
        "value": [],
    }
    await exchange.answer(JSONResponse(body))
