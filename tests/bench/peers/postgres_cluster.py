"""A PostgreSQL 15 of its own on 127.0.0.1, for the length of a `with` block."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BIN = Path("/usr/lib/postgresql/15/bin")
USER = "postgres"

# What a person who looks after PostgreSQL would give a reporting database on a machine of two cores
# and some 16 GB; durability does not count here, speed of loading does.
_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "''",
    "shared_buffers": "2GB",
    "effective_cache_size": "8GB",
    "work_mem": "256MB",
    "maintenance_work_mem": "1GB",
    "max_wal_size": "8GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "synchronous_commit": "off",
    "fsync": "off",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "2",
    # Compiling made the report slower in every try.
    "jit": "off",
}


@dataclass(frozen=True)
class Cluster:
    """A running server that only this benchmark knows of."""

    port: int

    def run(self, statement: str) -> str:
        """Run a statement and return its rows as text, one per line."""
        return self._psql(["-c", statement]).stdout

    def seconds_of_file(self, file: Path) -> float:
        """Run the statements of a file, read their rows and drop them; return how long it took."""
        began = time.perf_counter()
        self._psql(["-o", "/dev/null", "-f", str(file)])
        return time.perf_counter() - began

    def _psql(self, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        place = ["-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "-d", "postgres"]
        command = [str(BIN / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *place]
        return subprocess.run([*command, *arguments], check=True, capture_output=True, text=True)


def why_absent() -> str:
    """Return why no cluster can be started here, empty when one can."""
    if not (BIN / "initdb").exists():
        return "PostgreSQL 15 is not installed: on Debian, as root, run `make peers`"
    return ""


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Start a new cluster where temporary files go; stop it and delete it in the end."""
    folder = Path(tempfile.mkdtemp(prefix="tollbook-postgres-"))
    data, port = folder / "data", _free_port()
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(folder, USER, USER)
    options = " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())
    try:
        _as_owner("initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        log, places = folder / "log", f"{options} -c port={port}"
        _as_owner("pg_ctl", "-D", data, "-l", log, "-w", "-o", places, "start")
        try:
            yield Cluster(port)
        finally:
            _as_owner("pg_ctl", "-D", data, "-m", "fast", "-w", "stop")
    finally:
        shutil.rmtree(folder)


def _as_owner(program: str, *arguments: object) -> None:
    command = [str(BIN / program), *map(str, arguments)]
    if os.geteuid() == 0:
        command = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", *command]
    # The server keeps what it inherits, so it must not inherit a pipe that somebody reads.
    subprocess.run(
        command, check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
