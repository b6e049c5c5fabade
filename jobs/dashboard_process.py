"""The dashboard as a child process: started, waited for, and ended with whoever started it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

from dashboard.server import HEALTH_PATH, HOST
from models.errors import SettingsError, TollbookError
from models.settings import Settings, environment_of

START_SECONDS = 60
STOP_SECONDS = 5


@dataclass(frozen=True)
class Dashboard:
    """A running dashboard: its address, and the process behind it."""

    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def dashboard_process(settings: Settings, *, port: int) -> Iterator[Dashboard]:
    """Start the dashboard on 127.0.0.1, yield it once it answers, and end it on leaving.

    `port` 0 takes a free one. Raises SettingsError when the port is in use, TollbookError when the
    dashboard does not come up.
    """
    free = _free_port(port)
    process = subprocess.Popen(
        [sys.executable, "-m", "dashboard.server", str(free)],
        stdin=subprocess.PIPE,
        # What Streamlit prints about itself is not for the reader of our one line.
        stdout=subprocess.DEVNULL,
        env=os.environ | environment_of(settings),
        # Ctrl-C reaches this process only, which then ends the child in order.
        start_new_session=True,
    )
    try:
        _await_answer(process, free)
        yield Dashboard(f"http://{HOST}:{free}", process)
    finally:
        _end(process)


def _free_port(port: int) -> int:
    with socket.socket() as probe:
        # As the server does: a port whose last connections only linger is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise SettingsError(
                f"port {port} on {HOST} cannot be opened ({error.strerror}): stop what uses it, or"
                " set TOLLBOOK_DASHBOARD_PORT to another one (0 takes any free port)"
            ) from error
        return int(probe.getsockname()[1])


def _await_answer(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise TollbookError(
                f"the dashboard ended while starting (exit code {process.returncode}): see its"
                " message above, then run `tollbook dashboard` again"
            )
        if _answers(port):
            return
        time.sleep(0.1)
    raise TollbookError(
        f"the dashboard did not answer within {START_SECONDS} s: run `tollbook dashboard` again"
        " when the machine is less busy"
    )


def _answers(port: int) -> bool:
    connection = HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", HEALTH_PATH)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin:
        with suppress(OSError):
            process.stdin.close()
