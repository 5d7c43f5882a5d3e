"""A receiver of webhooks: a small real server on this machine, that answers as it is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, NamedTuple

from mockserver.testing import VideosMock

SECRET = "whsec_dGhlIGtleSBvZiB0aGUgdGVzdHM="
PATIENCE = 10


class Delivery(NamedTuple):
    """What came."""

    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """``answers`` are given in turn, as status and headers; when there are no more, all is well."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.arrived: SimpleQueue[Delivery] = SimpleQueue()

    def next(self, mock: VideosMock | None = None, seconds: float = 0) -> Delivery:
        """The next delivery. Until it comes, the clock of ``mock`` is advanced by ``seconds`` again and again."""
        for _ in range(PATIENCE * 50):
            try:
                return self.arrived.get(timeout=0.02)
            except Empty:
                if mock is not None:
                    mock.advance(seconds)
        raise AssertionError("no webhook came")


@contextmanager
def receiving(*answers: int | tuple[int, dict[str, str]]) -> Iterator[Receiver]:
    """A receiver, and its first answers: a status, or one with headers."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, extra = receiver.answers.pop(0) if receiver.answers else (200, {})
            self.send_response(status)
            for name, value in {"content-length": "0", **extra}.items():
                self.send_header(name, value)
            self.end_headers()
            receiver.arrived.put(Delivery(self.path, headers, body))

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}/hook")
    receiver.answers = [answer if isinstance(answer, tuple) else (answer, {}) for answer in answers]
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
