"""`python -m tests.power [--sample] [--processes N] [--seeds N]`: print the table of power, exit 1 where it falls short."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TextIO

from tests.power.rows import Extent, Table, rows

Spread = Callable[..., Iterable[object]]


def main(arguments: Sequence[str], out: TextIO) -> int:
    """Measure and print; 0 where everything is reached, else 1."""
    parser = argparse.ArgumentParser(prog="tests.power", description="Measure how sharp the kit is.")
    parser.add_argument("--sample", action="store_true", help="a small part of everything, in one process")
    parser.add_argument("--seeds", type=int, default=20, help="seeds for each correct server (default: 20)")
    parser.add_argument("--processes", type=int, default=2, help="servers judged at once (default: 2)")
    asked = parser.parse_args(arguments)
    extent = Extent.sample() if asked.sample else Extent.whole(asked.seeds)
    started = time.perf_counter()
    table = Table(out)
    if asked.sample or asked.processes == 1:
        rows(table, extent, map)
    else:
        # Each worker starts afresh: a fork of a process with threads may never wake up.
        with ProcessPoolExecutor(asked.processes, get_context("spawn")) as pool:
            rows(table, extent, lambda do, tasks: pool.map(do, tasks, chunksize=4))
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return table.close(f"{time.perf_counter() - started:.0f} s; load of the machine at the end {load}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdout))
