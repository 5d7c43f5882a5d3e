"""Reload: an application that follows its document, and the overlays of it, while they are edited.

Whether the file has changed is asked at every request, by its times, size and place, which costs microseconds: so the
next request after an edit is judged by it, on every kind of disk and however the editor writes. Between requests it is
asked twice a second, so that who edits reads the verdict soon. A watcher of the system's events would be told later
than the next request may come, and of some mounted folders nothing at all.
"""

import asyncio
import logging
import time
from pathlib import Path

from mockserver.app import App
from mockserver.jobs.clock import Clock
from mockserver.spec.document import Document, DocumentError, read_document
from mockserver.web.asgi import Receive, Scope, Send, in_background

LOOK_SECONDS = 0.5
FRESH_SECONDS = 0.1
"""A file as young as that may be written once more without its time showing it; its bytes are compared."""

Look = tuple[int, int, int, int]

logger = logging.getLogger("mockserver")


class Reloading:
    """An ASGI application made anew of each valid version of the document at ``path`` and of its overlays.

    ``app`` is the first. A request is answered to its end by the version that it began with. The error of an invalid
    one is logged, once.
    """

    def __init__(self, path: Path, app: App) -> None:
        self._path = path
        self._dialects = app.runtime.settings.dialects
        self._app = app
        self._seen: list[Look] | None = None
        self._bytes: list[bytes | None] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the document as it is now."""
        if scope["type"] == "lifespan":
            async with in_background(self._watch):
                return await self._app(scope, receive, send)
        return await self.current(scope, receive, send)

    @property
    def current(self) -> App:
        """The application by the document as it is now."""
        self.refresh()
        return self._app

    def refresh(self, wall: Clock = time.time) -> None:
        """Take over the document if it has changed and is valid."""
        paths = (self._path, *self._dialects)
        seen = [_look(path) for path in paths]
        if seen == self._seen:
            return
        youngest = max(changed for changed, *_ in seen) / 1e9
        self._seen = None if wall() - youngest < FRESH_SECONDS else seen
        content = [_read(path) for path in paths]
        if content == self._bytes:
            return
        self._bytes = content
        try:
            self._take(read_document(self._path, self._dialects))
        except DocumentError as error:
            logger.warning("%s: %s; the previous rules stay", self._path, error)
        except Exception:
            logger.exception("%s cannot be used; the previous rules stay", self._path)

    def _take(self, document: Document) -> None:
        if document.raw != self._app.service.document.raw:
            replaced, self._app = self._app, App(document, self._app.runtime)
            replaced.control.is_current = False
            logger.info("%s: its rules apply from now on", self._path)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.refresh()


def _look(path: Path) -> Look:
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0, 0
    return found.st_ctime_ns, found.st_mtime_ns, found.st_size, found.st_ino


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
