"""A server in a thread of its own, for tests that need a socket."""

from collections.abc import Callable
from threading import Event, Thread

from mockserver.front import Application
from mockserver.response import Answer
from mockserver.server import Server, bind, configure, url_of

START_SECONDS = 10
STOP_SECONDS = 1
"""How long a server may take to start, and the requests under way to end."""


class ThreadedServer:
    """Serves ``app`` on a free port of 127.0.0.1, from its making until ``close``. ``url``: where."""

    def __init__(self, app: Application, bad_http: Callable[[], Answer]) -> None:
        listener = bind("127.0.0.1", 0)
        self.url = url_of(listener)
        ready = Event()
        config = configure(app, bad_http)
        config.timeout_graceful_shutdown = STOP_SECONDS
        self._server = Server(config, ready.set)
        self._thread = Thread(target=self._server.run, args=([listener],), name="videos_mock", daemon=True)
        self._thread.start()
        if not ready.wait(START_SECONDS):  # pragma: no cover - a machine that hangs
            raise RuntimeError(f"no server within {START_SECONDS} s")

    def close(self) -> None:
        """Stop, and give the port back."""
        self._server.should_exit = True
        self._thread.join()
