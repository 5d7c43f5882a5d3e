"""The application: which operation answers which request. The only module that knows Starlette."""

import logging
from collections.abc import Awaitable, Callable
from random import Random
from time import perf_counter

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockserver.clock import Clock, SystemClock
from mockserver.document import read_document
from mockserver.response import Answer
from mockserver.service import Service, finished
from mockserver.settings import Settings
from mockserver.stamp import Stamp
from mockserver.upload import UploadError
from mockserver.wire import header, read_form, respond, told

logger = logging.getLogger("mockserver")

Handler = Callable[[Scope, Receive], Awaitable[Answer | None]]


def create_app(settings: Settings | None = None, *, clock: Clock | None = None) -> Starlette:
    """The mock as an ASGI application.

    ``DocumentError`` or ``StoreError`` where the document or the store of ``settings`` cannot be used.
    """
    return build_app(*create_service(settings or Settings(), clock or SystemClock()))


def create_service(settings: Settings, clock: Clock) -> tuple[Service, Stamp]:
    """What an application is made of."""
    document = read_document(settings.document)
    for rule in document.stale_rules():
        logger.warning("x-rules.%s stands nowhere any more: what it points at is gone", rule)
    random = Random(settings.seed)  # noqa: S311 - ids of a mock are no secrets, and have to repeat
    store = settings.store.open(finished(settings.pace, clock), settings.keep_jobs, settings.keep_bytes)
    service = Service(document, settings.tokens, settings.pace, store, random, clock)
    return service, Stamp(Random(settings.seed), perf_counter)  # noqa: S311


def build_app(service: Service, stamp: Stamp) -> Starlette:
    """Route each path of the document to its operations."""
    handlers = {"createVideo": _create(service), "retrieveVideo": _retrieve(service)}
    paths: dict[str, dict[str, Handler]] = {}
    for operation in service.document.operations:
        if operation.id in handlers:
            paths.setdefault(operation.path, {})[operation.method] = handlers[operation.id]
        else:
            logger.warning("left out: %s %s, this mock has no %s", operation.method, operation.path, operation.id)
    for methods in paths.values():
        if "GET" in methods:
            methods["HEAD"] = methods["GET"]
    routes = [Route(path, Endpoint(service, methods)) for path, methods in paths.items()]
    cors = Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["*"],
        allow_headers=["*"],
        allow_private_network=True,
        expose_headers=["x-request-id", "openai-processing-ms", "openai-poll-after-ms", "retry-after"],
    )
    app = Starlette(routes=routes, middleware=[Middleware(Stamped, stamp=stamp), cors])
    app.router.redirect_slashes = False
    app.router.default = Unrouted(service)
    return app


class Stamped:
    """Puts the headers of ``Stamp`` on every answer."""

    def __init__(self, app: ASGIApp, stamp: Stamp) -> None:
        self.app = app
        self.stamp = stamp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and stamp what comes back."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started = self.stamp.start()

        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self.stamp.headers(started)]
            await send(message)

        return await self.app(scope, receive, stamped)


class Endpoint:
    """One path: finds the operation by the method and the sender by the token, then answers."""

    def __init__(self, service: Service, methods: dict[str, Handler]) -> None:
        self.service = service
        self.methods = methods
        self.allowed = ", ".join(sorted(methods))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens."""
        try:
            answer = await self._answer(scope, receive)
        except Exception:
            logger.exception("%s failed", told(scope))
            answer = self.service.refuse("error.no-5xx")
        if answer is not None:
            await respond(answer, scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer | None:
        method = scope["method"]
        handler = self.methods.get(method)
        if handler is None:
            allow = (b"allow", self.allowed.encode())
            return self.service.refuse("method", allow, method=method, path=scope["path"], allowed=self.allowed)
        return self.service.authorise(header(scope, b"authorization")) or await handler(scope, receive)


class Unrouted:
    """Every path that the document lacks."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.routes = ", ".join(f"{operation.method} {operation.path}" for operation in service.document.operations)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer that there is nothing, and what there is."""
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close"})
        words = {"method": scope["method"], "path": scope["path"], "routes": self.routes}
        return await respond(self.service.refuse("path", **words), scope, receive, send)


def _create(service: Service) -> Handler:
    async def create(scope: Scope, receive: Receive) -> Answer | None:
        try:
            form = await read_form(service.form, scope, receive)
        except UploadError as error:
            return service.refuse(error.rule, **error.words)
        return None if form is None else service.create(form)

    return create


def _retrieve(service: Service) -> Handler:
    async def retrieve(scope: Scope, receive: Receive) -> Answer:  # noqa: ARG001 - a GET has no body to receive
        return service.retrieve(scope["path_params"]["video_id"])

    return retrieve
