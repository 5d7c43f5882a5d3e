"""The benchmark runs; how fast anything is, no test says."""

import io
import os
import re
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from benchmarks import redaction
from tests.clients.vocabulary import run
from tests.redis_server import needs_redis

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["bench", "power"])
def test_what_tox_runs_from_the_checkout_is_found_there(name: str) -> None:
    # An installed wheel has neither folder, and the checkout is on no path.
    tox = ConfigParser(interpolation=None)
    tox.read(CHECKOUT / "tox.ini")
    environment = tox[f"testenv:{name}"]
    [module] = re.findall(r"python -m ([a-z.]+)", environment["commands"])
    assert (environment["package"], (CHECKOUT.joinpath(*module.split("."), "__main__.py")).exists()) == (
        "editable",
        True,
    )


def rows(output: str) -> list[str]:
    return [line.split("|")[1].strip().partition(",")[0] for line in output.splitlines() if line.startswith("| ")][2:]


def module(name: str, *options: str) -> str:
    """Run a benchmark as from a shell in the checkout: there, unlike in the tests of a wheel, the folder is on the path."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    return run(sys.executable, "-m", name, *options, cwd=CHECKOUT, env=env)


def test_benchmark_prints_a_row_for_each_work_and_the_footprint() -> None:
    output = module("benchmarks", "--rounds", "1", "--load", "python", "--seconds", "0.05")
    assert rows(output) == ["create", "create", "create", "retrieve", "refused create", "the same body again"]
    assert "page for people, processor time of a creation: " in output
    assert "start to first answer" in output


def test_prism_is_measured_beside_ours_where_it_is_installed(node_modules: Path) -> None:
    prism = node_modules / "node_modules" / ".bin" / "prism"
    options = ("--rounds", "1", "--load", "python", "--seconds", "1", "--work", "retrieve", "--prism", str(prism))
    [figure] = [line.split("|")[-2] for line in module("benchmarks", *options).splitlines() if line.startswith("| r")]
    assert int(figure.replace(",", "")) > 0


def test_wrk_gives_the_same_rows(wrk: str) -> None:
    output = module("benchmarks", "--rounds", "1", "--load", "wrk", "--work", "retrieve")
    assert rows(output) == ["retrieve"]


@pytest.mark.parametrize("store", ["sqlite", pytest.param("redis", marks=needs_redis)])
def test_mock_killed_in_the_middle_of_eight_writers_loses_nothing(store: str) -> None:
    output = module("benchmarks.kill", "--rounds", "2", "--store", store)
    [cells] = [
        line.replace(" ", "").strip("|").split("|") for line in output.splitlines() if line.startswith(f"| {store}")
    ]
    assert cells[1] == "2" and 0 < int(cells[2]) <= int(cells[3]) and cells[4:] == ["0", "0", "0"]


def test_more_workers_lose_no_answer_and_give_none_twice() -> None:
    options = ("--load", "python", "--rounds", "1", "--seconds", "0.05", "--setup", "sqlite, 2 workers")
    [cells] = [
        line.replace(" ", "").strip("|").split("|") for line in module("benchmarks.scale", *options).splitlines()[2:]
    ]
    assert cells[0] == "sqlite,2workers" and cells[-3:] == ["400", "0", "0"]


def test_damaged_requests_are_refused_and_harm_nobody() -> None:
    output = module("benchmarks.malformed", "--requests", "3000")
    assert "nothing odd" in output
    assert "3 good requests in between" in output


def test_memory_is_told_before_and_after_the_uploads() -> None:
    assert "all are answered" in module("benchmarks.memory", "--uploads", "2", "--more", "1")


def test_slow_uploads_are_ended() -> None:
    output = module("benchmarks.slow", "--slow", "2", "--creations", "3", "--timeout", "0.5")
    assert "ended by --upload-timeout 0.5: 2 of 2" in output


def test_calls_of_a_store_and_whole_requests_are_timed_with_few_jobs_and_with_many() -> None:
    output = module("benchmarks.store", "--jobs", "1500", "--file-jobs", "1200", "--rounds", "1")
    assert [name for name in ("retrieve", "create") if output.count(f"{name}, whole") != 2] == []


def test_the_token_is_taken_out_of_every_kind_of_body() -> None:
    out = io.StringIO()
    redaction.main(["--megabytes", "0.1"], out)
    assert [int(line.split()[-2]) > 0 for line in out.getvalue().splitlines()] == [False, False, True, True, True, True]
