"""The nearest right request: what was sent, with as little changed as the rules of the document ask for. Pure."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from mockserver.spec.rules import Field, FormRule, FormRules
from mockserver.validation.checks import ParsedForm, Violation, read, verdict_on
from mockserver.validation.images import Image
from mockserver.validation.multipart import Part

MOST_CHANGES = 20
"""After so many a request counts as one that cannot be made right."""


class Sent(NamedTuple):
    """A field that was sent, in its place: its text, or its file as far as it is known."""

    name: str
    text: str | None = None
    file: "SentFile | None" = None


class SentFile(NamedTuple):
    """A file that was sent. ``image``: what it is by its bytes; ``None`` where that was not looked at."""

    filename: str | None
    content_type: str | None
    image: Image | None


class FieldChange(NamedTuple):
    """One field that has to be different, and how."""

    field: str
    says: str


def reading_of(rules: FormRules, fields: list[Sent]) -> ParsedForm:
    """The form of ``fields`` as the rules see it. Files are what they were found to be; their bytes are not needed."""
    form: dict[str, list[Part]] = {}
    images: dict[str, Image] = {}
    for name, text, file in fields:
        if file is None:
            part = Part(name, None, None, [(text or "").encode("utf-8", "surrogateescape")])
        else:
            part = Part(name, file.filename, file.content_type, [])
            images.setdefault(name, file.image or Image("application/octet-stream"))
        form.setdefault(name, []).append(part)
    reading = read(rules, form)
    reading.images.update({name: image for name, image in images.items() if name in reading.images})
    return reading


def nearest(rules: FormRules, fields: list[Sent]) -> tuple[list[Sent], list[FieldChange]] | None:
    """Fields that break no rule, and what was changed for that; ``None`` where no such change was found."""
    changes: list[FieldChange] = []
    for _ in range(MOST_CHANGES):
        reading = reading_of(rules, fields)
        verdict = verdict_on(reading)
        if not isinstance(verdict, Violation):
            return fields, changes
        rule = broken_check(rules, verdict)
        changed = frozenset(change.field for change in changes)
        breach = Breach(rules, rule, verdict.words, reading, fields, changed)
        fields, change = REPAIRS.get(rule.kind, _other_value)(breach)
        changes = [*(one for one in changes if one.field != change.field), change]
    return None


def broken_check(rules: FormRules, violation: Violation) -> FormRule:
    """The check that a violation comes from: some rules hold for many fields."""
    name = violation.words.get("field")
    checks = [one for one in rules.checks if one.id == violation.rule]
    return next((one for one in checks if one.field == name), checks[0])


class Breach(NamedTuple):
    """What a form breaks: the rule, with the words that tell of it, and what was changed before."""

    rules: FormRules
    rule: FormRule
    words: Mapping[str, Any]
    reading: ParsedForm
    fields: list[Sent]
    changed: frozenset[str]

    def with_field(self, new: Sent, says: str) -> tuple[list[Sent], FieldChange]:
        """The fields with one of them changed in its place, or added; and that this was done."""
        if all(field.name != new.name for field in self.fields):
            return [*self.fields, new], FieldChange(new.name, says)
        return [new if field.name == new.name else field for field in self.fields], FieldChange(new.name, says)


Repair = Callable[[Breach], tuple[list[Sent], FieldChange]]


def example_of(rules: FormRules, field: Field, values: Mapping[str, Any]) -> Sent:
    """A right value of one field, beside the ``values`` of the others."""
    if not field.is_file:
        value = field.default if field.default is not None else field.example
        return Sent(field.name, str(value))
    size = str(values.get(field.matches or "") or _default(rules, field.matches) or "1x1")
    width, height = (int(side) for side in size.split("x"))
    file_type = field.file_types[0] if field.file_types else "image/png"
    name = f"picture-{size}.{file_type.rpartition('/')[2]}"
    return Sent(field.name, None, SentFile(name, file_type, Image(file_type, width, height)))


def _default(rules: FormRules, name: str | None) -> Any:
    field = rules.fields.get(name or "")
    return None if field is None else field.default if field.default is not None else field.example


def _example(at: Breach) -> tuple[list[Sent], FieldChange]:
    new = example_of(at.rules, at.rules.fields[at.rule.field or ""], at.reading.values)
    how = f"is a picture of {new.file.image.dimensions} pixels" if new.file and new.file.image else f"is '{new.text}'"
    return at.with_field(new, how)


def _once(at: Breach) -> tuple[list[Sent], FieldChange]:
    first = next(field for field in at.fields if field.name == at.rule.field)
    kept = [field for field in at.fields if field is first or field.name != first.name]
    return kept, FieldChange(first.name, "is sent once")


def _without(at: Breach) -> tuple[list[Sent], FieldChange]:
    """A field whose name is nearly that of another is meant to be that."""
    unknown = str(at.words["field"])
    absent = [name for name in at.rules.fields if all(field.name != name for field in at.fields)]
    meant = get_close_matches(unknown, absent, 1)
    if meant:
        renamed = [field._replace(name=meant[0]) if field.name == unknown else field for field in at.fields]
        return renamed, FieldChange(unknown, f"is named '{meant[0]}'")
    return [field for field in at.fields if field.name != unknown], FieldChange(unknown, "is left out")


def _cut(at: Breach) -> tuple[list[Sent], FieldChange]:
    name, most = at.rule.field or "", int(at.rule.limit)
    return at.with_field(Sent(name, str(at.reading.values[name])[:most]), f"is cut to {most} characters")


def _bound(at: Breach) -> tuple[list[Sent], FieldChange]:
    return at.with_field(Sent(at.rule.field or "", str(at.rule.limit)), f"is {at.rule.limit}")


def _other_value(at: Breach) -> tuple[list[Sent], FieldChange]:
    """The closest of the values that are allowed, where there is a list of them."""
    allowed = at.words.get("allowed")
    if at.rule.kind == "type" or not isinstance(allowed, (list, tuple)) or not allowed:
        return _example(at)
    [closest] = get_close_matches(str(at.words.get("value")), [str(value) for value in allowed], 1, 0.0)
    return at.with_field(Sent(at.rule.field or "", closest), f"is '{closest}'")


def _condition(at: Breach) -> tuple[list[Sent], FieldChange]:
    """What was asked for stays, where another value of the field that decides allows it."""
    other = at.rules.fields[at.rule.other or ""]
    for value in other.allowed:
        if at.rule.validator and at.rule.validator.is_valid({**at.reading.values, other.name: value}):
            return at.with_field(Sent(other.name, str(value)), f"is '{value}'")
    return _other_value(at)


def _dimensions(at: Breach) -> tuple[list[Sent], FieldChange]:
    """The picture stays, where its own size is one that can be asked for, and nothing else speaks against that."""
    other, size = at.rules.fields[at.rule.other or ""], str(at.words["image"])
    if size in other.allowed and other.name not in at.changed:
        return at.with_field(Sent(other.name, size), f"is '{size}', as the picture is")
    return _example(at)


REPAIRS: dict[str, Repair] = {
    "required": _example,
    "repeated": _once,
    "text": _example,
    "text-encoding": _example,
    "file": _example,
    "file-type": _example,
    "file-intact": _example,
    "x-dimensions-match": _dimensions,
    "condition": _condition,
    "additionalProperties": _without,
    "minLength": _example,
    "maxLength": _cut,
    "minimum": _bound,
    "maximum": _bound,
}
"""How each kind of breach is mended; every other kind is a keyword of JSON Schema, mended by another value."""
