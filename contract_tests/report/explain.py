"""Rules in words: how each is checked, for `contract-tests rules`, and all of one, for `contract-tests explain`."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from contract_tests.cases.contract import Contract
from contract_tests.model.case import Case
from contract_tests.model.credential import CREDENTIALS
from contract_tests.model.request import Part, multipart
from contract_tests.runner.plan import Plan, plan
from contract_tests.settings import Settings
from contract_tests.spec.document import Operation
from contract_tests.spec.places import Places
from contract_tests.spec.rules import ANSWERS, GENERIC, Rule

_SPECIAL = {
    "error.envelope": "every refusal of the run",
    "error.no-5xx": "every answer to a request that must be refused",
    GENERIC: "its coverage and fuzzing phases, where creations cost nothing",
    ANSWERS: "every request of the run; one that times out breaks no other rule",
    "http.well-formed": "bytes that are no HTTP, over a socket: a line, a header and a chunk that are none",
    "path": "every good request, which is answered there",
    "response.id.unique": "the ids of all creations of the run, one request sent twice among them",
    "response.headers.unique": "the answers to all good requests, each beside the others",
    "list.own": "the list by another token, where the server takes it",
    "retrieve.not-found": "ids that were never given, retrieved",
}


def explain(contract: Contract, made: Plan) -> dict[str, str]:
    """One line for each rule of the table."""
    labels: dict[str, list[str]] = defaultdict(list)
    for case in made.bad:
        labels[case.rule].append(case.label)
    return {rule.id: _line(rule.id, rule.source, labels[rule.id]) for rule in contract.rules}


def _line(rule: str, source: str, labels: list[str]) -> str:
    special = _SPECIAL.get(rule)
    if special is not None:
        return special
    if labels and not rule.endswith(".error"):
        return f"{len(labels)} requests that must be refused, the first: {labels[0]}"
    ways = (
        (rule.endswith(".own"), "the operation on a video of the run by the token of --second-token"),
        (rule.endswith(".error"), "the status, envelope, type, code and param of each of these refusals"),
        (rule.startswith("response."), "the answers to all good requests"),
        (
            rule.startswith("list."),
            "pages of the list: the default one, the smallest, the largest, both orders, all in turn",
        ),
        (rule.startswith("content."), "the files of a completed video, ranges of them, and of one that is being made"),
        (rule.startswith(("remix.", "json.")), "remixes of a completed video, good and bad ones"),
        (rule.startswith("delete."), "the deletion of a video of the run, and that it is gone"),
        (source == "extension", "the life of the videos that were created, as retrieving shows it"),
        (rule.endswith(".optional"), "good requests that leave the field out"),
        (rule.endswith(".default"), "the answers to good requests that leave the field out"),
    )
    return next((told for applies, told in ways if applies), "nothing: no request of this document can break it")


#: Characters of a value that an example shows.
_SHOWN = 60
_SOURCES = {
    "document": "the source document states it; a breach always fails",
    "inferred": "the source document leaves it open, this project decided it; a breach fails with --strict",
    "extension": "an operation beyond the source document; judged with --extensions",
}


def explain_rule(contract: Contract, rule_id: str, root: Path) -> Iterator[str]:
    """All about one rule: its statement, why, its source, how it is checked, examples, how to mend a server."""
    rule = contract.rules[rule_id]
    made = plan(contract, Settings(token="-", spend=None))  # noqa: S106  any token, so that its rules are planned
    place = Places(contract.document, root).of(rule)
    yield rule.id
    yield f"  says     {rule.says}"
    yield f"  why      {rule.source}: {_SOURCES[rule.source]}"
    yield f"  source   {rule.origin or 'the schema'}"
    yield f"  place    {place.uri}:{place.line} ({rule.at})"
    yield f"  checked  {explain(contract, made)[rule.id]}"
    beyond = next((one for one in contract.document.operations() if _stands_at(rule, one)), None)
    breaking = None if beyond else _breaking(contract, rule)
    if beyond is not None:
        yield f"  keeps    {beyond.method.upper()} {beyond.path}, with a token, of a video of the run"
    else:
        yield from _example("keeps", _keeping(contract, rule.field))
    if breaking is not None:
        yield from _example("breaks", breaking)
    elif rule.error is None:
        yield "  breaks   an answer, no request: the server breaks it"
    else:
        yield "  breaks   no single form: the kit makes such requests while it runs"
    yield f"  mend     {_mend(contract, rule)}"


def _stands_at(rule: Rule, operation: Operation) -> bool:
    return operation.extension and (rule.at == operation.pointer or rule.at.startswith(f"{operation.pointer}/"))


def _keeping(contract: Contract, field: str | None) -> Case:
    """The plainest good request, with the field where there is one."""
    having = [case for case in contract.good if field is not None and case.request.part(field) is not None]
    return min(having or contract.good, key=lambda case: len(case.request.body))


def _breaking(contract: Contract, rule: Rule) -> Case | None:
    wanted = rule.id.removesuffix(".error") if rule.derived else rule.id
    found = [case for case in contract.bad if case.rule == wanted]
    return min(found, key=lambda case: len(case.request.body), default=None)


def _example(word: str, case: Case) -> Iterator[str]:
    request = case.request
    yield f"  {word:<8} {case.label}"
    authorisation = CREDENTIALS[request.credential].shell
    yield f"             {request.method} {request.path}"
    if authorisation is not None:
        yield f"             Authorization: {authorisation}"
    for name, value in request.headers:
        yield f"             {name}: {value}"
    if request.content_type is not None:
        usual = request.content_type == multipart() and request.parts
        yield f"             Content-Type: {'multipart/form-data' if usual else request.content_type}"
    if request.parts is not None:
        yield from (f"             {_part(part)}" for part in request.parts)
    elif request.body:
        yield f"             a body of {len(request.body)} bytes"


def _part(part: Part) -> str:
    if part.is_file:
        facts = part.facts
        sides = f", {facts.width}x{facts.height}" if facts is not None and facts.width else ""
        return f"{part.name}=@{part.filename} ({part.content_type}, {len(part.content)} bytes{sides})"
    text = part.content.decode("utf-8", "backslashreplace")
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"
    return f"{part.name}={shlex.quote(shown)}"


def _mend(contract: Contract, rule: Rule) -> str:
    error = contract.rules.error(rule.id)
    if error is None:
        return f"make what the server answers as {rule.at} of the document describes it"
    if rule.error == "server_error":
        return "catch what goes wrong and answer the error of the rule that the request breaks"
    named = {key: str(error[key]) for key in ("type", "code", "param") if error.get(key) is not None}
    if rule.field is not None:
        named = {key: value.replace("{field}", rule.field) for key, value in named.items()}
    parts = [f"{key} '{value}'" for key, value in named.items()]
    told = ", ".join(parts)
    message = str(error.get("message", ""))
    return (
        f"refuse it with status {error['status']}"
        + (f", {told}" if told else "")
        + (f", and a message like: {message}" if message else "")
    )
