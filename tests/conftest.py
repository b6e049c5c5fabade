"""Fixtures every test may use."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.sandbox.generator import generate_tenant
from ingest.sandbox.process import sandbox_process
from ingest.sandbox.workspace import read_workspace
from jobs.demo import clear, live_through, tenant_settings
from models.publication import Manifest
from models.settings import Settings

GOLDEN_USERS, GOLDEN_DAYS, GOLDEN_SEED = 24, 31, 7


@dataclass(frozen=True)
class GoldenMonth:
    """A generated month that went through the whole pipeline, with its truth beside it."""

    workspace: Path
    truth: Path
    data_dir: Path
    settings: Settings
    manifest: Manifest


@pytest.fixture
def require_heavy() -> Callable[[bool, str], None]:
    """Skip when a heavy tool is absent, fail instead when TOLLBOOK_REQUIRE_ALL=1 promised it."""

    def require(present: bool, reason: str) -> None:
        if present:
            return
        if os.environ.get("TOLLBOOK_REQUIRE_ALL") == "1":
            pytest.fail(f"TOLLBOOK_REQUIRE_ALL=1, but {reason}")
        pytest.skip(reason)

    return require


@pytest.fixture(scope="session")
def golden_workspace(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The golden tenant as (recorded workspace, truth folder)."""
    folder = tmp_path_factory.mktemp("golden")
    out, truth = folder / "workspace", folder / "truth"
    generate_tenant(out, truth=truth, seed=GOLDEN_SEED, users=GOLDEN_USERS, days=GOLDEN_DAYS)
    return out, truth


@pytest.fixture(scope="session")
def golden_sandbox(golden_workspace: tuple[Path, Path]) -> Iterator[str]:
    """A sandbox process that serves the golden tenant; its address."""
    with sandbox_process(golden_workspace[0]) as url:
        yield url


@pytest.fixture(scope="session")
def golden(
    golden_workspace: tuple[Path, Path],
    golden_sandbox: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> GoldenMonth:
    """The golden month after one run of the demo's own path."""
    workspace, truth = golden_workspace
    folder = clear(tmp_path_factory.mktemp("golden-data"))
    recorded = read_workspace(workspace)
    settings = tenant_settings(folder, recorded, golden_sandbox)
    manifest = live_through(settings, recorded, golden_sandbox, lambda *_: None)
    return GoldenMonth(workspace, truth, folder.data_dir, settings, manifest)
