"""The table of verdicts: each rule holds, is broken, or was not tested, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from contract_tests.cases.contract import Contract
from contract_tests.model.finding import Finding, Judgement
from contract_tests.spec.rules import Rule

HOLDS, BROKEN, UNTESTED = "holds", "broken", "untested"


@dataclass(frozen=True)
class Verdict:
    """The verdict on one rule. `findings` come with the best evidence first."""

    rule: Rule
    verdict: str
    reason: str = ""
    findings: tuple[Finding, ...] = field(default=())


@dataclass(frozen=True)
class Strictness:
    """Which broken rules decide: those of the document always, inferred ones and extensions on demand."""

    strict: bool = False
    extensions: bool = False

    def decides(self, rule: Rule) -> bool:
        """Whether a breach of the rule fails the run."""
        if rule.source == "inferred":
            return self.strict
        return self.extensions if rule.source == "extension" else True


def verdicts(contract: Contract, judgement: Judgement, reasons: dict[str, str], otherwise: str) -> list[Verdict]:
    """One for each rule, in the order of the table.

    `reasons` tell by rule id why it was not tested, `otherwise` tells it for the rest.
    """
    findings: dict[str, dict[Finding, None]] = {}
    for finding in judgement.findings:
        findings.setdefault(finding.rule, {})[finding] = None
    made: list[Verdict] = []
    for rule in contract.rules:
        found = sorted(findings.get(rule.id, ()), key=lambda finding: finding.weight)
        if found:
            made.append(Verdict(rule, BROKEN, "", tuple(found)))
        elif rule.id in judgement.judged:
            made.append(Verdict(rule, HOLDS))
        else:
            parent = rule.id.removesuffix(".error")
            reason = reasons.get(rule.id) or reasons.get(parent) or otherwise
            made.append(Verdict(rule, UNTESTED, reason))
    return made


def failing(made: Iterable[Verdict], strictness: Strictness) -> list[Verdict]:
    """The verdicts that fail the run."""
    return [verdict for verdict in made if verdict.verdict == BROKEN and strictness.decides(verdict.rule)]
