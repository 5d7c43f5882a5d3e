"""The rules of a form: a request's schema compiled once into checks, in the order in which they answer."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import msgspec

from mockserver.document import Document, DocumentError, Error, Limits, Operation, convert
from mockserver.image import READERS

ANNOTATIONS = frozenset(
    "title description default example examples deprecated readOnly writeOnly type format "
    "contentMediaType contentEncoding contentSchema externalDocs xml discriminator $comment".split()
)
"""Keywords of a field's schema that are no check of their own. ``type`` is one only where it is not string."""

BEYOND_SCHEMA = frozenset(
    ("repeated", "text", "text-encoding", "file", "file-type", "file-intact", "x-dimensions-match")
)
"""The kinds of breach that JSON Schema cannot see."""

Values = dict[str, Any]
"""A form as the schema sees it: its fields as sent, its defaults; of a file, the empty string."""

Validator = jsonschema_rs.Draft202012Validator


class FormRule(msgspec.Struct, frozen=True):
    """One check of a form. ``kind`` is a keyword or a kind of breach that the document names; ``limit`` its value."""

    id: str
    kind: str
    field: str | None
    error: Error
    limit: Any = None
    validator: Validator | None = None
    other: str | None = None


class Field(msgspec.Struct, frozen=True):
    """One field of a form.

    ``default`` stands for it where it is left out, ``None`` if nothing does; ``allowed`` are the values of its enum;
    ``example`` is a value that it may have.
    """

    name: str
    is_file: bool
    is_text: bool
    default: Any
    allowed: tuple[Any, ...]
    example: Any
    file_types: tuple[str, ...] = ()
    matches: str | None = None


class FormRules(msgspec.Struct, frozen=True):
    """All that a form is judged by. ``checks`` are in the order in which they answer.

    ``schema`` is the whole request schema at once; a form that it passes has only ``beyond_schema`` left to pass.
    """

    media_type: str
    limits: Limits
    fields: dict[str, Field]
    schema: Validator
    checks: tuple[FormRule, ...]
    beyond_schema: tuple[FormRule, ...]


def compile_form(document: Document, operation: Operation) -> FormRules:
    """The rules of the form that ``operation`` takes; ``DocumentError`` where the document asks for the impossible."""
    return _Compiler(document, operation).compile()


