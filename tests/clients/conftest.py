"""Fixtures of the tests with real clients: one server process for all, and what npm installs."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

from mockserver.jobs.pace import parse_pace
from mockserver.settings import Settings
from mockserver.testing import VideosMock
from tests.clients.vocabulary import FLAGS, NODE_FILES, PATIENCE, TOKEN, Opened, Server
from tests.pictures import picture

NODE = 18  # the first with fetch
NODE_OF_PACKAGES = 20  # the oldest that the packages were seen to run on; they ask for newer ones
INSTALL_SECONDS = 300


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A mock in a process of its own. It must leave with 0 when told to stop, and no traceback behind."""
    folder = tmp_path_factory.mktemp("server")
    file, log = folder / "image.png", folder / "log.txt"
    file.write_bytes(picture())
    command = [sys.executable, "-m", "mockserver", "--port", "0", "--token", TOKEN, "--pace", "polls:3"]
    with (
        log.open("w") as stderr,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True) as process,
    ):
        try:
            yield _told_at_start(process, file)
        finally:
            process.terminate()
            code = process.wait(PATIENCE)
    assert (code, "Traceback" in log.read_text()) == (0, False), log.read_text()


def _told_at_start(process: "subprocess.Popen[str]", file: Path) -> Server:
    assert process.stdout
    first = process.stdout.readline()
    assert first.startswith("mockserver is listening on "), "the server did not start"
    curl = next(line.strip() for line in process.stdout if line.startswith("  curl "))
    # The start does not tell a token that was given.
    return Server(first.split()[-1], curl.replace("YOUR_TOKEN", TOKEN), file)


def program(*names: str) -> str:
    """The first of these programs that is installed; skips where none is."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip(f"{names[0]} is not installed")
    return found


@pytest.fixture(scope="session")
def curl() -> str:
    """The curl program."""
    return program("curl")


@pytest.fixture(scope="session")
def chromium() -> str:
    """A browser that runs headless."""
    return program("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """The same, driven page by page; it must be able to start."""
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        except Error as error:
            pytest.skip(f"the browser does not start: {error}")
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def wrk() -> str:
    """The load generator."""
    return program("wrk")


@pytest.fixture(scope="session")
def node() -> str:
    """A node with fetch."""
    found = program("node", "nodejs")
    _needs(found, NODE)
    return found


def _needs(node: str, oldest: int) -> None:
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.removeprefix("v").partition(".")[0]) < oldest:
        pytest.skip(f"node is {version}, the test needs {oldest} or newer")


@pytest.fixture(scope="session")
def node_modules(node: str, pytestconfig: pytest.Config) -> Path:
    """The folder where what package-lock.json names is installed and our scripts lie; kept from run to run."""
    _needs(node, NODE_OF_PACKAGES)
    lock = (NODE_FILES / "package-lock.json").read_bytes()
    folder = pytestconfig.cache.mkdir("npm") / sha256(lock).hexdigest()[:16]
    if not folder.exists():
        _install(program("npm"), folder)
    for script in NODE_FILES.glob("*.mjs"):
        shutil.copy(script, folder)
    return folder


def _install(npm: str, folder: Path) -> None:
    """Install beside ``folder`` and move there what is whole; of two runs at once, the first wins."""
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
    with TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as made:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(NODE_FILES / name, made)
        try:
            subprocess.run(command, cwd=made, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=True)
        except subprocess.TimeoutExpired:
            pytest.skip(f"npm ci took more than {INSTALL_SECONDS} s")
        except subprocess.CalledProcessError as error:
            pytest.skip(f"npm ci failed: {error.stderr.strip()[-300:]}")
        with suppress(OSError):
            Path(made).rename(folder)


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opened]:
    """Opens a page, which must ask for nothing elsewhere, break no policy and raise no error."""
    faults: list[str] = []
    contexts = []

    def open_page(url: str, **options: Any) -> Page:
        context = browser.new_context(**options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(f"error: {error}"))
        page.on(
            "console",
            lambda said: faults.append(f"console: {said.text}") if "Content Security Policy" in said.text else None,
        )
        page.on(
            "request",
            lambda asked: (
                faults.append(f"asked: {asked.url}") if not asked.url.startswith((url, "blob:", "data:")) else None
            ),
        )
        page.goto(f"{url}/_mock/ui/")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def slow_mock() -> Iterator[VideosMock]:
    """A mock whose videos take long, unless they are finished by hand."""
    mock = VideosMock(Settings(pace=parse_pace("real")))
    yield mock
    mock.close()
