"""The application: which operation answers which request. The only module that knows Starlette."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import cached_property, partial
from random import Random
from time import perf_counter
from time import time as wall
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.api.creation import Judged, Remembered
from mockserver.api.endpoint import Endpoint, Handler, Methods, QuickHandler, Sleep, Unrouted
from mockserver.api.exchange import Exchange
from mockserver.api.job_manager import Jobs, finished
from mockserver.api.operations import Service
from mockserver.control.access import Gate
from mockserver.control.control import Control
from mockserver.control.journal import Journal
from mockserver.control.routes import ControlEndpoint, Panel
from mockserver.control.sync import Alone, Together
from mockserver.jobs.clock import Clock, MovableClock, SystemClock
from mockserver.jobs.pace import Fated
from mockserver.middleware import AtOnce, Front, Stamp
from mockserver.scenarios.active import Stage
from mockserver.scenarios.file import read_scenarios
from mockserver.settings import Settings
from mockserver.spec.document import Operation, read_document
from mockserver.web.asgi import Patience, Timeout, Whole, header, read_form, read_json, read_query, running, whole_form
from mockserver.web.responses import Answer
from mockserver.webhooks.dispatcher import Dispatcher
from mockserver.webhooks.sender import Sender

logger = logging.getLogger("mockserver")


PAGE_PATHS = ("/_mock/ui", "/_mock/ui/{file:path}", "/_mock/docs", "/_mock/docs/{file:path}", "/_mock/events")
"""What the page for people is served at."""

RANGES = ("accept-ranges", "content-range", "etag")
"""The headers by which a page reads content piece by piece."""


class Parts(NamedTuple):
    """What an application is made of.

    ``sleep`` waits so many seconds where an answer is to be late; ``patience`` is with bodies, ``None`` without end.
    """

    service: Service
    stamp: Stamp
    control: Control
    gate: Gate
    sleep: Sleep
    patience: Patience | None


class Fronted(Starlette):
    """Starlette behind a front."""

    front: Front
    at_once: AtOnce

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self.front(scope, receive, send)


def create_app(
    settings: Settings | None = None,
    *,
    clock: Clock | None = None,
    sleep: Sleep = asyncio.sleep,
    timeout: Timeout = asyncio.timeout,
) -> Fronted:
    """The mock as an ASGI application, its ``Control`` in ``app.state.control``.

    ``DocumentError``, ``ScenarioFileError`` or ``StoreError`` where a file or the store of ``settings`` cannot be used.
    """
    return build_app(create_parts(settings or Settings(), clock or SystemClock(), sleep, timeout))


def create_parts(
    settings: Settings,
    clock: Clock,
    sleep: Sleep = asyncio.sleep,
    timeout: Timeout = asyncio.timeout,
    group: str = "",
) -> Parts:
    """Make the parts of an application, as ``settings`` say.

    The processes of a ``group`` count their requests together.
    """
    document = read_document(settings.document)
    for rule in document.stale_rules():
        logger.warning("x-rules.%s stands nowhere any more: what it points at is gone", rule)
    # Ids of a mock are no secrets, and have to repeat.
    ids, chance, names = Random(settings.seed), Random(settings.seed), Random(settings.seed)  # noqa: S311
    time, pace = MovableClock(clock), Fated(settings.pace)
    stage = Stage(document, chance, time)
    store = settings.store.open(finished(pace, time), settings.keep_jobs, settings.keep_bytes)
    jobs = Jobs(pace, store, ids, time)
    standing = read_scenarios(settings.scenario, stage.reader) if settings.scenario else ()
    if settings.webhook and settings.webhook_secret:
        sender = Sender(settings.webhook, settings.webhook_secret, settings.webhook_allow, wall)
        jobs.dispatcher = Dispatcher(jobs.outcome, sender.post, sender.close, time)
    service = Service(document, settings.tokens, jobs, stage)

    def reseed() -> None:
        for random in (ids, chance):
            random.seed(settings.seed)

    board = store.board()
    sharing = Together(time, stage, reseed, board, jobs.nudge) if board else Alone(time, stage, reseed)
    sharing.begin(standing)
    control = Control(service, stage, time, Journal(settings.keep_requests, board), sharing, board)
    if board and group:
        board.tell_of(group, control.metrics.saved)
    patience = Patience(settings.upload_timeout, timeout) if settings.upload_timeout else None
    return Parts(service, Stamp(names, perf_counter), control, Gate(settings.control_token), sleep, patience)


def build_app(parts: Parts) -> Fronted:
    """Route each path of the document to its operations."""
    service, stamp, control, gate, sleep, _ = parts
    public = routed(service.document.operations, handlers(service, parts.patience))
    page = Page(control, gate, lambda: app)
    private = routed(service.document.controls, Panel(control, service, gate).handlers | page.handlers)
    cors = Middleware(
        CORSForPages,
        allow_origins=["*"],
        allow_methods=["*"],
        allow_headers=["*"],
        allow_private_network=True,
        expose_headers=["x-request-id", "openai-processing-ms", "openai-poll-after-ms", "retry-after", *RANGES],
    )
    quick = quick_handlers(service)
    endpoints = {path: Endpoint(service, methods, sleep, quick) for path, methods in public.items()}
    routes = [Route(path, endpoint, middleware=[cors]) for path, endpoint in endpoints.items()]
    routes += [Route(path, ControlEndpoint(service, methods, sleep, gate)) for path, methods in private.items()]
    routes += [Route(path, page, methods=["GET"]) for path in PAGE_PATHS]
    works = [service.jobs.dispatcher.run, control.sharing.watch] if service.jobs.dispatcher else []

    def lifespan(_app: Starlette) -> AbstractAsyncContextManager[None]:
        return running(*works)

    app = Fronted(routes=routes, lifespan=lifespan)
    app.router.redirect_slashes = False
    app.router.default = cors.cls(Unrouted(service), *cors.args, **cors.kwargs)
    app.state.control = control
    app.front = front = Front(endpoints, super(Fronted, app).__call__, stamp, control)
    app.at_once = front.at_once
    return app


class Page:
    """The page for people, loaded when it is first asked for."""

    def __init__(self, control: Control, gate: Gate, app: Callable[[], ASGIApp]) -> None:
        self._control = control
        self._gate = gate
        self._app = app

    @cached_property
    def site(self) -> ASGIApp:
        """The application that serves it."""
        from mockserver.ui.site import Site  # noqa: PLC0415 - a mock whose page nobody opens pays nothing for it

        return Site(self._control, self._gate)

    @cached_property
    def _details(self) -> dict[str, Handler]:
        from mockserver.ui.details import Details  # noqa: PLC0415

        return Details(self._control, self._app).handlers

    @property
    def handlers(self) -> dict[str, Handler]:
        """What answers the control operations that the page alone asks for."""
        return {name: partial(self._handle, name) for name in ("mockRequest", "mockRequestFile", "mockResend")}

    async def _handle(self, name: str, scope: Scope, receive: Receive, exchange: Exchange) -> Answer | None:
        return await self._details[name](scope, receive, exchange)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on."""
        await self.site(scope, receive, send)


