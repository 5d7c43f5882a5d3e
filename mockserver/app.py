"""The application: all parts of a mock, wired, and its routes. The only module that knows Starlette."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import cached_property
from random import Random
from time import perf_counter
from time import time as wall
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.api.auth import Tokens
from mockserver.api.capacity import Capacity
from mockserver.api.endpoint import DocumentEndpoint, Endpoint, Handler, NotFound, Sleep
from mockserver.api.handlers import by_path, handlers
from mockserver.api.job_manager import JobManager, finished, outcome_of
from mockserver.api.operations import Operations, UploadPolicy
from mockserver.control.access import Access
from mockserver.control.control import Control
from mockserver.control.journal import Journal
from mockserver.control.metrics import Metrics
from mockserver.control.routes import ControlEndpoint, ControlRoutes
from mockserver.control.sync import LocalSync, SharedSync, Synchronization
from mockserver.jobs.clock import Clock, MovableClock, SystemClock
from mockserver.jobs.job import JobMaker
from mockserver.jobs.pace import OverridablePace
from mockserver.logs import RequestLog
from mockserver.media.renderer import Renderer
from mockserver.middleware import Recorder, RecordingMiddleware
from mockserver.scenarios.active import ActiveScenarios, ScenarioQueue
from mockserver.scenarios.catalogue import ScenarioParser
from mockserver.scenarios.examples import Examples
from mockserver.scenarios.file import read_scenarios
from mockserver.settings import Settings
from mockserver.spec.document import Document, control_document, document_json, document_yaml, read_document
from mockserver.stores.base import Store
from mockserver.stores.offload import Offload
from mockserver.stores.shared import SharedState
from mockserver.validation.storage import TemporaryStorage
from mockserver.web.asgi import BodyTimeout, Timeout, in_background
from mockserver.web.responses import VideoSchema
from mockserver.webhooks.dispatcher import Dispatcher
from mockserver.webhooks.events import EventSchema
from mockserver.webhooks.sender import Sender

logger = logging.getLogger("mockserver")

PAGE_PATHS = ("/_mock/ui", "/_mock/ui/{file:path}", "/_mock/docs", "/_mock/docs/{file:path}", "/_mock/events")
"""What the page for people is served at."""

DOCUMENT_PATHS: tuple[tuple[str, bytes, Callable[[Document], bytes]], ...] = (
    ("/openapi.json", b"application/json", document_json),
    ("/openapi.yaml", b"application/yaml", document_yaml),
)
"""Where the document is served, and how it is written there."""

EXPOSED = (
    "x-request-id",
    "openai-processing-ms",
    "openai-poll-after-ms",
    "retry-after",
    "accept-ranges",
    "content-range",
    "etag",
)
"""The headers of responses that a web page may read."""


class Runtime(NamedTuple):
    """What outlives an edit of the document: jobs, time, scenarios, journal, and what the machine lent."""

    settings: Settings
    clock: MovableClock
    pace: OverridablePace
    ids: Random
    chance: Random
    store: Store
    offload: Offload
    queue: ScenarioQueue
    sync: Synchronization
    shared: SharedState | None
    journal: Journal
    metrics: Metrics
    recorder: Recorder
    dispatcher: Dispatcher | None
    renderer: Renderer
    downloads: Capacity
    storage: TemporaryStorage
    sleep: Sleep
    timeout: BodyTimeout | None

    def all_metrics(self) -> Metrics:
        """The counts of all processes that answer together."""
        return self.metrics if self.shared is None else self.metrics.with_those(self.shared.metrics_of_others())

    def close(self) -> None:
        """Give back what store, renderer and temporary storage hold of the machine."""
        self.recorder.close()
        self.offload.close()
        if self.shared is not None:
            self.shared.close()
        self.store.close()
        self.renderer.close()
        self.storage.close()


class App(Starlette):
    """A mock by one document, its ``Control`` in ``app.state.control``. ``DocumentError`` if it cannot be served."""

    def __init__(self, document: Document, runtime: Runtime) -> None:
        for rule in document.stale_rules():
            logger.warning("x-rules.%s stands nowhere any more: what it points at is gone", rule)
        self.runtime = runtime
        self.recorder = runtime.recorder
        self.service = service = make_operations(document, runtime)
        self.control = control = Control(
            service,
            runtime.queue,
            runtime.clock,
            runtime.journal,
            runtime.all_metrics,
            runtime.sync,
            runtime.dispatcher,
        )
        cors = Middleware(
            CORSMiddleware,
            allow_origins=["*"],
            allow_methods=["*"],
            allow_headers=["*"],
            allow_private_network=True,
            expose_headers=EXPOSED,
        )
        common = (runtime.sleep, runtime.timeout)
        gate = Access(runtime.settings.control_token)
        page = LazyPage(control, gate, lambda: self)
        public = by_path(document.operations, handlers(service, runtime.downloads)).items()
        private = by_path(
            control_document().operations, ControlRoutes(control, service, gate).handlers | page.handlers
        ).items()
        routes = [Route(path, Endpoint(service, methods, *common), middleware=[cors]) for path, methods in public]
        routes += [Route(path, ControlEndpoint(service, methods, *common, gate)) for path, methods in private]
        routes += [Route(path, page, methods=["GET"]) for path in PAGE_PATHS]
        for path, media_type, encode in DOCUMENT_PATHS:
            endpoint = DocumentEndpoint(document, media_type, encode)
            routes.append(Route(path, endpoint, methods=["GET"], middleware=[cors]))
        super().__init__(routes=routes, lifespan=self._lifespan)
        self.router.redirect_slashes = False
        self.router.default = cors.cls(NotFound(service), *cors.args, **cors.kwargs)
        self.state.control = control
        # Without Starlette's own middleware: each endpoint answers its exceptions itself.
        self._recording = RecordingMiddleware(self.router, runtime.recorder)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and record it."""
        await self._recording(scope, receive, send)

    @property
    def current(self) -> "App":
        """Itself: its document does not change."""
        return self

    def find(self, path: str) -> tuple[Endpoint, Mapping[str, str]] | None:
        """The endpoint of a path, with the parameters in it, by the routes."""
        scope = {"type": "http", "path": path, "method": ""}
        for route in self.routes:
            match, found = route.matches(scope)
            if match is Match.FULL and isinstance(found["endpoint"], Endpoint):
                return found["endpoint"], found["path_params"]
        return None

    def _lifespan(self, _app: Starlette) -> AbstractAsyncContextManager[None]:
        runtime = self.runtime
        dispatch = [] if runtime.dispatcher is None else [runtime.dispatcher.run]
        return in_background(runtime.sync.watch, *dispatch)


