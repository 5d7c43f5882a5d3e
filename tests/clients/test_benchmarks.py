"""The benchmark runs; how fast anything is, no test says."""

import os
import sys
from pathlib import Path

from tests.clients.vocabulary import run

CHECKOUT = Path(__file__).parents[2]


def rows(output: str) -> list[str]:
    return [line.split("|")[1].strip().partition(",")[0] for line in output.splitlines() if line.startswith("| ")][2:]


def benchmark(*options: str) -> str:
    """Run the benchmark as from a shell in the checkout: there, unlike in the tests of a wheel, the folder is on the path."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    return run(sys.executable, "-m", "benchmarks", "--rounds", "1", *options, cwd=CHECKOUT, env=env)


def test_benchmark_prints_a_row_for_each_work_and_the_footprint() -> None:
    output = benchmark("--load", "python", "--seconds", "0.05")
    assert rows(output) == ["create", "create", "create", "retrieve", "refused create"]
    assert "start to first answer" in output


def test_wrk_gives_the_same_rows(wrk: str) -> None:
    output = benchmark("--load", "wrk", "--work", "retrieve")
    assert rows(output) == ["retrieve"]
