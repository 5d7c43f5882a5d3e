"""The README says what is true today."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.mock.test_cli import served, url
from tests.pictures import picture
from tests.readme import README, block, with_tables


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "image.png").write_bytes(picture())
    (tmp_path / "landscape.png").write_bytes(picture(1280, 720))
    return tmp_path


def run(command: list[str], address: str, folder: Path) -> str:
    command[-1] = command[-1].replace("http://127.0.0.1:8000", address)
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def still(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without what is new each time."""
    return {key: value for key, value in answer.items() if key not in ("id", "created_at")}


def test_tables_are_those_of_the_code_and_the_document() -> None:
    text = README.read_text("utf-8")
    assert text == with_tables(text), "python -m tests.readme writes them anew"


@pytest.mark.parametrize("name", ["right", "wrong"])
def test_curl_examples_answer_as_they_say(folder: Path, name: str) -> None:
    with served() as (_, told):
        answer = json.loads(run(["sh", "-c", block("example", name)], url(told), folder))
    assert still(answer) == still(json.loads(block("answer", name)))


def test_python_example_prints_a_completed_video(folder: Path) -> None:
    with served("--pace", "polls:2") as (_, told):
        assert run([sys.executable, "-c", block("example", "python")], url(told), folder) == "completed 100\n"


def test_words_of_every_link_lead_to_a_file() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README.read_text("utf-8"))
    assert [link for link in links if not (README.parent / link).exists()] == []
