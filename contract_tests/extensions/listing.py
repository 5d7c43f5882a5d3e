"""Pages of videos: what is asked for, and the verdict on a page by what was known when it was asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from contract_tests.cases.contract import Contract
from contract_tests.extensions.step import Step, StepJudgement, place, sending, step
from contract_tests.extensions.values import bad_texts, typed
from contract_tests.model.finding import Judgement
from contract_tests.model.response import Response
from contract_tests.spec.schema import shown, violations

LIST, PAGE, OWN, AFTER = "listVideos", "list.page", "list.own", "list.after"
SIZE, ORDER, FIRST, EACH = "list.limit.default", "list.order", "list.order.default", "list.answer"
#: The token that may be another one.
OTHER = "unknown"
#: Where the smallest and the largest page are judged.
BOUNDS = {"minimum": "list.limit.minimum", "maximum": "list.limit.maximum"}


def page(contract: Contract, rule: str, query: Mapping[str, str], **facts: Any) -> Step:
    """A request for a page. Facts: the ids `seen` on earlier pages, `last` created_at there, ids still `expected`."""
    known: dict[str, Any] = {"query": dict(query), "seen": [], "last": None, "expected": [], "created": {}}
    return step(place(contract, LIST, query=query), rule, "page", facts={**known, **facts})


def bounds(contract: Contract) -> Iterator[Step]:
    """The smallest and the largest page that there are; and one of a single video, which is the smallest of use."""
    operation = contract.extension(LIST)
    pointer = None if operation is None else contract.parameter(operation, "limit")
    schema = {} if pointer is None else contract.document.resolve(pointer)
    for keyword, rule in BOUNDS.items():
        if keyword in schema:
            yield page(contract, rule, {"limit": str(schema[keyword])})
    if schema.get("minimum", 1) <= 1 <= schema.get("maximum", 1):
        yield page(contract, PAGE, {"limit": "1"})


def refusals(contract: Contract) -> Iterator[Step]:
    """Requests whose query breaks one rule each."""
    operation = contract.extension(LIST)
    for rule in contract.rules if operation is not None else ():
        pointer, _, keyword = rule.at.rpartition("/")
        inside = not rule.derived and operation is not None and rule.at.startswith(f"{operation.pointer}/parameters/")
        if inside and rule.field is not None and keyword not in {"default", "parameters"}:
            for text in bad_texts(contract, pointer, rule.id):
                facts = {"at": rule.at, "pointer": pointer, "value": text}
                yield step(place(contract, LIST, query={rule.field: text}), rule.id, facts=facts)


def cursors(contract: Contract, stranger: str) -> Iterator[Step]:
    """Requests for a page after a video that there is not."""
    for cursor in (stranger, *contract.rules.wrong_examples(AFTER)) if AFTER in contract.rules else ():
        yield step(place(contract, LIST, query={"after": cursor}), AFTER, says="an id that nobody was given")


def foreign(contract: Contract, ids: list[str], largest: str, credential: str = OTHER) -> Step:
    """The list as another token sees it, if it is one that the server takes."""
    query = {"limit": largest} if largest else {}
    return sending(step(place(contract, LIST, query=query), OWN, "foreign", facts={"ids": ids}), credential=credential)


def absent(contract: Contract, rule: str, video: str, largest: str) -> Step:
    """The newest videos, among which a deleted one must not be any more."""
    query = {"limit": largest} if largest else {}
    return step(place(contract, LIST, query=query), rule, "absent", says="once it is deleted", facts={"id": video})


def judge_page(contract: Contract, one: Step, answer: Response) -> Judgement:
    """The verdict on a page."""
    facts, rule = one.facts, one.case.rule
    verdict = StepJudgement(one, answer)
    body = verdict.object(rule, "a page of videos")
    if body is None:
        return verdict.made
    verdict.judged(PAGE)
    _shape(contract, verdict, body)
    data = (
        [item for item in body.get("data") or () if isinstance(item, dict)]
        if isinstance(body.get("data"), list)
        else []
    )
    ids = [item.get("id") for item in data]
    _ends(verdict, body, ids)
    _amount(contract, verdict, body, len(data))
    if facts["seen"] and not ids:
        verdict.broken(PAGE, "a page that is said to follow, with videos", "an empty page")
    twice = [video for number, video in enumerate(ids) if video in facts["seen"] or video in ids[:number]]
    if twice:
        verdict.broken(PAGE, "each video once over all pages", f"once more: {shown(twice[0])}")
    if not body.get("has_more") and set(facts["expected"]) - set(ids):
        lost = [video for video in facts["expected"] if video not in ids]
        expected = "every video of this run on some page"
        verdict.broken(
            PAGE, expected, f"the last page is reached, and {len(lost)} were on none: {shown(lost[0])} for one"
        )
    _order(contract, verdict, data)
    for item in data:
        _each(contract, verdict, item, facts["created"].get(str(item.get("id"))))
    return verdict.made


def _shape(contract: Contract, verdict: StepJudgement, body: dict[str, Any]) -> None:
    operation = contract.extension(LIST)
    pointer = f"{operation.pointer}/responses/200/content/application~1json/schema" if operation is not None else ""
    for one in violations(contract.document, pointer, body):
        if one.path[:1] == ("data",) and len(one.path) > 2:
            item = body["data"][int(one.path[1])]
            verdict.video(contract, EACH, one, verdict.one.facts["created"].get(str(item.get("id"))))
        else:
            verdict.broken(PAGE, f"{'.'.join(one.path)}: {one.expected}", f"{'.'.join(one.path)}: {one.actual}")


def _ends(verdict: StepJudgement, body: dict[str, Any], ids: list[Any]) -> None:
    for key, expected in (("first_id", ids[0] if ids else None), ("last_id", ids[-1] if ids else None)):
        if key in body and body[key] != expected:
            verdict.broken(PAGE, f"{key}: {shown(expected)}, as in data", f"{key}: {shown(body[key])}")


def _amount(contract: Contract, verdict: StepJudgement, body: dict[str, Any], count: int) -> None:
    """No more videos than asked for; and where more follow, as many."""
    asked = verdict.one.facts["query"].get("limit")
    operation = contract.extension(LIST)
    pointer = None if operation is None else contract.parameter(operation, "limit")
    schema = {} if pointer is None else contract.document.resolve(pointer)
    rule, limit = (verdict.one.case.rule, typed(schema, asked)) if asked is not None else (SIZE, schema.get("default"))
    if not isinstance(limit, int):
        return
    more = body.get("has_more") is True
    if asked is None and (more or count > limit):
        verdict.judged(SIZE)
    # A server may fill a page less than it was asked to, but not with nothing.
    least = limit if asked is None else min(limit, 1)
    if count > limit or (more and count < least):
        expected = f"{limit} videos" + ("" if more else " at most")
        verdict.broken(rule, expected, f"{count} videos" + (", and has_more" if more else ""))


def _order(contract: Contract, verdict: StepJudgement, data: list[dict[str, Any]]) -> None:
    """By created_at: of two videos of one second the document does not say which is newer."""
    operation = contract.extension(LIST)
    pointer = None if operation is None else contract.parameter(operation, "order")
    if pointer is None:
        return
    asked = verdict.one.facts["query"].get("order")
    rule, order = (ORDER, asked) if asked is not None else (FIRST, contract.document.resolve(pointer).get("default"))
    times = [item.get("created_at") for item in data]
    known = [time for time in (verdict.one.facts["last"], *times) if isinstance(time, int)]
    if order not in {"asc", "desc"} or len(set(known)) < 2:
        return
    verdict.judged(rule)
    for one, other in pairwise(known):
        if one != other and (one > other) == (order == "asc"):
            expected = "the oldest first" if order == "asc" else "the newest first"
            verdict.broken(rule, expected, f"created_at {other} after {one}")
            return


def stable(contract: Contract) -> tuple[str, ...]:
    """The keys of a video that never change."""
    return ("id", "object", "created_at", *contract.echoed, "remixed_from_video_id")


def _each(contract: Contract, verdict: StepJudgement, item: dict[str, Any], known: dict[str, Any] | None) -> None:
    """A video of the page is the one that was created, and as it was last seen where it had been finished."""
    verdict.judged(EACH)
    if known is None:
        return
    keys = set(known) if known.get("status") in {"completed", "failed"} else set(stable(contract))
    for key in sorted(keys & set(item)):
        if key in known and item[key] != known[key]:
            label = f"{item.get('id')}.{key}"
            verdict.broken(EACH, f"{label}: {shown(known[key])}, as retrieved", f"{label}: {shown(item[key])}")


def judge_foreign(contract: Contract, one: Step, answer: Response) -> Judgement:  # noqa: ARG001  all verdicts are alike
    """Another token sees none of these videos. A refusal shows nothing: then the token is none."""
    body = answer.object or {}
    if answer.status != 200 or not isinstance(body.get("data"), list):
        return Judgement()
    verdict = StepJudgement(one, answer)
    verdict.judged(OWN)
    found = [item["id"] for item in body["data"] if isinstance(item, dict) and item.get("id") in one.facts["ids"]]
    if found:
        verdict.broken(OWN, "no video of the first token", f"{len(found)} of them, {shown(found[0])} for one", 206)
    return verdict.made


def judge_absent(contract: Contract, one: Step, answer: Response) -> Judgement:  # noqa: ARG001  all verdicts are alike
    """A deleted video is in no list."""
    data = (answer.object or {}).get("data")
    verdict = StepJudgement(one, answer)
    if answer.status == 200 and isinstance(data, list):
        verdict.judged(one.case.rule)
        if any(isinstance(item, dict) and item.get("id") == one.facts["id"] for item in data):
            verdict.broken(one.case.rule, "no video that was deleted", f"{one.facts['id']} is listed")
    return verdict.made
