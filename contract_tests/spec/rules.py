"""The rule table: what the document lists, what its schemas imply, and what the kit derives from both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from contract_tests.spec.document import Document, Operation
from contract_tests.spec.form import Form
from contract_tests.spec.schema import Violation

#: How a keyword of JSON Schema is spelled at the end of a rule's id.
SUFFIX = {
    "required": "required",
    "text": "type",
    "file": "type",
    "file-type": "is-image",
    "file-intact": "intact",
    "x-dimensions-match": "matches-size",
    "minLength": "min-length",
    "maxLength": "max-length",
    "condition": "condition",
}
#: The rule under which the findings of schemathesis stand.
GENERIC = "generic.schemathesis"
#: The rule under which time-outs stand: they say nothing about what was asked.
ANSWERS = "http.answers"
#: What a rule of the document leaves open has a rule of its own behind its id: a second path, a picture of another
#: type, an empty text in place of none, an integer with a fraction of 0, a key that stands twice.
ONLY, TYPES, EMPTY, WHOLE, ONCE = ".only", ".types", ".empty", ".whole", ".keys"
#: The rule that a token sees its own videos alone, and the one that an unknown id is not found.
OWN, NOT_FOUND = "list.own", "retrieve.not-found"
BOUNDS = ("minimum", "maximum", "minLength", "maxLength")


@dataclass(frozen=True)
class Rule:
    """One rule. `source` is document, inferred or extension; `error` names an entry of x-errors."""

    id: str
    says: str
    at: str
    source: str
    origin: str = ""
    error: str | None = None
    field: str | None = None
    kind: str | None = None
    derived: bool = False


class RuleTable:
    """All rules by id, in the document's order, each followed by the rules derived from it.

    A rule that the kit derives has source `inferred`: the source document says neither how a refusal looks
    nor which odd but legal spellings a server must read.
    """

    def __init__(self, document: Document, form: Form) -> None:
        self._errors: dict[str, dict[str, Any]] = document.tree["x-errors"]
        self._by_id: dict[str, Rule] = {}
        self._examples = _error_messages(document)
        listed = [_listed(document, form, rule_id, entry) for rule_id, entry in document.tree["x-rules"].items()]
        implied = [rule for rule in _implied(form) if not any(_same_breach(rule, other) for other in listed)]
        answers = [rule for rule in _answers(document, form) if rule.id not in document.tree["x-rules"]]
        for rule in [*listed, *implied, *answers]:
            whole = replace(rule, error=rule.error or self._error_of_kind(rule.kind))
            self._by_id[rule.id] = whole
            for child in (*_derived(whole), *_left_open(document, form, whole)):
                self._by_id[child.id] = child
        says = "The general checks of schemathesis find nothing either."
        pointer = form.operation.pointer
        self._by_id[GENERIC] = Rule(GENERIC, says, pointer, "inferred", "schemathesis", derived=True)
        says = "Every request is answered in time."
        self._by_id[ANSWERS] = Rule(ANSWERS, says, pointer, "inferred", "the bound of --timeout", derived=True)
        for operation in document.operations():
            if operation.extension and document.has(f"{operation.pointer}/responses/200/content/application~1json"):
                extra = _extension_answer(self._name(operation), operation.pointer)
                self._by_id.setdefault(extra.id, extra)
            if operation.extension and "{" in operation.path and OWN in self._by_id:
                extra = self._own(operation)
                self._by_id.setdefault(extra.id, extra)

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._by_id.values())

    def __contains__(self, rule_id: object) -> bool:
        return rule_id in self._by_id

    def __getitem__(self, rule_id: str) -> Rule:
        return self._by_id[rule_id]

    def of(self, operation: Operation) -> set[str]:
        """The ids of the rules of an operation: those that begin with a word of those that stand at it."""
        heads = {rule.id.partition(".")[0] for rule in self._standing(operation)}
        return {rule.id for rule in self if rule.id.partition(".")[0] in heads}

    def _standing(self, operation: Operation) -> Iterator[Rule]:
        at = operation.pointer
        return (rule for rule in self if rule.source == "extension" and (rule.at == at or rule.at.startswith(f"{at}/")))

    def _name(self, operation: Operation) -> str:
        """What the rules of an operation begin with; its own id where it has none."""
        first = next(self._standing(operation), None)
        return str(operation.node["operationId"]) if first is None else first.id.partition(".")[0]

    def _own(self, operation: Operation) -> Rule:
        """That another token does not find the video: it follows from the list, which shows a token its own alone."""
        says, error = "Another token does not find the video.", self._by_id.get(NOT_FOUND)
        earned = None if error is None else error.error
        name, at = f"{self._name(operation)}.own", operation.pointer
        return Rule(name, says, at, "extension", f"x-rules / {OWN}", earned, derived=True)

    def breach(self, kind: str, field: str | None = None, at: str | None = None) -> str:
        """The id of the rule that a breach of this kind, in this field or at this place, breaks."""
        for rule in self:
            if rule.derived or rule.kind != kind:
                continue
            if rule.field == field or (at is not None and rule.at == at):
                return rule.id
        for rule in self:
            # A kind that holds for the whole form names no field.
            if not rule.derived and rule.kind == kind and rule.field is None and at is None:
                return rule.id
        return _implied_id(kind, field, at)

    def answered(self, at: str, key: str | None) -> str:
        """The id of the rule that an answer breaks which violates the keyword at this place."""
        parent, _, keyword = at.rpartition("/")
        exact = [rule.id for rule in self if rule.at == at and not rule.derived]
        if exact:
            return exact[0]
        if keyword in BOUNDS:
            bounds = {f"{parent}/{bound}" for bound in BOUNDS}
            near = [rule.id for rule in self if rule.at in bounds and not rule.derived]
            if near:
                return near[0]
        whole = [rule.id for rule in self if rule.at == parent and not rule.derived]
        # A rule about a whole key answers for its keywords, unless some of them have rules of their own.
        if whole and not any(rule.at.startswith(f"{parent}/") for rule in self):
            return whole[0]
        own = f"response.{key}"
        return own if own in self else "response.keys"

    def broken_by(self, one: Violation, key: str | None = None) -> str:
        """The id of the rule that an answer breaks by this violation, of this key or the top-level one."""
        own = self.answered(one.at, one.key if key is None else key)
        return f"{own}{WHOLE}" if one.is_whole and f"{own}{WHOLE}" in self else own

    def wrong_examples(self, rule_id: str) -> tuple[str, ...]:
        """Values that the document itself shows as wrong: what its examples of this rule's error quote first."""
        quoted = (re.search(r"'([^']*)'", message) for message in self._examples.get(rule_id, ()))
        return tuple(match.group(1) for match in quoted if match is not None)

    def error(self, rule_id: str) -> dict[str, Any] | None:
        """The entry of x-errors that breaking the rule earns."""
        name = self._by_id[rule_id].error if rule_id in self._by_id else None
        return None if name is None else self._errors[name]

    @property
    def final_limits(self) -> frozenset[str]:
        """The codes and types of the 429 after which no wait helps: the document gives it no time to retry after."""
        errors = [error for error in self._errors.values() if error.get("status") == 429 and "retry-after" not in error]
        return frozenset(str(error[key]) for error in errors for key in ("code", "type") if error.get(key))

    def _error_of_kind(self, kind: str | None) -> str | None:
        if kind is None:
            return None
        for name, error in self._errors.items():
            if kind in error.get("kinds", []):
                return name
        return next((name for name, error in self._errors.items() if "*" in error.get("kinds", [])), None)


