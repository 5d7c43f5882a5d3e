"""The dispatcher: tells of each finished video, once, when the clock of the mock says that it is finished.

One task and one heap. What waits is ordered by the time at which it is due, on the mock's own clock: the end of a job,
or the next try of a delivery. So a clock that is advanced brings both forward, and one that is frozen holds both.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

from mockserver.jobs.clock import Clock
from mockserver.jobs.job import JobState
from mockserver.webhooks.events import Event, EventSchema
from mockserver.webhooks.sender import Reply

ATTEMPTS = 8
FIRST_WAIT = 1.0
LONGEST_WAIT = 600.0
"""A delivery is tried 8 times, after 1, 2, 4, … seconds: for two minutes. A receiver may ask for 10 minutes at most."""

AT_ONCE = 8
"""Deliveries under way at the same time."""

MOST = 100_000
"""Jobs and deliveries that may wait. One takes about 200 bytes."""

STANDING = 1.0
"""How long to wait, at least, by a clock that stood still meanwhile: only ``nudge`` tells when it is moved."""

Outcome = Callable[[str, str], JobState | None]
"""The state of a job, by owner and id, as it is now; ``None`` if it is gone."""

Send = Callable[[Event], Awaitable[Reply]]

logger = logging.getLogger("mockserver")


class PendingDelivery(NamedTuple):
    """What waits: a job for its end, or with an ``event`` for another try. ``order`` decides between equals."""

    due: float
    order: int
    owner: str
    video_id: str
    shape: EventSchema
    event: Event | None = None
    tries: int = 0


class Dispatcher:
    """Sends the events of jobs. May be told of them from any thread; works in the loop that awaits ``run``."""

    def __init__(self, outcome: Outcome, send: Send, close: Callable[[], Awaitable[None]], clock: Clock) -> None:
        self._outcome = outcome
        self._send = send
        self._close = close
        self._clock = clock
        self._heap: list[PendingDelivery] = []
        self._orders = count()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._moved = asyncio.Event()
        self._free = asyncio.Semaphore(AT_ONCE)

    def expect(self, owner: str, video_id: str, due: float, shape: EventSchema) -> None:
        """Tell of this job at ``due``, in seconds since 1970: when it ends, or at once where it has ended."""
        self._push(PendingDelivery(due, next(self._orders), owner, video_id, shape))

    def nudge(self) -> None:
        """Look again: the clock was moved."""
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # closed meanwhile
                loop.call_soon_threadsafe(self._moved.set)

    async def run(self) -> None:
        """Work until cancelled."""
        self._loop = asyncio.get_running_loop()
        self._moved, self._free = asyncio.Event(), asyncio.Semaphore(AT_ONCE)  # an earlier loop may have used others
        try:
            async with asyncio.TaskGroup() as deliveries:
                while True:
                    self._moved.clear()
                    now = self._clock()
                    while self._heap and self._heap[0].due <= now:
                        deliveries.create_task(self._deliver(heappop(self._heap)))
                    await self._wait(now)
        finally:
            self._loop = None
            await self._close()

    async def _wait(self, now: float) -> None:
        """Wait for what is due next, or until something changes."""
        wait = self._heap[0].due - now if self._heap else None
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._moved.wait()
        if not self._moved.is_set() and self._clock() == now:
            with suppress(TimeoutError):
                async with asyncio.timeout(STANDING):
                    await self._moved.wait()

    def _push(self, waiting: PendingDelivery) -> None:
        if len(self._heap) >= MOST:
            logger.warning("webhook of %s is not sent: %d wait already", waiting.video_id, MOST)
            return
        heappush(self._heap, waiting)
        if self._heap[0] is waiting:
            self.nudge()

    async def _deliver(self, waiting: PendingDelivery) -> None:
        async with self._free:
            try:
                waiting, reply = await self._try(waiting)
            except Exception:
                logger.exception("webhook of %s failed", waiting.video_id)
                reply = Reply("failed")
        if reply is not None and not reply.is_delivered:
            self._again(waiting, reply)

    async def _try(self, waiting: PendingDelivery) -> tuple[PendingDelivery, Reply | None]:
        """One try, and what came of it: nothing where the job is gone, or is not finished after all."""
        state = self._outcome(waiting.owner, waiting.video_id)
        if state is None or not state.is_finished:
            return waiting, None
        event = waiting.event or waiting.shape.event(state, waiting.video_id, waiting.due)
        reply = await self._send(event)
        logger.debug("webhook %s of %s: %s", event.type, waiting.video_id, reply.told)
        return waiting._replace(event=event), reply

    def _again(self, waiting: PendingDelivery, reply: Reply) -> None:
        tries = waiting.tries + 1
        if reply.is_final or tries >= ATTEMPTS:
            logger.warning("webhook of %s is given up, tries: %d, the last: %s", waiting.video_id, tries, reply.told)
            return
        wait = max(FIRST_WAIT * 2**waiting.tries, min(reply.wait, LONGEST_WAIT))
        logger.info("webhook of %s is tried again in %g s: %s", waiting.video_id, wait, reply.told)
        self._push(waiting._replace(due=self._clock() + wait, tries=tries))
