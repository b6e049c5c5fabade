"""A demo's settings name a sandbox on this machine; when it has ended, nothing can be asked."""

import socket
from urllib.parse import urlsplit

from models.endpoint import is_loopback
from models.finding import DoctorFinding, warn
from models.settings import Settings

_PATIENCE_SECONDS = 2


def silent_sandbox(settings: Settings) -> DoctorFinding | None:
    """Return a finding when the logs are to come from this machine and nobody listens there."""
    address = urlsplit(settings.logs_endpoint)
    if not is_loopback(address.hostname or ""):
        return None
    port = address.port or 80
    try:
        socket.create_connection((address.hostname, port), _PATIENCE_SECONDS).close()
    except OSError:
        return warn(
            "sources",
            "source",
            f"the sandbox at {settings.logs_endpoint} is not running: tables, roles and Entra were"
            " not asked",
            f"start it with `tollbook sandbox serve --workspace DIR --port {port}`, then ask again",
        )
    return None
