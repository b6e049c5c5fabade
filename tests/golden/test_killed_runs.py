"""A run may be killed at any instruction; the next one ends in the same tables."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from conftest import GoldenMonth
from golden.booked import booked_requests

from ingest.sandbox.control import SandboxControl
from ingest.sandbox.workspace import read_workspace
from jobs.demo import clear, tenant_settings
from models.publication import read_manifest
from models.settings import Settings

_KILLS = 4


def test_killed_runs_end_as_an_undisturbed_one(
    golden: GoldenMonth, golden_sandbox: str, tmp_path: Path
) -> None:
    recorded = read_workspace(golden.workspace)
    with SandboxControl(golden_sandbox) as sandbox:
        sandbox.move_clock(recorded.now)
    calm = tenant_settings(clear(tmp_path / "calm"), recorded, golden_sandbox)
    began = time.monotonic()
    assert _start(calm).wait() == 0
    whole = time.monotonic() - began
    killed = tenant_settings(clear(tmp_path / "killed"), recorded, golden_sandbox)
    draw = random.Random(11)  # noqa: S311 (a test's dice)
    for _ in range(_KILLS):
        process = _start(killed)
        time.sleep(draw.uniform(0.1, 0.9) * whole)
        process.send_signal(signal.SIGKILL)
        process.wait()
        if read_manifest(killed.publication_dir):
            assert booked_requests(killed.publication_dir), "a half publication became visible"
    assert _start(killed).wait() == 0
    assert booked_requests(killed.publication_dir) == booked_requests(calm.publication_dir)


def _start(settings: Settings) -> subprocess.Popen[bytes]:
    command = Path(sys.executable).with_name("tollbook")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TOLLBOOK_")}
    return subprocess.Popen(
        [command, "run", "--data-dir", str(settings.data_dir)],
        env=kept,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
