"""The how-tos of docs/ do what they say."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver.scenarios.catalogue import SCENARIOS
from tests.documentation import DOCS, block
from tests.mock.test_cli import served, url
from tests.mock.vocabulary import Mock
from tests.pictures import picture

FAILURES, TIME = DOCS / "failures.md", DOCS / "time.md"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "image.png").write_bytes(picture())
    return tmp_path


def run(command: list[str], script: str, address: str, folder: Path) -> str:
    script = script.replace("http://127.0.0.1:8000", address)
    return subprocess.run([*command, script], cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def polled() -> Iterator[str]:
    with served("--pace", "polls:10") as (_, told):
        yield url(told)


@pytest.mark.parametrize("name", ["moderation", "retry"])
def test_failures_are_met_as_the_page_says(polled: str, folder: Path, name: str) -> None:
    printed = run([sys.executable, "-W", "ignore", "-c"], block("example", name, FAILURES), polled, folder)
    assert printed == block("output", name, FAILURES)


def test_error_in_a_header_is_as_the_page_says(polled: str, folder: Path) -> None:
    answer = run(["sh", "-c"], block("example", "header", FAILURES), polled, folder)
    assert json.loads(answer) == json.loads(block("answer", "header", FAILURES))


def test_file_of_the_page_can_be_used(tmp_path: Path) -> None:
    path = tmp_path / "bad-day.yaml"
    path.write_text(block("file", "bad-day", FAILURES))
    assert len(Mock(scenario=path).control.scenarios) == 6


@pytest.mark.parametrize("name", ["advance", "stall"])
def test_clock_is_moved_as_the_page_says(folder: Path, name: str) -> None:
    with served("--pace", "queue=60,render=540") as (_, told):
        printed = run([sys.executable, "-W", "ignore", "-c"], block("example", name, TIME), url(told), folder)
    assert printed == block("output", name, TIME)


def test_every_scenario_stands_on_its_page() -> None:
    text = (DOCS / "scenarios.md").read_text("utf-8")
    assert [scenario.name for scenario in SCENARIOS if f"| `{scenario.name}" not in text] == []
