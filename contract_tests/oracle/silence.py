"""The verdict on a request that got no answer: a time-out, and silence that may have another cause, blame no rule."""

from __future__ import annotations

from contract_tests.model.case import Case
from contract_tests.model.finding import Finding, Judgement
from contract_tests.model.response import Response
from contract_tests.spec.rules import ANSWERS


def silence(case: Case, answer: Response) -> Judgement | None:
    """What the lack of an answer shows; None where there is an answer, or where the request alone got none."""
    if answer.status or answer.confirmed:
        return None
    if not answer.timed_out:
        return Judgement()
    told = f"{answer.summary()} after {answer.received_at - answer.sent_at:.1f} s"
    return Judgement({ANSWERS}, [Finding(ANSWERS, case.label, told, "an answer in time", None, case, answer)])
