"""The subjects that reports group rules by, in the order in which the document's rules come to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from contract_tests.oracle.verdict import Verdict
from contract_tests.spec.rules import Rule

_HEADS = {
    "transport": ("http", "path", "method", "media-type", "body", "store"),
    "authentication": ("auth",),
    "form": ("fields",),
    "answer": ("response", "error"),
    "schemathesis": ("generic",),
}
"""A subject by the first words of its rules' ids. Every other rule of the creation is about its field, every rule of
another operation about that."""

_BY_HEAD = {head: subject for subject, heads in _HEADS.items() for head in heads}
_FILE_KINDS = frozenset(("file", "file-type", "file-intact"))
_CROSS_FIELD = frozenset(("x-dimensions-match", "condition"))


def subject_of(rule: Rule, file_fields: frozenset[str | None]) -> str:
    """What a rule is about: a word for people. ``file_fields`` are the fields that are files."""
    head = rule.id.partition(".")[0]
    if head in _BY_HEAD:
        return _BY_HEAD[head]
    if rule.kind in _CROSS_FIELD:
        return "cross-field"
    if head != rule.field:
        return head
    return "image" if rule.field in file_fields else "form"


def by_subject(verdicts: Sequence[Verdict], rules: Iterable[Rule]) -> dict[str, list[Verdict]]:
    """The verdicts of each subject. A rule that follows from another, such as its error, stands with it.

    ``rules`` are all of the table, whether there is a verdict on them here or not.
    """
    table = {rule.id: rule for rule in rules}
    file_fields = frozenset(rule.field for rule in table.values() if rule.kind in _FILE_KINDS)
    found: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        parent = table.get(verdict.rule.id.rpartition(".")[0]) if verdict.rule.derived else None
        found.setdefault(subject_of(parent or verdict.rule, file_fields), []).append(verdict)
    return found
