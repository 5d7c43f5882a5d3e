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
        if rule is None:
            return None
        fields, change = _repaired(rules, rule, verdict.words, reading, fields)
        changes.append(change)
    return None


def broken_check(rules: FormRules, violation: Violation) -> FormRule | None:
    """The check that a violation comes from: some rules hold for many fields."""
    name = violation.words.get("field")
    checks = [one for one in rules.checks if one.id == violation.rule]
    return next((one for one in checks if one.field == name), checks[0] if checks else None)


Repair = Callable[[FormRules, FormRule, Mapping[str, Any], ParsedForm, list[Sent]], tuple[list[Sent], FieldChange]]


def _repaired(
    rules: FormRules, rule: FormRule, words: Mapping[str, Any], reading: ParsedForm, fields: list[Sent]
) -> tuple[list[Sent], FieldChange]:
    return REPAIRS.get(rule.kind, _other_value)(rules, rule, words, reading, fields)


def example_of(rules: FormRules, field: Field, values: Mapping[str, Any]) -> Sent:
    """A right value of one field, beside the ``values`` of the others."""
    if not field.is_file:
        value = field.default if field.default is not None else field.example
        return Sent(field.name, str(value))
    size = str(values.get(field.matches or "") or _default(rules, field.matches) or "1280x720")
    width, height = (int(side) for side in size.split("x"))
    file_type = field.file_types[0] if field.file_types else "image/png"
    name = f"picture-{size}.{file_type.rpartition('/')[2]}"
    return Sent(field.name, None, SentFile(name, file_type, Image(file_type, width, height)))


def _default(rules: FormRules, name: str | None) -> Any:
    field = rules.fields.get(name or "")
    return None if field is None else field.default if field.default is not None else field.example


def _set(fields: list[Sent], new: Sent) -> list[Sent]:
    """The fields with one of them changed in its place, or added."""
    if all(field.name != new.name for field in fields):
        return [*fields, new]
    return [new if field.name == new.name else field for field in fields]


def _example(
    rules: FormRules, rule: FormRule, _words: Mapping[str, Any], reading: ParsedForm, fields: list[Sent]
) -> tuple[list[Sent], FieldChange]:
    new = example_of(rules, rules.fields[rule.field or ""], reading.values)
    how = f"is a picture of {new.file.image.dimensions} pixels" if new.file and new.file.image else f"is '{new.text}'"
    return _set(fields, new), FieldChange(new.name, how)


def _once(
    _rules: FormRules, rule: FormRule, _words: Mapping[str, Any], _reading: ParsedForm, fields: list[Sent]
) -> tuple[list[Sent], FieldChange]:
    first = next(field for field in fields if field.name == rule.field)
    return [field for field in fields if field is first or field.name != rule.field], FieldChange(
        first.name, "is sent once"
    )


def _without(
    rules: FormRules, _rule: FormRule, words: Mapping[str, Any], _reading: ParsedForm, fields: list[Sent]
) -> tuple[list[Sent], FieldChange]:
    unknown = str(words["field"])
    absent = [name for name in rules.fields if all(field.name != name for field in fields)]
    meant = get_close_matches(unknown, absent, 1)
    if meant:
        renamed = [field._replace(name=meant[0]) if field.name == unknown else field for field in fields]
        return renamed, FieldChange(unknown, f"is named '{meant[0]}'")
    return [field for field in fields if field.name != unknown], FieldChange(unknown, "is left out")


def _other_value(
    rules: FormRules, rule: FormRule, words: Mapping[str, Any], reading: ParsedForm, fields: list[Sent]
) -> tuple[list[Sent], FieldChange]:
    field = rules.fields[rule.field or ""]
    if rule.kind == "maxLength" and isinstance(rule.limit, int):
        text = str(reading.values[field.name])[: rule.limit]
        return _set(fields, Sent(field.name, text)), FieldChange(field.name, f"is cut to {rule.limit} characters")
    allowed = words.get("allowed")
    if isinstance(allowed, (list, tuple)) and allowed:
        closest = get_close_matches(str(words.get("value")), [str(value) for value in allowed], 1, 0.0)
        return _set(fields, Sent(field.name, closest[0])), FieldChange(field.name, f"is '{closest[0]}'")
    if rule.kind in ("minimum", "maximum"):
        return _set(fields, Sent(field.name, str(rule.limit))), FieldChange(field.name, f"is {rule.limit}")
    return _example(rules, rule, words, reading, fields)


def _condition(
    rules: FormRules, rule: FormRule, words: Mapping[str, Any], reading: ParsedForm, fields: list[Sent]
) -> tuple[list[Sent], FieldChange]:
    """What was asked for stays, where another value of the field that decides allows it."""
    other = rules.fields.get(rule.other or "")
    for value in other.allowed if other else ():
        if rule.validator and other and rule.validator.is_valid({**reading.values, other.name: value}):
            return _set(fields, Sent(other.name, str(value))), FieldChange(other.name, f"is '{value}'")
    return _other_value(rules, rule, words, reading, fields)


def _dimensions(
    rules: FormRules, rule: FormRule, words: Mapping[str, Any], reading: ParsedForm, fields: list[Sent]
) -> tuple[list[Sent], FieldChange]:
    """The picture stays, where its own size is one that can be asked for."""
    other, size = rules.fields.get(rule.other or ""), str(words["image"])
    if other is not None and size in other.allowed:
        return _set(fields, Sent(other.name, size)), FieldChange(other.name, f"is '{size}', as the picture is")
    return _example(rules, rule, words, reading, fields)


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
}
"""How each kind of breach is mended; every other kind is a keyword of JSON Schema, mended by another value."""
