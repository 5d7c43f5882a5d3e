"""Requests that must be refused, each breaking exactly one rule from a valid base with a fitting picture."""

from __future__ import annotations

from collections.abc import Iterator

from contract_tests.builder import Builder
from contract_tests.case import Case
from contract_tests.document import Document
from contract_tests.negatives import bodies, fields, files, wire
from contract_tests.rules import RuleTable


def negatives(document: Document, builder: Builder, rules: RuleTable) -> list[Case]:
    """All of them, without repetition; the same document gives the same list."""
    made: dict[str, Case] = {}
    for case in _all(document, builder, rules):
        if case.rule in rules and case.breach in rules and _breaks_one(builder, rules, case):
            made.setdefault(case.id, case)
    return list(made.values())


def _breaks_one(builder: Builder, rules: RuleTable, case: Case) -> bool:
    """Whether the form breaks that rule alone: what is too short may break a pattern too."""
    found = builder.reader.breaches(case.request.parts or ())
    return case.wire or [rules.breach(one.kind, one.field, one.at) for one in found] == [case.breach]


def _all(document: Document, builder: Builder, rules: RuleTable) -> Iterator[Case]:
    yield from fields.cases(builder, rules)
    yield from files.cases(builder, rules)
    yield from wire.cases(document, builder)
    yield from bodies.cases(builder, rules)
