"""The nearest right request that the page offers, as the code that a person copies: it runs, and is accepted."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mockserver.testing import VideosMock
from tests.pictures import picture

TOKEN = "sk-secret-0123456789"
WRONG = {"prompt": 'it\'s "quoted" $HOME `x` \\ \u2028 😀', "seconds": "10", "size": "1280x720"}


@pytest.fixture
def mock() -> Iterator[VideosMock]:
    mock = VideosMock()
    yield mock
    mock.close()


def snippet(mock: VideosMock, language: str) -> str:
    """The code for the newest request of the journal."""
    found = httpx.get(f"{mock.url}/_mock/requests/{mock.requests[-1]['id']}").json()
    return str(next(one["text"] for one in found["right"]["snippets"] if one["name"] == language))


def refused(mock: VideosMock) -> None:
    """Send what breaks two rules, in fields that are hard to quote."""
    files = {"input_reference": ("my picture.png", picture(), "image/png")}
    answer = httpx.post(f"{mock.url}/v1/videos", headers={"authorization": f"Bearer {TOKEN}"}, data=WRONG, files=files)
    assert answer.status_code == 400


def run(folder: Path, *command: str) -> None:
    """Run a command beside the picture; it must succeed."""
    (folder / "my_picture.png").write_bytes(picture())
    env = {**os.environ, "OPENAI_API_KEY": TOKEN}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def accepted(mock: VideosMock) -> None:
    """Expect that the last request was accepted, with what was sent but for what had to be changed."""
    last = mock.requests[-1]
    assert (last["status"], last["fields"]["prompt"]) == (200, WRONG["prompt"])
    assert (last["fields"]["seconds"], last["fields"]["size"]) == ("12", "720x1280")


def test_curl_of_the_page_is_accepted(mock: VideosMock, curl: str, tmp_path: Path) -> None:
    refused(mock)
    (tmp_path / "send.sh").write_text(snippet(mock, "curl"), "utf-8")
    run(tmp_path, "sh", "send.sh")
    accepted(mock)


def test_python_of_the_page_is_accepted(mock: VideosMock, tmp_path: Path) -> None:
    refused(mock)
    (tmp_path / "send.py").write_text(snippet(mock, "Python"), "utf-8")
    run(tmp_path, sys.executable, "send.py")
    accepted(mock)


def test_javascript_of_the_page_is_accepted(mock: VideosMock, node: str, tmp_path: Path) -> None:
    refused(mock)
    (tmp_path / "send.mjs").write_text(snippet(mock, "JavaScript"), "utf-8")
    run(tmp_path, node, "send.mjs")
    accepted(mock)
