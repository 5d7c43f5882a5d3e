"""`python -m tests.faults` serves over a real socket, lists, and refuses misuse in one line."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from . import CATALOGUE, CORRECT
from .ask import form

ROOT = Path(__file__).parents[2]
# The command is run from a checkout, and so finds itself in the folder where it is run.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "tests.faults", *arguments]


@contextmanager
def served(name: str) -> Iterator[str]:
    """The address at which that server runs."""
    with subprocess.Popen(
        command(name, "--port", "0"), cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False
    )


def status(url: str, seconds: str) -> int:
    sent = form(seconds=seconds)
    return httpx.post(url + sent.path, headers=sent.headers, content=sent.content).status_code


def test_fault_is_served() -> None:
    with served("seconds-5") as url:
        assert (status(url, "5"), status(url, "6")) == (200, 400)


def test_correct_server_is_served() -> None:
    with served("status-422") as url:
        assert (status(url, "4"), status(url, "5")) == (200, 422)


def test_without_a_name_all_are_listed() -> None:
    lines = run().stdout.splitlines()
    assert [line.split("\t")[0] for line in lines] == [*CATALOGUE, *CORRECT]
    assert all(len(line.split("\t")) == 3 for line in lines)


@pytest.mark.parametrize(
    "arguments", [["nobody"], ["clean", "--port", "none"], ["clean", "--port", "70000"], ["clean", "--host", "x"]]
)
def test_misuse_is_one_line_and_exit_2(arguments: list[str]) -> None:
    ended = run(*arguments)
    assert (ended.returncode, len(ended.stderr.splitlines()), ended.stdout) == (2, 1, "")


def test_port_in_use_is_one_line_and_exit_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = run("clean", "--port", str(taken.getsockname()[1]))
    assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1)
