"""Negatives of the file fields: text for a file, other files in disguise, cut pictures, wrong width or height."""

from __future__ import annotations

from collections.abc import Iterator

from contract_tests.cases import images
from contract_tests.cases.builder import Builder
from contract_tests.model.case import Case
from contract_tests.model.request import Facts, Part, text
from contract_tests.spec.form import Field, parse_dimensions
from contract_tests.spec.rules import TYPES, RuleTable


def cases(builder: Builder, rules: RuleTable) -> Iterator[Case]:
    """All negatives that a file field can give."""
    for field in builder.form.files:
        yield from _as_text(builder, rules, field)
        if field.file_types:
            yield from _other_types(builder, rules, field)
            yield from _cut(builder, rules, field)
        if field.matches is not None:
            yield from _wrong_sides(builder, rules, field)
            yield from _wrong_variants(builder, rules, field)
            yield from _default_sides(builder, rules, field)
            yield from _claims(builder, rules, field)


def _replaced(builder: Builder, part: Part) -> list[Part]:
    return [part if other.name == part.name else other for other in builder.parts(builder.full)]


def _as_text(builder: Builder, rules: RuleTable, field: Field) -> Iterator[Case]:
    rule = rules.breach("file", field.name)
    also = (rules.breach("required", field.name), rules.breach("file-type", field.name))
    for value in (
        "reference.png",
        "https://example.com/reference.png",
        "data:image/png;base64,iVBORw0KGgo=",
        "file-123",
        "null",
    ):
        parts = _replaced(builder, text(field.name, value))
        yield Case(rule, f"{field.name} as the text {value!r}", builder.request(parts), rule)
    parts = _replaced(builder, text(field.name, ""))
    yield Case(rule, f"{field.name} as an empty text", builder.request(parts), rule, also=also)


def _other_types(builder: Builder, rules: RuleTable, field: Field) -> Iterator[Case]:
    rule = rules.breach("file-type", field.name)
    also = (rules.breach("file-intact", field.name), rules.breach("required", field.name))
    width, height = builder.sides(field, builder.full)
    types = field.file_types
    for index, (what, data) in enumerate(images.disguises(width, height)):
        if f"image/{what.split()[-1].lower()}" in types:
            continue
        declared = types[index % len(types)]
        part = Part(field.name, data, images.file_name(declared), declared, Facts(None))
        own = f"{rule}{TYPES}" if what in images.OTHER_PICTURES else rule
        yield Case(own, f"{what} called {declared}", builder.request(_replaced(builder, part)), rule, also=also)
    for declared, name in (("text/plain", "notes.txt"), ("application/octet-stream", "reference.png")):
        part = Part(field.name, b"Only words.\n", name, declared, Facts(None))
        yield Case(
            rule, f"a text called {declared}, named {name}", builder.request(_replaced(builder, part)), rule, also=also
        )


def _cut(builder: Builder, rules: RuleTable, field: Field) -> Iterator[Case]:
    rule = rules.breach("file-intact", field.name)
    also = (rules.breach("file-type", field.name),)
    width, height = builder.sides(field, builder.full)
    for media_type in field.file_types:
        if media_type not in images.EXTENSIONS:
            continue
        data, _ = images.picture(media_type, width, height)
        for what, kept in images.cuts(data, media_type).items():
            facts = Facts(media_type, width, height, intact=False)
            part = Part(field.name, data[:kept], images.file_name(media_type), media_type, facts)
            label = f"a cut {media_type}, only {what} ({kept} of {len(data)} bytes)"
            yield Case(rule, label, builder.request(_replaced(builder, part)), rule, also=also)


def _wrong_sides(builder: Builder, rules: RuleTable, field: Field) -> Iterator[Case]:
    rule = rules.breach("x-dimensions-match", field.name)
    given = builder.form.fields[field.matches or ""]
    pictures = [media_type for media_type in field.file_types if media_type in images.EXTENSIONS] or ["image/png"]
    for value in given.enum:
        choice = builder.nearest({given.name: value})
        expected = parse_dimensions(value)
        if choice is None or expected is None:
            continue
        for how, sides in _beside(*expected, [parse_dimensions(v) for v in given.enum]):
            # Each way in the first type; the nearest and the swapped one in the others too.
            for media_type in pictures if how in {"one wider", "swapped"} else pictures[:1]:
                parts = builder.parts(choice, media_type=media_type, sides=sides)
                label = f"size {value}, {media_type} {how}: {sides[0]}x{sides[1]}"
                yield Case(rule, label, builder.request(parts), rule)


def _wrong_variants(builder: Builder, rules: RuleTable, field: Field) -> Iterator[Case]:
    """Each kind of file is measured: a reader that knows the plainest alone takes the others on trust."""
    rule = rules.breach("x-dimensions-match", field.name)
    width, height = builder.sides(field, builder.full)
    for media_type in field.file_types:
        for variant in images.VARIANTS.get(media_type, ()):
            sides = (width + 1, height)
            parts = builder.parts(builder.full, media_type=media_type, variant=variant, sides=sides)
            label = f"{media_type}, {variant}, one wider: {sides[0]}x{sides[1]}"
            yield Case(rule, label, builder.request(parts), rule)


def _beside(width: int, height: int, others: list[tuple[int, int] | None]) -> Iterator[tuple[str, tuple[int, int]]]:
    yield "one wider", (width + 1, height)
    yield "one narrower", (width - 1, height)
    yield "one higher", (width, height + 1)
    yield "one lower", (width, height - 1)
    if width != height:
        yield "swapped", (height, width)
    yield "half", (width // 2, height // 2)
    yield "double", (width * 2, height * 2)
    yield "one pixel", (1, 1)
    for other in others:
        if other is not None and other not in {(width, height), (height, width)}:
            yield "of another size", other


def _default_sides(builder: Builder, rules: RuleTable, field: Field) -> Iterator[Case]:
    """Without the size its default counts; that it is this default is a rule of its own."""
    given = builder.form.fields[field.matches or ""]
    breach = rules.breach("x-dimensions-match", field.name)
    choice = builder.nearest({given.name: None})
    if choice is None or given.default is None:
        return
    for value in given.enum:
        sides = parse_dimensions(value)
        if value != given.default and sides is not None:
            parts = builder.parts(choice, sides=sides)
            yield Case(
                f"{given.name}.default", f"no {given.name}, a picture of {value}", builder.request(parts), breach
            )


def _claims(builder: Builder, rules: RuleTable, field: Field) -> Iterator[Case]:
    """Headers that claim what the file cannot hold: a reader that believes them runs out of memory or fails."""
    rule = rules.breach("x-dimensions-match", field.name)
    also = (rules.breach("file-intact", field.name), rules.breach("file-type", field.name))
    for width, height in ((65535, 65535), (2**31 - 1, 2**31 - 1), (0, 0)):
        facts = Facts("image/png", width, height)
        part = Part(field.name, images.png_claiming(width, height), "reference.png", "image/png", facts)
        label = f"a PNG of a few bytes that claims {width}x{height}"
        yield Case(rule, label, builder.request(_replaced(builder, part)), rule, also=also)
