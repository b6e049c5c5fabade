"""Prints the requirements of the `bench` extra alone, for `make lock`: the peers are resolved apart
from the product, so that neither holds the other to a version.
"""

import tomllib
from pathlib import Path

if __name__ == "__main__":
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    print(*project["project"]["optional-dependencies"]["bench"], sep="\n")
