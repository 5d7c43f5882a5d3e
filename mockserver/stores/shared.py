"""What the processes of one store share beside its jobs: clock, scenarios, journal and metrics."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import RLock
from typing import Protocol
from uuid import uuid4

import msgspec

Numbered = tuple[int, bytes]
"""A record of a request, with the number that orders it."""


class StoreError(Exception):
    """The store cannot be used. Its text is one line that names the store and says why."""


class StoreUnavailable(StoreError):  # noqa: N818 - what HTTP calls it
    """The store cannot be used at the moment. The call is not acknowledged; it may be made again."""


class QueuedScenario(msgspec.Struct, array_like=True):
    """Scenarios that are asked for. ``times``: how many requests they still meet; ``is_standing``: by the file."""

    id: str
    text: str
    times: int | None
    is_standing: bool = False


class RateWindow(msgspec.Struct, array_like=True):
    """When the requests of an owner came that count for one limit, in seconds since 1970."""

    owner: str
    limit: int
    moments: list[float]


class ControlState(msgspec.Struct, array_like=True):
    """What the control interface has set.

    ``ahead`` and ``frozen`` are the clock's, in seconds; ``added`` counts the scenarios that were ever added;
    ``standing`` are those of the scenario file; ``resets`` counts the resets; ``flush`` the flushes of the journal.
    """

    ahead: float = 0.0
    frozen: float | None = None
    added: int = 0
    active: list[QueuedScenario] = []
    standing: list[tuple[str, int | None]] = []
    windows: list[RateWindow] = []
    resets: int = 0
    flush: int = 0


class StateStore(Protocol):
    """Where a shared store keeps the state, the records of requests, and the reports of its processes.

    Every call may raise ``StoreUnavailable``.
    """

    def version(self) -> int:
        """The version of the state; 0 if there is none yet. Read at every request."""

    def read(self) -> tuple[int, bytes]:
        """The version and the state; 0 and nothing if there is none yet."""

    def replace(self, version: int, new: int, state: bytes) -> bool:
        """Put ``state``, of the version ``new``, in the place of the one of ``version``, if that is there still."""

    def write(self, records: Sequence[Numbered], most: int) -> None:
        """Append records; of more than ``most`` those of the lowest numbers are deleted.

        A number that another process has taken becomes the next that is free.
        """

    def written(self, most: int) -> list[Numbered]:
        """The ``most`` records of the highest numbers, in ascending order."""

    def forget(self, most: int) -> int:
        """Delete the records; how many of the last ``most`` there were."""

    def report(self, name: str, report: bytes) -> None:
        """Replace the report of the process ``name``. It is kept for a day."""

    def reports(self) -> dict[str, bytes]:
        """The report of each process, by name."""

    def close(self) -> None:
        """Close connections. A later call opens them again."""


class Report(msgspec.Struct, array_like=True):
    """What a process says of itself: when, in seconds since 1970; the last flush that it has carried out; its metrics.

    ``group`` is that of processes that answer a scrape of metrics together. ``ended``: it stopped in good order.
    """

    at: float
    flush: int
    group: str
    metrics: bytes
    ended: bool = False


ALIVE_SECONDS = 3.0
"""A process that has not reported for so long is not waited for: it was killed, or hangs."""

FLUSH_SECONDS = 1.0
"""How long a flush may take, and how often a process reports without being asked."""

POLL_SECONDS = 0.02
"""How often the processes look for a flush that is asked for, where no request comes."""

MOST_BUFFERED = 256
"""Records that are buffered before they are written together."""


class SharedState:
    """The part of one process in what all processes of a store share: state, journal, metrics.

    The state is read again when its version has changed: one small read at each request. Records of requests are
    buffered; a process that shows the journal or the metrics asks all for a flush, by raising ``flush`` in the state,
    and waits until each has reported it. ``metrics`` gives those of this process.
    """

    def __init__(self, store: StateStore, group: str, wall: Callable[[], float], metrics: Callable[[], bytes]) -> None:
        self._store = store
        self._group = group
        self._wall = wall
        self._metrics = metrics
        self._name = uuid4().hex
        self._buffer: list[Numbered] = []
        self._most = 0
        self._number = 0
        self._flushed = 0
        self._reported = 0.0
        self._takes_part = False
        self._lock = RLock()  # a test may look at the journal from another thread

    def version(self) -> int:
        """That of the state now."""
        with self._lock:
            return self._store.version()

    def read(self) -> tuple[int, ControlState]:
        """The version and the state."""
        with self._lock:
            version, content = self._store.read()
        return version, decode(content)

    def replace(self, version: int, state: ControlState) -> int:
        """Put ``state`` in the place of the one of ``version``. Its version; 0 if another process was quicker.

        A version is the microsecond of its making: a store that lost some never gives one again.
        """
        new = max(version + 1, int(self._wall() * 1_000_000))
        with self._lock:
            return new if self._store.replace(version, new, encode(state)) else 0

    def note(self, record: bytes, most: int) -> None:
        """Record a request. Numbers are microseconds, so that the order is that of the responses, whoever answered."""
        with self._lock:
            self._number = max(self._number + 1, int(self._wall() * 1_000_000))
            self._buffer.append((self._number, record))
            self._most = most
            if len(self._buffer) >= MOST_BUFFERED or not self._takes_part:
                self._write()

    def notes(self, most: int) -> list[Numbered]:
        """The last ``most`` records: those that are written, after a flush, and those that could not be."""
        with self._lock:
            return sorted([*self._store.written(most), *self._buffer])[-most:]

    def forget(self, most: int) -> int:
        """Delete the records; how many there were."""
        with self._lock:
            return self._store.forget(most)

    def metrics_of_others(self) -> list[bytes]:
        """What the other processes of the group have counted, also those that have ended."""
        others = (report for name, report in self._reports().items() if name != self._name)
        return [report.metrics for report in others if self._group and report.group == self._group]

    @contextmanager
    def taking_part(self) -> Iterator[None]:
        """Buffer records meanwhile, and be waited for by those who ask for a flush."""
        self._takes_part = True
        try:
            yield
        finally:
            self._takes_part = False
            with suppress(StoreUnavailable):
                self._carry_out(self._flushed, ended=True)

    def carry_out(self, flush: int) -> None:
        """Write the buffer and report that flush ``flush`` is done, if it is not."""
        if flush != self._flushed:
            self._flushed = flush
            self._carry_out(flush)

    def heartbeat(self) -> None:
        """Report that this process is alive, where the last report is old."""
        if self._wall() - self._reported >= FLUSH_SECONDS:
            with suppress(StoreUnavailable):
                self._carry_out(self._flushed)

    def is_carried_out(self, flush: int) -> bool:
        """Whether every process that is alive has reported this flush."""
        oldest = self._wall() - ALIVE_SECONDS
        return all(one.flush >= flush or one.ended or one.at < oldest for one in self._reports().values())

    def close(self) -> None:
        """Write what is buffered, if that can be."""
        with suppress(StoreUnavailable), self._lock:
            self._write()
        self._store.close()

    def _carry_out(self, flush: int, *, ended: bool = False) -> None:
        with self._lock:
            with suppress(StoreUnavailable):  # they stay in the buffer
                self._write()
            if self._takes_part or ended:
                self._reported = self._wall()
                report = Report(self._reported, flush, self._group, self._metrics(), ended)
                self._store.report(self._name, _ENCODER.encode(report))

    def _reports(self) -> dict[str, Report]:
        """Those that another version of this package wrote otherwise are left out."""
        with self._lock:
            found = self._store.reports()
        reports = {}
        for name, report in found.items():
            with suppress(msgspec.DecodeError):
                reports[name] = _REPORT.decode(report)
        return reports

    def _write(self) -> None:
        """Write the buffer. Where that fails, it stays, up to what the journal may keep."""
        del self._buffer[: -self._most]
        if self._buffer:
            self._store.write(self._buffer, self._most)
            self._buffer = []


def decode(state: bytes) -> ControlState:
    """The state that ``encode`` made; that of a board that nothing was told where there is none, or one of old."""
    try:
        return _DECODER.decode(state) if state else ControlState()
    except msgspec.DecodeError:
        return ControlState()


def encode(state: ControlState) -> bytes:
    """The state as bytes."""
    return _ENCODER.encode(state)


_DECODER = msgspec.msgpack.Decoder(ControlState)
_REPORT = msgspec.msgpack.Decoder(Report)
_ENCODER = msgspec.msgpack.Encoder()
