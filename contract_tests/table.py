"""The table of verdicts as text."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from contract_tests.rules import Rule
from contract_tests.verdict import BROKEN, UNTESTED, Strictness, Verdict

_MARKS = {"holds": "holds", "broken": "BROKEN", "untested": "untested"}
WIDTH = 110


def table(made: Sequence[Verdict], strictness: Strictness) -> Iterator[str]:
    """Lines: one a rule, and under a broken one the smallest request found, what came, and what was due."""
    width = max(len(verdict.rule.id) for verdict in made)
    for verdict in made:
        mark = _MARKS[verdict.verdict]
        if verdict.verdict == BROKEN and not strictness.decides(verdict.rule):
            mark = "broken (warning)"
        yield f"{mark:<17} {verdict.rule.id:<{width}}  {verdict.rule.source:<9}  {verdict.rule.says}"
        if verdict.verdict == UNTESTED:
            yield f"{'':17} {verdict.reason}"
        yield from _evidence(verdict)


def _evidence(verdict: Verdict) -> Iterator[str]:
    for finding in verdict.findings[:1]:
        for name, text in (("sent", finding.label), ("came", finding.came), ("due", finding.due)):
            yield from textwrap.wrap(
                text, WIDTH, initial_indent=f"{'':18}{name:<5}", subsequent_indent=f"{'':23}", max_lines=4
            )
        if len(verdict.findings) > 1:
            yield f"{'':18}and {len(verdict.findings) - 1} more like it"


def totals(made: Sequence[Verdict], strictness: Strictness) -> str:
    """One line: how many rules hold, are broken, are untested."""
    counts = Counter(verdict.verdict for verdict in made)
    decisive = sum(v.verdict == BROKEN and strictness.decides(v.rule) for v in made)
    warnings = counts[BROKEN] - decisive
    return (
        f"{counts['holds']} rules hold, {decisive} broken, {warnings} broken as a warning, {counts[UNTESTED]} untested"
    )


def rule_table(rules: Iterable[Rule], checks: dict[str, str]) -> Iterator[str]:
    """Lines: each rule with its source, its statement and how it is checked."""
    listed = list(rules)
    width = max(len(rule.id) for rule in listed)
    for rule in listed:
        yield f"{rule.id:<{width}}  {rule.source:<9}  {rule.says}"
        yield f"{'':{width}}  {'checked':<9}  {checks[rule.id]}"
