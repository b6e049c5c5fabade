"""`tollbook forget` that kills itself before its n-th operation that changes files.

Run as `python killable_forget.py N FOLDER ARGUMENTS...`: operations below FOLDER count. It prints
how many there were when it was not killed.
"""

import os
import signal
import sys
from typing import Any

from jobs.cli import main

_OPERATIONS = {"os.rename", "os.remove", "os.rmdir", "os.mkdir"}
_WRITING = os.O_WRONLY | os.O_RDWR


def run(number: int, folder: str, arguments: list[str]) -> None:
    """Run the command line, and end it with SIGKILL before its n-th operation."""
    done = 0

    def watch(event: str, given: tuple[Any, ...]) -> None:
        nonlocal done
        is_write = event == "open" and isinstance(given[2], int) and given[2] & _WRITING
        if not (is_write or event in _OPERATIONS) or not str(given[0]).startswith(folder):
            return
        done += 1
        if done == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    try:
        main(arguments)
    finally:
        print(f"operations: {done}")


if __name__ == "__main__":
    run(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
