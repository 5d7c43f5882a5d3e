"""The benchmark runs; how fast anything is, no test says."""

import sys

from tests.clients.vocabulary import run


def rows(output: str) -> list[str]:
    return [line.split("|")[1].strip().partition(",")[0] for line in output.splitlines() if line.startswith("| ")][2:]


def test_benchmark_prints_a_row_for_each_work_and_the_footprint() -> None:
    output = run(sys.executable, "-m", "benchmarks", "--load", "python", "--rounds", "1", "--seconds", "0.05")
    assert rows(output) == ["create", "create", "create", "retrieve", "refused create"]
    assert "start to first answer" in output


def test_wrk_gives_the_same_rows(wrk: str) -> None:
    output = run(sys.executable, "-m", "benchmarks", "--load", "wrk", "--rounds", "1", "--work", "retrieve")
    assert rows(output) == ["retrieve"]
