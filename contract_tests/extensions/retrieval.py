"""The life of a created video, as retrieving it shows it: judged from what was observed, walked by a state machine."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from contract_tests.cases.contract import Contract
from contract_tests.model.case import Case
from contract_tests.model.credential import CREDENTIALS
from contract_tests.model.finding import Finding, Judgement
from contract_tests.model.request import Request
from contract_tests.model.response import Response
from contract_tests.oracle.acceptance import drift, late
from contract_tests.oracle.refusal import judge_refusal
from contract_tests.spec.schema import shown, violations

FOUND, NOT_FOUND, PROGRESS = "retrieve.found", "retrieve.not-found", "retrieve.progress"
METHOD = "method"
COMPLETED, POLL_AFTER, ANSWER = "retrieve.completed", "retrieve.poll-after", "retrieve.answer"


#: Seconds by which a completion may lie ahead of the answer that tells of it.
_AHEAD = 300.0


@dataclass
class VideoHistory:
    """What is known of one video: the answer that created it, then each answer that retrieved it."""

    created: dict[str, Any]
    seen: list[dict[str, Any]] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """How long the video is, as the server says; infinity where it says nothing usable."""
        seconds = self.created.get("seconds")
        return float(seconds) if isinstance(seconds, str) and seconds.isdecimal() else math.inf


def retrieval(contract: Contract, video_id: str, rule: str = FOUND) -> Case:
    """The request that retrieves a video; where `rule` is NOT_FOUND it must be refused."""
    operation = contract.retrieve
    path = "" if operation is None else operation.path.replace("{video_id}", video_id)
    breach = rule if rule == NOT_FOUND else None
    label = f"GET {path}" + (", an id that nobody was given" if breach else "")
    return Case(rule, label, Request("GET", path), breach, wire=True)


def uninvited(contract: Contract, video_id: str, credential: str, rule: str) -> Case:
    """The request that retrieves a video with a wrong Authorization header, which breaks `rule`."""
    case = retrieval(contract, video_id)
    label = f"{case.label}, authorisation: {CREDENTIALS[credential].says}"
    return Case(rule, label, replace(case.request, credential=credential), rule, wire=True)


def other_methods(contract: Contract, video_id: str) -> Iterator[Case]:
    """Requests by methods that the path of a video lacks; no known server changes a video by one of them."""
    case = retrieval(contract, video_id)
    path = "" if contract.retrieve is None else contract.retrieve.path
    known = {operation.method.upper() for operation in contract.document.operations() if operation.path == path}
    for method in ("PUT", "PATCH") if METHOD in contract.rules else ():
        if method not in known:
            label = f"{method} {case.request.path}"
            yield Case(METHOD, label, replace(case.request, method=method), METHOD, also=("path",), wire=True)


def shape(answer: Response) -> tuple[Any, ...]:
    """What tells two refusals apart, without what they repeat of the path."""
    error = (answer.object or {}).get("error")
    told = (error.get("code"), error.get("param"), error.get("type")) if isinstance(error, dict) else ()
    words = tuple(answer.body.decode("utf-8", "replace").split()[:2])
    return answer.status, told, answer.header("content-type"), len(answer.object or {}), () if told else words


def judge_stranger(contract: Contract, case: Case, answer: Response) -> Judgement:
    """The verdict on retrieving an id that was never given."""
    verdict = judge_refusal(contract, case, answer)
    verdict.judged.discard("error.no-5xx")
    return verdict


def judge_retrieved(contract: Contract, life: VideoHistory, case: Case, answer: Response) -> Judgement:
    """The verdict on retrieving a created video, which has then been seen once more."""
    verdict = Judgement({FOUND})

    def broken(rule: str, expected: str, actual: str | None = None) -> None:
        verdict.findings.append(Finding(rule, case.label, actual or answer.summary(), expected, 101, case, answer))

    body = answer.object
    if answer.status != 200 or not answer.is_json or body is None:
        broken(FOUND, "200 and the video as a JSON object")
        return verdict
    is_other = body.get("id") != life.created.get("id")
    if is_other:
        broken(FOUND, f"id: {shown(life.created.get('id'))}, as created", f"id: {shown(body.get('id'))}")
    verdict.judged |= {ANSWER, PROGRESS}
    pointer = f"{contract.retrieve.pointer}/responses/200/content/application~1json/schema" if contract.retrieve else ""
    for one in violations(contract.document, pointer, body):
        # The source document describes the creation alone: what only retrieving shows breaks the rule of retrieving,
        # unless it was so from the creation on or is inferred for every video.
        known = one.key in body and body[one.key] == life.created.get(one.key)
        own = contract.rules.broken_by(one)
        open_one = own in contract.rules and contract.rules[own].source == "inferred"
        broken(
            own if known or open_one else ANSWER,
            f"{'.'.join(one.path)}: {one.expected}",
            f"{'.'.join(one.path)}: {one.actual}",
        )
    for key in (*contract.echoed, "created_at"):
        if not is_other and key in body and key in life.created and body[key] != life.created[key]:
            broken(ANSWER, f"{key}: {shown(life.created[key])}, as created", f"{key}: {shown(body[key])}")
    for rule, expected, actual in chain(_late(contract, body), _life(life, body, answer, verdict.judged)):
        broken(rule, expected, actual)
    _poll_after(contract, body, answer, verdict, broken)
    life.seen.append(body)
    verdict.judged &= {rule.id for rule in contract.rules}
    verdict.findings = [finding for finding in verdict.findings if finding.rule in contract.rules]
    return verdict


def _late(contract: Contract, body: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What keys with x-after break, as rule, expected and actual."""
    for rule, expected, key in late(contract, body):
        yield rule, f"{key}: {expected}", f"{key}: {shown(body[str(key)])}"


