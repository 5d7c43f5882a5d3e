"""A video made from a completed one: the requests for it, good and bad, and the verdict on what comes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from contract_tests.cases.contract import Contract
from contract_tests.extensions.retrieval import NOT_FOUND
from contract_tests.extensions.step import Step, StepJudgement, part_of, place, sending, step
from contract_tests.extensions.values import bad_objects, good_object, long_object
from contract_tests.model.finding import Judgement
from contract_tests.model.response import Response
from contract_tests.spec.pointer import escape
from contract_tests.spec.schema import shown, violations

REMIX, ANSWER, COMPLETED, JSON = "remixVideo", "remix.answer", "remix.completed", "json.well-formed"
SOURCE, DELETED = "remixed_from_video_id", "delete.answer"
_TYPE = "application/json"
#: Bodies that are no JSON object, and what they are.
_NO_OBJECTS = (
    (b'{"prompt": "A calm sea."', "JSON without its last brace"),
    (b'["A calm sea."]', "a list"),
    (b'"A calm sea."', "a string"),
    (b"A calm sea.", "plain words"),
    (b'{"prompt": "A calm sea."} and more', "JSON and more"),
    (b"{prompt: 'A calm sea.'}", "YAML"),
    (b"", "nothing"),
    (b'{"prompt": "\xff"}', "bytes that are no UTF-8"),
)


def _body(contract: Contract) -> str:
    operation = contract.extension(REMIX)
    return "" if operation is None else f"{operation.pointer}/requestBody/content/{escape(_TYPE)}/schema"


def _sent(one: Step, value: Any) -> Step:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return sending(one, content_type=_TYPE, body=body)


def remix(contract: Contract, parent: dict[str, Any], ids: list[str], *, again: bool = False) -> Step:
    """A good remix; `again`: with the longest texts. Facts: the `parent` as known, the `ids` of the run so far."""
    told = {key: parent.get(key) for key in ("id", *contract.echoed)}
    facts = {"parent": told, "ids": ids}
    one = step(place(contract, REMIX, str(parent["id"])), ANSWER, "remixed", says="again" if again else "", facts=facts)
    return _sent(one, (long_object if again else good_object)(contract, _body(contract)))


def too_early(contract: Contract, video: str, says: str = "while it is being made") -> Step:
    """The remix of a video that is not completed."""
    one = step(place(contract, REMIX, video), COMPLETED, says=says)
    return _sent(one, good_object(contract, _body(contract)))


def of_stranger(contract: Contract, video: str) -> Step:
    """The remix of a video that there is not."""
    one = step(place(contract, REMIX, video), NOT_FOUND, says="an id that nobody was given")
    return _sent(one, good_object(contract, _body(contract)))


def of_gone(contract: Contract, operation: str, video: str) -> Step:
    """The remix of a video that another operation has deleted."""
    one = step(place(contract, REMIX, video), DELETED, breach=NOT_FOUND, says="once it is deleted")
    return part_of(operation, _sent(one, good_object(contract, _body(contract))))


def refusals(contract: Contract, video: str) -> Iterator[Step]:
    """Bodies that break one rule each."""
    pointer = _body(contract)
    for rule, value, says in bad_objects(contract, pointer) if contract.document.has(pointer) else ():
        at = contract.rules[rule].at
        facts = {"at": at, "pointer": pointer, "value": value}
        yield _sent(step(place(contract, REMIX, video), rule, says=says, facts=facts), value)
    for body, says in _NO_OBJECTS if JSON in contract.rules else ():
        yield _sent(step(place(contract, REMIX, video), JSON, says=f"body: {says}"), body)


def judge_remixed(contract: Contract, one: Step, answer: Response) -> Judgement:
    """The verdict on a remix."""
    verdict, parent = StepJudgement(one, answer), one.facts["parent"]
    body = verdict.object(ANSWER, "a new video")
    operation = contract.extension(REMIX)
    if body is None or operation is None:
        return verdict.made
    pointer = f"{operation.pointer}/responses/200/content/application~1json/schema"
    for broken in violations(contract.document, pointer, body):
        verdict.video(contract, ANSWER, broken)
    for broken in violations(contract.document, contract.answer, body):
        # A new video begins as one that was created does.
        if broken.key in {"status", "progress"}:
            verdict.video(contract, ANSWER, broken)
    if body.get("id") in one.facts["ids"]:
        verdict.broken(ANSWER, "a new id", f"id: {shown(body.get('id'))}, which another video has")
    own = contract.document.resolve(_body(contract)).get("properties", {})
    for key, value in {**parent, SOURCE: parent["id"]}.items():
        if key != "id" and contract.echoed.get(key) not in own and key in body and body[key] != value:
            whose = "its source" if key == SOURCE else "as its source has it"
            verdict.broken(ANSWER, f"{key}: {shown(value)}, {whose}", f"{key}: {shown(body[key])}")
    return verdict.made


def kept(contract: Contract, video: str, source: str) -> Step:
    """A remix that is retrieved."""
    facts = {"id": video, "source": source}
    one = step(place(contract, "retrieveVideo", video), ANSWER, "kept", says="a remix", facts=facts)
    return part_of(REMIX, one)


def judge_kept(contract: Contract, one: Step, answer: Response) -> Judgement:  # noqa: ARG001  all verdicts are alike
    """A remix is found, and still names its source."""
    verdict = StepJudgement(one, answer)
    body = verdict.object(ANSWER, "the remix")
    for key, expected in (("id", one.facts["id"]), (SOURCE, one.facts["source"])):
        if body is not None and body.get(key) != expected:
            verdict.broken(ANSWER, f"{key}: {shown(expected)}, as remixed", f"{key}: {shown(body.get(key))}")
    return verdict.made
