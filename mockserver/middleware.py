"""The outermost middleware: request id, timing, journal, metrics and log of every request."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from random import Random

import msgspec

from mockserver.api.context import RequestContext
from mockserver.api.endpoint import CONTEXT
from mockserver.control.journal import Journal
from mockserver.control.metrics import Metrics
from mockserver.jobs.clock import Clock
from mockserver.logs import RequestLog
from mockserver.stores.base import StoreUnavailable
from mockserver.web.asgi import OWNER, Message, Receive, Scope, Send
from mockserver.web.responses import Header, Response

NOSNIFF: Header = (b"x-content-type-options", b"nosniff")
"""A browser trusts the Content-Type of a response, whatever it holds."""

logger = logging.getLogger("mockserver")

App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Recorder:
    """Gives each request its context and its id, and records it when it is answered.

    ``timer`` gives seconds, from anywhere; ``refresh`` takes over what other processes have set.
    """

    def __init__(
        self,
        journal: Journal,
        metrics: Metrics,
        clock: Clock,
        refresh: Callable[[], None],
        random: Random,
        timer: Callable[[], float],
        log: RequestLog,
    ) -> None:
        self._journal = journal
        self._metrics = metrics
        self._clock = clock
        self._refresh = refresh
        self._random = random
        self._timer = timer
        self._log = log

    def start(
        self,
        method: str,
        path: str,
        query: bytes,
        headers: Sequence[Header],
        client: str | None,
        scheme: str,
        owner: str = "",
    ) -> RequestContext:
        """The context of a request that has just arrived."""
        started = self._timer()
        self._refresh()
        return RequestContext(method, path, query, headers, client, scheme, started, owner=owner)

    def finish(self, context: RequestContext, status: int) -> tuple[Header, ...]:
        """Record a request that is answered now; the headers that its response carries besides its own."""
        took = self._timer() - context.started
        headers = self.headers(took)
        self._record(context, took, status, headers[0][1])
        return headers

    def abandon(self, context: RequestContext) -> None:
        """Record a request that got no response, if it is not recorded yet."""
        if not context.is_recorded:
            self._record(context, self._timer() - context.started, None, None)

    def headers(self, took: float = 0.0) -> tuple[Header, ...]:
        """The headers of the response to a request that took so many seconds; the first is its id."""
        return (
            (b"x-request-id", b"req_%032x" % self._random.getrandbits(128)),
            (b"openai-processing-ms", b"%d" % int(1000 * took)),
            NOSNIFF,
        )

    def with_headers(self, answer: Response) -> Response:
        """``answer`` with these headers, for bytes that were no request."""
        return msgspec.structs.replace(answer, headers=(*answer.headers, *self.headers()))

    def close(self) -> None:
        """Log what is not logged yet."""
        self._log.flush()

    def _record(self, context: RequestContext, took: float, status: int | None, request_id: bytes | None) -> None:
        context.is_recorded = True
        try:
            self._log.write(context, status, took, request_id)
            if context.is_control:
                return
            self._metrics.observe(context, status, took)
            if self._journal.is_kept:
                self._journal.add(context, self._clock(), took, status, request_id)
        except StoreUnavailable as error:
            logger.warning("a request was not recorded: %s", error)
        except Exception:
            logger.exception("a request was not recorded")


class RecordingMiddleware:
    """Records every HTTP request that passes to ``app``."""

    def __init__(self, app: App, recorder: Recorder) -> None:
        self._app = app
        self._recorder = recorder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with a context in the scope."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        client = scope.get("client")
        context: RequestContext = scope.get(CONTEXT) or self._recorder.start(
            scope["method"],
            scope["path"],
            scope["query_string"],
            scope["headers"],
            client[0] if client else None,
            scope.get("scheme", "http"),
            scope.get(OWNER, ""),
        )
        scope[CONTEXT] = context

        async def recorded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._recorder.finish(context, message["status"])]
            await send(message)

        try:
            return await self._app(scope, receive, recorded)
        finally:
            self._recorder.abandon(context)
