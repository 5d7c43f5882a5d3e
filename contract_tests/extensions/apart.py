"""What the second token asks of videos of the first, and the verdict on it."""

from __future__ import annotations

from dataclasses import replace

from contract_tests.cases.contract import Contract
from contract_tests.extensions import content, deletion, remix
from contract_tests.extensions.step import Step, StepJudgement, place, sending, step
from contract_tests.model.credential import SECOND
from contract_tests.model.finding import Judgement
from contract_tests.model.response import Response

RETRIEVE = "retrieveVideo"
UNAUTHENTICATED = 401


def own_rules(contract: Contract) -> dict[str, str]:
    """The rules that keep another token away, by operation."""
    names = {RETRIEVE: "retrieve", content.CONTENT: "content", remix.REMIX: "remix", deletion.DELETE: "delete"}
    return {operation: f"{name}.own" for operation, name in names.items() if f"{name}.own" in contract.rules}


def across(contract: Contract, operation: str, video: str) -> Step:
    """An operation on a video of the first token, by the second; it must find none."""
    rule = own_rules(contract)[operation]
    one = step(place(contract, operation, video), rule, "apart")
    if operation == remix.REMIX:
        good = remix.of_stranger(contract, video).case.request
        one = sending(one, content_type=good.content_type, body=good.body)
    one = sending(one, credential=SECOND)
    return replace(one, case=replace(one.case, breach=rule))


def judge_apart(contract: Contract, one: Step, answer: Response) -> Judgement:  # noqa: ARG001  all verdicts are alike
    """The second token finds no video of the first. A refusal of the token itself, and a failure, show nothing."""
    verdict = StepJudgement(one, answer)
    if answer.accepted:
        verdict.broken(
            one.case.rule, "a refusal as for an id that nobody was given, for it is another token", None, 206
        )
    elif answer.refused and answer.status != UNAUTHENTICATED:
        verdict.judged(one.case.rule)
    return verdict.made
