"""One request to an operation beyond the creation, with what was known when it was sent: judged now, or offline."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from contract_tests.cases.contract import Contract
from contract_tests.model.case import Case, from_json, to_json
from contract_tests.model.credential import CREDENTIALS
from contract_tests.model.finding import Finding, Judgement
from contract_tests.model.request import Request
from contract_tests.model.response import Response
from contract_tests.spec.schema import Violation, shown


@dataclass(frozen=True)
class Step:
    """A request and how its answer is judged: `check` names an entry of CHECKS, `facts` are JSON that it needs."""

    case: Case
    check: str
    facts: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The step as JSON."""
        return {"case": to_json(self.case), "check": self.check, "facts": self.facts}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Step:
        """The step that `to_json` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        return cls(from_json(data["case"]), data["check"], data["facts"])


@dataclass(frozen=True)
class OperationAddress:
    """Where an operation of the document is reached: its id, the method, and the path with its query."""

    operation: str
    method: str
    path: str


def place(
    contract: Contract, operation: str, video: str = "", query: Mapping[str, str] | None = None
) -> OperationAddress:
    """The place of the operation of that id, for this video and this query."""
    found = contract.extension(operation)
    path = "" if found is None else re.sub(r"\{\w+\}", video, found.path)
    return OperationAddress(
        operation, "GET" if found is None else found.method.upper(), f"{path}?{urlencode(query)}" if query else path
    )


def step(
    at: OperationAddress,
    rule: str,
    check: str = "refused",
    *,
    breach: str | None = None,
    says: str = "",
    facts: dict[str, Any] | None = None,
) -> Step:
    """A request, by the rule that its verdict belongs to. What must be refused breaks that rule, or `breach`."""
    expected = (breach or rule) if check == "refused" else None
    label = f"{at.method} {at.path}" + (f", {says}" if says else "")
    case = Case(rule, label, Request(at.method, at.path), expected, wire=True, operation=at.operation)
    return Step(case, check, facts or {})


def sending(one: Step, **changes: Any) -> Step:
    """The step with parts of its request changed; another credential is told in the label."""
    label = one.case.label
    if "credential" in changes:
        label += f", authorisation: {CREDENTIALS[changes['credential']].says}"
    return replace(one, case=replace(one.case, label=label, request=replace(one.case.request, **changes)))


def part_of(operation: str, one: Step) -> Step:
    """The step as one that shows what another operation has done: it is judged with that one, or not at all."""
    return replace(one, case=replace(one.case, operation=operation))


@dataclass
class StepJudgement:
    """Collects what one answer shows."""

    one: Step
    answer: Response
    made: Judgement = field(default_factory=Judgement)

    def judged(self, *rules: str) -> None:
        """These rules are judged by the answer."""
        self.made.judged.update(rules)

    def broken(self, rule: str, expected: str, actual: str | None = None, category: int | None = 101) -> None:
        """The answer breaks the rule."""
        self.judged(rule)
        if self.answer.status >= 500:
            category = 100
        told = self.answer.summary() if actual is None else actual
        self.made.findings.append(
            Finding(rule, self.one.case.label, told, expected, category, self.one.case, self.answer)
        )

    def video(self, contract: Contract, rule: str, one: Violation, known: Mapping[str, Any] | None = None) -> None:
        """A violation within a video breaks `rule`, or the one of every video where the document leaves it open.

        What was so when the video was last seen has been judged there.
        """
        name, key = ".".join(one.path), one.path[-1] if one.path else ""
        own = contract.rules.broken_by(one, key)
        open_one = own in contract.rules and contract.rules[own].source == "inferred"
        same = known is not None and key in known and shown(known[key]) == one.actual
        if open_one or not same:
            self.broken(own if open_one else rule, f"{name}: {one.expected}", f"{name}: {one.actual}")

    def object(self, rule: str, expected: str) -> dict[str, Any] | None:
        """The body of a 200 that is a JSON object; anything else breaks the rule."""
        self.judged(rule)
        body = self.answer.object
        if self.answer.status == 200 and self.answer.is_json and body is not None:
            return body
        self.broken(rule, f"200 and {expected} as a JSON object")
        return None