class LazyPage:
    """The page for people, loaded when it is first opened."""

    def __init__(self, control: Control, gate: Access, app: Callable[[], ASGIApp]) -> None:
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
        return {name: self._handler(name) for name in ("mockRequest", "mockRequestFile", "mockResend")}

    def _handler(self, name: str) -> Handler:
        return Handler(name, lambda context, content: self._details[name].respond(context, content))  # noqa: PLW0108 - loads it

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on."""
        await self.site(scope, receive, send)


def create_app(
    settings: Settings | None = None,
    *,
    clock: Clock | None = None,
    sleep: Sleep = asyncio.sleep,
    timeout: Timeout = asyncio.timeout,
) -> App:
    """The mock as an ASGI application, its ``Control`` in ``app.state.control``.

    ``DocumentError``, ``ScenarioFileError`` or ``StoreError`` where a file or the store of ``settings`` cannot be used.
    """
    return build(settings or Settings(), clock or SystemClock(), sleep, timeout)


def build(
    settings: Settings,
    clock: Clock,
    sleep: Sleep = asyncio.sleep,
    timeout: Timeout = asyncio.timeout,
    group: str = "",
) -> App:
    """The application that ``settings`` describe. The processes of a ``group`` count their requests together."""
    document = read_document(settings.document, settings.dialects)
    runtime = make_runtime(settings, document, clock, sleep, timeout, group)
    return App(document, runtime)


def make_runtime(
    settings: Settings, document: Document, clock: Clock, sleep: Sleep, timeout: Timeout, group: str
) -> Runtime:
    """Open the store, and make all that outlives an edit of ``document``."""
    reader = ScenarioParser(Examples(document), document.failures)
    standing = read_scenarios(settings.scenario, reader) if settings.scenario else ()
    # Ids of a mock are no secrets, and have to repeat.
    ids, chance, names = Random(settings.seed), Random(settings.seed), Random(settings.seed)  # noqa: S311
    time, pace = MovableClock(clock), OverridablePace(settings.pace)
    store = settings.store.open(finished(pace, time), settings.keep_jobs, settings.keep_bytes)
    dispatcher = None
    if settings.webhook and settings.webhook_secret:
        sender = Sender(settings.webhook, settings.webhook_secret, settings.webhook_allow, wall)
        dispatcher = Dispatcher(outcome_of(store, pace, time), sender.post, sender.close, time)

    def reseed() -> None:
        for random in (ids, chance):
            random.seed(settings.seed)

    def moved() -> None:
        if dispatcher is not None:
            dispatcher.nudge()

    queue, metrics = ScenarioQueue(), Metrics()
    state = store.state()
    shared = None if state is None else SharedState(state, group, wall, metrics.saved)
    sync = LocalSync(time, queue, reseed) if shared is None else SharedSync(time, queue, reseed, shared, moved)
    sync.begin(standing)
    journal = Journal(settings.keep_requests, shared, settings.keep_request_bytes)
    return Runtime(
        settings,
        time,
        pace,
        ids,
        chance,
        store,
        Offload(store),
        queue,
        sync,
        shared,
        journal,
        metrics,
        Recorder(
            journal, metrics, time, sync.refresh, names, perf_counter, RequestLog(perf_counter, settings.log_summary)
        ),
        dispatcher,
        Renderer(at_once=settings.max_renders, cache_bytes=settings.render_cache_bytes),
        Capacity(settings.max_downloads),
        TemporaryStorage(settings.temporary_bytes),
        sleep,
        BodyTimeout(settings.upload_timeout, timeout) if settings.upload_timeout else None,
    )


def make_operations(document: Document, runtime: Runtime) -> Operations:
    """The operations of ``document``."""
    shape = VideoSchema(document, document.operation("createVideo"))
    maker = JobMaker(shape.id_template, shape.echo, runtime.ids)
    events = None if runtime.dispatcher is None else EventSchema(document, runtime.ids)
    jobs = JobManager(runtime.store, runtime.offload, runtime.pace, runtime.clock, maker, runtime.dispatcher, events)
    scenarios = ActiveScenarios(document, runtime.queue, runtime.chance, runtime.clock, runtime.sync.change)
    return Operations(
        document,
        Tokens(runtime.settings.tokens, document.security),
        jobs,
        scenarios,
        runtime.renderer,
        runtime.storage,
        UploadPolicy(runtime.settings.strict_uploads, runtime.settings.fetch_allow),
    )
