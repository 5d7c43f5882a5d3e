"""The compiler: the schema of a request to its rules, once, in the order in which they answer."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import msgspec

from mockserver.spec.document import Document, DocumentError, Error, Limits, Operation, Rule, convert
from mockserver.spec.rules import FILE_ID, FORM, JSON, URI, Field, FormRule, FormRules, Validator

ANNOTATIONS = frozenset(
    "title description default example examples deprecated readOnly writeOnly type format "
    "contentMediaType contentEncoding contentSchema externalDocs xml discriminator $comment".split()
)
"""Keywords of a field's schema that are no check of their own. ``type`` is one only where it is not string."""


CREATION = "createVideo"
"""The operation whose form bears the limits of every body."""


class SchemaSource(msgspec.Struct, frozen=True):
    """Where a request's schema stands. ``pointers`` lead to all that its rules may stand at.

    ``is_typed``: its values come with types of their own, as JSON's do, where a form's and a query's are text.
    """

    name: str
    pointers: tuple[str, ...]
    media_type: str
    schema: dict[str, Any]
    encoding: dict[str, Any]
    is_typed: bool = False
    media_types: tuple[str, ...] = ()
    objects: dict[str, dict[str, str]] = {}


def compile_body(document: Document, operation: Operation, api: Document | None = None) -> FormRules:
    """The rules of the body that ``operation`` takes; ``DocumentError`` where the document asks for the impossible.

    Limits, and errors that no rule names, are those of ``api``, by default the document itself.
    """
    body = document.resolve(operation.node.get("requestBody", {}))
    content = convert(body.get("content"), f"{operation.id}: requestBody.content", dict[str, dict[str, Any]])
    media_types = tuple(sorted(content, key=[FORM, JSON].index)) if content and content.keys() <= {FORM, JSON} else ()
    if not media_types:
        came = ", ".join(content) or "none"
        raise DocumentError(f"{operation.id}: the media types of requestBody are {came}; supported: {FORM}, {JSON}")
    media_type, media = media_types[0], content[media_types[0]]
    pointers = (media.get("schema", {}).get("$ref", ""), operation.pointer)
    schema = document.resolve(media.get("schema", {}))
    is_typed = media_type == JSON
    objects = _objects(document, content[JSON]) if len(media_types) > 1 else {}
    encoding = media.get("encoding", {})
    source = SchemaSource(operation.id, pointers, media_type, schema, encoding, is_typed, media_types, objects)
    return _Compiler(document, source, api or document).compile()


