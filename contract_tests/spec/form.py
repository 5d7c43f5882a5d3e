"""The form of the creation, as the document's schema describes it: fields, conditions, limits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from contract_tests.errors import MisuseError
from contract_tests.spec.document import Document
from contract_tests.spec.pointer import escape

FORM, JSON = "multipart/form-data", "application/json"
#: Keywords of a form's schema that speak about single fields; everything else is a condition on the whole.
FIELDWISE = {"description", "title", "type", "required", "properties", "additionalProperties", "allOf", "examples"}


@dataclass(frozen=True)
class Field:
    """One field of the form. `file_types` are media types, empty where any file will do or it is text."""

    name: str
    pointer: str
    schema: dict[str, Any]
    required: bool
    file_types: tuple[str, ...] = ()

    @property
    def is_file(self) -> bool:
        """Whether the field is an uploaded file."""
        return "contentMediaType" in self.schema or self.schema.get("format") == "binary"

    @property
    def enum(self) -> tuple[str, ...]:
        """The values allowed, as they are sent; empty where the schema lists none."""
        values = [self.schema["const"]] if "const" in self.schema else self.schema.get("enum", [])
        return tuple(str(value) for value in values)

    @property
    def default(self) -> str | None:
        """The value that leaving the field out means, as it would be sent."""
        value = self.schema.get("default")
        return None if value is None else str(value)

    @property
    def matches(self) -> str | None:
        """The field that gives this picture's width and height."""
        named = self.schema.get("x-dimensions-match")
        return None if named is None else str(named)

    @property
    def free_text(self) -> bool:
        """Whether it is text that may be almost anything."""
        return not self.is_file and not self.enum and self.schema.get("type", "string") == "string"


@dataclass(frozen=True)
class Condition:
    """A rule over several fields, as a schema of the form's texts."""

    pointer: str
    schema: dict[str, Any]

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The fields that it speaks of, in the order of the schema."""
        found: dict[str, None] = {}

        def walk(node: Any) -> None:
            if isinstance(node, dict):
                found.update(dict.fromkeys(node.get("properties", {})))
                for child in node.values():
                    walk(child)
            elif isinstance(node, list):
                for child in node:
                    walk(child)

        walk(self.schema)
        return tuple(found)


class Form:
    """What a creation sends: `fields` in the document's order, `conditions` over several of them, and limits.

    `takes_json`: a form may be a JSON object as well. `addresses`: of each file that is an object there, or stands in
    brackets in a form, the key that holds its address.
    """

    def __init__(self, document: Document) -> None:
        operation = next(o for o in document.operations() if not o.extension and "requestBody" in o.node)
        self.operation = operation
        content_pointer = document.follow(f"{operation.pointer}/requestBody") + "/content"
        content = document.at(content_pointer)
        if FORM not in content:
            raise MisuseError(
                f"The document {document.source} sends {', '.join(content)} to {operation.path}; the kit tests {FORM}."
            )
        self.media_type = FORM
        self.media_pointer = f"{content_pointer}/{escape(self.media_type)}"
        media = document.at(self.media_pointer)
        self.limits: dict[str, int] = media.get("x-limits", {})
        self.pointer = document.follow(f"{self.media_pointer}/schema")
        self.schema: dict[str, Any] = document.at(self.pointer)
        encoding = media.get("encoding", {})
        self.fields = {
            name: Field(
                name=name,
                pointer=document.follow(f"{self.pointer}/properties/{escape(name)}"),
                schema=document.resolve(f"{self.pointer}/properties/{escape(name)}"),
                required=name in self.schema.get("required", []),
                file_types=_types(encoding.get(name, {}).get("contentType", "")),
            )
            for name in self.schema.get("properties", {})
        }
        self.closed = self.schema.get("additionalProperties", True) is False
        self.conditions = _conditions(self.pointer, self.schema)
        self.takes_json = JSON in content
        self.addresses = _addresses(document, f"{content_pointer}/{escape(JSON)}/schema") if self.takes_json else {}

    @property
    def texts(self) -> list[Field]:
        """The fields that are no files."""
        return [field for field in self.fields.values() if not field.is_file]

    @property
    def files(self) -> list[Field]:
        """The fields that are files."""
        return [field for field in self.fields.values() if field.is_file]


def _types(content_type: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in content_type.split(",") if part.strip())


def _addresses(document: Document, pointer: str) -> dict[str, str]:
    """The fields that are objects in JSON, each with the key of such an object that holds an address."""
    found: dict[str, str] = {}
    objects = f"{document.follow(pointer)}/properties"
    for name in document.at(objects):
        value = document.follow(f"{objects}/{escape(name)}")
        for key in document.at(value).get("properties", {}):
            if document.resolve(f"{value}/properties/{escape(key)}").get("format") == "uri":
                found[name] = key
    return found


def _conditions(pointer: str, schema: dict[str, Any]) -> tuple[Condition, ...]:
    parts = [Condition(f"{pointer}/allOf/{index}", part) for index, part in enumerate(schema.get("allOf", []))]
    rest = {key: value for key, value in schema.items() if key not in FIELDWISE and not key.startswith("x-")}
    # if, then and else are one rule; each other keyword is a rule of its own.
    branches: dict[str, Any] = {key: rest.pop(key) for key in ("if", "then", "else") if key in rest}
    if branches:
        parts.append(Condition(f"{pointer}/if", branches))
    parts.extend(Condition(f"{pointer}/{key}", {key: value}) for key, value in rest.items())
    return tuple(parts)


def parse_dimensions(text: str) -> tuple[int, int] | None:
    """Width and height in pixels of a text WIDTHxHEIGHT; None for any other text."""
    width, cross, height = text.partition("x")
    if not cross or not (width.isascii() and width.isdigit() and height.isascii() and height.isdigit()):
        return None
    return int(width), int(height)
