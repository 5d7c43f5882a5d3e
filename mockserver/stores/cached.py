"""The bulletin: a board that is asked only when there is news, and told of requests many at a time."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import RLock
from time import time_ns
from typing import Protocol
from weakref import WeakMethod

from mockserver.stores.base import StoreUnavailable
from mockserver.stores.invalidation import Bus, Heard

CHANGED, GATHER = "changed", "gather"

MOST_HELD = 256
"""Requests that are held back, at most, before they are written down together."""

Noted = tuple[int, bytes]
"""The turn of a request, and its record."""


class Engine(Protocol):
    """What keeps the state and the requests; every call may raise ``StoreUnavailable``."""

    def version(self) -> int:
        """As ``Board``."""

    def read(self) -> tuple[int, bytes]:
        """As ``Board``."""

    def replace(self, version: int, new: int, state: bytes) -> bool:
        """Put ``state``, of the version ``new``, in the place of the one of ``version``, if that is there still."""

    def write(self, records: Sequence[Noted], most: int) -> None:
        """Write down requests; of more than ``most`` those of the lowest turns are forgotten.

        A turn that another process has taken becomes the next that is free.
        """

    def written(self, most: int) -> list[Noted]:
        """The ``most`` requests of the highest turns, by their turns."""

    def forget(self, most: int) -> int:
        """As ``Board``."""

    def tell(self, group: str, name: str, content: bytes) -> None:
        """Put the counts of a process in the place of those it told of before. They are kept for a day at least."""

    def told(self, group: str) -> dict[str, bytes]:
        """The counts of each process of a group, by its name."""

    def close(self) -> None:
        """As ``Board``."""


class Bulletin:
    """A board upon ``engine``, whose processes are on the bus that ``join`` gives.

    Without the bus it asks and writes at every request, which costs as much as the rest of it.
    """

    def __init__(self, engine: Engine, join: Callable[[Heard], Bus]) -> None:
        self._engine = engine
        self._lock = RLock()  # the bus has a thread of its own
        self._news = 0
        self._known = (0, -1)  # a version, and the news at the time
        self._held: list[Noted] = []
        self._most = 0
        self._turn = 0
        self._group = ""
        self._counted: Callable[[], bytes] | None = None
        heard = WeakMethod(self._heard)
        self._bus = join(lambda word: (hear := heard()) and hear(word))

    def version(self) -> int:
        """The one that is known, unless there is news."""
        version, news = self._known
        if news == self._news and self._bus.is_up:
            return version
        news = self._news  # before it is asked: what comes meanwhile is news again
        with self._lock:
            version = self._engine.version()
        self._known = (version, news)
        return version

    def read(self) -> tuple[int, bytes]:
        """As the engine has it."""
        with self._lock:
            return self._engine.read()

    def replace(self, version: int, state: bytes) -> int:
        """Others know of it when this returns.

        A version is the microsecond of its making: an engine that forgot some of them never gives one again.
        """
        new = max(version + 1, time_ns() // 1000)
        with self._lock:
            done = self._engine.replace(version, new, state)
        if not done:
            return 0
        self._bus.tell(CHANGED)
        return new

    def note(self, record: bytes, most: int) -> None:
        """Held back for a moment, where all can be asked for what they hold."""
        with self._lock:
            self._turn = max(self._turn + 1, time_ns() // 1000)
            self._held.append((self._turn, record))
            self._most = most
            if len(self._held) % MOST_HELD == 0 or not self._bus.is_up:
                self._write()

    def notes(self, most: int) -> list[Noted]:
        """Those of all. A turn is the microsecond of its end, so that it says who came first, whoever answered."""
        self._gather()
        with self._lock:
            return self._engine.written(most)

    def forget(self, most: int) -> int:
        """Those of all."""
        self._gather()
        with self._lock:
            return self._engine.forget(most)

    def tell_of(self, group: str, counted: Callable[[], bytes]) -> None:
        """They are told when another asks, and at the end."""
        self._group, self._counted = group, counted

    def told_by_others(self) -> list[bytes]:
        """Asked for by the same word as the journal."""
        if self._counted is None:
            return []
        self._gather()
        with self._lock:
            told = self._engine.told(self._group)
        return [content for name, content in told.items() if name != self._bus.name]

    def close(self) -> None:
        """Write down what is held back, if that can be."""
        self._bus.close()
        with self._lock:
            with suppress(StoreUnavailable):
                self._write()
                self._tell()
            self._engine.close()

    def _gather(self) -> None:
        with self._lock:
            self._write()
        self._bus.tell(GATHER)

    def _write(self) -> None:
        """Where that fails, what is held stays so, as much as the journal may keep."""
        del self._held[: -self._most]
        if self._held:
            self._engine.write(self._held, self._most)
            self._held = []

    def _tell(self) -> None:
        if self._counted is not None:
            self._engine.tell(self._group, self._bus.name, self._counted())

    def _heard(self, word: str) -> None:
        if word != GATHER:
            self._news += 1
        if word != CHANGED:
            with self._lock:
                self._write()
        if word == GATHER:
            with self._lock:
                self._tell()
