"""The table of verdicts as text: what holds first, what is broken last, where a reader of a terminal or a log looks."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TextIO

from contract_tests.oracle.verdict import BROKEN, HOLDS, UNTESTED, Strictness, Verdict
from contract_tests.spec.rules import Rule

WIDTH = 110
_WARNING = "broken (warning)"
#: The marks in the order in which they are shown.
_MARKS = (HOLDS, UNTESTED, _WARNING, "BROKEN")
_INDENT = 18


def table(made: Sequence[Verdict], strictness: Strictness) -> Iterator[str]:
    """Lines: one a rule, within a mark in the document's order; below it why it was not tested, or how it is broken.

    Under a broken rule stand the smallest request found, the expected and the actual answer. Rules untested for one
    reason stand together, with the reason once below them.
    """
    width = max(len(verdict.rule.id) for verdict in made)
    for mark in _MARKS:
        marked = [verdict for verdict in made if _mark(verdict, strictness) == mark]
        seen = list(dict.fromkeys(verdict.reason for verdict in marked))
        marked.sort(key=lambda verdict: seen.index(verdict.reason))
        for reason, rows in groupby(marked, key=lambda verdict: verdict.reason):
            for verdict in rows:
                yield _row(mark, verdict, width)
                yield from _evidence(verdict)
            yield from textwrap.wrap(
                reason, WIDTH - _INDENT, initial_indent=" " * _INDENT, subsequent_indent=" " * _INDENT
            )


def _mark(verdict: Verdict, strictness: Strictness) -> str:
    if verdict.verdict != BROKEN:
        return verdict.verdict
    return "BROKEN" if strictness.decides(verdict.rule) else _WARNING


def _row(mark: str, verdict: Verdict, width: int) -> str:
    head = f"{mark:<{_INDENT - 1}} {verdict.rule.id:<{width}}  {verdict.rule.source:<9}  "
    says = verdict.rule.says
    # Nobody has to act on what holds: its statement is cut, so that a row stays one line.
    return head + (
        says if verdict.verdict == BROKEN else textwrap.shorten(says, WIDTH + _INDENT - len(head), placeholder=" …")
    )


def _evidence(verdict: Verdict) -> Iterator[str]:
    for finding in verdict.findings[:1]:
        for name, text in (("sent", finding.label), ("expected", finding.expected), ("actual", finding.actual)):
            yield from textwrap.wrap(
                text,
                WIDTH,
                initial_indent=f"{'':{_INDENT}}{name:<9}",
                subsequent_indent=f"{'':{_INDENT + 9}}",
                max_lines=4,
            )
        if len(verdict.findings) > 1:
            yield f"{'':{_INDENT}}and {len(verdict.findings) - 1} more like it"


def totals(made: Sequence[Verdict], strictness: Strictness) -> str:
    """One line: how many rules hold, are broken, are untested."""
    counts = Counter(_mark(verdict, strictness) for verdict in made)
    return (
        f"{counts[HOLDS]} rules hold, {counts['BROKEN']} broken, {counts[_WARNING]} broken as a warning, "
        f"{counts[UNTESTED]} untested"
    )


def rule_table(rules: Iterable[Rule], checks: dict[str, str]) -> Iterator[str]:
    """Lines: each rule with its source, its statement and how it is checked."""
    listed = list(rules)
    width = max(len(rule.id) for rule in listed)
    for rule in listed:
        yield f"{rule.id:<{width}}  {rule.source:<9}  {rule.says}"
        yield f"{'':{width}}  {'checked':<9}  {checks[rule.id]}"


_WIDTH = 30


class ProgressLine:
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