def _error_messages(document: Document) -> dict[str, list[str]]:
    """The messages of the documented examples of errors, by the rule that each is named after."""
    found: dict[str, list[str]] = {}

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            for name, example in (node.get("examples") or {}).items() if isinstance(node.get("examples"), dict) else ():
                error = example.get("value", {}).get("error") if isinstance(example, dict) else None
                if isinstance(error, dict):
                    found.setdefault(name, []).append(str(error.get("message", "")))
            for child in node.values():
                walk(child)

    walk(document.tree.get("components", {}).get("responses", {}))
    return found


def _listed(document: Document, form: Form, rule_id: str, entry: dict[str, Any]) -> Rule:
    return Rule(
        id=rule_id,
        says=entry["says"],
        at=entry["at"],
        source=entry["source"],
        origin=entry.get("from", ""),
        error=entry.get("error"),
        field=entry.get("field") or _field_at(document, form, entry),
        kind=entry.get("kind"),
    )


def _field_at(document: Document, form: Form, entry: dict[str, Any]) -> str | None:
    """The field of the form, or the parameter, that a rule's place names; None where it speaks of neither."""
    at = entry["at"]
    for place in (f"{form.pointer}/properties/", f"{form.media_pointer}/encoding/"):
        if at.startswith(place):
            return str(at.removeprefix(place).partition("/")[0]).replace("~1", "/").replace("~0", "~")
    if entry.get("kind") is None:
        return None
    found = re.match(r"(#/.*/parameters/\d+)(?:/|$)", at)
    if found:
        # Where an edit has removed the parameter, the rule speaks of nothing; it must not stand for all parameters.
        return str(document.resolve(found[1])["name"]) if document.has(found[1]) else at
    inner = re.match(r"#/components/schemas/\w+/properties/([^/]+)", at)
    return inner[1] if inner else None


