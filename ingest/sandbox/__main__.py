"""Serve a recorded workspace until standard input closes: what `sandbox_process` starts.

The first line on standard output is the server's address.
"""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from ingest.sandbox.server import serve
from models.errors import SourceError


def _end_with_parent() -> None:
    # The parent holds the other end: it closes when the parent asks for the end, or is gone.
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m ingest.sandbox", description=__doc__)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--faults", type=Path)
    arguments = parser.parse_args()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        serve(
            arguments.workspace,
            port=arguments.port,
            faults=arguments.faults,
            announce=lambda url: print(url, flush=True),
        )
    except (SourceError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
