"""`python -m tests.power [--sample N] [--seeds N] [--mutants N] [--processes N]`: print the table of power."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TextIO

from tests.faults import CATALOGUE, CORRECT
from tests.faults.mutants import EQUIVALENT
from tests.power.measure import Measured, Task, measure, mutant_names

#: Shares to reach: of faults, of mutants, of faults with three creations.
FAULTS, MUTANTS, CAPPED = 1.0, 0.97, 0.95


def main(arguments: Sequence[str], out: TextIO) -> int:
    """Measure and print; 0 where every aim is reached, else 1."""
    parser = argparse.ArgumentParser(prog="tests.power", description=__doc__)
    parser.add_argument(
        "--sample", type=int, default=10**6, help="faults of the catalogue, evenly taken (default: all)"
    )
    parser.add_argument("--mutants", type=int, default=200, help="mutants (default: 200)")
    parser.add_argument("--seeds", type=int, default=20, help="seeds for each correct server (default: 20)")
    parser.add_argument("--beside", type=int, default=48, help="faults that schemathesis alone is given (default: 48)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args(arguments)
    with ProcessPoolExecutor(asked.processes) as pool:
        power = Power(pool.map, out)
        return power.all(asked)


class Power:
    """Measures part by part, each printed when it is done."""

    def __init__(self, spread: object, out: TextIO) -> None:
        self._spread = spread
        self._out = out
        self._missed: list[str] = []

    def all(self, asked: argparse.Namespace) -> int:
        """Every row of the table."""
        names = sampled(list(CATALOGUE), asked.sample)
        mutants = mutant_names(asked.mutants, set(EQUIVALENT))
        self._say("row", "caught", "of", "requests", "accepted", "seconds")
        self._row("faults", [Task("fault", name) for name in names], FAULTS)
        self._row("faults, --spend 0", [Task("fault", name, spend=0) for name in names], 0.0, most=1)
        self._row("faults, --spend 3", [Task("fault", name, spend=3) for name in names], CAPPED, most=4)
        self._row("generic mutants", [Task("mutant", name) for name in mutants], MUTANTS)
        correct = list(CORRECT)
        self._row(
            "correct, false alarms", [Task("correct", n, seed=s) for n in correct for s in range(asked.seeds)], None
        )
        self._row("correct, --spend 0", [Task("correct", name, spend=0) for name in correct], None, most=0)
        self._row("correct, --spend 3", [Task("correct", name, spend=3) for name in correct], None, most=3)
        beside = sampled(names, asked.beside)
        self._row(
            "schemathesis alone: faults", [Task("fault", name, tool="schemathesis") for name in beside], 0.0, quiet=True
        )
        plain = [Task("correct", "clean", tool="schemathesis")]
        self._row("schemathesis alone: false alarms", plain, 0.0, quiet=True)
        self._say(f"mutants left out as equivalent: {len(EQUIVALENT)}")
        for name, reason in EQUIVALENT.items():
            self._say(f"  {name}: {reason}")
        for missed in self._missed:
            self._say(f"NOT REACHED  {missed}")
        return 1 if self._missed else 0

    def _row(
        self, row: str, tasks: list[Task], aim: float | None, *, most: int | None = None, quiet: bool = False
    ) -> None:
        """One row. `aim` is the share to be caught, None where nothing may be; `most` the creations of one run."""
        started = time.perf_counter()
        measured: list[Measured] = list(self._spread(measure, tasks))  # type: ignore[operator]
        caught = [one for one in measured if (one.failing if aim is None else one.broken)]
        accepted = max((one.accepted for one in measured), default=0)
        requests = sum(one.requests for one in measured) // max(len(measured), 1)
        seconds = time.perf_counter() - started
        self._say(row, len(caught), len(measured), f"{requests} each", f"{accepted} at most", f"{seconds:.0f}")
        if most is not None and accepted > most:
            self._missed.append(f"{row}: {accepted} accepted, {most} at most")
        if aim is None and caught:
            self._missed.append(f"{row}: {len(caught)} false alarms")
        if aim is not None and len(caught) < aim * len(measured):
            self._missed.append(f"{row}: {len(caught)} of {len(measured)}, {aim:.0%} wanted")
        if not quiet:
            self._list(caught if aim is None else [one for one in measured if not one.broken])

    def _list(self, measured: Iterable[Measured]) -> None:
        for one in measured:
            told = ", ".join(one.failing) if one.failing else "nothing found"
            self._say(f"  {one.task.name} (seed {one.task.seed}): {one.says} -> {told}")

    def _say(self, first: str, *columns: object) -> None:
        self._out.write(f"{first:<34}" + "".join(f"{column!s:>14}" for column in columns) + "\n")
        self._out.flush()


def sampled(names: list[str], count: int) -> list[str]:
    """`count` names, evenly taken; all where there are fewer."""
    step = max(1, len(names) // max(count, 1))
    return names[::step][:count]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdout))