class _Compiler:
    """Walks one request schema. The order of ``properties`` is the order of the document, and of the checks."""

    def __init__(self, document: Document, operation: Operation) -> None:
        self.document = document
        body = document.resolve(operation.node.get("requestBody", {}))
        content = convert(body.get("content"), f"{operation.id}: requestBody.content", dict[str, dict[str, Any]])
        if len(content) != 1:
            raise DocumentError(f"{operation.id}: requestBody.content has {len(content)} media types, 1 is supported")
        [(self.media_type, self.media)] = content.items()
        self.pointer = self.media.get("schema", {}).get("$ref", "")
        self.schema = document.resolve(self.media.get("schema", {}))
        self.properties = {
            name: document.resolve(node)
            for name, node in convert(
                self.schema.get("properties"), f"{operation.id}: properties", dict[str, Any]
            ).items()
        }
        self.required = convert(self.schema.get("required", []), f"{operation.id}: required", list[str])

    def compile(self) -> FormRules:
        checks = tuple(self._checks())
        return FormRules(
            media_type=self.media_type,
            limits=convert(self.media.get("x-limits"), "x-limits", Limits),
            fields={name: self._field(name, node) for name, node in self.properties.items()},
            schema=self._validator(self.schema),
            checks=checks,
            beyond_schema=tuple(rule for rule in checks if rule.kind in BEYOND_SCHEMA),
        )

    def _field(self, name: str, node: dict[str, Any]) -> Field:
        is_file = "contentMediaType" in node
        is_text = not is_file and node.get("type", "string") == "string"
        default = None if name in self.required else node.get("default")
        allowed = tuple(node.get("enum", ()))
        examples = [node.get("default"), *allowed, *node.get("examples", ()), "text"]
        example = next(value for value in examples if value is not None)
        types = self._types_of(name) if is_file else ()
        return Field(name, is_file, is_text, default, allowed, example, types, node.get("x-dimensions-match"))

    def _checks(self) -> Iterator[FormRule]:
        conditions = list(self._conditions())
        for name in [*self.properties, *(name for name in self.required if name not in self.properties)]:
            node = self.properties.get(name, {})
            if name in self.required:
                yield self._rule("required", name)
            yield self._rule("repeated", name)
            yield from self._file_checks(name, node) if "contentMediaType" in node else self._text_checks(name, node)
            yield from (condition for condition in conditions if condition.field == name)
        if self.schema.get("additionalProperties") is False:
            yield self._rule("additionalProperties", None)
        yield self._rule("*", None, validator=self._validator(self.schema))

    def _file_checks(self, name: str, node: dict[str, Any]) -> Iterator[FormRule]:
        yield self._rule("file", name)
        if types := self._types_of(name):
            yield self._rule("file-type", name, limit=types)
            yield self._rule("file-intact", name, limit=types)
        if other := node.get("x-dimensions-match"):
            if other not in self.properties or not types:
                raise DocumentError(f"{name}: x-dimensions-match needs a field '{other}' and image types in encoding")
            yield self._rule("x-dimensions-match", name, other=other)

    def _types_of(self, name: str) -> tuple[str, ...]:
        encoding = self.document.resolve(self.media.get("encoding", {}).get(name, {}))
        return self._file_types(name, encoding.get("contentType", ""))

    def _file_types(self, name: str, content_type: str) -> tuple[str, ...]:
        types = tuple(part.strip() for part in content_type.split(",") if part.strip())
        for file_type in types:
            if file_type not in READERS:
                known = ", ".join(READERS)
                raise DocumentError(f"encoding of {name}: '{file_type}' cannot be judged by its bytes; {known} can")
        return types

    def _text_checks(self, name: str, node: dict[str, Any]) -> Iterator[FormRule]:
        yield self._rule("text", name)
        yield self._rule("text-encoding", name)
        if node.get("type", "string") != "string":
            yield self._rule("type", name, limit=node["type"], validator=self._validator({"type": node["type"]}))
        for keyword, limit in node.items():
            if keyword not in ANNOTATIONS and not keyword.startswith("x-"):
                yield self._rule(keyword, name, limit=limit, validator=self._validator({keyword: limit}))

    def _conditions(self) -> Iterator[FormRule]:
        """The rules across fields: each entry of ``allOf`` and an ``if`` beside it."""
        for index, node in enumerate(self.schema.get("allOf", [])):
            yield self._condition(f"{self.pointer}/allOf/{index}", self.document.resolve(node))
        if "if" in self.schema:
            node = {key: self.schema[key] for key in ("if", "then", "else") if key in self.schema}
            yield self._condition(f"{self.pointer}/if", node)

    def _condition(self, pointer: str, node: dict[str, Any]) -> FormRule:
        named = next((rule for rule in self.document.rules.values() if rule.at == pointer and rule.kind), None)
        decided = list(node.get("if", {}).get("properties", {}))
        deciding = list(node.get("then", {}).get("properties", {}))
        field = named.field if named else next(iter(decided), None)
        other = next((name for name in [*deciding, *decided] if name != field), None)
        kind = "condition" if field and other else "*"
        return self._rule(kind, field, pointer, validator=self._validator(node), other=other)

    def _rule(
        self,
        kind: str,
        field: str | None,
        at: str | None = None,
        *,
        limit: Any = None,
        validator: Validator | None = None,
        other: str | None = None,
    ) -> FormRule:
        rule_id, error = self._named(kind, field, at) or self._unnamed(kind, field)
        return FormRule(rule_id, kind, field, error, limit, validator, other)

    def _named(self, kind: str, field: str | None, at: str | None) -> tuple[str, Error] | None:
        """The rule of the table for this breach of this field, or else for this breach of any field."""
        for wanted in (field, None):
            for rule_id, rule in self.document.rules.items():
                if rule.kind == kind and rule.field == wanted and at in (None, rule.at):
                    return rule_id, self.document.error_of(rule_id)
        return None

    def _unnamed(self, kind: str, field: str | None) -> tuple[str, Error]:
        """A rule that the table lacks, for what was added to the schema; its error is that of the kind."""
        errors = self.document.errors.values()
        earned = (error for wanted in (kind, "*") for error in errors if wanted in error.kinds)
        return f"{field or 'fields'}.{'schema' if kind == '*' else kind}", next(earned)

    def _validator(self, schema: dict[str, Any]) -> Validator:
        whole = {**schema, "components": self.document.raw.get("components", {})}
        try:
            return jsonschema_rs.Draft202012Validator(whole)
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise DocumentError(f"{self.pointer or 'schema'}: {reason}") from None