def _life(
    life: VideoHistory, body: dict[str, Any], answer: Response, judged: set[str]
) -> Iterator[tuple[str, str, str]]:
    """What must hold between this answer and the ones before, and between the keys of one answer."""
    before = (life.seen or [life.created])[-1]
    status, progress = body.get("status"), body.get("progress")
    then = before.get("progress")
    if isinstance(progress, int) and isinstance(then, int) and progress < then and status != "failed":
        yield PROGRESS, f"progress: {then} or more, as before", f"progress: {progress}"
    ended = before.get("status") if before.get("status") in {"completed", "failed"} else None
    if ended is not None and status != ended:
        yield ANSWER, f"status: {shown(ended)}, as before", f"status: {shown(status)}"
    if before.get("status") == "in_progress" and status == "queued":
        yield ANSWER, "a status that never goes back", "status: queued after in_progress"
    if status == "completed":
        judged.add(COMPLETED)
        done, made = body.get("completed_at"), body.get("created_at")
        latest = answer.received_at + max(0.0, drift(answer)) + _AHEAD
        if not isinstance(done, int) or (isinstance(made, int) and not made <= done <= latest):
            yield COMPLETED, "completed_at: the time of completion", f"completed_at: {shown(done)}"
        elif ended == status and done != before.get("completed_at"):
            yield COMPLETED, f"completed_at: {shown(before.get('completed_at'))}, as before", f"completed_at: {done}"
        if progress != 100:
            yield COMPLETED, "progress: 100", f"progress: {shown(progress)}"
    elif "completed_at" in body and body["completed_at"] is not None:
        yield ANSWER, "completed_at: null until completed", f"completed_at: {shown(body['completed_at'])}"
    if "error" in body and (body["error"] is None) == (status == "failed"):
        expected = "error: what failed" if status == "failed" else "error: null unless failed"
        yield ANSWER, expected, f"error: {shown(body['error'])}"


def _poll_after(
    contract: Contract, body: dict[str, Any], answer: Response, verdict: Judgement, broken: Callable[..., None]
) -> None:
    if POLL_AFTER not in contract.rules or body.get("status") not in {"queued", "in_progress"}:
        return
    verdict.judged.add(POLL_AFTER)
    name = contract.rules[POLL_AFTER].at.rpartition("/")[2]
    value = answer.header(name)
    if value is None or not value.strip().isdigit():
        broken(POLL_AFTER, f"the header {name} in whole milliseconds", f"{name}: {value}")
