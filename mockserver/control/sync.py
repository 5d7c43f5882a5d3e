"""Synchronization: clock and scenarios of this process, and of all processes that share its store."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from mockserver.jobs.clock import MovableClock
from mockserver.scenarios.active import ScenarioQueue
from mockserver.scenarios.file import FileScenario
from mockserver.stores.shared import FLUSH_SECONDS, POLL_SECONDS, ControlState, SharedState, StoreUnavailable

STALE = -1

WAIT_SECONDS = 0.005
"""How often is looked whether the other processes have flushed."""

Result = TypeVar("Result")


class Synchronization(Protocol):
    """How clock and scenarios are kept. ``begin`` comes first."""

    def begin(self, standing: Sequence[FileScenario]) -> None:
        """Add the scenarios of the scenario file, unless another process has."""

    def refresh(self) -> None:
        """Take over what others have set. What cannot be read stays as it was."""

    def change(self, act: Callable[[], Result]) -> Result:
        """Run ``act``, which changes clock or scenarios; ``StoreUnavailable``, and no change, if it cannot be shared.

        It may run several times, each time on the current state; the last one counts.
        """

    def start_anew(self) -> None:
        """Put clock and scenarios as they were at the start, within a change."""

    async def flush(self) -> None:
        """Have every process write its records and counts."""

    def flush_now(self) -> None:
        """The same, for a caller that cannot await."""

    async def watch(self) -> None:
        """Refresh regularly, until cancelled."""


class LocalSync:
    """Nothing is shared."""

    def __init__(self, clock: MovableClock, queue: ScenarioQueue, reseed: Callable[[], None]) -> None:
        self._clock = clock
        self._queue = queue
        self._reseed = reseed
        self._standing: Sequence[FileScenario] = ()

    def begin(self, standing: Sequence[FileScenario]) -> None:
        """Add them."""
        self._standing = standing
        self._queue.stand(standing)

    def refresh(self) -> None:
        """There is nothing to take over."""

    def change(self, act: Callable[[], Result]) -> Result:
        """Just run it."""
        return act()

    def start_anew(self) -> None:
        """The clock of the machine, the scenarios of the file, and random numbers from the seed."""
        self._clock.reset()
        self._queue.clear()
        self._queue.stand(self._standing)
        self._reseed()

    async def flush(self) -> None:
        """There is nothing to write."""

    def flush_now(self) -> None:
        """There is nothing to write."""

    async def watch(self) -> None:
        """There is nothing to look for."""


class SharedSync(LocalSync):
    """The processes of one store share ``shared``. ``moved`` is called when another process moved the clock."""

    def __init__(
        self,
        clock: MovableClock,
        queue: ScenarioQueue,
        reseed: Callable[[], None],
        shared: SharedState,
        moved: Callable[[], None],
    ) -> None:
        super().__init__(clock, queue, reseed)
        self._shared = shared
        self._moved = moved
        self._version = STALE
        self._resets: int | None = None
        self._flush = 0
        self._known: list[tuple[str, int | None]] = []  # the scenarios of the file that the state has

    def begin(self, standing: Sequence[FileScenario]) -> None:
        """A process that starts later with the same file finds them there, and used up as they are."""
        self._take()
        self._standing = standing
        if self._known != [(entry.text, entry.times) for entry in standing]:
            self.change(lambda: self._queue.stand(standing))

    def refresh(self) -> None:
        """Read the version; the state only where that has changed."""
        try:
            if self._shared.version() != self._version:
                self._take()
                self._shared.carry_out(self._flush)
        except StoreUnavailable:
            pass

    def change(self, act: Callable[[], Result]) -> Result:
        """Repeat where another process was quicker."""
        while True:
            self._take()
            try:
                result = act()
                version = self._shared.replace(self._version, self._state())
                if version:
                    self._version = version
                    return result
            except BaseException:
                self._version = STALE
                raise

    def start_anew(self) -> None:
        """The other processes reseed when they read of it."""
        super().start_anew()
        self._resets = (self._resets or 0) + 1

    async def flush(self) -> None:
        """Wait for the others, a second at most."""
        limit = time.monotonic() + FLUSH_SECONDS
        flush = self._ask()
        while not self._shared.is_carried_out(flush) and time.monotonic() < limit:  # noqa: ASYNC110 - the others are processes
            await asyncio.sleep(WAIT_SECONDS)

    def flush_now(self) -> None:
        """Wait for the others, a second at most, and block."""
        limit = time.monotonic() + FLUSH_SECONDS
        flush = self._ask()
        while not self._shared.is_carried_out(flush) and time.monotonic() < limit:
            time.sleep(WAIT_SECONDS)

    async def watch(self) -> None:
        """Take part: from now on records are buffered, and written when another process asks for them."""
        with self._shared.taking_part():
            while True:
                self.refresh()
                self._shared.heartbeat()
                await asyncio.sleep(POLL_SECONDS)

    def _ask(self) -> int:
        """Ask all processes to flush, this one included."""

        def ask() -> int:
            self._flush += 1
            return self._flush

        flush = self.change(ask)
        self._shared.carry_out(flush)
        return flush

    def _take(self) -> None:
        version, state = self._shared.read()
        if version == self._version:
            return
        before = self._clock.setting
        self._clock.setting = (state.ahead, state.frozen)
        self._queue.restore(state.active, state.windows, state.added)
        if not version:
            # There is no state yet, or no more: the scenarios of the file are added again.
            self._queue.stand(self._standing)
        if self._resets not in (None, state.resets):
            self._reseed()
        self._known, self._resets, self._version = state.standing, state.resets, version
        self._flush = state.flush
        if self._clock.setting != before:
            self._moved()

    def _state(self) -> ControlState:
        self._known = [(entry.text, entry.times) for entry in self._standing]
        ahead, frozen = self._clock.setting
        active, windows, added = self._queue.saved(self._clock())
        return ControlState(ahead, frozen, added, active, self._known, windows, self._resets or 0, self._flush)
