"""The renderer: makes content beside the event loop, each file once, and keeps what was asked for last."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from threading import Condition, Thread

from mockserver.media.content import ClipSource, Content, make_content

Make = Callable[[str, ClipSource], Content]
Load = Callable[[], ClipSource]
Name = tuple[str, str]

AT_ONCE = 2
"""Clips encoded at the same time. Each works on one core, and none holds Python's lock while it scales or encodes."""

CACHE_BYTES = 64 * 2**20
"""A clip of 4 seconds takes about 0.3 MB, one of 12 seconds and the largest size 2 MB; noise takes ten times that."""


class Render:
    """One file that is being made or waits for it, and how many requests await it."""

    def __init__(self, name: Name, source: ClipSource) -> None:
        self.name = name
        self.source = source
        self.future: Future[Content | Exception] = Future()
        self.waiters = 0


class Renderer:
    """Makes content in threads, started when the first is asked for.

    At most ``at_once`` files are made at the same time, the rest wait in the order in which they were asked for; one
    that nobody awaits any more leaves the queue, and its picture is released. Made files are kept up to
    ``cache_bytes``; those not asked for longest go first. May be asked from any event loop. The threads are daemons:
    the process ends without waiting for a file that is being made.
    """

    def __init__(self, make: Make = make_content, at_once: int = AT_ONCE, cache_bytes: int = CACHE_BYTES) -> None:
        self._make = make
        self._at_once = at_once
        self._cache_bytes = cache_bytes
        self._kept: OrderedDict[Name, Content] = OrderedDict()
        self._kept_bytes = 0
        self._renders: dict[Name, Render] = {}
        self._queue: OrderedDict[Render, None] = OrderedDict()
        self._changed = Condition()
        self._threads: list[Thread] = []
        self._idle = 0
        self._is_closed = False

    @property
    def waiting(self) -> int:
        """How many files wait for a thread."""
        return len(self._queue)

    async def get(self, key: str, variant: str, load: Load) -> Content:
        """The ``variant`` of the job ``key``; whatever making it raises.

        ``load`` gives what it is made from, and is called only if it is not made yet. Requests for the same file await
        the same render, which goes on when one of them is cancelled.
        """
        name = (key, variant)
        with self._changed:
            kept = self._kept.get(name)
            if kept is not None:
                self._kept.move_to_end(name)
                return kept
            render = self._renders.get(name)
            if render is None:
                render = self._add(Render(name, load()))
            render.waiters += 1
        try:
            made = await asyncio.shield(asyncio.wrap_future(render.future))
        finally:
            self._leave(render)
        if isinstance(made, Exception):
            raise made
        return made

    def forget(self, key: str | None = None) -> None:
        """Drop what is kept of the job ``key``, or of all jobs; what is being made of it is not kept."""
        with self._changed:
            for names in (self._kept, self._renders):
                for name in [name for name in names if key in (None, name[0])]:
                    del names[name]
            self._kept_bytes = sum(len(content.body) for content in self._kept.values())

    def close(self) -> None:
        """Start nothing any more. What is being made ends by itself, unseen."""
        with self._changed:
            self._is_closed = True
            dropped, self._queue = self._queue, OrderedDict()
            self._changed.notify_all()
        for render in dropped:
            render.future.cancel()

    def _add(self, render: Render) -> Render:
        if self._is_closed:
            render.future.cancel()
            return render
        self._renders[render.name] = render
        self._queue[render] = None
        if not self._idle and len(self._threads) < self._at_once:
            thread = Thread(target=self._work, name="renderer", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._changed.notify()
        return render

    def _leave(self, render: Render) -> None:
        """One request fewer awaits this render: without any, it leaves the queue."""
        with self._changed:
            render.waiters -= 1
            if not render.waiters and render in self._queue:
                del self._queue[render]
                self._remove(render)

    def _work(self) -> None:
        """Make one file after the other, in a thread."""
        while (render := self._next()) is not None:
            try:
                made: Content | Exception = self._make(render.name[1], render.source)
            except Exception as error:  # noqa: BLE001 - raised where the file is awaited
                made = error
            with self._changed:
                if self._remove(render) and isinstance(made, Content):
                    self._keep(render.name, made)
            render.future.set_result(made)
            del render  # its picture is not held while the thread waits

    def _next(self) -> Render | None:
        """The render whose turn it is; ``None`` once the renderer is closed."""
        with self._changed:
            self._idle += 1
            while not self._queue and not self._is_closed:
                self._changed.wait()
            self._idle -= 1
            return self._queue.popitem(last=False)[0] if self._queue else None

    def _remove(self, render: Render) -> bool:
        """Whether it was not forgotten meanwhile."""
        if self._renders.get(render.name) is not render:
            return False
        del self._renders[render.name]
        return True

    def _keep(self, name: Name, content: Content) -> None:
        self._kept[name] = content
        self._kept_bytes += len(content.body)
        while self._kept_bytes > self._cache_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= len(oldest.body)
