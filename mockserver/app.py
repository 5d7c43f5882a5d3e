"""The application: which operation answers which request. The only module that knows Starlette."""

import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from random import Random
from time import perf_counter, time

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockserver.background import running
from mockserver.clock import Clock, SystemClock
from mockserver.dispatch import Dispatcher
from mockserver.document import Document, read_document
from mockserver.response import Answer
from mockserver.sender import Sender
from mockserver.service import Service
from mockserver.settings import Settings
from mockserver.stamp import Stamp
from mockserver.store import MemoryStore
from mockserver.upload import UploadError
from mockserver.wire import header, read_form, read_json, read_query, respond, told

logger = logging.getLogger("mockserver")

Handler = Callable[[Scope, Receive, str], Awaitable[Answer | None]]


def create_app(settings: Settings | None = None, *, clock: Clock | None = None) -> Starlette:
    """The mock as an ASGI application; ``DocumentError`` where the document of ``settings`` cannot be used."""
    return build_app(*create_service(settings or Settings(), clock or SystemClock()))


def create_service(settings: Settings, clock: Clock, document: Document | None = None) -> tuple[Service, Stamp]:
    """What an application is made of; ``document`` where it is read already."""
    document = document or read_document(settings.document)
    for rule in document.stale_rules():
        logger.warning("x-rules.%s stands nowhere any more: what it points at is gone", rule)
    random = Random(settings.seed)  # noqa: S311 - ids of a mock are no secrets, and have to repeat
    service = Service(document, settings.tokens, settings.pace, MemoryStore(), random, clock)
    if settings.webhook and settings.webhook_secret:
        sender = Sender(settings.webhook, settings.webhook_secret, settings.webhook_allow, time)
        service.dispatch(Dispatcher(service.outcome, sender.post, sender.close, clock))
    return service, Stamp(Random(settings.seed), perf_counter)  # noqa: S311


def build_app(service: Service, stamp: Stamp) -> Starlette:
    """Route each path of the document to its operations."""
    answering = handlers(service)
    paths: dict[str, dict[str, Handler]] = {}
    for operation in service.document.operations:
        if operation.id in answering:
            paths.setdefault(operation.path, {})[operation.method] = answering[operation.id]
        else:
            logger.warning("left out: %s %s, this mock has no %s", operation.method, operation.path, operation.id)
    for methods in paths.values():
        if "GET" in methods:
            methods["HEAD"] = methods["GET"]
    routes = [Route(path, Endpoint(service, methods)) for path, methods in paths.items()]
    cors = Middleware(
        CORSForPages,
        allow_origins=["*"],
        allow_methods=["*"],
        allow_headers=["*"],
        allow_private_network=True,
        expose_headers=["x-request-id", "openai-processing-ms", "openai-poll-after-ms", "retry-after"],
    )
    works = [service.dispatcher.run] if service.dispatcher else []

    def lifespan(_app: Starlette) -> AbstractAsyncContextManager[None]:
        return running(*works)

    app = Starlette(routes=routes, middleware=[Middleware(Stamped, stamp=stamp), cors], lifespan=lifespan)
    app.router.redirect_slashes = False
    app.router.default = Unrouted(service)
    return app


class CORSForPages(CORSMiddleware):
    """Starlette's, for the pages that it is made for; who sends no Origin is passed on untouched."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with CORS if a page asks."""
        if scope["type"] == "http" and header(scope, b"origin") is not None:
            return await super().__call__(scope, receive, send)
        return await self.app(scope, receive, send)


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
        owner = self.service.authorise(header(scope, b"authorization"))
        if isinstance(owner, Answer):
            return owner
        try:
            return await handler(scope, receive, owner)
        except UploadError as error:
            return self.service.refuse(error.rule, **error.words)


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


def handlers(service: Service) -> dict[str, Handler]:
    """What answers each operation of the document, by its id."""

    async def create(scope: Scope, receive: Receive, owner: str) -> Answer | None:
        form = await read_form(service.form, scope, receive)
        return None if form is None else service.create(owner, form)

    async def retrieve(scope: Scope, _receive: Receive, owner: str) -> Answer:
        return service.retrieve(owner, scope["path_params"]["video_id"])

    async def list_videos(scope: Scope, _receive: Receive, owner: str) -> Answer:
        return service.list(owner, read_query(scope))

    async def delete(scope: Scope, _receive: Receive, owner: str) -> Answer:
        return service.delete(owner, scope["path_params"]["video_id"])

    async def remix(scope: Scope, receive: Receive, owner: str) -> Answer | None:
        body = await read_json(service.remix_body, scope, receive)
        return None if body is None else service.remix(owner, scope["path_params"]["video_id"], body)

    async def content(scope: Scope, _receive: Receive, owner: str) -> Answer:
        video_id = scope["path_params"]["video_id"]
        return await service.content(owner, video_id, read_query(scope), scope["method"], scope["headers"])

    return {
        "createVideo": create,
        "retrieveVideo": retrieve,
        "listVideos": list_videos,
        "deleteVideo": delete,
        "remixVideo": remix,
        "downloadContent": content,
    }
