"""Each how-to does what it says: its blocks are run as they stand, except for the ports."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.mock.test_cli import served, url
from tests.pictures import picture

DOCS = Path(__file__).parents[2] / "docs"
PATIENCE = 60
NO_WARNING = {"PYTHONWARNINGS": "ignore::DeprecationWarning"}  # the vendor retires its own service


def block(page: str, name: str) -> str:
    found = re.search(rf"<!-- run: {name} -->\n```\w+\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)
    assert found, f"{page} has no {name}"
    return found[1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "image.png").write_bytes(picture())
    return tmp_path


def run(text: str, folder: Path, *command: str) -> str:
    """Run a block, by default as Python, and give what it prints."""
    done = subprocess.run(
        [*(command or (sys.executable, "-c")), text],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env={**os.environ, **NO_WARNING, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )
    assert done.returncode == 0, done.stderr or done.stdout
    return done.stdout


@contextmanager
def started(command: str, *more: str) -> Iterator[str]:
    """The mock, started by the command of a page on a free port, and its address."""
    words = command.split("mockserver", 1)[1].split()
    with served(*words, *more) as (_, told):
        yield url(told).replace("0.0.0.0", "127.0.0.1")  # noqa: S104


def pointed(text: str, address: str) -> str:
    return text.replace("http://127.0.0.1:8000", address)


def test_develop_offline_with_the_sdk(folder: Path) -> None:
    with started(block("offline.md", "start")) as address:
        assert run(pointed(block("offline.md", "program"), address), folder) == "completed\n"
        assert (folder / "video.mp4").read_bytes()[4:8] == b"ftyp"
        assert run(pointed(block("offline.md", "mistake"), address), folder) == "seconds invalid_value\n"


def test_judge_an_endpoint_in_pytest(folder: Path) -> None:
    with served("--token", "T") as (_, told):
        text = block("pytest.md", "contract").replace("http://127.0.0.1:9000", url(told))
        test = folder / "test_contract.py"
        test.write_text(f"from mockserver import create_app\n\napp = create_app()\n{text}")
        assert "2 passed" in run(str(test), folder, sys.executable, "-m", "pytest", "-q", "-W", "ignore")


def test_receive_webhooks(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    receiver = block("webhooks.md", "receiver").replace("9000", port)
    command = [sys.executable, "-u", "-W", "ignore", "-c", receiver]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout
            with started(block("webhooks.md", "start").replace("9000", port)) as address:
                created = run(pointed(block("webhooks.md", "create"), address), folder, "sh", "-c")
                told = process.stdout.readline().split()
        finally:
            process.terminate()
    assert told[0] == "video.completed" and f'"id":"{told[1]}"' in created


@pytest.mark.parametrize("name", ["socket", "asgi"])
def test_use_it_in_pytest(folder: Path, name: str) -> None:
    (folder / "test_it.py").write_text(block("pytest.md", name), "utf-8")
    passed = run(
        "test_it.py", folder, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--strict-markers"
    )
    assert re.search(r"^[14] passed in", passed, re.MULTILINE), passed


def test_create_app_without_pytest(folder: Path) -> None:
    assert run(block("pytest.md", "app"), folder) == "200\n"


def test_share_one_mock_in_a_team(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start = block("team.md", "start").replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - tests stay on this machine
    tokens = re.search(r'MOCKSERVER_TOKEN="([^"]*)"', start)
    assert tokens
    monkeypatch.setenv("MOCKSERVER_TOKEN", tokens[1])
    with started(start.replace("--port 8000", "")) as address:
        assert run(pointed(block("team.md", "member"), address), folder, "bash", "-c") == "queued\n"
        assert "invalid_api_key" in run(pointed(block("team.md", "stranger"), address), folder, "sh", "-c")


def test_every_block_is_run() -> None:
    tried = set(re.findall(r'block\("(\S+)", "(\w+)"\)', Path(__file__).read_text("utf-8")))
    tried |= {("pytest.md", "socket"), ("pytest.md", "asgi")}
    for page in ("offline.md", "webhooks.md", "pytest.md", "team.md"):
        text = (DOCS / page).read_text("utf-8")
        names = re.findall(r"<!-- run: (\w+) -->", text)
        assert len(names) == text.count("```") // 2
        assert {(page, name) for name in names} <= tried
