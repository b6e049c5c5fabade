"""No room for what is read, landed or published: it is said, and with room the next run is whole.

The command runs as a child whose files may not grow beyond a size, which fails as a full disk does.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from disturbed import TABLES, Filling, Tables, Tenant, difference, serving
from golden.booked import booked_requests

from jobs.pipeline import JOBS

SOAK = pytest.mark.skipif(
    os.environ.get("TOLLBOOK_SOAK") != "1", reason="more sizes: set TOLLBOOK_SOAK=1 for them"
)


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenant]:
    with serving(tmp_path_factory.mktemp("tenant")) as served:
        yield served


@pytest.fixture(scope="module")
def whole(tenant: Tenant, tmp_path_factory: pytest.TempPathFactory) -> Filling:
    """A warehouse and a publication that there was always room for."""
    filling = Filling(tenant.settings(tmp_path_factory.mktemp("whole") / "data"))
    assert filling.run(*JOBS) is None
    return filling


def run(data_dir: Path, most_bytes: int | None = None) -> "subprocess.CompletedProcess[str]":
    """Run the command; no file it writes may become longer than so many bytes."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes or -1, most_bytes or -1))

    return subprocess.run(
        [Path(sys.executable).with_name("tollbook"), "run", "--data-dir", str(data_dir)],
        preexec_fn=limit,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "most_bytes",
    [
        *(pytest.param(size, marks=SOAK) for size in (1_000, 20_000, 100_000)),
        # an answer, while the warehouse waits in its log
        300_000,
        *(pytest.param(size, marks=SOAK) for size in (1_000_000, 1_500_000, 2_000_000, 2_500_000)),
        # the warehouse
        4_000_000,
        *(pytest.param(size, marks=SOAK) for size in (5_000_000, 6_000_000)),
    ],
)
def test_a_disk_that_is_full(
    tenant: Tenant, whole: Filling, tmp_path: Path, most_bytes: int
) -> None:
    filling = Filling(tenant.settings(tmp_path / "data"))
    data_dir = filling.settings.data_dir
    ended = run(data_dir, most_bytes)
    assert ended.returncode == 1, ended.stderr
    errors = [line for line in ended.stderr.splitlines() if not line.startswith("{")]
    assert len(errors) == 1, ended.stderr
    assert errors[0].startswith(f"Error: {data_dir} has no room")
    assert "free some space there" in errors[0]
    assert not list(data_dir.glob("*-*")), "what was read of an answer is left behind"

    ended = run(data_dir)
    assert ended.returncode == 0, ended.stderr
    filling.assert_explained()
    filling.assert_whole()
    assert not difference(filling.tables(*TABLES), tables_of(whole))
    assert published(filling) == published(whole)


def tables_of(filling: Filling) -> Tables:
    return filling.tables(*TABLES)


def published(filling: Filling) -> list[dict[str, object]]:
    return booked_requests(filling.settings.publication_dir)
