"""Endpoints: from a request of one path to its response, whatever happens.

A request is answered in three synchronous steps: ``begin`` finds the operation and what may refuse it before its body
is read, the body is read, ``finish`` answers. The ASGI form of the steps is ``__call__``; a server that has the whole
body at hand may take them without ASGI by ``respond``.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, NamedTuple

from mockserver.api.capacity import Capacity
from mockserver.api.context import RequestContext
from mockserver.api.operations import Operations
from mockserver.scenarios.active import PreferenceError
from mockserver.scenarios.catalogue import ScenarioError
from mockserver.spec.document import Document, control_document
from mockserver.spelling import did_you_mean
from mockserver.stores.base import StoreUnavailable
from mockserver.validation.multipart import UploadError, release_files
from mockserver.validation.storage import TemporaryStorageError
from mockserver.web.asgi import (
    BodyReader,
    BodyTimeout,
    Receive,
    Scope,
    Send,
    receive_body,
    send_response,
    while_connected,
)
from mockserver.web.responses import Response

logger = logging.getLogger("mockserver")

Result = Response | Awaitable[Response]
"""A response, or where it takes time, a promise of one."""

PAGE = b"_mock/ui/"
"""Where the page for people is, from the root."""

CONTEXT = "mockserver.context"
"""The key of a scope under which the middleware puts the context of the request."""


class Handler(NamedTuple):
    """What answers one operation. ``reader`` makes the reader of its body; ``None``: it has none.

    ``capacity`` bounds how many of its responses are being made or sent.
    """

    operation: str
    respond: Callable[[RequestContext, Any], Result]
    reader: Callable[[RequestContext], BodyReader] | None = None
    capacity: Capacity | None = None


Methods = dict[str, Handler]

Sleep = Callable[[float], Awaitable[object]]
"""Waits so many seconds."""


class Endpoint:
    """One path: finds the operation by the method and the owner by the token."""

    is_control = False

    def __init__(self, service: Operations, methods: Methods, sleep: Sleep, timeout: BodyTimeout | None) -> None:
        self.service = service
        self._methods = methods
        self._sleep = sleep
        self._timeout = timeout
        self._allowed = ", ".join(sorted(methods))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request over ASGI."""
        context: RequestContext = scope[CONTEXT]
        context.parameters = scope["path_params"]
        try:
            result = await self._received(context, receive)
        except Exception as error:  # noqa: BLE001 - logged, and answered
            result = self.failure(context, error)
        if result is not None:
            await self.deliver(context, result, scope, receive, send)

    def respond(self, context: RequestContext, body: bytes) -> Result:
        """Answer a request whose whole body is here."""
        try:
            begun = self.begin(context)
            if isinstance(begun, Response):
                return begun
            content = None
            if begun is not None:
                begun.feed(body)
                content = begun.finish()
            return self.finish(context, content)
        except Exception as error:  # noqa: BLE001 - logged, and answered
            return self.failure(context, error)

    async def deliver(
        self, context: RequestContext, result: Result, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Send what a request came to, as late and as incomplete as its scenarios ask for."""
        handler = self._methods.get(context.method)
        capacity = None if handler is None or isinstance(result, Response) else handler.capacity
        if capacity is None:
            await self._deliver(context, result, scope, receive, send)
        elif capacity.take():
            try:
                await self._deliver(context, result, scope, receive, send)
            finally:
                capacity.release()
        else:
            if isinstance(result, Coroutine):
                result.close()
            await self._deliver(context, self.service.refuse("http.connections"), scope, receive, send)

    async def _deliver(
        self, context: RequestContext, result: Result, scope: Scope, receive: Receive, send: Send
    ) -> None:
        answer = await self._result(context, result, receive)
        if answer is not None and context.plan is not None:
            answer = context.plan.shape(answer)
            if context.plan.delay:
                release_files(context.form or {})
                sleep = asyncio.ensure_future(self._sleep(context.plan.delay))
                if answer.drop:
                    await sleep  # the rest of a refused body stays unread until it is answered
                elif not await while_connected(sleep, receive):
                    return
        if answer is not None:
            context.rule, context.answer = answer.rule, answer
            await send_response(answer, scope, receive, send)

    async def _result(self, context: RequestContext, result: Result, receive: Receive) -> Response | None:
        """The response; ``None`` if the client went away while a file was being made."""
        if isinstance(result, Response):
            return result
        try:
            handler = self._methods[context.method]
            if handler.capacity is None:
                return await result
            making = asyncio.ensure_future(result)
            return making.result() if await while_connected(making, receive) else None
        except Exception as error:  # noqa: BLE001 - logged, and answered
            return self.failure(context, error)

    def begin(self, context: RequestContext) -> BodyReader | Response | None:
        """The reader of the body, ``None`` where there is none to read, or the response that needs no body."""
        context.is_control = self.is_control
        handler = self._methods.get(context.method)
        if handler is None:
            allow = (b"allow", self._allowed.encode())
            return self.service.refuse("method", allow, method=context.method, path=context.path, allowed=self._allowed)
        context.operation = handler.operation
        instead = self._before_body(context)
        if instead is not None:
            return instead
        return None if handler.reader is None else handler.reader(context)

    def finish(self, context: RequestContext, content: Any) -> Result:
        """The response to a request whose body holds ``content``."""
        return self._methods[context.method].respond(context, content)

    def failure(self, context: RequestContext, error: Exception) -> Response:
        """The response where ``error`` was raised."""
        if isinstance(error, UploadError):
            return self.service.refuse(error.rule, **error.words)
        if isinstance(error, (StoreUnavailable, TemporaryStorageError)):
            logger.error("%s: %s", context.line, error)
            return self.service.refuse("store.available")
        logger.error("%s failed", context.line, exc_info=error)
        return self.service.refuse("error.no-5xx")

    async def _received(self, context: RequestContext, receive: Receive) -> Result | None:
        """What the request comes to; ``None`` where the client disconnected before the end of its body."""
        begun = self.begin(context)
        if isinstance(begun, Response):
            return begun
        if begun is None:
            return self.finish(context, None)
        return self.finish(context, begun.finish()) if await receive_body(begun, receive, self._timeout) else None

    def _before_body(self, context: RequestContext) -> Response | None:
        """What answers before the body is read: the refusal of the token, or what a scenario asks for."""
        if any(sum(name == one for name, _ in context.headers) > 1 for one in self.service.credential_headers):
            return self.service.refuse("http.well-formed")
        # A request that the page sends again has an owner already: the token of its first sender is kept nowhere.
        owner = context.owner or self.service.authorise(context)
        if isinstance(owner, Response):
            return owner
        context.owner = owner
        try:
            context.plan = self.service.scenarios.meet(context.operation, owner, context.joined(b"prefer"))
        except PreferenceError as error:
            hint = did_you_mean(error.value, error.allowed)
            words = {"field": error.kind, "value": error.value, "allowed": error.allowed, "reason": hint}
            return self.service.refuse(f"prefer.{error.kind}", **words)
        except ScenarioError as error:
            words = {"field": "Prefer", "reason": error.reason, "allowed": error.allowed}
            return self.service.refuse("control.scenario", **words)
        return None if context.plan is None else context.plan.answer


class DocumentEndpoint:
    """Serves the document that this mock plays, dialects applied, for other tools to read."""

    def __init__(self, document: Document, media_type: bytes, encode: Callable[[Document], bytes]) -> None:
        self._document = document
        self._media_type = media_type
        self._encode = encode

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the whole document."""
        body = self._encode(self._document)
        headers = ((b"content-type", self._media_type), (b"content-length", b"%d" % len(body)))
        context: RequestContext = scope[CONTEXT]
        context.answer = Response(200, headers, body)
        await send_response(context.answer, scope, receive, send)


class NotFound:
    """Answers every path that the document lacks."""

    def __init__(self, service: Operations) -> None:
        self._service = service
        self._routes, self._private = (
            [f"{operation.method} {operation.path}" for operation in document.operations]
            for document in (service.document, control_document())
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the list of routes."""
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close"})
        context: RequestContext = scope[CONTEXT]
        answer = self._refusal(scope["method"], scope["path"])
        context.is_control = answer.rule == "control.path"
        if context.path == "/" and context.method == "GET" and "text/html" in (context.header(b"accept") or ""):
            # A browser asks for a page by naming HTML; no client of the API does.
            answer = Response(303, ((b"location", PAGE), (b"content-length", b"0"), (b"vary", b"accept")), b"")
            context.is_control = True
        context.rule, context.answer = answer.rule, answer
        return await send_response(answer, scope, receive, send)

    def _refusal(self, method: str, path: str) -> Response:
        if not path.startswith("/_mock/"):
            return self._service.refuse("path", method=method, path=path, routes=self._routes)
        hint = did_you_mean(path, [route.partition(" ")[2] for route in self._private])
        return self._service.refuse("control.path", method=method, path=path, reason=hint, routes=self._private)
