"""The verdict on an answer to a request that must be accepted."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

from contract_tests.cases.contract import Contract
from contract_tests.model.case import Case
from contract_tests.model.finding import Finding, Judgement
from contract_tests.model.response import Response
from contract_tests.spec.rules import ONCE, WHOLE, Rule
from contract_tests.spec.schema import shown, violations

#: Rules about an accepted answer, by id: those that no keyword of a schema can say.
STATUS, MEDIA_TYPE, HEADERS = "response.status-code", "response.media-type", "response.headers"
UNIQUE, NAMED, NOW = "response.id.unique", "response.headers.unique", "response.created_at.now"
#: Seconds by which a server's clock may seem to be now this far ahead, now that: it may be that of several machines.
_WOBBLE = 2.0
#: No answer has said yet by how much the server's clock is ahead.
UNKNOWN_OFFSET = (-math.inf, math.inf)


@dataclass
class SeenResponses:
    """What the answers of a run have shown so far.

    The `ids` of videos and the names of `exchanges`, with the requests that got them; and the seconds by which the
    server's clock can be `ahead`, at least and at most, by what it says of a creation and by its `offset` in Date.
    """

    ids: dict[str, str] = field(default_factory=dict)
    exchanges: dict[str, str] = field(default_factory=dict)
    ahead: tuple[float, float] = (-math.inf, math.inf)
    offset: tuple[float, float] = UNKNOWN_OFFSET


def judge_acceptance(
    contract: Contract, case: Case, answer: Response, past: SeenResponses, *, skew: float
) -> Judgement:
    """Whether it was answered 200, and whether the answer is what the request makes due.

    `past` is what came before, and knows of this answer then; `skew` is how far apart, in seconds, the two clocks
    may be.
    """
    verdict = Judgement({STATUS if case.rule == UNIQUE else case.rule})
    if answer.status != int(contract.success.rpartition("/")[2]):
        # What the document leaves open may be refused by a right server, but none may break down over a good request.
        broke = answer.status >= 500 and contract.rules[case.rule].source == "inferred"
        rule = STATUS if case.rule == UNIQUE or answer.accepted or broke else case.rule
        category = 100 if answer.status >= 500 else 205 if answer.status == 401 else None
        verdict.findings.append(_finding(rule, case, answer, "200 and a new video", category))
        if not answer.accepted:
            return verdict
    verdict.judged |= {"path", STATUS, MEDIA_TYPE}
    body = answer.object
    if not answer.is_json or body is None:
        verdict.findings.append(_finding(MEDIA_TYPE, case, answer, "a JSON object in application/json", 101))
    if body is not None:
        _judge_body(contract, case, answer, body, past, verdict, skew=skew)
    verdict.judged &= {rule.id for rule in contract.rules}
    verdict.findings = [finding for finding in verdict.findings if finding.rule in contract.rules]
    return verdict


def _judge_body(
    contract: Contract, case: Case, answer: Response, body: dict[str, Any], past: SeenResponses,
    verdict: Judgement, *, skew: float,
) -> None:  # fmt: skip
    rules = contract.rules
    verdict.judged |= {rule.id for rule in rules if _shows(contract, rule, body)} - (
        {UNIQUE} if not past.ids else set()
    )
    broken = [
        (rules.broken_by(one), one.expected, one.key) for one in violations(contract.document, contract.answer, body)
    ]
    verdict.judged |= {rule.id for rule in rules if rule.id.endswith(WHOLE) and rule.id.split(".")[1] in body}
    verdict.judged.add(f"{MEDIA_TYPE}{ONCE}")
    if answer.repeats_key:
        broken.append((f"{MEDIA_TYPE}{ONCE}", "each key of an object once", None))
    broken += _headers(contract, answer)
    broken += _exchange(contract, case, answer, past, verdict)
    broken += _echoes(contract, case, body, verdict)
    broken += _templates(contract, body)
    broken += late(contract, body)
    broken += _identity(body, past, case)
    broken += _time(answer, body, past, skew)
    for rule, expected, key in broken:
        actual = f"{key}: {shown(body[key])}" if key in body else answer.summary()
        verdict.findings.append(
            Finding(rule, case.label, actual, f"{key}: {expected}" if key else expected, 101, case, answer)
        )


def _finding(rule: str, case: Case, answer: Response, expected: str, category: int | None) -> Finding:
    return Finding(rule, case.label, answer.summary(), expected, category, case, answer)


Broken = tuple[str, str, str | None]


def _shows(contract: Contract, rule: Rule, body: dict[str, Any]) -> bool:
    """Whether an answer with this body lets the rule be judged; echoes depend on the request too."""
    head, _, rest = rule.id.partition(".")
    if head != "response" or rule.derived or rule.at.endswith("/x-echo"):
        return False
    if not contract.document.has(rule.at):
        return False
    return rest in {"headers", "keys"} or rest.partition(".")[0] in body


def _headers(contract: Contract, answer: Response) -> Iterator[Broken]:
    """Headers that the rule names must be there; each documented one that is there keeps its schema."""
    document, rules = contract.document, contract.rules
    if HEADERS not in rules or not document.has(rules[HEADERS].at):
        return
    for name in document.at(rules[HEADERS].at):
        value = answer.header(name)
        if value is None:
            if name in rules[HEADERS].says:
                yield HEADERS, f"the header {name}", None
            continue
        pointer = document.follow(f"{rules[HEADERS].at}/{name}") + "/schema"
        typed: Any = value
        if document.at(pointer).get("type") == "integer" and re.fullmatch(r"-?\d+", value):
            typed = int(value)
        for one in violations(document, pointer, typed):
            yield HEADERS, f"the header {name} as {one.expected}, not {value!r}", None


def due_echo(contract: Contract, case: Case, field: str) -> str | None:
    """What the answer must repeat for this field: as sent, or its default; None where nothing is due."""
    part = case.request.part(field)
    if part is not None:
        return part.text
    known = contract.form.fields.get(field)
    return known.default if known is not None else None


def _echoes(contract: Contract, case: Case, body: dict[str, Any], verdict: Judgement) -> Iterator[Broken]:
    for key, name in contract.echoed.items():
        expected = due_echo(contract, case, name)
        sent = case.request.part(name) is not None
        rule = f"response.{key}.echo" if sent else f"{name}.default"
        if not sent:
            verdict.judged.add(f"{name}.optional")
        if expected is None or not isinstance(body.get(key), str):
            # Another type, or none, is for other rules to say.
            continue
        verdict.judged.add(rule)
        if body[key] != expected:
            yield rule, f"{shown(expected)}, as {'sent' if sent else 'by default'}", key


def _templates(contract: Contract, body: dict[str, Any]) -> Iterator[Broken]:
    """A value made after a template (x-template) repeats the other keys that the template names."""
    for rule in contract.rules:
        if not rule.at.endswith("/x-template") or not contract.document.has(rule.at):
            continue
        key = rule.at.split("/")[-2]
        template = str(contract.document.at(rule.at))
        pattern = _template_pattern(template, body)
        if pattern is not None and isinstance(body.get(key), str) and not re.match(pattern, body[key]):
            yield rule.id, f"after {template}, with the answer's own values", key


def late(contract: Contract, body: dict[str, Any]) -> Iterator[Broken]:
    """A key with x-after is the time of the key that it names plus the seconds, and null while that is null."""
    for rule in contract.rules:
        if not rule.at.endswith("/x-after") or not contract.document.has(rule.at):
            continue
        key, after = rule.at.split("/")[-2], contract.document.at(rule.at)
        start = body.get(after["key"])
        expected = start + after["seconds"] if isinstance(start, int) else None
        if key in body and body[key] != expected:
            yield rule.id, f"{shown(expected)}, {after['seconds']} seconds after {after['key']}", key


def _template_pattern(template: str, body: dict[str, Any]) -> str | None:
    """The template as a pattern with the answer's values filled in; up to its first random part."""
    pattern = ""
    for literal, name, digits in re.findall(r"([^{]*)\{(\w+):(?:hex(\d+)|uuid)\}", template):
        if name not in body:
            return pattern + re.escape(str(literal))
        try:
            pattern += re.escape(literal) + re.escape(format(body[name], f"0{digits}x"))
        except (ValueError, TypeError):
            return None
    return pattern