def rebuild_app(parts: Parts, service: Service) -> Fronted:
    """The application of the same parts, by the rules of another document; only if that can be, they follow it."""
    app = build_app(parts._replace(service=service))
    parts.control.follow(service)
    return app


def routed(operations: tuple[Operation, ...], answering: dict[str, Handler]) -> dict[str, Methods]:
    """The methods of each path; what nothing answers is left out."""
    paths: dict[str, Methods] = {}
    for operation in operations:
        if operation.id in answering:
            paths.setdefault(operation.path, {})[operation.method] = (operation.id, answering[operation.id])
        else:
            logger.warning("left out: %s %s, this mock has no %s", operation.method, operation.path, operation.id)
    for methods in paths.values():
        if "GET" in methods:
            methods["HEAD"] = methods["GET"]
    return paths


class CORSForPages(CORSMiddleware):
    """Starlette's, for the pages that it is made for; who sends no Origin is passed on untouched."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with CORS if a page asks."""
        if scope["type"] == "http" and header(scope, b"origin") is not None:
            return await super().__call__(scope, receive, send)
        return await self.app(scope, receive, send)


def handlers(service: Service, patience: Patience | None) -> dict[str, Handler]:
    """What answers each operation of the document, by its id."""

    async def create(scope: Scope, receive: Receive, exchange: Exchange) -> Answer | None:
        form = await read_form(service.rules["createVideo"], service.spool, scope, receive, patience)
        return None if form is None else await service.create(exchange, service.judge(form))

    async def retrieve(scope: Scope, _receive: Receive, exchange: Exchange) -> Answer:
        return service.retrieve(exchange.owner, scope["path_params"]["video_id"])

    async def list_videos(scope: Scope, _receive: Receive, exchange: Exchange) -> Answer:
        return service.list(exchange.owner, read_query(scope))

    async def delete(scope: Scope, _receive: Receive, exchange: Exchange) -> Answer:
        return service.delete(exchange.owner, scope["path_params"]["video_id"])

    async def remix(scope: Scope, receive: Receive, exchange: Exchange) -> Answer | None:
        body = await read_json(service.rules["remixVideo"], scope, receive, patience)
        return None if body is None else await service.remix(exchange, scope["path_params"]["video_id"], body)

    async def content(scope: Scope, _receive: Receive, exchange: Exchange) -> Answer:
        video_id = scope["path_params"]["video_id"]
        return await service.content(exchange.owner, video_id, read_query(scope), scope["method"], scope["headers"])

    return {
        "createVideo": create,
        "retrieveVideo": retrieve,
        "listVideos": list_videos,
        "deleteVideo": delete,
        "remixVideo": remix,
        "downloadContent": content,
    }


def quick_handlers(service: Service) -> dict[str, QuickHandler]:
    """What answers the operations that are asked for most and wait for nothing but the body, by their id."""
    rules, last = service.rules["createVideo"], Remembered[Judged]()

    def create(whole: Whole, exchange: Exchange) -> Answer:
        content_type = whole.headers.get(b"content-type", b"").decode("latin-1")
        judged = last.find(content_type, whole.body)
        if judged is None:
            form = whole_form(rules, service.spool, content_type, whole.body)
            judged = last.keep(content_type, whole.body, service.judge(form))
        return service.create_at_once(exchange, judged)

    def retrieve(whole: Whole, exchange: Exchange) -> Answer:
        return service.retrieve(exchange.owner, whole.parameters["video_id"])

    return {"createVideo": create, "retrieveVideo": retrieve}
