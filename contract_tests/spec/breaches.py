"""Which rules of the form a request breaks: the document's schema, read for the parts that were sent."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from contract_tests.model.request import Part
from contract_tests.spec.form import Field, Form, parse_dimensions


@dataclass(frozen=True)
class Breach:
    """A kind of breach (see x-errors of the document), the field at fault, and the place of a condition."""

    kind: str
    field: str | None = None
    at: str | None = None


class FormReader:
    """Says which rules of the form a set of parts breaks. Only what the document says counts."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self._texts = {field.name: jsonschema_rs.validator_for(_checked(field)) for field in form.texts}
        self._conditions = [(c, jsonschema_rs.validator_for(c.schema)) for c in form.conditions]

    def breaches(self, parts: Sequence[Part]) -> list[Breach]:
        """Every breach, in the document's order of fields; conditions last."""
        return [*self._single(parts), *self._together({p.name: p.text for p in parts if p.text is not None})]

    def doubtful(self, parts: Sequence[Part]) -> bool:
        """Whether the conditions read otherwise once defaults are filled in, so that the document decides nothing."""
        texts = {part.name: part.text for part in parts if part.text is not None}
        filled = {field.name: field.default for field in self.form.texts if field.default is not None} | texts
        return list(self._together(texts)) != list(self._together(filled))

    def _single(self, parts: Sequence[Part]) -> Iterator[Breach]:
        counts = Counter(part.name for part in parts)
        for name, field in self.form.fields.items():
            if counts[name] > 1:
                yield Breach("repeated", name)
            sent = next((part for part in parts if part.name == name), None)
            if sent is None:
                if field.required:
                    yield Breach("required", name)
            elif field.is_file:
                yield from self._file(field, sent, parts)
            else:
                yield from self._text(field, sent)
        if self.form.closed:
            yield from (Breach("additionalProperties", name) for name in counts if name not in self.form.fields)

    def _text(self, field: Field, part: Part) -> Iterator[Breach]:
        if part.is_file:
            yield Breach("text", field.name)
            return
        if part.text is None:
            yield Breach("text-encoding", field.name)
            return
        value = read_value(field, part.text)
        errors = self._texts[field.name].iter_errors(value)
        # One value can break several keywords; each is a breach of its own.
        yield from dict.fromkeys(Breach(str(error.schema_path[-1]), field.name) for error in errors)

    def _file(self, field: Field, part: Part, parts: Sequence[Part]) -> Iterator[Breach]:
        if not part.is_file:
            yield Breach("file", field.name)
        elif part.facts is None or part.facts.type not in (field.file_types or (part.facts.type,)):
            yield Breach("file-type", field.name)
        elif not part.facts.intact:
            yield Breach("file-intact", field.name)
        elif field.matches is not None:
            expected = self.dimensions(field.matches, parts)
            if expected is not None and expected != (part.facts.width, part.facts.height):
                yield Breach("x-dimensions-match", field.name)

    def dimensions(self, name: str, parts: Sequence[Part]) -> tuple[int, int] | None:
        """Width and height that the named field asks for, sent or by default; None where it asks for none."""
        sent = next((part.text for part in parts if part.name == name), self.form.fields[name].default)
        return None if sent is None else parse_dimensions(sent)

    def _together(self, texts: dict[str, str]) -> Iterator[Breach]:
        for condition, validator in self._conditions:
            if not validator.is_valid(texts):
                yield Breach("condition", None, condition.pointer)


def _checked(field: Field) -> dict[str, Any]:
    return {key: value for key, value in field.schema.items() if key not in {"default", "examples", "description"}}


def read_value(field: Field, sent: str) -> Any:
    """The text of a form field as the type that its schema asks for; the text itself where it is no such thing."""
    kind = field.schema.get("type", "string")
    if kind in {"integer", "number", "boolean"}:
        try:
            value = json.loads(sent)
        except ValueError:
            return sent
        return value if isinstance(value, (int, float)) else sent
    return sent
