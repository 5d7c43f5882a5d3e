"""The server: the application on a socket, through uvicorn."""

import gc
import logging
import math
import socket
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import uvicorn

from mockserver.server.limits import ConnectionLimits
from mockserver.server.protocol import Application, protocol
from mockserver.web.responses import Response

BACKLOG = 2048
"""Connections that may wait to be accepted; uvicorn's own figure."""

DAY = 24 * 60 * 60
"""Seconds that stand for no limit where uvicorn needs one."""

TICKS_A_SECOND = 10
"""How often uvicorn calls ``on_tick``."""

Until = Callable[[Callable[[], None]], None]
"""Is given what stops the server, and calls it from any thread when it is time."""

logger = logging.getLogger("mockserver")


class BindError(Exception):
    """The address cannot be listened on. Its text is one line that says why."""


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens on ``host`` and ``port`` (0: any free one); ``BindError`` if there can be none."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise BindError(f"cannot listen on {host}: {error.strerror}") from None
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise BindError(f"cannot listen on {host} port {port}: {error.strerror}") from None
    return listener


def url_of(listener: socket.socket, *, secure: bool = False) -> str:
    """The URL at which clients of this machine reach ``listener``, by TLS where it is ``secure``."""
    host, port = listener.getsockname()[:2]
    return f"{'https' if secure else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def serve(
    app: Application,
    listener: socket.socket,
    *,
    refuse: Callable[..., Response],
    announce: Callable[[], None],
    limits: ConnectionLimits,
    until: Until | None = None,
    certificate: tuple[Path, Path | None] | None = None,
) -> None:
    """Serve ``app`` on ``listener`` until SIGINT or SIGTERM, or as long as ``until`` wants.

    ``refuse`` answers a head that breaks a rule; ``announce`` is called once requests are answered.
    ``certificate``: the files of one and of its key, for TLS.
    """
    server = Server(configure(app, refuse, limits, certificate), announce)
    # What is here now stays. Unfrozen, each full collection would look at all of it, for ten milliseconds.
    gc.collect()
    gc.freeze()
    if until is not None:
        until(server.stop)
    server.run(sockets=[listener])


def configure(
    app: Application,
    refuse: Callable[..., Response],
    limits: ConnectionLimits,
    certificate: tuple[Path, Path | None] | None = None,
) -> uvicorn.Config:
    """How uvicorn serves ``app``. It logs errors alone."""
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    cert, key = certificate or (None, None)
    return uvicorn.Config(
        app,
        http=protocol(app, refuse, limits),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=math.ceil(limits.idle_seconds) or DAY,
        timeout_graceful_shutdown=math.ceil(limits.grace_seconds) or DAY,
        ssl_certfile=cert,
        ssl_keyfile=key,
    )


class Server(uvicorn.Server):
    """Tells when it is ready, and leaves with 0 when it is told to stop: that is no failure."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce
        self._is_signalled = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell so."""
        await super().startup(sockets)
        self._announce()

    async def on_tick(self, counter: int) -> bool:
        """Once a second, abort the connections whose clients do not read."""
        if counter % TICKS_A_SECOND == 0:
            for connection in tuple(self.server_state.connections):
                connection.abort_if_unread()  # type: ignore[union-attr]
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer what is under way. What is cut off when the time is over, or when told again, is no error."""
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)
        if self.server_state.tasks:
            logger.warning("stopped before %d requests were answered", len(self.server_state.tasks))

    def stop(self) -> None:
        """Stop when the requests in flight are answered."""
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Stop when the requests in flight are answered; at once if told again."""
        self.force_exit = self._is_signalled
        self._is_signalled = self.should_exit = True
