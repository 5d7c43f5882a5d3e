"""How far a run is: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

from typing import TextIO

_WIDTH = 30


class Shown:
    """Writes to `out`. In a log every part gets one line when it is done; on a terminal a bar grows."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._terminal = out.isatty()
        self._percent = -1

    def close(self) -> None:
        """End the line of a bar that was left unfinished: what is told next begins on a line of its own."""
        if self._terminal and self._percent >= 0:
            self._out.write("\n")
            self._percent = -1

    def __call__(self, part: str, done: int, total: int) -> None:
        """`done` of `total` requests of this part are through."""
        percent = 100 * done // max(total, 1)
        if self._terminal and percent != self._percent:
            bar = "#" * (_WIDTH * percent // 100)
            self._out.write(f"\r{part:<15} [{bar:<{_WIDTH}}] {done}/{total}\x1b[K")
            self._out.write("\n" if done == total else "")
            self._out.flush()
        elif not self._terminal and done == total:
            self._out.write(f"{part}: {total} done\n")
            self._out.flush()
        self._percent = percent if done < total else -1
