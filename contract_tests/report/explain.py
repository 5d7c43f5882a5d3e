"""How each rule is checked, in words, for `contract-tests rules`."""

from __future__ import annotations

from collections import defaultdict

from contract_tests.cases.contract import Contract
from contract_tests.runner.plan import Plan
from contract_tests.spec.rules import ANSWERS, GENERIC

_SPECIAL = {
    "error.envelope": "every refusal of the run",
    "error.no-5xx": "every answer to a request that must be refused",
    GENERIC: "its coverage and fuzzing phases, where creations cost nothing",
    ANSWERS: "every request of the run; one that times out breaks no other rule",
    "http.well-formed": "bytes that are no HTTP, over a socket: a line, a header and a chunk that are none",
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
