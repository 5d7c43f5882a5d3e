"""What answer is due, and the verdict on the one that came."""

from __future__ import annotations

import math
from dataclasses import replace

from contract_tests.cases.contract import Contract
from contract_tests.model.case import Case
from contract_tests.model.finding import Judgement
from contract_tests.model.response import Response
from contract_tests.oracle.acceptance import SeenResponses, judge_acceptance
from contract_tests.oracle.refusal import judge_refusal
from contract_tests.oracle.silence import silence
from contract_tests.spec.rules import ANSWERS


class Oracle:
    """Judges answers to creations. It remembers what they were, because each must be new over the whole run."""

    def __init__(self, contract: Contract, *, skew: float) -> None:
        self.contract = contract
        self.skew = skew
        self._past = SeenResponses()

    def judge(self, case: Case, answer: Response) -> Judgement:
        """The verdict on one answer."""
        verdict = silence(case, answer)
        if verdict is not None:
            return verdict
        if case.refusal_due:
            verdict = judge_refusal(self.contract, case, answer)
        else:
            verdict = judge_acceptance(self.contract, case, answer, self._past, skew=self.skew)
        verdict.judged.add(ANSWERS)
        return verdict


def due_again(contract: Contract, case: Case) -> Case | None:
    """The case as this document sees it, which may be another one than it was planned by.

    None where nothing is due: the document lacks the rule, breaks several at once, or leaves it open.
    """
    if case.wire:
        return case if case.breach in contract.rules else None
    reader = contract.builder.reader
    parts = case.request.parts or ()
    breaches = reader.breaches(parts)
    if len(case.request.body) > contract.form.limits.get("body-bytes", math.inf):
        return case if case.rule == "body.limit" else None
    if reader.doubtful(parts) or len(breaches) > 1:
        return None
    if not breaches:
        rule = case.rule if not case.refusal_due else "response.status-code"
        return replace(case, rule=rule, breach=None, also=())
    breach = contract.rules.breach(breaches[0].kind, breaches[0].field, breaches[0].at)
    if breach == case.breach:
        return case
    return replace(case, rule=breach, breach=breach, also=())
