"""Requests that must be refused, each breaking exactly one rule from a valid base with a fitting picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from contract_tests.cases.builder import Builder, FarBuilder
from contract_tests.cases.json_form import wrong_as_json
from contract_tests.cases.negatives import bodies, fields, files, transport
from contract_tests.model.case import Case
from contract_tests.spec.document import Document
from contract_tests.spec.rules import RuleTable


def negatives(document: Document, builder: Builder, rules: RuleTable) -> list[Case]:
    """All of them, without repetition; the same document gives the same list."""
    made: dict[str, Case] = {}
    for case in _all(document, builder, rules):
        if case.rule in rules and case.breach in rules and _breaks_one(builder, rules, case):
            made.setdefault(case.id, case)
    sent = {case.request.body for case in made.values()}
    for case in _from_afar(FarBuilder(builder.form), rules):
        if case.rule in rules and case.breach in rules and case.request.body not in sent:
            made.setdefault(case.id, case)
    if builder.form.takes_json:
        made |= {case.id: case for case in wrong_as_json(builder.form, tuple(made.values()))}
    return list(made.values())


def _breaks_one(builder: Builder, rules: RuleTable, case: Case) -> bool:
    """Whether the form breaks that rule alone: what is too short may break a pattern too."""
    found = builder.reader.breaches(case.request.parts or ())
    return case.wire or [rules.breach(one.kind, one.field, one.at) for one in found] == [case.breach]


def _all(document: Document, builder: Builder, rules: RuleTable) -> Iterator[Case]:
    yield from fields.cases(builder, rules)
    yield from files.cases(builder, rules)
    yield from transport.cases(document, builder)
    yield from bodies.cases(builder, rules)


def _from_afar(builder: FarBuilder, rules: RuleTable) -> Iterator[Case]:
    """Each kind of breach once more, from the choice least like the defaults: what is judged for those alone shows."""
    seen: set[tuple[str, str]] = set()
    for case in (*fields.cases(builder, rules), *files.cases(builder, rules)):
        # Before the colon stands how a value was made, behind it which one it is.
        kind = (case.rule, case.label.partition(":")[0])
        parts = case.request.parts or ()
        # Far from the defaults a field that is left out, or not understood, easily breaks a condition too.
        alone = len(builder.reader.breaches(parts)) == 1 and not builder.reader.doubtful(parts)
        if kind not in seen and alone:
            seen.add(kind)
            yield replace(case, label=f"{case.label}; all else far from the defaults")
