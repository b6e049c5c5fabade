"""What a running sandbox is told and asked beside Azure's own protocols."""

from datetime import datetime
from types import TracebackType
from typing import Any, Self

import httpx

from models.clock import rfc3339
from models.errors import SourceError

_TIMEOUT_SECONDS = 30


class SandboxControl:
    """A connection to a sandbox's own routes; use it in a `with` block."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = httpx.Client(base_url=url, timeout=_TIMEOUT_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def move_clock(self, to: datetime) -> None:
        """Set the sandbox's clock; nothing later than it is visible."""
        self._ask("POST", "/sandbox/clock", json={"now": rfc3339(to)})

    def problems(self) -> dict[str, Any]:
        """Return what the recording had to leave out: `counts` by file, the first `problems`."""
        content: dict[str, Any] = self._ask("GET", "/sandbox/problems").json()
        return content

    def set_faults(self, faults: list[dict[str, Any]]) -> None:
        """Show these faults from now on, written as in a file's `[[faults]]`; none ends them all.

        Their counters start at zero. Raises SourceError with what is wrong with them.
        """
        self._ask("POST", "/sandbox/faults", json={"faults": faults})

    def faults(self) -> list[dict[str, Any]]:
        """Return per fault, in order: its `kind`, how often it `matched` and `hit` a request."""
        content: list[dict[str, Any]] = self._ask("GET", "/sandbox/faults").json()["faults"]
        return content

    def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **options)
            if response.status_code == 400:
                raise SourceError(response.json()["error"]["message"])
            response.raise_for_status()
        except httpx.HTTPError as error:
            raise SourceError(
                f"the sandbox at {self._url} does not answer {path} ({type(error).__name__}):"
                " start it with `tollbook sandbox serve --workspace DIR`"
            ) from error
        return response
