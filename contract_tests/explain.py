"""How each rule is checked, in words, for `contract-tests rules`."""

from __future__ import annotations

from collections import defaultdict

from contract_tests.contract import Contract
from contract_tests.plan import Plan
from contract_tests.rules import GENERIC

_SPECIAL = {
    "error.envelope": "every refusal of the run",
    "error.no-5xx": "every answer to a request that must be refused",
    GENERIC: "its coverage and fuzzing phases, where creations cost nothing",
    "http.well-formed": "not checked: the kit sends HTTP only",
    "response.id.unique": "the ids of all creations of the run, one request sent twice among them",
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
    if rule.endswith(".error"):
        return "the status, envelope, type, code and param of each of these refusals"
    if rule.startswith("response."):
        return "the answers to all good requests"
    if source == "extension":
        return "the life of the videos that were created, as retrieving shows it"
    if rule.endswith(".optional"):
        return "good requests that leave the field out"
    if rule.endswith(".default") and not labels:
        return "the answers to good requests that leave the field out"
    if not labels:
        return "nothing: no request of this document can break it"
    return f"{len(labels)} requests that must be refused, the first: {labels[0]}"