def _same_breach(one: Rule, other: Rule) -> bool:
    if one.id == other.id:
        return True
    if one.kind is None or one.kind != other.kind:
        return False
    return one.at == other.at if one.kind == "condition" else one.field == other.field or other.field is None


def _implied_id(kind: str, field: str | None, at: str | None) -> str:
    if kind == "condition" and at is not None:
        return "condition." + "-".join(at.rsplit("/", 2)[-2:])
    return f"{field or 'fields'}.{SUFFIX.get(kind, kind)}"


def _implied(form: Form) -> Iterator[Rule]:
    """A rule for every field and keyword of the schema, for the case that an edit brought it."""
    for name, field in form.fields.items():
        kinds = ["required"] if field.required else []
        kinds += ["file"] if field.is_file else ["text"]
        kinds += ["file-type", "file-intact"] if field.file_types else []
        kinds += ["x-dimensions-match"] if field.matches else []
        known = ("enum", "const", "pattern", *BOUNDS)
        kinds += [keyword for keyword in known if keyword in field.schema]
        kinds += ["type"] if field.schema.get("type", "string") != "string" else []
        for kind in kinds:
            says = f"{name} keeps {kind} of its schema."
            yield Rule(_implied_id(kind, name, None), says, field.pointer, "document", "the schema", None, name, kind)
        if not field.required:
            says = f"{name} may be left out."
            yield Rule(f"{name}.optional", says, field.pointer, "document", "the schema", field=name)
        if field.default is not None:
            says = f"{name} left out is {field.default}."
            yield Rule(f"{name}.default", says, f"{field.pointer}/default", "document", "the schema", field=name)
    for condition in form.conditions:
        says = str(condition.schema.get("description", "The fields fit each other.")).split(". ")[0]
        rule_id = _implied_id("condition", None, condition.pointer)
        yield Rule(rule_id, says, condition.pointer, "document", "the schema", None, None, "condition")


def _answers(document: Document, form: Form) -> Iterator[Rule]:
    pointer = f"{form.operation.pointer}/responses/200/content/application~1json/schema"
    for key, at in answer_keys(document, pointer).items():
        yield Rule(f"response.{key}", f"{key} is as its schema says.", at, "document", "the schema")


def answer_keys(document: Document, pointer: str) -> dict[str, str]:
    """The keys of an answer's schema, each with the pointer of the first schema that describes it."""
    if not document.has(pointer):
        return {}
    pointer = document.follow(pointer)
    node = document.at(pointer)
    keys = {key: f"{pointer}/properties/{key}" for key in node.get("properties", {})}
    for index in range(len(node.get("allOf", []))):
        keys = {**answer_keys(document, f"{pointer}/allOf/{index}"), **keys}
    return keys


def _derived(rule: Rule) -> Iterator[Rule]:
    if rule.error is not None and rule.error != "server_error":
        says = "Breaking it is refused with the documented status, envelope, code and param."
        yield Rule(f"{rule.id}.error", says, rule.at, "inferred", f"x-errors / {rule.error}", rule.error, derived=True)
    if rule.id == "response.status-code":
        says = "A good request is answered so however it is spelled: part types, names, boundaries, chunks."
        yield Rule(f"{rule.id}.spelling", says, rule.at, "inferred", "RFC 9112, RFC 7578, RFC 2046", derived=True)


def _left_open(document: Document, form: Form, rule: Rule) -> Iterator[Rule]:
    """What is due beside the rule, though the source document does not say so."""
    field = form.fields.get(rule.field or "")
    schema = document.resolve(rule.at.rpartition("/")[0]) if document.has(rule.at) else None
    kinds = schema.get("type") if isinstance(schema, dict) else None
    is_integer = rule.at.endswith("/type") and "integer" in (kinds if isinstance(kinds, list) else [kinds])
    says = {
        ONLY: (rule.id == "path", "The operation has no second path."),
        TYPES: (rule.kind == "file-type", "Pictures of the listed types are accepted, those of other types refused."),
        EMPTY: (
            rule.kind in {"enum", "const"} and field is not None and not field.required,
            "An empty text is a value, and does not mean that the field is left out.",
        ),
        WHOLE: (is_integer and rule.id.startswith("response."), "An integer is written without a fraction."),
        ONCE: (rule.id == "response.media-type", "No key of the answer stands twice."),
    }
    for suffix, (applies, text) in says.items():
        if applies:
            yield replace(rule, id=rule.id + suffix, says=text, source="inferred", kind=None, derived=True)


def _extension_answer(name: str, pointer: str) -> Rule:
    says = "What it answers is a video as its schema describes one, with the values of its creation."
    return Rule(f"{name}.answer", says, f"{pointer}/responses/200", "extension", "the schema", derived=True)
