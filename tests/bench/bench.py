"""`make bench`: tollbook measured, and beside it what others do the same work with.

Run as `python tests/bench/bench.py [--only SECTION] [--requests N] [--runs N] [--small]`, or with
`--table FILE` to turn a result into the table of the README.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

# In the place of this folder, in which this very file would hide the package.
sys.path.pop(0)
sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.figures import FOLDER
from bench.readme_table import readme_table
from bench.sections import SECTIONS, measure
from bench.sizes import FULL, SMALL


def main() -> None:
    """Measure the sections asked for, print each and then one table of all that is known."""
    options = argparse.ArgumentParser()
    options.add_argument("--only", action="append", choices=SECTIONS, help="this section alone")
    options.add_argument("--requests", type=int, help="this many requests in every section")
    options.add_argument("--runs", type=int, help="runs of each measurement")
    options.add_argument("--small", action="store_true", help="a first look in about a minute")
    options.add_argument("--work", type=Path, help="folder for the data (50 GB for the largest)")
    options.add_argument("--out", type=Path, default=FOLDER, help="folder for the result")
    options.add_argument("--table", type=Path, metavar="FILE", help="print a result for the README")
    asked = options.parse_args()
    if asked.table:
        print(readme_table(asked.table))
        return
    sizes = SMALL if asked.small else FULL
    if asked.requests:
        sizes = sizes.of(asked.requests)
    if asked.runs:
        sizes = replace(sizes, runs=asked.runs)
    # A first look is kept apart from what was measured in full.
    file = asked.out / ("bench-small.json" if asked.small else "bench.json")
    with TemporaryDirectory(prefix="tollbook-bench-", dir=asked.work) as folder:
        measure(Path(folder), sizes, asked.only or list(SECTIONS), file)


if __name__ == "__main__":
    main()