def _exchange(
    contract: Contract, case: Case, answer: Response, past: SeenResponses, verdict: Judgement
) -> Iterator[Broken]:
    """The header that names an exchange names no other one."""
    if NAMED not in contract.rules or not contract.document.has(contract.rules[NAMED].at):
        return
    header = contract.rules[NAMED].at.rpartition("/")[2]
    name = answer.header(header)
    if not name:
        return
    verdict.judged.add(NAMED)
    if name in past.exchanges:
        yield NAMED, f"a new {header}; {name!r} was given for: {past.exchanges[name]}", None
    past.exchanges.setdefault(name, case.label)


def _identity(body: dict[str, Any], past: SeenResponses, case: Case) -> Iterator[Broken]:
    made = body.get("id")
    if not isinstance(made, str):
        return
    if made in past.ids:
        yield UNIQUE, f"a new id; this one was given for: {past.ids[made]}", "id"
    past.ids.setdefault(made, case.label)


def _time(answer: Response, body: dict[str, Any], past: SeenResponses, skew: float) -> Iterator[Broken]:
    """It is now, by the clock of the answer's Date or by ours; and however far clocks are apart, they go on alike.

    Date may be that of a proxy, whose clock says nothing about the server's.
    """
    made = body.get("created_at")
    if not isinstance(made, int | float):
        return
    least_ahead, most_ahead = past.offset = _offset(answer, past.offset) if skew else (0.0, 0.0)
    earliest = math.floor(answer.sent_at + least_ahead - skew) - 1
    latest = math.ceil(answer.received_at + most_ahead + skew)
    by_ours = math.floor(answer.sent_at - skew) - 1 <= made <= math.ceil(answer.received_at + skew)
    if not (earliest <= made <= latest or by_ours):
        yield NOW, f"from {earliest} to {latest}", "created_at"
        return
    least = max(past.ahead[0], made - 1 - answer.received_at - _WOBBLE)
    most = min(past.ahead[1], made + 1 - answer.sent_at + _WOBBLE)
    if least > most:
        expected = math.floor(answer.sent_at + sum(past.ahead) / 2)
        yield NOW, f"about {expected}, for a clock that goes on as it did at the creations before", "created_at"
    else:
        past.ahead = (least, most)


def _offset(answer: Response, known: tuple[float, float]) -> tuple[float, float]:
    """Seconds by which the server's clock is ahead, at least and at most; (0, 0) where no answer has had a Date.

    Date may be from any moment between sending and receiving, so quick answers tell most; `known` is what they told.
    """
    date = _date(answer)
    if date is None:
        return (0.0, 0.0) if known == UNKNOWN_OFFSET else known
    own = (date - answer.received_at, max(date - answer.received_at, date - answer.sent_at))
    both = (max(own[0], known[0]), min(own[1], known[1]))
    return both if both[0] <= both[1] else own


def drift(answer: Response) -> float:
    """Seconds by which the server's clock is ahead, by its Date header; 0 where it has none."""
    date = _date(answer)
    return 0.0 if date is None else date - answer.received_at


def _date(answer: Response) -> float | None:
    """What its Date header says, in seconds since 1970; None where it has none, or none that can be read."""
    try:
        return parsedate_to_datetime(answer.header("date") or "").timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
