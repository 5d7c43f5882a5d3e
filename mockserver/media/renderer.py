"""The renderer: makes content beside the event loop, each file once, and keeps what was asked for last."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Lock

from mockserver.media.content import ClipSource, Content, make_content

Make = Callable[[str, ClipSource], Content]
Name = tuple[str, str]

AT_ONCE = 2
"""Clips encoded at the same time. Each works on one core, and none holds Python's lock while it scales or encodes."""

CACHE_BYTES = 64 * 2**20
"""A clip of 4 seconds takes about 0.3 MB, one of 12 seconds and the largest size 2 MB; noise takes ten times that."""


class Renderer:
    """Makes content in threads, started when the first is asked for.

    At most ``at_once`` files are made at the same time, the rest wait in the order in which they were asked for. Made
    files are kept up to ``cache_bytes``; those not asked for longest go first. May be asked from any event loop.
    """

    def __init__(self, make: Make = make_content, at_once: int = AT_ONCE, cache_bytes: int = CACHE_BYTES) -> None:
        self._make = make
        self._cache_bytes = cache_bytes
        self._kept: OrderedDict[Name, Content] = OrderedDict()
        self._kept_bytes = 0
        self._running: dict[Name, Future[Content | Exception]] = {}
        self._lock = Lock()  # work ends in its own thread
        self._threads = ThreadPoolExecutor(at_once, "renderer")

    async def get(self, key: str, variant: str, source: ClipSource) -> Content:
        """The ``variant`` of the job ``key``, made from ``source``; whatever making it raises.

        Who asks while it is being made awaits the same work, which goes on when one of them goes away.
        """
        name = (key, variant)
        with self._lock:
            kept = self._kept.get(name)
            if kept is not None:
                self._kept.move_to_end(name)
                return kept
            work = self._running.get(name)
            started = work is None
            if work is None:
                work = self._running[name] = self._threads.submit(self._attempt, variant, source)
        if started:  # outside of the lock: work that is done already calls back at once
            work.add_done_callback(partial(self._done, name))
        made = await asyncio.shield(asyncio.wrap_future(work))
        if isinstance(made, Exception):
            raise made
        return made

    def forget(self, key: str | None = None) -> None:
        """Drop what is kept of the job ``key``, or of all jobs; what is being made of it is not kept."""
        with self._lock:
            for names in (self._kept, self._running):
                for name in [name for name in names if key in (None, name[0])]:
                    del names[name]
            self._kept_bytes = sum(len(content.body) for content in self._kept.values())

    def close(self) -> None:
        """Start nothing any more. What is being made ends by itself, unseen."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _attempt(self, variant: str, source: ClipSource) -> Content | Exception:
        """What is made, or why not: a failure that nobody waits for any more is no mistake to be logged."""
        try:
            return self._make(variant, source)
        except Exception as error:  # noqa: BLE001 - whoever asked is told
            return error

    def _done(self, name: Name, work: Future[Content | Exception]) -> None:
        with self._lock:
            if self._running.get(name) is not work:
                return  # forgotten meanwhile
            del self._running[name]
            if not work.cancelled() and not isinstance(made := work.result(), Exception):
                self._keep(name, made)

    def _keep(self, name: Name, content: Content) -> None:
        self._kept[name] = content
        self._kept_bytes += len(content.body)
        while self._kept_bytes > self._cache_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= len(oldest.body)
