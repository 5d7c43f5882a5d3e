"""What the tests of real clients say: a server process to call, commands to run, and what a queued video is."""

import json
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Page

TOKEN = "test-token"
PROMPT = "A fox trots over a frozen lake, the ice sings and a hare looks up."
NODE_FILES = Path(__file__).parent / "node"
Opened = Callable[..., Page]  # opens the page of a mock, given its URL
PATIENCE = 90  # seconds until a client counts as hanging
TOO_LARGE_BYTES = 25_000_000


FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
).split()
"""Of Chromium, so that it asks nobody for anything."""


class Server(NamedTuple):
    """A mock in a process of its own. ``curl``: the line that it offers at its start; ``picture``: a fitting PNG."""

    url: str
    curl: str
    picture: Path

    @property
    def videos(self) -> str:
        return f"{self.url}/v1/videos"

    @property
    def base_url(self) -> str:
        """What an openai client is given."""
        return f"{self.url}/v1"


def run(*command: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """Run a command that must succeed, and give what it prints."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False, cwd=cwd, env=env)
    assert done.returncode == 0, done.stderr or done.stdout
    return done.stdout


def told(*command: str | Path, cwd: Path | None = None) -> Any:
    """The JSON that a command prints."""
    return json.loads(run(*command, cwd=cwd))


def queued(video: Any) -> None:
    """``video`` is that of the document's example call, just created."""
    assert re.fullmatch("video_[0-9a-f]{48}", video["id"])
    assert len(video) == 12
    assert (video["object"], video["status"], video["progress"]) == ("video", "queued", 0)
    assert (video["model"], video["seconds"], video["size"]) == ("sora-2", "4", "720x1280")


def too_large(status: int, body: Any) -> None:
    """The clear answer to an upload over the limit."""
    assert status == 413
    assert body["error"]["code"] == "request_too_large"
    assert body["error"]["message"].endswith("At most 20971520 are allowed.")


AXE = """() => axe.run(document, { resultTypes: ["violations"] }).then((found) =>
    found.violations.map((one) => [one.id, one.nodes.map((node) => node.html.slice(0, 120))]))"""


def load_axe(page: Page, node_modules: Path) -> None:
    """Put the rules of axe-core beside a page; its policy does not see that."""
    page.evaluate((node_modules / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8"))


def violations_of(page: Page) -> list[Any]:
    """The rules of accessibility that a page breaks, each with where."""
    found: list[Any] = page.evaluate(AXE)
    return found
