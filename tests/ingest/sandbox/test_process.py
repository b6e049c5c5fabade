import subprocess
import sys
import time

import httpx
import pytest
from tiny_workspace import write_workspace

from ingest.sandbox.process import SandboxStartError, sandbox_process


def test_the_sandbox_lives_as_long_as_the_block(tmp_path):
    log = tmp_path / "sandbox.log"
    with sandbox_process(write_workspace(tmp_path / "recorded", {}), log=log) as url:
        assert url.startswith("http://127.0.0.1:")
        assert httpx.get(f"{url}/sandbox/health").status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/sandbox/health")
    assert log.read_text() == ""


def test_a_workspace_that_cannot_be_served_says_why(tmp_path):
    with (
        pytest.raises(SandboxStartError, match=r"workspace\.toml does not exist"),
        sandbox_process(tmp_path),
    ):
        pass


def test_the_sandbox_ends_when_its_parent_is_gone(tmp_path):
    folder = write_workspace(tmp_path / "recorded", {})
    program = f"""
import os
from pathlib import Path
from ingest.sandbox.process import sandbox_process
with sandbox_process(Path({str(folder)!r})) as url:
    print(url, flush=True)
    os._exit(1)
"""
    output = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=False, text=True, timeout=60
    )
    url = output.stdout.strip()
    assert url.startswith("http://127.0.0.1:"), output.stderr
    ends_by = time.monotonic() + 10
    while time.monotonic() < ends_by and _answers(url):
        time.sleep(0.05)
    assert not _answers(url)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/sandbox/health", timeout=1).status_code == 200
    except httpx.TransportError:
        return False
