"""The report as Markdown of GitHub's kind, for a comment or the summary of a step. Text of a server stays text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from contract_tests.model.escape import printable
from contract_tests.oracle.verdict import BROKEN, HOLDS, UNTESTED, Verdict
from contract_tests.report.subjects import by_subject
from contract_tests.report.terminal import totals
from contract_tests.session import Outcome
from contract_tests.spec.places import Places
from contract_tests.suggestions import overlay

#: What Markdown or HTML would act upon.
_ACTIVE = {ord(char): f"&#{ord(char)};" for char in "\\`*_[]()<>#|&~@:$!\"'"}
#: Characters of one text that are shown; a summary may have a MiB.
_LONGEST = 500


def literal(text: str) -> str:
    """The text in code, whatever it holds, cut where it is long."""
    shown = printable(text)
    cut = shown if len(shown) <= _LONGEST else shown[:_LONGEST] + " …"
    return f"<code>{cut.translate(_ACTIVE)}</code>"


def plain(text: str) -> str:
    """The text as text, whatever it holds."""
    return printable(text).translate(_ACTIVE)


def markdown(outcome: Outcome, root: Path) -> str:
    """The document as text. Places are relative to `root`, the folder of the repository."""
    return "\n".join(_lines(outcome, root)) + "\n"


def _lines(outcome: Outcome, root: Path) -> Iterator[str]:
    strictness = outcome.settings.strictness
    broken = [verdict for verdict in outcome.verdicts if verdict.verdict == BROKEN]
    failing = [verdict for verdict in broken if strictness.decides(verdict.rule)]
    known = [verdict for verdict in broken if verdict.rule.id in strictness.known]
    warned = [verdict for verdict in broken if verdict not in failing and verdict not in known]
    yield "## contract-tests: " + (f"{len(failing)} broken" if failing else "no rule that decides is broken")
    yield ""
    yield f"{literal(outcome.target)}: {totals(outcome.verdicts, strictness)}. "
    yield f"{outcome.requests} requests, {outcome.accepted} creations accepted, seed {outcome.settings.seed}."
    for notice in [*outcome.notices, *([outcome.stopped] if outcome.stopped else [])]:
        yield from ("", f"> {literal(notice)}")
    places = Places(outcome.contract.document, root)
    for title, listed in (("Broken", failing), ("Broken, a warning", warned)):
        yield from _broken(title, listed, places)
    if known:
        yield from ("", "### Known failures", "", "| rule | reason | until |", "|---|---|---|")
    for verdict in known:
        one = strictness.known[verdict.rule.id]
        yield f"| {literal(one.rule)} | {plain(one.reason)} | {one.until} |"
    if outcome.suggestions:
        yield from ("", "### Candidates, in no rule", "")
    for suggestion in outcome.suggestions:
        yield f"- {literal(suggestion.says)}"
    if outcome.suggestions:
        yield from ("", *(f"    {printable(line)}" for line in overlay(outcome.suggestions).splitlines()))
    yield from ("", "### By subject", "", "| subject | hold | broken | not tested |", "|---|---|---|---|")
    for subject, verdicts in by_subject(outcome.verdicts, outcome.contract.rules).items():
        counts = Counter(verdict.verdict for verdict in verdicts)
        yield f"| {plain(subject)} | {counts[HOLDS]} | {counts[BROKEN]} | {counts[UNTESTED]} |"


def _broken(title: str, verdicts: Sequence[Verdict], places: Places) -> Iterator[str]:
    if verdicts:
        yield from ("", f"### {title}")
    for verdict in verdicts:
        rule, place, first = verdict.rule, places.of(verdict.rule), verdict.findings[0]
        yield from ("", f"#### {literal(rule.id)} ({rule.source}, {literal(f'{place.uri}:{place.line}')})", "")
        yield from (plain(rule.says), "")
        for name, text in (("sent", first.label), ("expected", first.expected), ("actual", first.actual)):
            yield f"- {name}: {literal(text)}"
        if len(verdict.findings) > 1:
            yield f"- and {len(verdict.findings) - 1} more like it"
