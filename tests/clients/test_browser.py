"""The document's fetch call from a page in a real browser; the page comes from another origin than the mock."""

import json
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.clients.vocabulary import FLAGS, PATIENCE, TOKEN, Server, queued


class Site(ThreadingHTTPServer):
    """Serves the page and its picture, and takes the page's report."""

    def __init__(self, files: dict[str, tuple[str, bytes]]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = files
        self.reports: Queue[Any] = Queue()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """One request of the browser to the page's own site."""

    server: Site

    def do_GET(self) -> None:
        self._answer(*self.server.files.get(self.path.partition("?")[0], ("text/plain", b"")))

    def do_POST(self) -> None:
        self.server.reports.put(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self._answer("text/plain", b"")

    def _answer(self, content_type: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", content_type)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def site(server: Server) -> Iterator[Site]:
    """The page's own site."""
    page = Path(__file__).with_name("page.html").read_bytes()
    files = {"/": ("text/html", page), "/image.png": ("image/png", server.picture.read_bytes())}
    with Site(files) as site:
        Thread(target=site.serve_forever, args=(0.01,), daemon=True).start()
        yield site
        site.shutdown()


@pytest.fixture(scope="module")
def report(server: Server, site: Site, chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the page saw in a browser: its good call, its bad one, and a look at its video."""
    folder = tmp_path_factory.mktemp("browser")
    address = f"{site.url}/?{urlencode({'mock': server.videos, 'token': TOKEN})}"
    command = [chromium, "--headless", *FLAGS, f"--user-data-dir={folder}", address]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as browser:
        try:
            return site.reports.get(timeout=PATIENCE)
        finally:
            browser.terminate()


def test_page_of_another_origin_creates_a_video(report: Any) -> None:
    assert "failure" not in report
    queued(report["created"]["body"])


def test_page_reads_the_headers_that_name_the_request_and_the_pace(report: Any) -> None:
    headers = report["created"]["headers"]
    assert headers["x-request-id"].startswith("req_")
    assert {"openai-processing-ms", "openai-poll-after-ms"} <= headers.keys()


def test_page_reads_why_it_was_refused(report: Any) -> None:
    assert report["refused"]["status"] == 400
    assert report["refused"]["body"]["error"]["param"] == "seconds"


def test_page_retrieves_its_video(report: Any) -> None:
    assert report["retrieved"]["body"]["id"] == report["created"]["body"]["id"]
