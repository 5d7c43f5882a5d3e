"""`python -m tests.power.seeds [--seeds N] [--first N] [--processes N]`: the profile thorough, seed by seed.

Each seed judges a mock of its own, over a socket. Exit 1 where one finds a rule broken: the mock keeps them all.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from typing import TextIO

from contract_tests.oracle.verdict import BROKEN, Strictness
from contract_tests.session import Outcome, Surroundings, judge_target
from contract_tests.settings import Settings, workers_for

TOKEN = "test-token"


@contextmanager
def mock() -> Iterator[str]:
    """The address of a mock in a process of its own."""
    command = [sys.executable, "-m", "mockserver", "--port", "0", "--token", TOKEN, "--log-level", "error"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            # Its first line ends with its address.
            yield server.stdout.readline().split()[-1] if server.stdout is not None else ""
        finally:
            server.terminate()


def broken(outcome: Outcome) -> Iterator[str]:
    """A line for each rule found broken."""
    for verdict in outcome.verdicts:
        if verdict.verdict == BROKEN:
            first = verdict.findings[0]
            yield f"{verdict.rule.id}: {first.label}: expected {first.expected}, actual {first.actual}"


def judged(seed: int, only: frozenset[str] | None = None) -> tuple[int, list[str]]:
    """The seed, and what a thorough run by it finds broken."""
    settings = Settings(
        token=TOKEN,
        strictness=Strictness(strict=True, extensions=True),
        spend=None,
        profile="thorough",
        seed=seed,
        workers=workers_for(loopback=True, capped=False),
        only=only,
    )
    with mock() as address:
        return seed, list(broken(judge_target(address, settings, Surroundings())))


def main(arguments: Sequence[str], out: TextIO) -> int:
    """Judge and print; 0 where every seed is clean, else 1."""
    parser = argparse.ArgumentParser(prog="tests.power.seeds", description="Judge the mock thoroughly, seed by seed.")
    parser.add_argument("--seeds", type=int, default=200, help="how many seeds (default: 200)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (default: 0)")
    parser.add_argument("--processes", type=int, default=2, help="seeds at once (default: 2)")
    parser.add_argument("--rule", action="append", help="judge this rule alone; can be given again")
    asked = parser.parse_args(arguments)
    judge = partial(judged, only=frozenset(asked.rule) if asked.rule else None)
    seeds = range(asked.first, asked.first + asked.seeds)
    started = time.perf_counter()
    if asked.processes == 1:
        unclean = told(map(judge, seeds), out)
    else:
        # Each worker starts afresh: a fork of a process with threads may never wake up.
        with ProcessPoolExecutor(asked.processes, get_context("spawn")) as pool:
            unclean = told(pool.map(judge, seeds), out)
    out.write(f"{asked.seeds} seeds, {unclean} not clean. {time.perf_counter() - started:.0f} s.\n")
    return int(unclean > 0)


def told(results: Iterable[tuple[int, list[str]]], out: TextIO) -> int:
    """Print each seed as it is done; how many are not clean."""
    unclean = 0
    for seed, lines in results:
        unclean += bool(lines)
        out.write(f"seed {seed}: {'clean' if not lines else ''}\n" + "".join(f"  {line}\n" for line in lines))
        out.flush()
    return unclean


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdout))
