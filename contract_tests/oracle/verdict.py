"""The table of verdicts: each rule holds, is broken, or was not tested, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from contract_tests.cases.contract import Contract
from contract_tests.model.finding import Finding, Judgement
from contract_tests.spec.rules import Rule

#: The rule that a token is known to the server, and why it cannot be tested on one that knows none.
KEY, KEY_ERROR = "auth.key", "auth.key.error"
ANY_TOKEN, NONE_REFUSED = "this server takes any token: start it with --token", "no token is wrong where any is taken"
HOLDS, BROKEN, UNTESTED = "holds", "broken", "untested"


@dataclass(frozen=True)
class Verdict:
    """The verdict on one rule. `findings` come with the best evidence first."""

    rule: Rule
    verdict: str
    reason: str = ""
    findings: tuple[Finding, ...] = field(default=())


#: From which rules on a breach fails a run: no rule, those of the document, with them the inferred ones, all.
FAIL_ON = ("never", "document", "inferred", "extension")


@dataclass(frozen=True)
class KnownFailure:
    """A broken rule that is accepted until the end of a day."""

    rule: str
    reason: str
    until: date


@dataclass(frozen=True)
class Strictness:
    """Which broken rules decide: those of the document always, inferred ones and extensions on demand.

    `fail_on`, one of FAIL_ON, decides alone where it is given. Known failures, by rule, never decide.
    """

    strict: bool = False
    extensions: bool = False
    fail_on: str | None = None
    known: Mapping[str, KnownFailure] = field(default_factory=dict)

    def decides(self, rule: Rule) -> bool:
        """Whether a breach of the rule fails the run."""
        if rule.id in self.known:
            return False
        if self.fail_on is not None:
            return FAIL_ON.index(rule.source) <= FAIL_ON.index(self.fail_on)
        if rule.source == "inferred":
            return self.strict
        return self.extensions if rule.source == "extension" else True


def takes_any_token(findings: Iterable[Finding]) -> bool:
    """Whether a creation was accepted with a token that was made up."""
    return any(
        one.rule == KEY
        and one.case is not None
        and one.case.request.credential == "unknown"
        and one.answer is not None
        and one.answer.accepted
        for one in findings
    )


def verdicts(
    contract: Contract, judgement: Judgement, reasons: dict[str, str], otherwise: str, *, strict: bool = True
) -> list[Verdict]:
    """One for each rule, in the order of the table.

    `reasons` tell by rule id why it was not tested, `otherwise` tells it for the rest. Where inferred rules do not
    decide, a server that takes any token has no rule of tokens that could be tested.
    """
    any_token = takes_any_token(judgement.findings)
    findings: dict[str, dict[Finding, None]] = {}
    # A rule whose breach another one is to blame for is not shown to hold.
    moved: dict[str, str] = {}
    for finding in judgement.findings:
        findings.setdefault(finding.rule, {})[finding] = None
        if finding.found_as not in {"", finding.rule}:
            moved.setdefault(finding.found_as, f"what broke it is told of {finding.rule}")
    judged = judgement.judged
    if any_token:
        # What the refusal of a made-up token looks like shows nothing here: an unknown id may have earned it.
        judged = judged - {KEY_ERROR}
        reasons = {KEY_ERROR: NONE_REFUSED} | reasons
        findings.pop(KEY_ERROR, None)
    if any_token and not strict:
        judged = judged - {KEY}
        reasons = reasons | {KEY: ANY_TOKEN, KEY_ERROR: ANY_TOKEN}
        findings.pop(KEY, None)
    made: list[Verdict] = []
    for rule in contract.rules:
        found = sorted(findings.get(rule.id, ()), key=lambda finding: finding.weight)
        if found:
            why = ANY_TOKEN if rule.id == KEY and any_token else ""
            made.append(Verdict(rule, BROKEN, why, tuple(found)))
        elif rule.id in judged and rule.id not in moved:
            made.append(Verdict(rule, HOLDS))
        else:
            parent = rule.id.removesuffix(".error")
            reason = moved.get(rule.id) or reasons.get(rule.id) or reasons.get(parent) or otherwise
            made.append(Verdict(rule, UNTESTED, reason))
    return made


def asked(made: Iterable[Verdict], only: frozenset[str]) -> list[Verdict]:
    """Of the verdicts those on these rules; of a rule that is not broken, also on what its requests broke instead.

    Other rules are judged on the way, by requests that those asked for need.
    """
    all_of_them = list(made)
    whole = only - {one.rule.id for one in all_of_them if one.verdict == BROKEN}
    return [one for one in all_of_them if one.rule.id in only or any(_of(finding, whole) for finding in one.findings)]


def _of(finding: Finding, rules: frozenset[str]) -> bool:
    """Whether it was found in looking for a breach of these: it is told of another one, or of a part of one."""
    case = finding.case
    apart = case is not None and case.rule == finding.rule and case.breach in rules
    return finding.found_as in rules or apart


def failing(made: Iterable[Verdict], strictness: Strictness) -> list[Verdict]:
    """The verdicts that fail the run."""
    return [verdict for verdict in made if verdict.verdict == BROKEN and strictness.decides(verdict.rule)]
