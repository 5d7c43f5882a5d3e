"""HTTP on one connection: uvicorn's protocol, with changes.

A request that arrived whole is answered without ASGI, by the steps that the ASGI application takes too. A connection
can be aborted by a scenario. What is not HTTP is answered in the document's envelope. The head of a request is bounded
in size and time. And an upgrade that is offered is ignored (RFC 9110 section 7.8), together with its body it is a
request like any other.
"""

import asyncio
from asyncio import TimerHandle
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from mockserver.api.context import RequestContext
from mockserver.api.endpoint import CONTEXT, Endpoint, Result
from mockserver.middleware import Recorder, RecordingMiddleware
from mockserver.server.limits import ConnectionLimits
from mockserver.web.asgi import ABORT, STREAM, Receive, Scope, Send
from mockserver.web.responses import Header, Response

CLOSE: Header = (b"connection", b"close")

FRAMING = frozenset((b"content-length", b"transfer-encoding"))
"""Headers that say how a body ends."""

ASGI_ONLY = frozenset((b"origin", b"expect"))
"""Headers of requests that are left to ASGI: CORS, 100-continue."""


class RefusedHeadError(Exception):
    """The head of a request breaks ``rule``; ``words`` fill in the message."""

    def __init__(self, rule: str, **words: object) -> None:
        super().__init__(rule)
        self.rule = rule
        self.words = words


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
    """One connection to ``application``; ``refuse`` gives the response to a head that breaks a rule."""

    application: Application
    refuse: Callable[..., Response]
    outbox: Outbox
    limits: ConnectionLimits

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._held: list[bytes] | None = None  # the body so far of a request that ASGI knows nothing of yet
        self._is_in_head = True
        self._head_bytes = 0
        self._head_timer: TimerHandle | None = None
        self._body_timer: TimerHandle | None = None
        self._discarded = 0  # bytes of the body that came after its answer
        self._refusal: RefusedHeadError | None = None
        self._is_upgrade = False  # an upgrade is offered: another parser reads the body
        self._is_replayed = False  # the head is one that was read before
        self._stuck_since: float | None = None  # the client reads nothing, or not what is left at the end
        self._framing: list[bytes] = []  # the headers that say how the body ends

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a head; refuse a connection too many."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            self._refuse("http.connections")
        else:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop_timer()
        self._stop_body_timer()
        super().connection_lost(exc)

    def resume_writing(self) -> None:
        """The client has read something."""
        self._stuck_since = None
        super().resume_writing()

    def abort_if_unread(self) -> None:
        """Abort the connection if the client has read nothing for too long. To be called about once a second."""
        if not (self.flow.write_paused or self.transport.is_closing()) or not self.limits.write_seconds:
            self._stuck_since = None
        elif self._stuck_since is None:
            self._stuck_since = self.loop.time()
        elif self.loop.time() - self._stuck_since >= self.limits.write_seconds:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take what arrived. A request that is not whole with it goes to ASGI."""
        self._unset_keepalive_if_required()
        while data:
            if self._is_in_head:
                self._head_bytes += len(data)
                self._await_head()
            try:
                self.parser.feed_data(data)
                data = b""
            except httptools.HttpParserUpgrade as upgrade:
                data = data[upgrade.args[0] :]
                self._ignore_upgrade()
            except httptools.HttpParserError:
                refusal, self._refusal = self._refusal or RefusedHeadError("http.well-formed"), None
                self._refuse(refusal.rule, **refusal.words)
                return
        if self._is_in_head and self._head_bytes > self.limits.head_bytes:
            self._refuse(*self._too_large())
        elif self._held is not None:
            self._to_asgi(self._held)

    def _await_head(self) -> None:
        if self._head_timer is None and self.limits.head_seconds:
            self._head_timer = self.loop.call_later(self.limits.head_seconds, self.transport.close)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _stop_body_timer(self) -> None:
        if self._body_timer is not None:
            self._body_timer.cancel()
            self._body_timer = None

    def _ignore_upgrade(self) -> None:
        """Read the body by a parser that knows of no upgrade; to it, the head says how the body is framed."""
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._is_replayed, self._is_upgrade = True, False
        self.parser.feed_data(b"\r\n".join([b"POST / HTTP/1.1", b"Host: x", *self._framing, b"", b""]))

    def _too_large(self) -> tuple[Any, ...]:
        return ("http.url-limit",) if len(self.url or b"") > self.limits.url_bytes else ("http.head-limit",)

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
        if self._is_replayed:
            return
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._is_in_head = True

    def on_url(self, url: bytes) -> None:
        """Take a piece of the URL."""
        if not self._is_replayed:
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, without the white space around its value. What stands in a trailer is no header."""
        if self._is_in_head and not self._is_replayed:
            super().on_header(name, value.strip(b" \t"))
            if len(self.headers) > self.limits.headers:
                self._fail("http.head-limit")

    def on_headers_complete(self) -> None:
        """Hold the request back if it may arrive whole."""
        if self._is_replayed:
            self._is_replayed = False
            return
        self._check_head()
        self._is_in_head, self._head_bytes = False, 0
        self._stop_timer()
        self._is_upgrade = self.parser.should_upgrade()
        self._framing = [name + b": " + value for name, value in self.headers if name in FRAMING]
        if self._may_be_held():
            self._held = []
        else:
            self._begin(self.app)

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        if self._held is None:
            super().on_body(body)
            if self.cycle.response_complete:
                self._discard(len(body))
        else:
            self._held.append(body)

    def on_message_complete(self) -> None:
        """Answer the request, if it was held back."""
        if self._is_upgrade:
            return  # the parser stops at an upgrade; the body is still to come
        self._is_in_head = True
        self._discarded = 0
        self._stop_body_timer()
        if self._held is not None:
            held, self._held = self._held, None
            if self._respond(b"".join(held)):
                return
            self._to_asgi(held)
        super().on_message_complete()

    def _discard(self, count: int) -> None:
        """Bound the rest of a body that nobody reads, in bytes and in time."""
        self._discarded += count
        if self._discarded > self.limits.discarded_bytes:
            self.transport.close()
        elif self._body_timer is None and self.limits.body_seconds:
            self._body_timer = self.loop.call_later(self.limits.body_seconds, self.transport.close)

    def _check_head(self) -> None:
        """Refuse a head that is too large, or that names no one host (RFC 9112 section 3.2)."""
        if len(self.url) > self.limits.url_bytes:
            self._fail("http.url-limit")
        if sum(len(name) + len(value) + 4 for name, value in self.headers) + len(self.url) > self.limits.head_bytes:
            self._fail("http.head-limit")
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (not hosts and self.parser.get_http_version() == "1.1"):
            self._fail("http.well-formed")

    def _fail(self, rule: str) -> None:
        """Stop the parser; what it calls may only do so by an error."""
        self._refusal = RefusedHeadError(rule)
        raise self._refusal

    def _refuse(self, rule: str, **words: object) -> None:
        """Answer a head that breaks a rule, and close the connection."""
        self._held = None
        self._stop_timer()
        answer = self.refuse(rule, limit=self.limits.words(rule), **words)
        self._write(answer, (*answer.headers, CLOSE))
        self.outbox.flush()
        self.transport.close()

    def _may_be_held(self) -> bool:
        is_first = self.cycle is None or self.cycle.response_complete
        parser = self.parser
        return (
            is_first
            and parser.should_keep_alive()
            and not self._is_upgrade
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


def protocol(app: Application, refuse: Callable[..., Response], limits: ConnectionLimits) -> type[HTTPProtocol]:
    """The protocol of every connection of one server."""
    return type(
        "Protocol",
        (HTTPProtocol,),
        {"application": app, "refuse": staticmethod(refuse), "outbox": Outbox(), "limits": limits},
    )
