"""What `contract-tests` prints: the findings in full, a line for each subject, the table of rules, and the progress."""

from __future__ import annotations

import os
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple, TextIO

from contract_tests.model.escape import printable
from contract_tests.oracle.verdict import BROKEN, HOLDS, UNTESTED, Strictness, Verdict
from contract_tests.report.subjects import by_subject
from contract_tests.runner.run import Progress
from contract_tests.spec.rules import Rule
from contract_tests.suggestions import Suggestion

#: Columns where the output is no terminal, and the fewest and most that are used of one.
WIDTH, NARROWEST, WIDEST = 110, 80, 200
_WARNING = "broken (warning)"
_KNOWN = "broken (known)"
_FAILED = "BROKEN"
#: The marks of the full table, in the order in which they are shown.
_TABLE = (HOLDS, UNTESTED)
_INDENT = 18
_COLOURS = {HOLDS: "32", UNTESTED: "2", _WARNING: "33", _KNOWN: "33", _FAILED: "1;31"}


class Screen(NamedTuple):
    """How wide a line may be, in columns, and whether colours are shown."""

    width: int = WIDTH
    colour: bool = False

    @classmethod
    def of(cls, out: TextIO, environment: Mapping[str, str]) -> Screen:
        """That of a stream: 80 to 200 columns, colours on a terminal alone, and not where NO_COLOR or TERM=dumb is."""
        if not out.isatty():
            return cls()
        try:
            columns = os.get_terminal_size(out.fileno()).columns
        except OSError:
            columns = 0
        asked = environment.get("COLUMNS", "")
        columns = int(asked) if asked.isdecimal() else columns
        plain = environment.get("NO_COLOR") or environment.get("TERM") == "dumb"
        return cls(min(max(columns or WIDTH, NARROWEST), WIDEST), not plain)

    def mark(self, mark: str, text: str) -> str:
        """The text in the colour of the mark."""
        return f"\x1b[{_COLOURS[mark]}m{text}\x1b[0m" if self.colour else text

    def wrap(self, text: str, indent: str, first: str | None = None, lines: int | None = None) -> list[str]:
        """The text in lines of this screen, at most so many; what a server sent cannot move the cursor."""
        return textwrap.wrap(
            printable(text),
            self.width,
            initial_indent=indent if first is None else first,
            subsequent_indent=indent,
            max_lines=lines,
        )


def results(made: Sequence[Verdict], rules: Iterable[Rule], strictness: Strictness, screen: Screen) -> Iterator[str]:
    """Lines: the broken rules in full, those that fail the run first, then how many rules of each subject hold."""
    for mark in (_FAILED, _WARNING, _KNOWN):
        for verdict in made:
            if _mark(verdict, strictness) == mark:
                yield from _finding(mark, verdict, screen)
                known = strictness.known.get(verdict.rule.id)
                if known is not None:
                    yield from screen.wrap(known.reason, " " * (_INDENT + 9), f"{'':{_INDENT}}{'known':<9}")
                    yield f"{'':{_INDENT}}{'until':<9}{known.until}"
                yield ""
    subjects = by_subject(made, rules)
    width = max(len(subject) for subject in subjects)
    for subject, verdicts in subjects.items():
        yield f"{subject:<{width}}  {_counts(verdicts, strictness, screen)}".rstrip()
    reasons = Counter(verdict.reason for verdict in made if verdict.verdict == UNTESTED)
    if reasons:
        yield from ("", "not tested:")
    for reason, count in reasons.most_common():
        yield from screen.wrap(reason, " " * 6, f"{count:>4}  ")


def _counts(verdicts: Sequence[Verdict], strictness: Strictness, screen: Screen) -> str:
    counts = Counter(_mark(verdict, strictness) for verdict in verdicts)
    words = {HOLDS: "hold", _FAILED: "broken", _WARNING: _WARNING, _KNOWN: _KNOWN, UNTESTED: "not tested"}
    cells = [
        screen.mark(mark, f"{counts[mark]:>3} {word}") + " " * (10 - len(word)) if counts[mark] else " " * 14
        for mark, word in words.items()
        if counts[mark] or mark == HOLDS
    ]
    return "  ".join(cells)


def _finding(mark: str, verdict: Verdict, screen: Screen) -> Iterator[str]:
    rule = verdict.rule
    yield screen.mark(mark, f"{mark:<{_INDENT - 1}} {rule.id}") + f"  ({rule.source})"
    yield from screen.wrap(rule.says, " " * _INDENT)
    if verdict.reason:
        yield from screen.wrap(verdict.reason, " " * _INDENT)
    for finding in verdict.findings[:1]:
        for name, text in (("sent", finding.label), ("expected", finding.expected), ("actual", finding.actual)):
            yield from screen.wrap(text, " " * (_INDENT + 9), f"{'':{_INDENT}}{name:<9}", lines=12)
    if len(verdict.findings) > 1:
        yield f"{'':{_INDENT}}and {len(verdict.findings) - 1} more like it"


