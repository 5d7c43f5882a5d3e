"""Judges a journal again, offline, by a document that may be another one than the run was made with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from contract_tests.cases.contract import Contract
from contract_tests.extensions import judge, offered
from contract_tests.extensions.retrieval import (
    METHOD,
    NOT_FOUND,
    VideoHistory,
    judge_retrieved,
    judge_stranger,
    other_methods,
    retrieval,
    uninvited,
)
from contract_tests.extensions.step import Step
from contract_tests.model.case import Case
from contract_tests.model.finding import Finding, Judgement
from contract_tests.model.response import Response
from contract_tests.oracle import Oracle, due_again
from contract_tests.oracle.attribution import Attribution
from contract_tests.oracle.refusal import judge_refusal
from contract_tests.oracle.silence import silence
from contract_tests.oracle.verdict import verdicts
from contract_tests.runner.delivery import Moment
from contract_tests.runner.journal import Record
from contract_tests.runner.malformed_http import judge_again
from contract_tests.runner.run import is_mute, skew_to
from contract_tests.session import Outcome
from contract_tests.settings import Settings
from contract_tests.suggestions import suggest

_UNSEEN = "no recorded answer shows it"


def rejudge(contract: Contract, record: Record, settings: Settings) -> Outcome:
    """The outcome that the recorded answers come to under this document."""
    oracle = Oracle(contract, skew=skew_to(record.head["url"]))
    attribution = Attribution(contract)
    judgement = Judgement()
    tracked: dict[str, VideoHistory] = {}
    accepted = unclear = 0
    for case_id, answer in record.answers.items():
        planned = record.cases[case_id]
        accepted += answer.accepted
        unclear += not (answer.accepted or answer.refused or planned.refusal_due)
        # A request beyond the creation stands among the steps too, with what was known when it was sent.
        case = None if planned.operation else due_again(contract, planned)
        # 429 says nothing about the request; the live run did not judge it either.
        if case is None or answer.status == 429:
            continue
        judgement.add(oracle.judge(case, answer))
        if not case.refusal_due and answer.accepted:
            attribution.accepted(case.levels)
            body = answer.object or {}
            tracked[str(body.get("id"))] = VideoHistory(body)
    _observed(contract, record, tracked, judgement)
    _steps(contract, record, judgement)
    for verdict in judge_again(contract, record):
        judgement.add(verdict)
    for finding in record.generic:
        judgement.findings.append(Finding(finding["rule"], finding["request"], finding["actual"], finding["expected"]))
        judgement.judged.add(finding["rule"])
    attribution.observe(judgement.findings)
    placed = replace(judgement, findings=[attribution.place(finding) for finding in judgement.findings])
    return Outcome(
        target=record.head["url"],
        contract=contract,
        settings=replace(
            settings, seed=record.head["seed"], profile=record.head["profile"], spend=record.head["spend"]
        ),
        verdicts=verdicts(contract, placed, {}, _UNSEEN, strict=settings.strictness.strict),
        requests=len(set(record.sent)),
        accepted=accepted,
        unclear=unclear,
        mute=is_mute([one for case_id, one in record.answers.items() if _is_good(record.cases[case_id])]),
        waits=0,
        suggestions=suggest(contract, _videos(record)),
        seconds=0.0,
        timeline=tuple(Moment.of(answer) for answer in record.answers.values() if answer.sent_at),
    )


def _is_good(case: Case) -> bool:
    return not (case.operation or case.refusal_due)


def _videos(record: Record) -> list[dict[str, Any]]:
    created = [one for case, one in record.answers.items() if not record.cases[case].operation]
    seen = [Response.from_json(event["answer"]) for event in record.observed]
    return [one.object for one in (*created, *seen) if one.accepted and one.object is not None]


def _steps(contract: Contract, record: Record, judgement: Judgement) -> None:
    """What the operations beyond the creation answered; one that the server lacks is not judged."""
    kept: dict[str, list[tuple[Step, Response]]] = {}
    for event in record.steps:
        one = Step.from_json(event)
        kept.setdefault(one.case.operation, []).append((one, Response.from_json(event["answer"])))
    for steps in kept.values():
        for one, answer in steps if offered(steps) else ():
            judgement.add(judge(contract, one, answer))


def _observed(contract: Contract, record: Record, tracked: dict[str, VideoHistory], judgement: Judgement) -> None:
    if contract.retrieve is None:
        return
    for event in record.observed:
        case, answer = retrieval(contract, event["video"], event["rule"]), Response.from_json(event["answer"])
        silent = silence(case, answer)
        if silent is not None:
            judgement.add(silent)
        elif event["rule"] == NOT_FOUND:
            judgement.add(judge_stranger(contract, case, answer))
        elif event["credential"] != "right":
            refused = uninvited(contract, event["video"], event["credential"], event["rule"])
            judgement.add(judge_refusal(contract, refused, answer))
        elif event["rule"] == METHOD:
            for other in other_methods(contract, event["video"]):
                if other.request.method == event["method"]:
                    judgement.add(judge_refusal(contract, other, answer))
        else:
            life = tracked.setdefault(event["video"], VideoHistory(event["created"]))
            judgement.add(judge_retrieved(contract, life, case, answer))
