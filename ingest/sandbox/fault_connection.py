"""Breaking the connection an ASGI answer goes through, as a failing network does."""

import asyncio
import socket
import struct
import sys

from starlette.types import Receive, Send

if sys.platform != "win32":
    import fcntl
    import termios

_LINGER_NOT = struct.pack("ii", 1, 0)
_STEP_S = 0.01
_LONGEST_FLUSH_S = 10.0


async def reset_connection(send: Send, receive: Receive) -> None:
    """Reset the connection behind uvicorn's own `send`, once the peer has what was sent so far.

    The peer sees ECONNRESET. Returns when the server has noticed. Raises TypeError when `send` is
    not uvicorn's: then something between would have to be looked through.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if not isinstance(transport, asyncio.Transport):
        raise TypeError("the connection cannot be reached: serve the sandbox with uvicorn")
    connection = transport.get_extra_info("socket")
    waited_s = 0.0
    # A reset throws away what is still on its way, and a peer that never reads must not hold it up.
    while (
        not transport.is_closing()
        and _unsent(transport, connection)
        and waited_s < _LONGEST_FLUSH_S
    ):
        await asyncio.sleep(_STEP_S)
        waited_s += _STEP_S
    if not transport.is_closing():
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        transport.abort()
    # Until then uvicorn would take the missing answer for a crash of the application.
    while (await receive())["type"] != "http.disconnect":
        pass


def _unsent(transport: asyncio.Transport, connection: socket.socket) -> int:
    """Bytes the peer has not acknowledged, in our buffer or in the system's."""
    buffered = transport.get_write_buffer_size()
    if buffered or sys.platform == "win32":
        return buffered
    unread = fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, struct.pack("i", 0))
    return int(struct.unpack("i", unread)[0])
