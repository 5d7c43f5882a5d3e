"""Why a good request was refused: the one choice, or pair of choices, that no accepted request shares."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from contract_tests.cases.contract import Contract
from contract_tests.model.finding import Finding
from contract_tests.oracle.acceptance import STATUS
from contract_tests.spec.form import Field
from contract_tests.spec.rules import TYPES

Level = tuple[str, str]
Pair = tuple[Level, Level]
LEFT_OUT = "left out"
#: What a refusal of every good request says about the request itself, by status (RFC 9110).
_BY_STATUS = {404: "path", 405: "method", 415: "media-type"}


class Attribution:
    """Moves a refused good request from "answered 200" to the rule that the server narrows, where one stands out.

    One cause breaks one rule: what a single choice explains for all refused requests that share it is that choice.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._accepted: set[Level] = set()
        self._pairs: set[Pair] = set()
        #: Pairs that all refused good requests have.
        self._shared: set[Pair] = set()
        self._any = False
        #: Fields whose default turned out to be another one than the document's.
        self._other_default: set[str] = set()
        #: Rules whose breach was accepted.
        self._lax: set[str] = set()
        #: By field, what the answers say where they repeat its default and are wrong.
        self._echoed_wrongly: dict[str, set[str]] = {}
        #: Choices that explain refusals, the one that explains most first.
        self._causes: list[Level] = []

    def accepted(self, levels: tuple[Level, ...]) -> None:
        """A good request with these levels was accepted."""
        self._any = True
        self._accepted |= set(levels)
        self._pairs |= _pairs(levels)

    def observe(self, findings: Iterable[Finding]) -> None:
        """Learn from what is already known to be broken."""
        known = list(findings)
        refused = [one.case.levels for one in known if one.case is not None and _is_refusal_of_good(one)]
        self._shared = set.intersection(*map(_pairs, refused)) if refused else set()
        self._causes = list(self._explaining([set(levels) - self._accepted for levels in refused]))
        for finding in known:
            field, _, rest = finding.rule.partition(".")
            self._observe_echo(finding)
            taken = finding.answer is not None and finding.answer.accepted
            if rest == "default" and taken:
                self._other_default.add(field)
            if taken and finding.case is not None and finding.case.refusal_due:
                self._lax.add(finding.rule)

    def _observe_echo(self, finding: Finding) -> None:
        key = finding.rule.removeprefix("response.").removesuffix(".echo")
        field = self._contract.form.fields.get(key)
        sent = None if finding.case is None else finding.case.request.part(key)
        if finding.rule.endswith(".echo") and field is not None and sent is not None and sent.text == field.default:
            told = (finding.answer.object or {}) if finding.answer is not None else {}
            self._echoed_wrongly.setdefault(key, set()).add(str(told.get(key)))

    @staticmethod
    def _explaining(refused: list[set[Level]]) -> Iterator[Level]:
        """Levels, each in at least two refusals that no earlier one is in, as long as one is in more than any other."""
        while refused:
            counts = Counter(level for levels in refused for level in levels).most_common(2)
            if not counts or counts[0][1] < 2 or (len(counts) > 1 and counts[1][1] == counts[0][1]):
                return
            yield counts[0][0]
            refused = [levels for levels in refused if counts[0][0] not in levels]

    def place(self, finding: Finding) -> Finding:
        """The finding under the rule that is to blame."""
        rule = self._rule(finding) if _is_refusal_of_good(finding) else self._by_default(finding)
        rule = rule or self._by_echo(finding)
        if rule is None or rule not in self._contract.rules:
            return finding
        return replace(finding, rule=rule, found_as=finding.rule)

    def _by_default(self, finding: Finding) -> str | None:
        """Another default explains why a request that leaves the field out and breaks a condition was accepted."""
        case, answer = finding.case, finding.answer
        if case is None or answer is None or not (case.refusal_due and answer.accepted):
            return None
        rule = self._contract.rules[finding.rule]
        fields = next((one.fields for one in self._contract.form.conditions if one.pointer == rule.at), ())
        left_out = (name for name in fields if name in self._other_default and case.request.part(name) is None)
        return next((f"{name}.default" for name in left_out), None)

    def _by_echo(self, finding: Finding) -> str | None:
        """What is repeated wrongly is wrong by default too."""
        field, _, rest = finding.rule.partition(".")
        if rest == "default" and finding.answer is not None and finding.answer.accepted:
            wrong = self._echoed_wrongly.get(field, set())
            if str((finding.answer.object or {}).get(field)) in wrong:
                return f"response.{field}.echo"
        return None

    def _rule(self, finding: Finding) -> str | None:
        levels = finding.case.levels if finding.case is not None else ()
        for factor, level in levels:
            if level == LEFT_OUT and factor in self._other_default:
                return f"{factor}.default"
        if not self._any:
            return _BY_STATUS.get(finding.answer.status) if finding.answer is not None else None
        single = [level for level in levels if level not in self._accepted]
        causes = [level for level in self._causes if level in single] if len(single) > 1 else single
        if causes:
            return self._of_level(*causes[0])
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
            return f"{self._contract.rules.breach('file-type', name)}{TYPES}"
        if what == "text":
            return self._contract.rules.breach("text", name)
        if level == LEFT_OUT:
            return f"{name}.optional"
        measured = (one.name for one in self._contract.form.files if one.matches == name)
        # Who measures a picture by another size than this refuses what fits it.
        wrong = (self._contract.rules.breach("x-dimensions-match", one) for one in measured)
        own = self._contract.rules.breach("const" if "const" in field.schema else "enum", name)
        return next((rule for rule in wrong if rule in self._lax), own)

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
    # A server that breaks down narrows no field.
    return good and finding.answer is not None and finding.answer.refused
