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
        self._latest = max(self._latest, self._read())
        return self._latest