def _objects(document: Document, media: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The fields that are objects of JSON, with their keys: an address, by its format, or the id of a stored file."""
    properties = document.resolve(media.get("schema", {})).get("properties", {})
    nodes = {name: document.resolve(node) for name, node in properties.items()}
    return {
        name: {key: URI if document.resolve(one).get("format") == "uri" else FILE_ID for key, one in keys.items()}
        for name, keys in ((name, node.get("properties")) for name, node in nodes.items())
        if keys
    }


def compile_query(
    document: Document, operation: Operation, api: Document | None = None, *, is_closed: bool = False
) -> FormRules:
    """The rules of the query of ``operation``. What it does not name is let through, unless it ``is_closed``."""
    parameters = [document.resolve(node) for node in operation.node.get("parameters", [])]
    named = {str(node["name"]): node for node in parameters if node.get("in") == "query"}
    schema = {
        "type": "object",
        "properties": {name: node.get("schema", {}) for name, node in named.items()},
        "required": [name for name, node in named.items() if node.get("required")],
        **({"additionalProperties": False} if is_closed else {}),
    }
    source = SchemaSource(operation.id, (operation.pointer,), "", schema, {}, media_types=("",))
    return _Compiler(document, source, api or document).compile()


def limits_of(document: Document) -> Limits:
    """The limits of every request."""
    body = document.resolve(document.operation(CREATION).node.get("requestBody", {}))
    media = body["content"][FORM]
    return convert(media.get("x-limits"), "x-limits", Limits)


class _Compiler:
    """Walks one request schema. The order of ``properties`` is the order of the document, and of the checks."""

    def __init__(self, document: Document, source: SchemaSource, api: Document) -> None:
        self.document = document
        self.api = api
        self.source = source
        self.rules: dict[str, list[tuple[str, Rule]]] = {}
        for rule_id, rule in document.rules.items():
            if rule.kind is not None:
                self.rules.setdefault(rule.kind, []).append((rule_id, rule))
        self.schema = source.schema
        properties = convert(self.schema.get("properties"), f"{source.name}: properties", dict[str, Any])
        self.properties = {name: document.resolve(node) for name, node in properties.items()}
        self.required = convert(self.schema.get("required", []), f"{source.name}: required", list[str])

    def compile(self) -> FormRules:
        checks = tuple(self._checks())
        return FormRules(
            media_types=self.source.media_types,
            limits=limits_of(self.api),
            fields={name: self._field(name, node) for name, node in self.properties.items()},
            schema=self._validator(self.schema),
            checks=checks,
            objects=self.source.objects,
        )

    def _field(self, name: str, node: dict[str, Any]) -> Field:
        is_file = "contentMediaType" in node
        is_text = not is_file and _is_text(node)
        default = None if name in self.required else node.get("default")
        allowed = tuple(node.get("enum", ()))
        examples = [node.get("default"), *allowed, *node.get("examples", ()), "text"]
        example = next(value for value in examples if value is not None)
        types = self._types_of(name) if is_file else ()
        schema = self._validator(node) if is_text else None
        matches, is_whole = node.get("x-dimensions-match"), node.get("type") == "integer"
        return Field(name, is_file, is_text, default, allowed, example, types, matches, schema, is_whole)

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
        yield from (self._rule(kind, name) for kind in dict.fromkeys(self.source.objects.get(name, {}).values()))
        yield self._rule("file", name)
        if types := self._types_of(name):
            yield self._rule("file-type", name, limit=types)
            yield self._rule("file-intact", name, limit=types)
        if other := node.get("x-dimensions-match"):
            if other not in self.properties or not types:
                raise DocumentError(f"{name}: x-dimensions-match needs a field '{other}' and image types in encoding")
            yield self._rule("x-dimensions-match", name, other=other)

    def _types_of(self, name: str) -> tuple[str, ...]:
        encoding = self.document.resolve(self.source.encoding.get(name, {}))
        content_type = encoding.get("contentType", "")
        return tuple(part.strip() for part in content_type.split(",") if part.strip())

    def _text_checks(self, name: str, node: dict[str, Any]) -> Iterator[FormRule]:
        yield self._rule("text", name)
        yield self._rule("text-encoding", name)
        if self.source.is_typed or not _is_text(node):
            types = node.get("type", [])
            limit = [types] if isinstance(types, str) else types
            yield self._rule("type", name, limit=limit, validator=self._validator({"type": types} if types else {}))
        for keyword, limit in node.items():
            if keyword not in ANNOTATIONS and not keyword.startswith("x-"):
                yield self._rule(keyword, name, limit=limit, validator=self._validator({keyword: limit}))

    def _conditions(self) -> Iterator[FormRule]:
        """The rules across fields: each entry of ``allOf``, and the other keywords that combine schemas."""
        for index, node in enumerate(self.schema.get("allOf", [])):
            yield self._condition(f"{self.source.pointers[0]}/allOf/{index}", self.document.resolve(node))
        for keyword in ("anyOf", "oneOf", "not"):
            if keyword in self.schema:
                yield self._condition(f"{self.source.pointers[0]}/{keyword}", {keyword: self.schema[keyword]})
        if "if" in self.schema:
            node = {key: self.schema[key] for key in ("if", "then", "else") if key in self.schema}
            yield self._condition(f"{self.source.pointers[0]}/if", node)

    def _condition(self, pointer: str, node: dict[str, Any]) -> FormRule:
        named = next((rule for rule in self.document.rules.values() if rule.at == pointer and rule.kind), None)
        names = list(dict.fromkeys(_names(node)))
        field = named.field if named else next(iter(names), None)
        other = next((name for name in names if name != field), None)
        if field is None or other is None:
            return self._rule("*", None, pointer, validator=self._validator(node))
        return self._rule("condition", field, pointer, validator=self._validator(node), other=other)

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
        """The rule of the table for this breach: of this field, in this schema, or the nearest to that there is."""
        found = [
            (rule.field is None, not rule.at.startswith(self.source.pointers), rule_id)
            for rule_id, rule in self.rules.get(kind, [])
            if rule.field in (field, None) and at in (None, rule.at)
        ]
        if not found:
            return None
        rule_id = min(found)[2]
        return rule_id, self.document.error_of(rule_id)

    def _unnamed(self, kind: str, field: str | None) -> tuple[str, Error]:
        """A rule that the table lacks, for what was added to the schema; its error is that of the kind."""
        errors = self.api.errors.values()
        earned = (error for wanted in (kind, "*") for error in errors if wanted in error.kinds)
        return f"{field or 'fields'}.{'schema' if kind == '*' else kind}", next(earned)

    def _validator(self, schema: dict[str, Any]) -> Validator:
        # The components are many, and few schemas refer to any.
        refers = b'"$ref"' in msgspec.json.encode(schema)
        whole = {**schema, "components": self.document.raw.get("components", {})} if refers else schema
        try:
            return jsonschema_rs.Draft202012Validator(whole)
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise DocumentError(f"{self.source.pointers[0] or self.source.name}: {reason}") from None


def _names(node: Any) -> Iterator[str]:
    """The fields that a schema speaks of, in its order."""
    if isinstance(node, dict):
        yield from node.get("properties", {})
        for inner in node.values():
            yield from _names(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _names(inner)


def _is_text(node: dict[str, Any]) -> bool:
    types = node.get("type", "string")
    return "string" in ([types] if isinstance(types, str) else types)
