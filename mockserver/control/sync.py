"""Sharing: the clock and the scenarios of one process kept as those of all that have its store."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from mockserver.jobs.clock import MovableClock
from mockserver.scenarios.active import Stage
from mockserver.scenarios.file import Standing
from mockserver.stores.base import StoreUnavailable
from mockserver.stores.shared import Board, State, decode, encode

LOOK_SECONDS = 0.5
"""How often is looked at what others have told, where no request comes that asks."""

STALE = -1

Told = TypeVar("Told")


class Sharing(Protocol):
    """How the clock and the stage of this process stay those of all. ``begin`` comes first."""

    def begin(self, standing: Sequence[Standing]) -> None:
        """Put on the stage what the scenario file asks for, if no other process has."""

    def refresh(self) -> None:
        """Take over what others have told. What cannot be asked for stays as it was."""

    def change(self, act: Callable[[], Told]) -> Told:
        """Do what changes clock or stage; ``StoreUnavailable``, and nothing is changed, where others cannot be told.

        ``act`` may be done several times, each time on what is true by then; the last one counts.
        """

    def start_anew(self) -> None:
        """Put clock and stage as they were at the start, within a change."""

    async def watch(self) -> None:
        """Refresh now and then, for what waits by the clock, until cancelled."""


class Alone:
    """Nobody else has the store."""

    def __init__(self, clock: MovableClock, stage: Stage, reseed: Callable[[], None]) -> None:
        self._clock = clock
        self._stage = stage
        self._reseed = reseed
        self._standing: Sequence[Standing] = ()

    def begin(self, standing: Sequence[Standing]) -> None:
        """They are put there."""
        self._standing = standing
        self._stage.stand(standing)

    def refresh(self) -> None:
        """There is nothing to take over."""

    def change(self, act: Callable[[], Told]) -> Told:
        """There is nobody to tell."""
        return act()

    def start_anew(self) -> None:
        """The clock of the machine, the scenarios of the file, and chance from its beginning."""
        self._clock.reset()
        self._stage.clear()
        self._stage.stand(self._standing)
        self._reseed()

    async def watch(self) -> None:
        """There is nothing to look for."""


class Together(Alone):
    """The processes of one store tell each other by its ``board``. ``moved`` is called when another moved the clock."""

    def __init__(
        self,
        clock: MovableClock,
        stage: Stage,
        reseed: Callable[[], None],
        board: Board,
        moved: Callable[[], None],
    ) -> None:
        super().__init__(clock, stage, reseed)
        self._board = board
        self._moved = moved
        self._version = STALE
        self._resets: int | None = None
        self._known: list[tuple[str, int | None]] = []  # the standing scenarios that the state has
        stage.change = self.change

    def begin(self, standing: Sequence[Standing]) -> None:
        """A process that starts later, or again, with the same file finds them there, and used up as they are."""
        self._take()
        self._standing = standing
        if self._known != [(entry.text, entry.times) for entry in standing]:
            self.change(lambda: self._stage.stand(standing))

    def refresh(self) -> None:
        """One look at the version; all of it only where that has changed."""
        try:
            if self._board.version() != self._version:
                self._take()
        except StoreUnavailable:
            pass

    def change(self, act: Callable[[], Told]) -> Told:
        """Again, if another was quicker."""
        while True:
            self._take()
            try:
                done = act()
                version = self._board.replace(self._version, encode(self._state()))
                if version:
                    self._version = version
                    return done
            except BaseException:
                self._version = STALE
                raise

    def start_anew(self) -> None:
        """Others reseed when they learn of it."""
        super().start_anew()
        self._resets = (self._resets or 0) + 1

    async def watch(self) -> None:
        """Twice a second."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.refresh()

    def _take(self) -> None:
        version, content = self._board.read()
        if version == self._version:
            return
        state = decode(content)
        before = self._clock.setting
        self._clock.setting = (state.ahead, state.frozen)
        self._stage.restore(state.active, state.windows, state.added)
        if not version:
            # Nothing was told yet, or is remembered: what stands from the start stands again.
            self._stage.stand(self._standing)
        if self._resets not in (None, state.resets):
            self._reseed()
        self._known, self._resets, self._version = state.standing, state.resets, version
        if self._clock.setting != before:
            self._moved()

    def _state(self) -> State:
        self._known = [(entry.text, entry.times) for entry in self._standing]
        ahead, frozen = self._clock.setting
        active, windows, added = self._stage.saved()
        return State(ahead, frozen, added, active, self._known, windows, self._resets or 0)
