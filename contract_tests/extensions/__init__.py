"""Operations beyond the creation and its retrieval: what is asked of them, and the verdict on each answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from contract_tests.cases.contract import Contract
from contract_tests.extensions import apart, content, deletion, listing, remix
from contract_tests.extensions.step import Step
from contract_tests.extensions.values import breaks, typed
from contract_tests.model.credential import SECOND
from contract_tests.model.finding import Judgement
from contract_tests.model.response import Response
from contract_tests.oracle.refusal import NO_5XX, allowed, judge_refusal
from contract_tests.oracle.silence import silence

#: What a server answers that lacks an operation.
_LACKING = (404, 405, 501)


def judge_refused(contract: Contract, one: Step, answer: Response) -> Judgement:
    """The verdict on a request that must be refused, where this document still has it so."""
    facts = one.facts
    if "at" in facts and contract.document.has(facts["pointer"]):
        schema, value = contract.document.resolve(facts["pointer"]), facts["value"]
        value = typed(schema, value) if isinstance(value, str) else value
        if not breaks(contract, facts["pointer"], facts["at"], value):
            return Judgement()
    verdict = judge_refusal(contract, one.case, answer)
    # That every bad request is refused is shown by the many that are sent to the creation.
    verdict.judged.discard(NO_5XX)
    return verdict


CHECKS: dict[str, Callable[[Contract, Step, Response], Judgement]] = {
    "refused": judge_refused,
    "page": listing.judge_page,
    "foreign": listing.judge_foreign,
    "absent": listing.judge_absent,
    "apart": apart.judge_apart,
    "content": content.judge_content,
    "range": content.judge_range,
    "odd range": content.judge_odd_range,
    "remixed": remix.judge_remixed,
    "kept": remix.judge_kept,
    "deleted": deletion.judge_deleted,
}


def judge(contract: Contract, one: Step, answer: Response) -> Judgement:
    """The verdict on the answer to one step, by the rules that this document has."""
    check = CHECKS.get(one.check)
    if check is None or contract.extension(one.case.operation) is None or one.case.rule not in contract.rules:
        return Judgement()
    verdict = silence(one.case, answer) or check(contract, one, answer)
    known = {rule.id for rule in contract.rules}
    return Judgement(verdict.judged & known, [one for one in verdict.findings if one.rule in known])


def offered(steps: Iterable[tuple[Step, Response]]) -> bool:
    """Whether the server has the operation of these steps: it answers some as only a server can that has it."""
    return any(
        # Those of retrieving are kept only where the server has it.
        one.case.operation == apart.RETRIEVE
        or answer.status not in _LACKING
        or (answer.status == 405 and one.case.request.method in allowed(answer))
        for one, answer in steps
        # Who asks without a token learns nothing of what lies behind, unless it is given to anybody.
        if one.case.request.credential in ("right", SECOND) or answer.accepted
    )
