"""A loopback HTTP service that answers what a test tells it, as no recorded workspace would."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request: its path, its query (the first value of each option), its body, its headers."""

    method: str
    path: str
    options: Mapping[str, str]
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Reply:
    """One answer; `cut` breaks the connection off before the body's end."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


Script = Sequence[Reply] | Callable[[Asked], Reply]
"""Each reply once and the last for ever, or what makes a reply of a request."""


@contextmanager
def scripted_service(script: Script) -> Iterator[tuple[str, list[Asked]]]:
    """Serve the script; yields the address and the requests as they come in."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            url = urlsplit(self.path)
            options = {name: values[0] for name, values in parse_qs(url.query).items()}
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): text for name, text in self.headers.items()}
            body = self.rfile.read(length)
            asked.append(Asked(self.command, url.path, options, body, headers))
            one = (
                script(asked[-1]) if callable(script) else script[min(len(asked), len(script)) - 1]
            )
            self.send_response(one.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(one.body) + (1000 if one.cut else 0)))
            for name, value in one.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(one.body)
            self.close_connection = one.cut

        do_GET = do_POST = answer  # noqa: N815 (the library's names)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
