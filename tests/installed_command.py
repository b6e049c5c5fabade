"""The installed command, run as a stranger would: in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path


def tollbook(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command in an environment without settings of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TOLLBOOK_")}
    command = Path(sys.executable).with_name("tollbook")
    return subprocess.run(
        [command, *arguments],
        capture_output=True,
        text=True,
        env=kept | variables,
        timeout=300,
        check=False,
    )
