"""The layer between the server and the sandbox's services that shows faults.

It is the outermost one and no middleware of the application's own, because a connection can be
broken only through the server's own `send`. It also puts the service's time in the Date header.
"""

from dataclasses import dataclass
from email.utils import format_datetime

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest.sandbox.fault_actions import Exchange, act
from ingest.sandbox.fault_kinds import REAL_PAGE
from ingest.sandbox.fault_request import FaultRequest
from ingest.sandbox.faults import Faults
from ingest.sandbox.service_clock import ServiceClock

# The sandbox's own routes are how a test or a demo keeps control.
_NEVER_HIT = "/sandbox/"


@dataclass(frozen=True)
class FaultMiddleware:
    """`app` with `faults`; `clock` is the sandbox's."""

    app: ASGIApp
    faults: Faults
    clock: ServiceClock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it to the application."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        dated = self._dated(send)
        if not self.faults or scope["path"].startswith(_NEVER_HIT):
            await self.app(_unmarked(scope), receive, dated)
            return
        body = await _whole_body(receive)
        if body is None:
            return
        query_string = scope["query_string"].decode("latin-1")
        asked = FaultRequest(scope["method"], scope["path"], query_string, body)
        fault = self.faults.due(asked, self.clock.now())
        exchange = Exchange(
            self.app, _unmarked(scope), _again(body, receive), dated, send, asked, self.clock
        )
        await (exchange.pass_on() if fault is None else act(fault, exchange))

    def _dated(self, send: Send) -> Send:
        async def send_dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                now = format_datetime(self.clock.now(), usegmt=True)
                MutableHeaders(scope=message).setdefault("date", now)
            await send(message)

        return send_dated


def _unmarked(scope: Scope) -> Scope:
    """The request without the mark an empty page put into its next link."""
    mark = REAL_PAGE.encode()
    if mark not in scope["query_string"]:
        return scope
    parts = [part for part in scope["query_string"].split(b"&") if part != mark]
    return {**scope, "query_string": b"&".join(parts)}


async def _whole_body(receive: Receive) -> bytes | None:
    """The request's body; None when the client went away before its end."""
    pieces = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(pieces)


def _again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives `body` first, then what `receive` gives."""
    waiting = [body]

    async def receive_again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return receive_again
