"""The README's demo output and its worked example are what the demo really prints."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

_README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def _tollbook(*arguments: str) -> str:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TOLLBOOK_")}
    command = Path(sys.executable).with_name("tollbook")
    answer = subprocess.run(
        [command, *arguments], capture_output=True, text=True, env=kept, timeout=500, check=True
    )
    return answer.stdout


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The demo as `make demo ARGS=--no-serve` runs it: (data folder, what it printed)."""
    folder = tmp_path_factory.mktemp("readme") / "data"
    return folder, _tollbook("demo", "--no-serve", "--data-dir", str(folder))


def test_the_demo_prints_what_the_readme_shows(demo: tuple[Path, str]) -> None:
    shown = re.search(r"```\n(2026-10: .*?)\nLook further:", _README, flags=re.DOTALL)
    assert shown
    printed = "\n".join(line.rstrip() for line in demo[1].strip().splitlines())
    assert printed.startswith(shown[1].rstrip())


def test_the_worked_example_is_in_the_demo(demo: tuple[Path, str]) -> None:
    named = re.search(r"`tollbook explain ([0-9a-f-]{36})`", _README)
    assert named
    text = _tollbook("explain", named[1], "--data-dir", str(demo[0]))
    parts = "11 x 0.0000055 + 487 x 0.0000275 + 63840 x 0.00000055 + 4062 x 0.000006875"
    assert f"{parts} = 0.07649125 USD" in text
    assert re.search(r"cost low usd +0\.066192", text)
    assert re.search(r"cost high usd +0\.086790", text)
    assert re.search(r"request size bytes +278226\n", text)
