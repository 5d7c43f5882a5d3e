"""Requests that must be accepted: a pairwise covering array over what the document allows, and odd spellings."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from contract_tests.cases import images
from contract_tests.cases.builder import Builder
from contract_tests.cases.json_form import as_json, in_brackets
from contract_tests.cases.negatives.bodies import sized
from contract_tests.cases.pairwise import covering
from contract_tests.model.case import Case
from contract_tests.model.request import BOUNDARY, Part, Request, encode, multipart, text
from contract_tests.spec.form import Field
from contract_tests.spec.rules import TYPES, RuleTable

RULE = "response.status-code"
SPELLING = f"{RULE}.spelling"
#: Kinds of text that a prompt may be, beside the document's own example; those that break most stand last.
TEXTS = {
    "example": None,
    "number": "42",
    "markup": '<b>"it\'s" & 100%</b> \\ {"a": [1, null]} $HOME `x` ; -- name="size"',
    "one": "x",
    "lines": "First line.\r\nSecond line.\n\tThird, indented.\n\n",
    "scripts": "Ein Fuchs läuft; 狐が走る。 ثعلب يجري 🦊🏃\u200d♀️",
}

#: It has to stand in quotes.
_BOUNDARY = "a b:c'()+_,-./=?"
#: Texts that a lazy reader takes for something else, each with what it is.
_WORDS = (
    ("with a NUL", "a\x00b"),
    ("that is the word null", "null"),
    ("that is JSON", '{"a": 1}'),
    ("with control characters", "a\x01\x07\x1b[31mb\x7fc\x9f"),
    ("with ends of lines that few know", "a\u2028b\u2029c\x85d\x0be\x0cf"),
    ("with a byte order mark", "\ufeffa\ufeff"),
    ("with characters that have no use", "a\ufffdb\ufffe\U0010ffff"),
    ("with the boundary in a line", f"a --{BOUNDARY} b"),
)
#: Other ways to write the headers of a part: what, and how the usual one becomes it.
_HEADS = (
    (
        "the headers of parts in lower case",
        b"\r\nContent-Disposition: form-data",
        b"\r\ncontent-disposition: form-data",
    ),
    (
        "parts that are said to be binary",
        b"\r\nContent-Disposition: form-data",
        b"\r\nContent-Transfer-Encoding: binary\r\nContent-Disposition: form-data",
    ),
)


def positives(builder: Builder) -> list[Case]:
    """The covering array, sharpest first; each case says in `levels` what it chose."""
    return [_case(builder, dict(row)) for row in covering(_rows(builder))]


def _rows(builder: Builder) -> list[dict[str, Any]]:
    pictures = [
        [(f"{field.name} type", media_type) for media_type in field.file_types if media_type in images.EXTENSIONS]
        for field in builder.form.files
        if field.file_types
    ]
    fields = [field for field in builder.form.texts if field.free_text and field.required]
    free = [[(f"{field.name} text", kind) for kind in texts(builder, field)] for field in fields]
    orders = [[("order", "as documented"), ("order", "reversed")]]
    return [
        {**choice, **dict(extra)}
        for choice in builder.choices
        for extra in itertools.product(*pictures, *free, *orders)
    ]


def texts(builder: Builder, field: Field) -> list[str]:
    """The kinds of text that this field allows."""

    def allowed(value: str) -> bool:
        found = builder.reader.breaches([text(field.name, value)])
        return all(breach.field != field.name for breach in found)

    return [kind for kind, value in TEXTS.items() if value is None or allowed(value)]


def _case(builder: Builder, row: Mapping[str, Any]) -> Case:
    chosen = {name: row[name] for name in builder.form.fields if name in row}
    for field in builder.form.texts:
        kind = row.get(f"{field.name} text")
        if kind is not None and TEXTS[kind] is not None:
            chosen[field.name] = TEXTS[kind]
    types = [row[f"{field.name} type"] for field in builder.form.files if f"{field.name} type" in row]
    parts = builder.parts(chosen, media_type=types[0] if types else None)
    if row["order"] == "reversed":
        parts.reverse()
    levels = tuple((factor, "left out" if level is None else str(level)) for factor, level in row.items())
    return Case(RULE, ", ".join(f"{factor} {level}" for factor, level in levels), builder.request(parts), levels=levels)


def spellings(builder: Builder, rules: RuleTable) -> list[Case]:
    """Good requests that a real client may send and a lazy server may trip over, each odd in one way alone."""
    good = builder.request(builder.parts(builder.full))
    made = [Case(SPELLING, what, request) for what, request in _spelled(builder, good)]
    made += _in_other_clothes(builder, good)
    made += _pictures(builder, rules)
    made += _longest(builder, rules)
    made.append(Case("response.id.unique", "the same request again", good))
    limit = builder.form.limits.get("body-bytes")
    if limit is not None and "body.limit" in rules:
        made.append(Case("body.limit", f"a body of {limit} bytes", sized(builder, limit)))
    return [case for case in made if case.rule in rules and not builder.reader.breaches(case.request.parts or ())]


def _in_other_clothes(builder: Builder, good: Request) -> Iterator[Case]:
    """The plainest form and the barest one as JSON, and the plainest with its picture in brackets."""
    form = builder.form
    if not form.takes_json:
        return
    bare = builder.request([part for part in builder.parts(builder.bare) if form.fields[part.name].required])
    for what, request in (("every field", good), ("no more than is due", bare)):
        made = as_json(form, request)
        if made is not None:
            yield Case(SPELLING, f"{what} as JSON", made)
    bracketed = in_brackets(form, good)
    if bracketed is not None:
        yield Case(SPELLING, "the address of a picture in brackets", bracketed)


def pictured(builder: Builder, case: Case) -> Case:
    """The same choice with pictures of an odd kind, and nothing else odd."""
    parts = [_oddest(part) for part in case.request.parts or ()]
    return Case(case.rule, f"{case.label}; of an odd kind", builder.request(parts), levels=case.levels)


def bundled(builder: Builder, case: Case) -> Case:
    """The same choice, spelled in all the odd ways that go together: where few may be paid for, it shows most."""
    parts = [_oddly(builder, part) for part in case.request.parts or ()]
    body = encode(parts, _BOUNDARY)
    for _, old, new in reversed(_HEADS):
        body = body.replace(old, new)
    named = multipart(_BOUNDARY).replace("multipart/form-data; ", "Multipart/Form-Data; charset=utf-8; ")
    request = replace(
        case.request,
        content_type=named,
        body=b"ignore this\r\n" + _unquoted(body) + b"ignore this\r\n",
        parts=tuple(parts),
        chunked=True,
        headers=(("Expect", "100-continue"),),
    )
    return Case(SPELLING, f"{case.label}; spelled in all odd ways", request, levels=case.levels)


def _oddly(builder: Builder, part: Part) -> Part:
    if part.is_file:
        return replace(_oddest(part), content_type="application/octet-stream", filename="写真 número 1")
    field = builder.form.fields[part.name]
    if not (field.free_text and field.required):
        return part
    most = field.schema.get("maxLength", 1000)
    words = f"a --{_BOUNDARY}\x00\x07\u2028\ufeff"
    return replace(part, content=(words + "é\U0001f42fa\n" * most)[: max(most, 1)].encode())


def _oddest(part: Part) -> Part:
    """The picture of a part, of the kind that most readers stumble over."""
    facts = part.facts
    if facts is None or facts.type not in images.ODDEST:
        return part
    return replace(part, content=images.picture(facts.type, facts.width, facts.height, images.ODDEST[facts.type])[0])


def _unquoted(body: bytes) -> bytes:
    """The names of the parts without quotes."""
    return re.sub(rb'; name="([\w-]+)"', rb"; name=\1", body)


def _spelled(builder: Builder, good: Request) -> Iterator[tuple[str, Request]]:
    parts = list(good.parts or ())
    yield "a quoted boundary", replace(good, content_type=multipart(_BOUNDARY), body=encode(parts, _BOUNDARY))
    yield "a boundary of 70 characters", replace(good, content_type=multipart("b" * 70), body=encode(parts, "b" * 70))
    yield "sent in chunks, without a length", replace(good, chunked=True)
    head = (good.content_type or "").replace("multipart/form-data", "Multipart/Form-Data")
    yield "the content type in capitals", replace(good, content_type=head)
    behind = (good.content_type or "").replace("; boundary", "; charset=utf-8; boundary")
    yield "a boundary named behind a charset", replace(good, content_type=behind)
    yield "a text before the first boundary", replace(good, body=b"ignore this\r\n" + good.body)
    yield "a text behind the last boundary", replace(good, body=good.body + b"ignore this\r\n")
    yield "the sender offers to wait", replace(good, headers=(("Expect", "100-continue"),))
    yield "the names of parts without quotes", replace(good, body=_unquoted(good.body))
    for what, old, new in _HEADS:
        yield what, replace(good, body=good.body.replace(old, new))
    for what, change in _part_changes():
        yield what, builder.request([replace(p, **change) if p.is_file else p for p in parts])
    nameless = good.body.replace(b'; filename="', b'; x-filename="')
    yield "the picture without a file name", replace(good, body=nameless)
    for field in builder.form.texts:
        if field.free_text and field.required:
            for what, value in _WORDS:
                yield f"{field.name} {what}", builder.request(builder.parts({**builder.full, field.name: value}))
    charset = [replace(p, content_type="text/plain; charset=utf-8") if not p.is_file else p for p in parts]
    yield "the texts with a content type", builder.request(charset)


def _part_changes() -> tuple[tuple[str, dict[str, Any]], ...]:
    return (
        ("the picture called application/octet-stream", {"content_type": "application/octet-stream"}),
        ("the picture without a type", {"content_type": None}),
        ("the picture called by another picture type", {"content_type": "image/webp"}),
        ("the picture named without an extension", {"filename": "blob"}),
        ("the picture named in another script", {"filename": "写真 número 1.png"}),
        ("the picture named by a long path", {"filename": "../" * 20 + "x" * 150 + ".png"}),
    )


def _pictures(builder: Builder, rules: RuleTable) -> list[Case]:
    """Every kind of file that an accepted type knows; and a turned one, which is measured as it is stored."""
    made: list[Case] = []
    for field in builder.form.files:
        rule = rules.breach("file-type", field.name)
        for media_type, variants in images.VARIANTS.items():
            for variant in variants if media_type in field.file_types else ():
                parts = builder.parts(builder.full, media_type=media_type, variant=variant)
                made.append(Case(f"{rule}{TYPES}", f"{media_type}, {variant}", builder.request(parts)))
        if field.matches and "image/jpeg" in field.file_types:
            parts = builder.parts(builder.full, media_type="image/jpeg", variant="turned")
            label = "image/jpeg with a tag that turns it, measured as stored"
            made.append(Case(SPELLING, label, builder.request(parts)))
    return made


def _longest(builder: Builder, rules: RuleTable) -> list[Case]:
    made: list[Case] = []
    for field in builder.form.texts:
        most = field.schema.get("maxLength")
        if most is not None and not field.enum:
            rule = rules.breach("maxLength", field.name)
            for letter in ("a", "\u00e9", "\U0001f42f", "a\n"):
                value = (letter * most)[:most]
                parts: list[Part] = builder.parts({**builder.full, field.name: value})
                made.append(Case(rule, f"{field.name} with {most} characters {letter!r}", builder.request(parts)))
        if field.free_text and field.schema.get("minLength") == 1:
            rule = rules.breach("minLength", field.name)
            parts = builder.parts({**builder.full, field.name: " "})
            made.append(Case(rule, f"{field.name} of one space", builder.request(parts)))
        bounds = (("minimum", field.schema.get("minimum")), ("maximum", field.schema.get("maximum")))
        for kind, bound in bounds:
            if bound is not None:
                parts = builder.parts({**builder.full, field.name: str(bound)})
                made.append(Case(rules.breach(kind, field.name), f"{field.name} {bound}", builder.request(parts)))
    return made
