"""Why a good request was refused: the one choice, or pair of choices, that no accepted request shares."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace

from contract_tests.contract import Contract
from contract_tests.finding import Finding
from contract_tests.form import Field
from contract_tests.oracle.acceptance import STATUS

Level = tuple[str, str]
LEFT_OUT = "left out"
#: What a refusal of every good request says about the request itself, by status (RFC 9110).
_BY_STATUS = {404: "path", 405: "method", 415: "media-type"}


class Blame:
    """Moves a refused good request from "answered 200" to the rule that the server narrows, where one stands out."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._accepted: set[Level] = set()
        self._pairs: set[tuple[Level, Level]] = set()
        self._any = False
        #: Fields whose default turned out to be another one than the document's.
        self._other_default: set[str] = set()

    def accepted(self, levels: tuple[Level, ...]) -> None:
        """A good request with these levels was accepted."""
        self._any = True
        self._accepted |= set(levels)
        self._pairs |= set(itertools.combinations(sorted(levels), 2))

    def observe(self, findings: Iterable[Finding]) -> None:
        """Learn from what is already known to be broken."""
        for finding in findings:
            field, _, rest = finding.rule.partition(".")
            if rest == "default" and finding.answer is not None and finding.answer.accepted:
                self._other_default.add(field)

    def place(self, finding: Finding) -> Finding:
        """The finding under the rule that is to blame."""
        refused = finding.answer is not None and not finding.answer.accepted
        if finding.rule != STATUS or finding.case is None or finding.case.refusal_due or not refused:
            return finding
        rule = self._rule(finding)
        return finding if rule is None or rule not in self._contract.rules else replace(finding, rule=rule)

    def _rule(self, finding: Finding) -> str | None:
        levels = finding.case.levels if finding.case is not None else ()
        for factor, level in levels:
            if level == LEFT_OUT and factor in self._other_default:
                return f"{factor}.default"
        if not self._any:
            return _BY_STATUS.get(finding.answer.status) if finding.answer is not None else None
        single = [level for level in levels if level not in self._accepted]
        if len(single) == 1:
            return self._of_level(*single[0])
        pairs = [pair for pair in itertools.combinations(sorted(levels), 2) if pair not in self._pairs]
        if not single and len(pairs) == 1:
            return self._of_pair(pairs[0][0][0], pairs[0][1][0])
        return None

    def _of_level(self, factor: str, level: str) -> str | None:
        name, _, what = factor.partition(" ")
        field: Field | None = self._contract.form.fields.get(name)
        if field is None:
            return None
        if what == "type":
            return self._contract.rules.breach("file-type", name)
        if what == "text":
            return self._contract.rules.breach("text", name)
        if level == LEFT_OUT:
            return f"{name}.optional"
        return self._contract.rules.breach("const" if "const" in field.schema else "enum", name)

    def _of_pair(self, one: str, other: str) -> str | None:
        for condition in self._contract.form.conditions:
            if {one, other} <= set(condition.fields):
                return self._contract.rules.breach("condition", None, condition.pointer)
        return None
