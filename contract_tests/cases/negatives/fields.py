"""Negatives of the text fields: presence, type, values, lengths, repetition, encoding, unknown names, conditions."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode

from contract_tests.cases.builder import Builder, sample
from contract_tests.cases.negatives.near_misses import neighbours
from contract_tests.model.case import Case
from contract_tests.model.request import Part, text
from contract_tests.spec.form import Field
from contract_tests.spec.rules import EMPTY, RuleTable

#: What other services call fields of such a form.
_ALIASES = ("duration", "resolution", "image")
#: What other services take beside them.
_OTHERS = (
    *("user", "seed", "metadata", "negative_prompt", "height", "fps", "quality", "style", "response_format", "stream"),
    *("aspect_ratio", "image_url", "video", "watermark", "callback_url", "webhook_url", "audio", "extra_body"),
)


def cases(builder: Builder, rules: RuleTable) -> Iterator[Case]:
    """All negatives that a text field can give."""
    for field in builder.form.fields.values():
        if field.required:
            yield from _missing(builder, rules, field)
    for field in builder.form.texts:
        yield from _as_file(builder, rules, field)
        yield from _values(builder, rules, field)
        yield from _lengths(builder, rules, field)
        yield from _encoding(builder, rules, field)
    yield from _repeated(builder, rules)
    yield from _unknown(builder, rules)
    yield from _conditions(builder, rules)


def _missing(builder: Builder, rules: RuleTable, field: Field) -> Iterator[Case]:
    rule = rules.breach("required", field.name)
    for base, choice in (
        ("every other field sent", builder.full),
        ("optional ones too", builder.bare),
        ("far", builder.far),
    ):
        parts = [part for part in builder.parts(choice) if part.name != field.name]
        yield Case(rule, f"{field.name} left out; {base}", builder.request(parts), rule)
    good = builder.parts(builder.full)
    if not field.is_file:
        request = builder.request([part for part in good if part.name != field.name])
        path = f"{request.path}?{urlencode({field.name: sample(field)})}"
        yield Case(rule, f"{field.name} in the query alone", replace(request, path=path), rule)
    unknown = rules.breach("additionalProperties")
    for name in (f"{field.name}[]", field.name.upper(), *_ALIASES):
        if builder.form.closed and name not in builder.form.fields:
            parts = [replace(part, name=name) if part.name == field.name else part for part in good]
            # It breaks two rules, of which either may be told: it is not to be sorted by its form. Who accepts it has
            # read the name as that of the field.
            label = f"{name!r} in place of {field.name!r}"
            yield Case(unknown, label, builder.request(parts), unknown, also=(rule,), wire=True)


def _as_file(builder: Builder, rules: RuleTable, field: Field) -> Iterator[Case]:
    rule = rules.breach("text", field.name)
    good = sample(field).encode()
    for content_type, name, content in (
        ("text/plain", "value.txt", good),
        ("application/octet-stream", "value", good),
        ("application/octet-stream", "value.bin", b"\xff\x00\xfe"),
    ):
        parts = [
            Part(field.name, content, name, content_type) if part.name == field.name else part
            for part in builder.with_value(field, sample(field))
        ]
        yield Case(rule, f"{field.name} sent as a file of {content_type}, {name}", builder.request(parts), rule)


def _values(builder: Builder, rules: RuleTable, field: Field) -> Iterator[Case]:
    kind = "const" if "const" in field.schema else "enum"
    if field.enum:
        rule = rules.breach(kind, field.name)
        documented = rules.wrong_examples(rule)
        others = [other.enum[0] for other in builder.form.texts if other.enum and other.name != field.name]
        for how, value in neighbours(field.enum, (*others, *documented)):
            # What is empty may be read as left out, which an optional field may be.
            own = f"{rule}{EMPTY}" if not value and f"{rule}{EMPTY}" in rules else rule
            for case in _one_breach(builder, rule, field, value, f"{field.name} {how}: {value!r}"):
                yield replace(case, rule=own)
        return
    for kind in ("type", "minimum", "maximum", "pattern"):
        if kind in field.schema and not (kind == "type" and field.schema["type"] == "string"):
            rule = rules.breach(kind, field.name)
            for value in _outside(kind, field):
                yield from _one_breach(builder, rule, field, value, f"{field.name} outside {kind}: {value!r}")


def _one_breach(builder: Builder, rule: str, field: Field, value: str, label: str) -> Iterator[Case]:
    parts = builder.with_value(field, value)
    breaches = [breach for breach in builder.reader.breaches(parts) if breach.kind != "condition"]
    # A condition over a value that is not valid anyway speaks of nothing that the request means.
    if len(breaches) == 1 and breaches[0].field == field.name:
        yield Case(rule, label, builder.request(parts), rule)


def _outside(kind: str, field: Field) -> tuple[str, ...]:
    if kind == "type":
        return ("x", "", "1.5x", "null")
    if kind == "pattern":
        return ("", " ", "\n", "\u2603", "a", "0", "-")
    step = -1 if kind == "minimum" else 1
    return (str(field.schema[kind] + step), str(field.schema[kind] + 1000 * step))


def _lengths(builder: Builder, rules: RuleTable, field: Field) -> Iterator[Case]:
    least, most = int(field.schema.get("minLength", 0)), field.schema.get("maxLength")
    if least > 0 and not field.enum:
        rule = rules.breach("minLength", field.name)
        for choice in (builder.full, builder.bare):
            parts = builder.parts({**choice, field.name: "a" * (least - 1)})
            yield Case(rule, f"{field.name} with {least - 1} characters", builder.request(parts), rule)
    if most is not None and not field.enum:
        rule = rules.breach("maxLength", field.name)
        # Of each: how many, of what; an accent may be counted with its letter, and white space at the end not at all.
        many = (
            (most + 1, "a"),
            (most + 1, "\u00e9"),
            (most + 1, "\U0001f42f"),
            (2 * most, "a "),
            (most + 1, "e\u0301"),
        )
        for count, letter in (*many, (most + 1, "a" * most + " ")):
            value = (letter * (count // len(letter) + 1))[:count]
            parts = builder.parts({**builder.full, field.name: value})
            yield Case(rule, f"{field.name} with {count} characters {letter[-2:]!r}", builder.request(parts), rule)


def _encoding(builder: Builder, rules: RuleTable, field: Field) -> Iterator[Case]:
    rule = rules.breach("text-encoding", field.name)
    if not field.free_text:
        return
    for how, raw in (
        ("a byte 0xff", b"abc\xff"),
        ("Latin-1", b"caf\xe9 at night"),
        ("a cut character", b"snow \xe2\x98"),
    ):
        good = builder.with_value(field, sample(field))
        parts = [text(field.name, raw) if part.name == field.name else part for part in good]
        yield Case(rule, f"{field.name} with {how}", builder.request(parts), rule)


def _repeated(builder: Builder, rules: RuleTable) -> Iterator[Case]:
    rule = rules.breach("repeated")
    base = builder.parts(builder.full)
    for part in base:
        yield Case(rule, f"{part.name} sent twice", builder.request([*base, part]), rule)
        field = builder.form.fields[part.name]
        other = next((value for value in field.enum if value.encode() != part.content), None)
        if other is not None:
            parts = [*base, text(part.name, other)]
            yield Case(rule, f"{part.name} sent twice, then {other!r}", builder.request(parts), rule)


def _unknown(builder: Builder, rules: RuleTable) -> Iterator[Case]:
    if not builder.form.closed:
        return
    rule = rules.breach("additionalProperties")
    names = ["width", "n", "x-unknown", "_unknown", "prompts", "unknown field", "gr\u00f6\u00dfe", *_ALIASES, *_OTHERS]
    names += [f"{name}[]" for name in builder.form.fields] + [name.upper() for name in builder.form.fields]
    for name in names:
        if name not in builder.form.fields:
            parts = [*builder.parts(builder.full), text(name, "1")]
            yield Case(rule, f"an unknown field {name!r}", builder.request(parts), rule)
    for field in builder.form.texts:
        # In place of the field itself, so that a lax reader does not find it twice.
        for name in (field.name.upper(), field.name.capitalize(), f"{field.name}[]", *_ALIASES):
            if not field.required and name not in builder.form.fields:
                parts = [replace(p, name=name) if p.name == field.name else p for p in builder.parts(builder.full)]
                yield Case(rule, f"{name!r} in place of {field.name!r}", builder.request(parts), rule)
    stranger = next(name for name in names if name not in builder.form.fields)
    parts = [*builder.parts(builder.full), text(stranger, "")]
    yield Case(rule, "an unknown field without a value", builder.request(parts), rule)
    file = Part("mask", b"x", "mask.bin", "application/octet-stream")
    yield Case(rule, "an unknown file 'mask'", builder.request([*builder.parts(builder.full), file]), rule)


def _conditions(builder: Builder, rules: RuleTable) -> Iterator[Case]:
    form = builder.form
    for condition in form.conditions:
        rule = rules.breach("condition", None, condition.pointer)
        fields = [form.fields[name] for name in condition.fields if name in form.fields]
        levels = [field.enum if field.required else (None, *field.enum) for field in fields]
        for values in itertools.product(*levels):
            chosen = {field.name: value for field, value in zip(fields, values, strict=True)}
            for base in _bases(builder, set(chosen)):
                parts = builder.parts({**base, **chosen})
                breaches = builder.reader.breaches(parts)
                if len(breaches) == 1 and breaches[0].at == condition.pointer and not builder.reader.doubtful(parts):
                    sent = ", ".join(f"{name} {value or 'left out'}" for name, value in {**base, **chosen}.items())
                    yield Case(rule, f"{sent}", builder.request(parts), rule)


def _bases(builder: Builder, chosen: set[str]) -> Iterator[dict[str, str | None]]:
    """The plainest choice, and for each value of each field that is not chosen one that has it."""
    yield builder.full
    seen = [builder.full]
    for choice in builder.choices:
        others = {name: value for name, value in choice.items() if name not in chosen}
        for name, value in others.items():
            base = {**builder.full, name: value}
            if base not in seen:
                seen.append(base)
                yield base
