"""Why a good request was refused: the one choice, or pair of choices, that no accepted request shares."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace

from contract_tests.cases.contract import Contract
from contract_tests.model.finding import Finding
from contract_tests.oracle.acceptance import STATUS
from contract_tests.spec.form import Field

Level = tuple[str, str]
Pair = tuple[Level, Level]
LEFT_OUT = "left out"
#: What a refusal of every good request says about the request itself, by status (RFC 9110).
_BY_STATUS = {404: "path", 405: "method", 415: "media-type"}


class Attribution:
    """Moves a refused good request from "answered 200" to the rule that the server narrows, where one stands out."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._accepted: set[Level] = set()
        self._pairs: set[Pair] = set()
        #: Pairs that all refused good requests have.
        self._shared: set[Pair] = set()
        self._any = False
        #: Fields whose default turned out to be another one than the document's.
        self._other_default: set[str] = set()

    def accepted(self, levels: tuple[Level, ...]) -> None:
        """A good request with these levels was accepted."""
        self._any = True
        self._accepted |= set(levels)
        self._pairs |= _pairs(levels)

    def observe(self, findings: Iterable[Finding]) -> None:
        """Learn from what is already known to be broken."""
        known = list(findings)
        refused = [_pairs(one.case.levels) for one in known if one.case is not None and _is_refusal_of_good(one)]
        self._shared = set.intersection(*refused) if refused else set()
        for finding in known:
            field, _, rest = finding.rule.partition(".")
            if rest == "default" and finding.answer is not None and finding.answer.accepted:
                self._other_default.add(field)

    def place(self, finding: Finding) -> Finding:
        """The finding under the rule that is to blame."""
        if not _is_refusal_of_good(finding):
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
        unseen = _pairs(levels) - self._pairs
        # A covering array has most pairs once: what one refused request alone has tells less than what all have.
        pairs = unseen & self._shared or unseen
        if not single and len(pairs) == 1:
            [(one, other)] = pairs
            return self._of_pair(one[0], other[0])
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


def _pairs(levels: Iterable[Level]) -> set[Pair]:
    return set(itertools.combinations(sorted(levels), 2))


def _is_refusal_of_good(finding: Finding) -> bool:
    """Whether it is that a good request was refused, which says nothing yet about why."""
    good = finding.rule == STATUS and finding.case is not None and not finding.case.refusal_due
    return good and finding.answer is not None and not finding.answer.accepted
