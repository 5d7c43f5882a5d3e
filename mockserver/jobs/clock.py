"""The time, as it is passed to whoever needs it."""

import time
from collections.abc import Callable

Clock = Callable[[], float]
"""Gives the time in seconds since 1970."""


class SystemClock:
    """The machine's clock, except that it never goes back: a job's progress must not fall."""

    def __init__(self, read: Clock = time.time) -> None:
        self._read = read
        self._latest = 0.0

    def __call__(self) -> float:
        """Seconds since 1970, at least those told before."""
        now = self._read()
        if now > self._latest:  # noqa: PLR1730 - a call of max takes as long as the rest
            self._latest = now
        return self._latest


class MovableClock:
    """Another clock that can be advanced, and stopped for a while. It never goes back, but for ``reset``."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead = 0.0
        self._frozen: float | None = None

    def __call__(self) -> float:
        """Seconds since 1970."""
        if self._frozen is None:
            return self._clock() + self._ahead
        return self._frozen

    @property
    def is_frozen(self) -> bool:
        """Whether it stands still."""
        return self._frozen is not None

    @property
    def setting(self) -> tuple[float, float | None]:
        """How many seconds it was put ahead of the other clock, and the time at which it stands still, if it does."""
        return self._ahead, self._frozen

    @setting.setter
    def setting(self, setting: tuple[float, float | None]) -> None:
        self._ahead, self._frozen = setting

    @property
    def offset(self) -> float:
        """How many seconds it is ahead of the other clock; behind, where that is below 0."""
        return self._ahead if self._frozen is None else self._frozen - self._clock()

    def advance(self, seconds: float) -> None:
        """Go forward at once, frozen or not. ``ValueError`` if ``seconds`` is below 0, or no number."""
        if not 0 <= seconds < float("inf"):
            raise ValueError(f"a clock cannot advance by {seconds} seconds; allowed: 0 or more")
        if self._frozen is None:
            self._ahead += seconds
        else:
            self._frozen += seconds

    def freeze(self) -> None:
        """Stand still."""
        self._frozen = self()

    def resume(self) -> None:
        """Run on from where it stands."""
        if self._frozen is not None:
            self._ahead = self._frozen - self._clock()
            self._frozen = None

    def reset(self) -> None:
        """Show what the other clock shows."""
        self._ahead, self._frozen = 0.0, None
