"""Workers: processes that serve one socket together. One that dies is replaced."""

import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from threading import Thread
from time import monotonic
from types import FrameType
from typing import Any

RETRY_SECONDS = 1.0
"""After a replacement that did not come up, for instance for want of its store, the next one is tried so much later."""

SPARE_SECONDS = 2.0
"""Past the grace time, what a worker needs to end before it is killed."""

Work = Callable[[socket.socket, int, Connection], None]
"""What a worker does, on that socket, as that number, until the other end of the connection is closed. It sends a word
as soon as it serves. It goes to another process, so it has to be of this package, with arguments that can go there."""

logger = logging.getLogger("mockserver")


class WorkerError(Exception):
    """The workers do not start. Its text is one line that says so; the worker has said why."""


class Worker:
    """One process, from its start on. Each is fresh: what the parent holds open or has drawn is not inherited."""

    def __init__(self, work: Work, listener: socket.socket, number: int) -> None:
        context = get_context("spawn")
        self.number = number
        self.is_ready = False
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(listener, number, theirs), name=f"mockserver worker {number}")
        self.process.start()
        theirs.close()

    def stop(self) -> None:
        """Tell it to end: a worker whose parent has closed the connection, or died, has nobody to serve for."""
        self.connection.close()


class Supervisor:
    """Keeps ``count`` workers at ``work`` on ``listener`` until a signal comes.

    ``announce`` is called once all of them serve. At the end they have ``grace_seconds`` to answer what is under way.
    """

    def __init__(
        self, count: int, work: Work, listener: socket.socket, announce: Callable[[], None], grace_seconds: float
    ) -> None:
        self._grace_seconds = grace_seconds
        self._work = work
        self._listener = listener
        self._announce = announce
        self._is_announced = False
        self._workers: dict[int, Worker] = {}
        self._due = dict.fromkeys(range(count), 0.0)  # when to start those that do not run
        self._signals = 0

    def run(self) -> None:
        """Start, replace, and at last end them; ``WorkerError`` if they never all came up.

        A second signal ends them at once.
        """
        with self._listening() as heard:
            try:
                while not self._signals:
                    self._start_due()
                    self._hear(heard, self._soonest())
            finally:
                self._end(heard)

    def _start_due(self) -> None:
        for number in [number for number, due in self._due.items() if due <= monotonic()]:
            del self._due[number]
            self._workers[number] = Worker(self._work, self._listener, number)

    def _soonest(self) -> float | None:
        return max(0.0, min(self._due.values()) - monotonic()) if self._due else None

    def _hear(self, heard: socket.socket, seconds: float | None) -> None:
        """Wait until something is to be done, and note it."""
        starting: dict[Any, Worker] = {
            worker.connection: worker for worker in self._workers.values() if not worker.is_ready
        }
        ending: dict[Any, Worker] = {worker.process.sentinel: worker for worker in self._workers.values()}
        for found in wait([heard, *starting, *ending], seconds):
            if found is heard:
                heard.recv(1)
            elif found in starting:
                self._greet(starting[found])
            else:
                self._bury(ending[found])

    def _greet(self, worker: Worker) -> None:
        with suppress(EOFError, OSError):  # it died at its start, as its sentinel tells too
            worker.connection.recv()
            worker.is_ready = True
        if not self._is_announced and not self._due and all(worker.is_ready for worker in self._workers.values()):
            self._is_announced = True
            self._announce()

    def _bury(self, worker: Worker) -> None:
        """See to it that another takes the place of one that ended."""
        worker.process.join()
        worker.stop()
        del self._workers[worker.number]
        if not self._is_announced:
            raise WorkerError(f"worker {worker.number} ended before it served, with {worker.process.exitcode}")
        logger.warning("worker %d ended, with %s; another starts", worker.number, worker.process.exitcode)
        self._due[worker.number] = 0.0 if worker.is_ready else monotonic() + RETRY_SECONDS

    def _end(self, heard: socket.socket) -> None:
        """Tell all to end, and wait for it."""
        self._listener.close()  # or else connections would be taken in that nobody answers
        before, limit = self._signals, monotonic() + self._grace_seconds + SPARE_SECONDS
        for worker in self._workers.values():
            worker.stop()
        running: dict[Any, Worker] = {worker.process.sentinel: worker for worker in self._workers.values()}
        while running and self._signals <= max(before, 1) and (left := limit - monotonic()) > 0:
            for found in wait([heard, *running], left):
                if found is heard:
                    heard.recv(1)
                else:
                    running.pop(found).process.join()
        for worker in running.values():
            worker.process.kill()
            worker.process.join()

    @contextmanager
    def _listening(self) -> Iterator[socket.socket]:
        """Note signals, and wake whoever waits for the socket."""
        heard, wake = socket.socketpair()
        wake.setblocking(False)

        def note(_signal: int, _frame: FrameType | None) -> None:
            self._signals += 1
            with suppress(BlockingIOError):
                wake.send(b"!")

        before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
        with heard, wake:
            try:
                yield heard
            finally:
                for number, handler in before.items():
                    signal.signal(number, handler)


def when_closed(connection: Connection, then: Callable[[], Any]) -> None:
    """Call ``then`` once the other end of a worker's connection is closed."""

    def listen() -> None:
        with suppress(EOFError, OSError):
            connection.recv()
        then()

    Thread(target=listen, name="parent", daemon=True).start()
