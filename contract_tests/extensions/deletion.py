"""Deleting a video: the requests, and the verdict on what comes."""

from __future__ import annotations

from contract_tests.cases.contract import Contract
from contract_tests.extensions.retrieval import NOT_FOUND
from contract_tests.extensions.step import Step, StepJudgement, part_of, place, step
from contract_tests.model.finding import Judgement
from contract_tests.model.response import Response
from contract_tests.spec.schema import shown, violations

DELETE, ANSWER, FINISHED = "deleteVideo", "delete.answer", "delete.finished"


def deletion(contract: Contract, video: str) -> Step:
    """A finished video is deleted."""
    return step(place(contract, DELETE, video), ANSWER, "deleted", facts={"id": video})


def too_early(contract: Contract, video: str) -> Step:
    """A video that is being made is deleted, which must be refused."""
    return step(place(contract, DELETE, video), FINISHED, says="while it is being made", facts={"id": video})


def gone(contract: Contract, operation: str, video: str) -> Step:
    """An operation on a video that has been deleted, which must find nothing."""
    return part_of(DELETE, step(place(contract, operation, video), ANSWER, breach=NOT_FOUND, says="once it is deleted"))


def judge_deleted(contract: Contract, one: Step, answer: Response) -> Judgement:
    """The verdict on a deletion."""
    verdict = StepJudgement(one, answer)
    body = verdict.object(ANSWER, "that the video is deleted")
    operation = contract.extension(DELETE)
    if body is None or operation is None:
        return verdict.made
    pointer = f"{operation.pointer}/responses/200/content/application~1json/schema"
    for broken in violations(contract.document, pointer, body):
        place = ".".join(broken.path)
        verdict.broken(ANSWER, f"{place}: {broken.expected}", f"{place}: {broken.actual}")
    if body.get("id") != one.facts["id"]:
        verdict.broken(ANSWER, f"id: {shown(one.facts['id'])}", f"id: {shown(body.get('id'))}")
    return verdict.made
