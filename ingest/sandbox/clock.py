"""The sandbox's own clock: it stands still until it is moved, in either direction."""

import threading
from datetime import datetime


class SandboxClock:
    """The moment the sandbox pretends it is; nothing recorded later is visible."""

    def __init__(self, now: datetime) -> None:
        self._lock = threading.Lock()
        self._now = now

    def now(self) -> datetime:
        """The current moment, aware and in UTC."""
        with self._lock:
            return self._now

    def move(self, now: datetime) -> None:
        """Set the clock to `now`, an aware UTC time."""
        with self._lock:
            self._now = now


def rfc3339(moment: datetime) -> str:
    """`moment` (aware UTC) as text with Z, as Azure writes times."""
    return moment.isoformat().replace("+00:00", "Z")
