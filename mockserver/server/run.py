"""Serving: the mock that settings describe, on a socket; in this process, or as one of several."""

import logging
import socket
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from multiprocessing.connection import Connection

import msgspec

from mockserver.app import App, build
from mockserver.jobs.clock import SystemClock
from mockserver.logs import log_to
from mockserver.reload import Reloading
from mockserver.scenarios.file import ScenarioFileError
from mockserver.server.limits import limits_of
from mockserver.server.serve import Until, serve
from mockserver.server.workers import when_closed
from mockserver.settings import Settings
from mockserver.spec.document import DocumentError
from mockserver.stores.base import StoreError
from mockserver.web.responses import Response

FAILED = 1

logger = logging.getLogger("mockserver")


def serve_app(
    settings: Settings,
    app: App,
    listener: socket.socket,
    announce: Callable[[], None],
    until: Until | None = None,
) -> None:
    """Serve until a signal comes, or what is given to ``until`` is called."""
    served = Reloading(settings.document, app) if settings.reload else app
    certificate = None if settings.cert is None else (settings.cert, settings.key)
    serve(
        served,
        listener,
        refuse=refusing(served),
        announce=announce,
        until=until,
        limits=limits_of(settings),
        certificate=certificate,
    )


def refusing(app: App | Reloading) -> Callable[..., Response]:
    """What gives the response to a head that breaks a rule."""
    return lambda rule, **words: app.current.recorder.with_headers(app.current.service.refuse(rule, **words))


def work(settings: Settings, group: str, listener: socket.socket, number: int, parent: Connection) -> None:
    """Be the worker of that number in a group: serve until ``parent`` closes its end."""
    log_to(sys.stderr, settings.log_level, settings.log_format)
    try:
        app = build(settings_of(settings, number), SystemClock(), group=group)
    except (DocumentError, ScenarioFileError, StoreError) as error:
        logger.error("worker %d: %s", number, error)  # noqa: TRY400 - where it failed says less than why
        sys.exit(FAILED)
    with closing(app.runtime), listener:
        serve_app(settings, app, listener, partial(say_ready, parent), partial(when_closed, parent))


def say_ready(parent: Connection) -> None:
    """Tell the parent, unless it is ending."""
    with suppress(OSError):
        parent.send(True)


def settings_of(settings: Settings, number: int) -> Settings:
    """The settings of one worker: with the same seed, all of them would draw the same ids."""
    if settings.seed is None:
        return settings
    return msgspec.structs.replace(settings, seed=settings.seed + (number << 64))
