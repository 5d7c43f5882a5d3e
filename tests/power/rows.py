"""The rows of the table of power: what is measured, and what is to be reached."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from tests.faults import CATALOGUE, CORRECT
from tests.faults.mutants import EQUIVALENT
from tests.power.measure import Measured, Task, measure, mutant_names
from tests.power.speed import standard_run
from tests.power.wild import ENDS, figures

#: Shares to be reached: of mutants, and of faults where three creations may be paid for.
MUTANTS, CAPPED = 0.97, 0.95
#: Seconds that a standard run against the mock may take, on loopback.
SECONDS = 10.0

Spread = Callable[[Callable[[Task], Measured], Sequence[Task]], Iterable[Measured]]
_FORM = "{:<32} {:>14} {:>22} {:>9} {:>9} {:>8}  {}\n"


@dataclass(frozen=True)
class Extent:
    """Of what is judged, the names; the seeds of each correct server; whether a run against the mock is timed."""

    faults: list[str]
    mutants: list[str]
    correct: list[str]
    seeds: range
    profile: str
    timed: bool = True
    crashes: int = 20
    spends: tuple[int, ...] = (3, 5)
    ends: tuple[str, ...] = ENDS

    @classmethod
    def whole(cls, seeds: int) -> Extent:
        """Everything there is."""
        return cls(list(CATALOGUE), mutant_names(EQUIVALENT), list(CORRECT), range(seeds), "standard")

    @classmethod
    def sample(cls) -> Extent:
        """A small part of everything, by the profile that is quick; what depends on the machine is left out."""
        # Bodies at the limit are for the whole of it.
        faults = [name for name, fault in CATALOGUE.items() if fault.rule != "body.limit"][::46]
        # The order of a list shows only where two of the few videos are of different seconds.
        faults = [name for name in faults if not CATALOGUE[name].rule.startswith("list.order")]
        mutants = [name for name in mutant_names(EQUIVALENT, 20) if "body_limit" not in name]
        correct = ["clean", "status-422", "any-token", "create-only"]
        return cls(
            faults, mutants[:10], correct, range(1), "quick", timed=False, crashes=2, spends=(3,), ends=("502", "reset")
        )


@dataclass
class Table:
    """Prints one row after the other, and remembers what was not reached and what the reader should know."""

    out: TextIO
    missed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def head(self) -> None:
        """The names of the columns. Requests are those of one run, accepted those of the run with most."""
        self._print("", "measured", "to be reached", "requests", "accepted", "seconds", "")

    def row(
        self, name: str, figure: str, aim: str, *, reached: bool, measured: Sequence[Measured] = (), seconds: float
    ) -> None:
        """One row."""
        requests = sum(one.requests for one in measured) // len(measured) if measured else ""
        accepted = max((one.accepted for one in measured), default="")
        self._print(name, figure, aim, requests, accepted, f"{seconds:.0f}", "" if reached else "NOT REACHED")
        if not reached:
            self.missed.append(name)

    def close(self, took: str) -> int:
        """What stands below the table; the exit status."""
        for note in self.notes:
            self.out.write(f"{note}\n")
        told = "Not reached: " + ", ".join(self.missed) if self.missed else "Everything is reached"
        self.out.write(f"{told}. {took}.\n")
        return 1 if self.missed else 0

    def _print(self, *columns: object) -> None:
        self.out.write(_FORM.format(*map(str, columns)).rstrip() + "\n")
        self.out.flush()


def rows(table: Table, extent: Extent, spread: Spread) -> None:
    """Measure and print every row."""
    table.head()
    if extent.timed:
        seconds, worked = standard_run()
        aim, reached = f"under {SECONDS:.0f} s", seconds < SECONDS
        table.row("standard run, mock, loopback", f"{seconds:.1f} s", aim, reached=reached, seconds=seconds)
        table.notes.append(f"  the standard run against the mock had {worked:.1f} s of the processor")
    for one in figures(extent.crashes, extent.spends, extent.ends):
        table.row(one.name, one.figure, one.aim, reached=not one.wrong, seconds=one.seconds)
        table.notes += [f"  {one.name}: {wrong}" for wrong in one.wrong]
    _Measuring(table, extent, spread).all()


@dataclass
class _Measuring:
    table: Table
    extent: Extent
    spread: Spread

    def all(self) -> None:
        self._faults()
        self._mutants()
        self._correct()
        self._beside()

    def _measured(self, tasks: Sequence[Task]) -> tuple[list[Measured], float]:
        started = time.perf_counter()
        return list(self.spread(measure, tasks)), time.perf_counter() - started

    def _faults(self) -> None:
        for spend, share, most in ((None, 1.0, None), (0, 0.0, 1), (3, CAPPED, 3)):
            tasks = [self._task("fault", name, spend=spend, first=spend is None) for name in self.extent.faults]
            measured, seconds = self._measured(tasks)
            caught = [one for one in measured if one.broken]
            name = "faults caught" + ("" if spend is None else f" at --spend {spend}")
            aim = f"{share:.0%}" if share else "any share"
            # Of a few, one may be missed where not all have to be caught.
            enough = len(caught) >= min(share * len(measured), len(measured) - (share < 1))
            # A mistake of the server is paid for too, once: a bad request that it accepts after the cap is reached.
            within = most is None or all(one.accepted <= most + (spend == 3) for one in measured)
            aim += "" if most is None else f", {most} accepted" + (" + 1" if spend == 3 else "")
            self.table.row(
                name, _share(caught, measured), aim, reached=enough and within, measured=measured, seconds=seconds
            )
            if share:
                self._list(
                    f"not caught at --spend {spend}" if spend else "not caught",
                    [one for one in measured if not one.broken],
                )

    def _mutants(self) -> None:
        measured, seconds = self._measured([self._task("mutant", name, first=True) for name in self.extent.mutants])
        killed = [one for one in measured if one.broken]
        reached = len(killed) >= MUTANTS * len(measured)
        self.table.row(
            "mutants killed",
            _share(killed, measured),
            f"{MUTANTS:.0%}",
            reached=reached,
            measured=measured,
            seconds=seconds,
        )
        self._list("survived", [one for one in measured if not one.broken])
        # The rule that a mutant broke first: one that kills few is either narrow or weak.
        rules = Counter(one.broken[0] for one in killed)
        self.table.notes.append(
            "  mutants killed per rule: " + ", ".join(f"{rule} {count}" for rule, count in rules.most_common())
        )
        self._equivalent()

    def _equivalent(self) -> None:
        """The mutants that were left out, by their reason."""
        self.table.notes.append(f"  {len(EQUIVALENT)} mutants are left out, because they break no rule:")
        for reason in dict.fromkeys(EQUIVALENT.values()):
            names = [name for name, why in EQUIVALENT.items() if why == reason]
            self.table.notes.append(f"    {reason}: {', '.join(names)}")

    def _correct(self) -> None:
        tasks = [self._task("correct", name, seed=seed) for name in self.extent.correct for seed in self.extent.seeds]
        measured, seconds = self._measured(tasks)
        alarms = [one for one in measured if one.failing]
        name = f"false alarms, {len(self.extent.correct)} servers × {len(self.extent.seeds)}"
        self.table.row(name, _share(alarms, measured), "none", reached=not alarms, measured=measured, seconds=seconds)
        self._list("false alarm", alarms)
        for spend in (0, 3):
            measured, seconds = self._measured([self._task("correct", one, spend=spend) for one in self.extent.correct])
            alarms = [one for one in measured if one.failing]
            reached = not alarms and all(one.accepted <= spend for one in measured)
            aim = f"none, {spend} accepted"
            self.table.row(
                f"false alarms at --spend {spend}",
                _share(alarms, measured),
                aim,
                reached=reached,
                measured=measured,
                seconds=seconds,
            )
            self._list("false alarm", alarms)

    def _beside(self) -> None:
        """Schemathesis alone: a fault is caught where it reports what it does not report on the clean server."""
        clean = measure(Task("correct", "clean", tool="schemathesis"))
        names = self.extent.faults if self.extent.timed else self.extent.faults[::4]
        measured, seconds = self._measured([Task("fault", name, tool="schemathesis") for name in names])
        caught = [one for one in measured if set(one.broken) - set(clean.broken)]
        self.table.row(
            "schemathesis alone: faults",
            _share(caught, measured),
            "no aim",
            reached=True,
            measured=measured,
            seconds=seconds,
        )
        alarms = f"{len(clean.broken)} on 1 server"
        self.table.row(
            "schemathesis alone: false alarms", alarms, "no aim", reached=True, measured=[clean], seconds=clean.seconds
        )

    def _task(self, kind: str, name: str, *, spend: int | None = None, seed: int = 0, first: bool = False) -> Task:
        return Task(kind, name, spend=spend, seed=seed, first=first, profile=self.extent.profile)

    def _list(self, what: str, measured: Iterable[Measured]) -> None:
        for one in measured:
            told = f" -> {', '.join(one.failing)}" if one.failing else ""
            self.table.notes.append(f"  {what}: {one.task.name} (seed {one.task.seed}): {one.says}{told}")


def _share(part: Sequence[Measured], whole: Sequence[Measured]) -> str:
    return f"{len(part)} of {len(whole)}"
