"""The protocol: HTTP on one connection. Uvicorn's, with three things of our own.

A request that came whole, head and body in one piece, is answered at once where the application can: no task, no
messages, and one write with those of others. A connection can be hung up. And what is no HTTP is answered in the
document's envelope.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from mockserver.middleware import Application
from mockserver.web.asgi import HANG_UP, STREAM
from mockserver.web.responses import Answer, Header

MOST_WAITING = 64 * 1024
"""Bytes of a piece after which no more is read until it is received; uvicorn's own figure."""

CLOSE: Header = (b"connection", b"close")


class Outbox:
    """The answers of one turn of the event loop, written together at its end.

    To wake a client that sleeps takes a fifth of the time of an answer; of clients that share a process, as those of a
    load test or a proxy do, the first write wakes all.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[asyncio.Transport, bytes]] = []

    def put(self, loop: asyncio.AbstractEventLoop, transport: asyncio.Transport, data: bytes) -> None:
        """Write ``data`` once all is read that has arrived."""
        if not self._waiting:
            loop.call_soon(self.flush)
        self._waiting.append((transport, data))

    def flush(self) -> None:
        """Write it now: before anything else is written or closed."""
        waiting, self._waiting = self._waiting, []
        for transport, data in waiting:
            if not transport.is_closing():
                transport.write(data)


class Protocol(HttpToolsProtocol):
    """One connection to ``application``; ``bad_http`` answers what is no HTTP."""

    application: Application
    bad_http: Callable[[], Answer]
    outbox: Outbox

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._held: list[bytes] | None = None  # the body so far of a request that uvicorn knows nothing of yet

    def data_received(self, data: bytes) -> None:
        """Take what came. What is not whole with it goes uvicorn's way."""
        super().data_received(data)
        if self._held is not None:
            self._release()

    def eof_received(self) -> None:
        """Answer what was asked before the client said that it says no more."""
        self.outbox.flush()
        super().eof_received()

    def shutdown(self) -> None:
        """End the connection when what was asked is answered."""
        self.outbox.flush()
        super().shutdown()
        extensions = self.scope.get("extensions", {}) if self.cycle is not None else {}
        if STREAM in extensions and not self.cycle.response_complete:
            extensions[HANG_UP]()  # type: ignore[operator]

    def on_message_begin(self) -> None:
        """Begin a request. The rest of what uvicorn does here waits until it is known to go its way."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        """Hold back the request if it may come whole."""
        if self._may_be_held():
            self._held = []
        else:
            self._begin()

    def on_body(self, body: bytes) -> None:
        """Keep a piece of the body. Where none waits to be received, it is not copied, as uvicorn would."""
        cycle = self.cycle
        if self._held is not None:
            self._held.append(body)
        elif cycle.body or cycle.response_complete:
            super().on_body(body)
        else:
            cycle.body = body  # type: ignore[assignment]
            if len(body) > MOST_WAITING:
                self.flow.pause_reading()
            cycle.message_event.set()

    def on_message_complete(self) -> None:
        """Answer the request, if it was held back."""
        if self._held is not None:
            answer = self._at_once(b"".join(self._held))
            if answer is not None:
                self._held = None
                self._answer(answer)
                return
            self._release()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """Answer what is no HTTP."""
        self._held = None
        answer = self.bad_http()
        self.outbox.flush()
        self.transport.write(self._head(answer.status, (*answer.headers, CLOSE)) + answer.body)
        self.transport.close()

    def _may_be_held(self) -> bool:
        is_first = self.cycle is None or self.cycle.response_complete
        parser = self.parser
        return (
            is_first
            and parser.should_keep_alive()
            and not parser.should_upgrade()
            and parser.get_http_version() == "1.1"
            and not self.flow.write_paused
        )

    def _at_once(self, body: bytes) -> Answer | None:
        if b"%" in self.url or not self.url.isascii():
            return None
        return self.application.at_once(self.parser.get_method().decode(), self.url.decode(), self.headers, body)

    def _answer(self, answer: Answer) -> None:
        headers = (*answer.headers, CLOSE) if answer.drop else answer.headers
        self.outbox.put(self.loop, self.transport, self._head(answer.status, headers) + answer.body)
        if answer.drop:
            self.outbox.flush()
            self.transport.close()
        self.on_response_complete()

    def _head(self, status: int, headers: tuple[Header, ...]) -> bytes:
        lines = [b"%s: %s\r\n" % header for header in (*self.server_state.default_headers, *headers)]
        return b"".join([STATUS_LINE[status], *lines, b"\r\n"])

    def _release(self) -> None:
        """Go uvicorn's way with what was held back."""
        held, self._held = self._held or [], None
        self._begin()
        for piece in held:
            super().on_body(piece)

    def _begin(self) -> None:
        url, headers, expect = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.scope["headers"], self.expect_100_continue = url, headers, expect
        super().on_headers_complete()
        cycle = self.cycle

        def hang_up() -> None:
            cycle.disconnected = True  # or else it would answer 500 in our place
            cycle.transport.close()

        self.scope["extensions"] = {HANG_UP: hang_up}  # type: ignore[dict-item]


def protocol(app: Application, bad_http: Callable[[], Answer]) -> type[Protocol]:
    """The protocol of every connection of one server."""
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    parts = {"application": app, "bad_http": staticmethod(bad_http), "outbox": Outbox()}
    return type("Protocol", (Protocol,), parts)
