"""HTTP on one connection: uvicorn's protocol, with three changes.

A request that arrived whole is answered without ASGI, by the steps that the ASGI application takes too. A connection
can be aborted by a scenario. And what is not HTTP is answered in the document's envelope.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from mockserver.api.context import RequestContext
from mockserver.api.endpoint import CONTEXT, Endpoint, Result
from mockserver.middleware import Recorder, RecordingMiddleware
from mockserver.web.asgi import ABORT, STREAM, Receive, Scope, Send
from mockserver.web.responses import Header, Response

CLOSE: Header = (b"connection", b"close")

ASGI_ONLY = frozenset((b"origin", b"expect", b"upgrade"))
"""Headers of requests that are left to ASGI: CORS, 100-continue, upgrades."""


class CurrentApp(Protocol):
    """What the adapter asks of the application that serves now."""

    recorder: Recorder

    def find(self, path: str) -> tuple[Endpoint, Mapping[str, str]] | None:
        """The endpoint of a path, with the parameters in it."""


class Application(Protocol):
    """What a server serves: an ASGI application, whose version of now is ``current``."""

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """As ASGI has it."""

    @property
    def current(self) -> CurrentApp:
        """The version that answers a request that begins now."""


class Outbox:
    """The responses of one turn of the event loop, written together at its end.

    To wake a sleeping client costs a fifth of a response. Of clients in one process, as those of a proxy, the first
    write wakes all.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[asyncio.Transport, bytes]] = []

    def put(self, loop: asyncio.AbstractEventLoop, transport: asyncio.Transport, data: bytes) -> None:
        """Write ``data`` at the end of this turn."""
        if not self._waiting:
            loop.call_soon(self.flush)
        self._waiting.append((transport, data))

    def flush(self) -> None:
        """Write now: before anything else is written or closed."""
        waiting, self._waiting = self._waiting, []
        for transport, data in waiting:
            if not transport.is_closing():
                transport.write(data)


class HTTPProtocol(HttpToolsProtocol):
    """One connection to ``application``; ``bad_http`` gives the response to what is not HTTP."""

    application: Application
    bad_http: Callable[[], Response]
    outbox: Outbox

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._held: list[bytes] | None = None  # the body so far of a request that ASGI knows nothing of yet

    def data_received(self, data: bytes) -> None:
        """Take what arrived. A request that is not whole with it goes to ASGI."""
        super().data_received(data)
        if self._held is not None:
            self._to_asgi(self._held)

    def eof_received(self) -> None:
        """Answer what was asked before the client closed its side."""
        self.outbox.flush()
        super().eof_received()

    def shutdown(self) -> None:
        """Close the connection once what was asked is answered."""
        self.outbox.flush()
        super().shutdown()
        extensions = self.scope.get("extensions", {}) if self.cycle is not None else {}
        if STREAM in extensions and not self.cycle.response_complete:
            extensions[ABORT]()  # type: ignore[operator]

    def on_message_begin(self) -> None:
        """Begin a request. The rest of what uvicorn does here waits until it is known to go to ASGI."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        """Hold the request back if it may arrive whole."""
        if self._may_be_held():
            self._held = []
        else:
            self._begin(self.app)

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        if self._held is None:
            super().on_body(body)
        else:
            self._held.append(body)

    def on_message_complete(self) -> None:
        """Answer the request, if it was held back."""
        if self._held is not None:
            held, self._held = self._held, None
            if self._respond(b"".join(held)):
                return
            self._to_asgi(held)
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """Answer what is not HTTP."""
        self._held = None
        answer = self.bad_http()
        self._write(answer, (*answer.headers, CLOSE))
        self.outbox.flush()
        self.transport.close()

    def _may_be_held(self) -> bool:
        is_first = self.cycle is None or self.cycle.response_complete
        parser = self.parser
        return (
            is_first
            and parser.should_keep_alive()
            and not parser.should_upgrade()
            and parser.get_http_version() == "1.1"
            and parser.get_method() != b"HEAD"
            and not self.flow.write_paused
            and b"%" not in self.url
            and self.url.isascii()
            and ASGI_ONLY.isdisjoint(name for name, _ in self.headers)
        )

    def _respond(self, body: bytes) -> bool:
        """Answer a request that is here whole; ``False`` where it is for ASGI, and nothing has happened yet."""
        path, _, query = self.url.partition(b"?")
        app = self.application.current
        found = app.find(path.decode())
        if found is None:
            return False
        endpoint, parameters = found
        method = self.parser.get_method().decode()
        client = self.client[0] if self.client else None
        context = app.recorder.start(method, path.decode(), query, self.headers, client, self.scheme or "http")
        context.parameters = parameters
        result = endpoint.respond(context, body)
        if not isinstance(result, Response) or result.cut is not None or context.plan is not None:
            self._deliver_later(app.recorder, endpoint, context, result)
            return True
        context.rule, context.answer = result.rule, result
        close = (CLOSE,) if result.drop else ()
        self._write(result, (*result.headers, *app.recorder.finish(context, result.status), *close))
        if result.drop:
            self.outbox.flush()
            self.transport.close()
        self.on_response_complete()
        return True

    def _deliver_later(self, recorder: Recorder, endpoint: Endpoint, context: RequestContext, result: Result) -> None:
        """Let ASGI send a response that takes time, or that a scenario spoils."""

        async def deliver(scope: Scope, receive: Receive, send: Send) -> None:
            await endpoint.deliver(context, result, scope, receive, send)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope[CONTEXT] = context
            await RecordingMiddleware(deliver, recorder)(scope, receive, send)

        self._begin(app)
        super().on_message_complete()

    def _write(self, answer: Response, headers: tuple[Header, ...]) -> None:
        lines = [b"%s: %s\r\n" % header for header in (*self.server_state.default_headers, *headers)]
        data = b"".join([STATUS_LINE[answer.status], *lines, b"\r\n", answer.body])
        self.outbox.put(self.loop, self.transport, data)

    def _to_asgi(self, held: list[bytes]) -> None:
        """Give ASGI what was held back."""
        self._held = None
        self._begin(self.app)
        for piece in held:
            super().on_body(piece)

    def _begin(self, app: Any) -> None:
        """Do what uvicorn does at the beginning of a request, for ``app``."""
        self.outbox.flush()
        url, headers, expect = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.scope["headers"], self.expect_100_continue = url, headers, expect
        own, self.app = self.app, app
        try:
            super().on_headers_complete()
        finally:
            self.app = own
        cycle = self.cycle

        def abort() -> None:
            cycle.disconnected = True  # otherwise uvicorn would answer 500 itself
            cycle.transport.close()

        self.scope["extensions"] = {ABORT: abort}  # type: ignore[dict-item]


def protocol(app: Application, bad_http: Callable[[], Response]) -> type[HTTPProtocol]:
    """The protocol of every connection of one server."""
    return type(
        "Protocol", (HTTPProtocol,), {"application": app, "bad_http": staticmethod(bad_http), "outbox": Outbox()}
    )