def table(made: Sequence[Verdict], strictness: Strictness, screen: Screen) -> Iterator[str]:
    """Lines: one for each rule that holds or was not tested, in the document's order.

    Rules untested for one reason stand together, with the reason once below them.
    """
    width = max(len(verdict.rule.id) for verdict in made)
    for mark in _TABLE:
        marked = [verdict for verdict in made if _mark(verdict, strictness) == mark]
        seen = list(dict.fromkeys(verdict.reason for verdict in marked))
        marked.sort(key=lambda verdict: seen.index(verdict.reason))
        for reason, rows in groupby(marked, key=lambda verdict: verdict.reason):
            yield from (_row(mark, verdict.rule, width, screen) for verdict in rows)
            yield from screen.wrap(reason, " " * _INDENT)


def _mark(verdict: Verdict, strictness: Strictness) -> str:
    if verdict.verdict != BROKEN:
        return verdict.verdict
    if strictness.decides(verdict.rule):
        return _FAILED
    return _KNOWN if verdict.rule.id in strictness.known else _WARNING


def _row(mark: str, rule: Rule, width: int, screen: Screen) -> str:
    head = f"{mark:<{_INDENT - 1}} {rule.id:<{width}}  {rule.source:<9}  "
    room = screen.width - len(head)
    # Nobody has to act on what holds: its statement is cut, so that a row stays one line.
    says = textwrap.shorten(rule.says, room, placeholder=" …") if room > len("……") else ""
    return screen.mark(mark, head[:_INDENT]) + (head[_INDENT:] + says).rstrip()


def candidates(suggestions: Sequence[Suggestion], screen: Screen) -> Iterator[str]:
    """Lines: what answers had in common and is in no rule."""
    if suggestions:
        yield "candidates for the document, in no rule (--suggest FILE writes them as an overlay):"
    for one in suggestions:
        yield from screen.wrap(one.says, " " * 6, "    - ", lines=3)
    if suggestions:
        yield ""


def totals(made: Sequence[Verdict], strictness: Strictness) -> str:
    """One line: how many rules hold, are broken, are untested."""
    counts = Counter(_mark(verdict, strictness) for verdict in made)
    known = f"{counts[_KNOWN]} broken as known, " if counts[_KNOWN] else ""
    rules = "rule holds" if counts[HOLDS] == 1 else "rules hold"
    return (
        f"{counts[HOLDS]} {rules}, {counts[_FAILED]} broken, {counts[_WARNING]} broken as a warning, "
        f"{known}{counts[UNTESTED]} untested"
    )


def rule_table(rules: Iterable[Rule], checks: dict[str, str]) -> Iterator[str]:
    """Lines: each rule with its source, its statement and how it is checked."""
    listed = list(rules)
    width = max(len(rule.id) for rule in listed)
    for rule in listed:
        yield f"{rule.id:<{width}}  {rule.source:<9}  {rule.says}"
        yield f"{'':{width}}  {'checked':<9}  {checks[rule.id]}"


class ProgressLine:
    """Writes to `out`: on a terminal one line that changes and is gone at the end, elsewhere a line for each part.

    `clock` gives seconds.
    """

    def __init__(self, out: TextIO, clock: Callable[[], float], screen: Screen) -> None:
        self._out = out
        self._clock = clock
        self._screen = screen
        self._terminal = out.isatty()
        self._part = ""
        self._started = 0.0
        self._percent = 0

    def close(self) -> None:
        """Take the line away: what is told next stands in its place."""
        if self._part and self._terminal:
            self._out.write("\r\x1b[K")
            self._out.flush()
            self._part = ""

    def tell(self, line: str) -> None:
        """Show a line that stays."""
        self.close()
        self._out.write(f"{printable(line)}\n")
        self._out.flush()

    def __call__(self, progress: Progress) -> None:
        """Show how far a part is. The time left is that of this part."""
        if not self._terminal:
            if progress.done == progress.total:
                self._out.write(f"{progress.part}: {progress.total} done\n")
                self._out.flush()
            return
        percent = 100 * progress.done // max(progress.total, 1)
        if progress.part != self._part:
            self._part, self._started = progress.part, self._clock()
        elif percent == self._percent:
            return
        self._percent = percent
        self._out.write(f"\r{self._line(progress, percent)}\x1b[K")
        self._out.flush()

    def _line(self, progress: Progress, percent: int) -> str:
        left = (self._clock() - self._started) / max(progress.done, 1) * (progress.total - progress.done)
        spent = "" if progress.cap is None else f" of {progress.cap} to spend"
        line = (
            f"{progress.part} {percent:>3} %  {progress.requests} requests, {progress.spent} accepted{spent}, "
            f"{left:.0f} s left"
        )
        return line[: self._screen.width - 1]
