"""The mock as a test has it: in process, with a hand on its time and its faults."""

from collections.abc import Callable
from threading import Event, Thread
from typing import Any

from mockserver.app import build
from mockserver.jobs.clock import SystemClock
from mockserver.server.limits import ConnectionLimits, limits_of
from mockserver.server.protocol import Application
from mockserver.server.run import refusing
from mockserver.server.serve import Server, bind, configure, url_of
from mockserver.settings import Settings
from mockserver.web.responses import Response

TOKEN = "test-token"  # noqa: S105 - what a test may send where any token will do


class VideosMock:
    """One mock. ``app`` is it as an ASGI application, ``token`` one that it accepts."""

    def __init__(self, settings: Settings | None = None) -> None:
        settings = settings or Settings()
        self._server: ThreadedServer | None = None
        self.app = build(settings, SystemClock())
        self._control = self.app.control
        self.token = settings.tokens[0] if settings.tokens else TOKEN

    @property
    def url(self) -> str:
        """Where the mock is served, on a free port of 127.0.0.1; the server starts when first asked for."""
        if self._server is None:
            self._server = ThreadedServer(self.app, refusing(self.app), limits_of(self.app.runtime.settings))
        return self._server.url

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The requests so far, the oldest first: line, fields, image, status, verdict and rule; never the token."""
        return self._control.requests

    @property
    def jobs(self) -> list[dict[str, Any]]:
        """The jobs of every token as they stand now, the oldest first."""
        return self._control.jobs

    def advance(self, seconds: float = 60.0) -> None:
        """Let ``seconds`` pass for the mock."""
        self._control.advance(seconds)

    def freeze(self) -> None:
        """Let no time pass for the mock, except by ``advance``."""
        self._control.freeze()

    def resume(self) -> None:
        """Let time pass again."""
        self._control.resume()

    def fail_next(self, name: str, times: int = 1) -> None:
        """Let the next ``times`` requests meet a scenario, or an error of the document by its name.

        ``ValueError`` that lists what there is.
        """
        self._control.fail_next(name, times)

    def finish(self, video_id: str) -> dict[str, Any]:
        """Complete a video now; it as it stands then. ``ValueError`` that says why that cannot be."""
        return self._control.finish(video_id)

    def fail(self, video_id: str, code: str | None = None) -> dict[str, Any]:
        """Let a video fail now, with a code of the document, by default its first. ``ValueError`` as ``finish``."""
        return self._control.fail(video_id, code)

    def stall(self, video_id: str) -> dict[str, Any]:
        """Let a video come no further than it is. ``ValueError`` as ``finish``."""
        return self._control.stall(video_id)

    def expire(self, video_id: str) -> dict[str, Any]:
        """Let the content of a completed video be gone. ``ValueError`` as ``finish``."""
        return self._control.expire(video_id)

    def delete(self, video_id: str) -> None:
        """Let go of a video, finished or not. ``ValueError`` where it is unknown."""
        self._control.delete(video_id)

    def reset(self) -> None:
        """Make everything as it was at the start."""
        self._control.reset()

    def close(self) -> None:
        """Stop the server, if there is one, and give back what the mock holds of the machine."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.app.runtime.close()


START_SECONDS = 10
STOP_SECONDS = 1
"""How long a server may take to start, and the requests under way to end."""


class ThreadedServer:
    """Serves ``app`` on a free port of 127.0.0.1, from its making until ``close``. ``url``: where."""

    def __init__(self, app: Application, refuse: Callable[..., Response], limits: ConnectionLimits) -> None:
        listener = bind("127.0.0.1", 0)
        self.url = url_of(listener)
        ready = Event()
        config = configure(app, refuse, limits)
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
