"""Strategies for random requests, one for each class, each breaking exactly one rule or none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from contract_tests.cases import images
from contract_tests.cases.builder import Builder
from contract_tests.cases.contract import Contract
from contract_tests.model.case import Case
from contract_tests.model.request import Facts, Part, Request, text
from contract_tests.spec.form import Field

#: Characters that a text may hold; a lone surrogate is none, and NUL has a request of its own.
_CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")


@dataclass(frozen=True)
class DrawnCase:
    """A class of requests: the rule that its verdict belongs to, and how to draw one."""

    rule: str
    refusal: bool
    strategy: st.SearchStrategy[Case]


def draws(contract: Contract, token: str | None) -> Iterator[DrawnCase]:
    """Every class that the document gives."""
    maker = _Maker(contract)
    for field in contract.form.texts:
        if field.enum:
            yield maker.refused("const" if "const" in field.schema else "enum", field, maker.near_values(field))
    for field in contract.form.files:
        if field.file_types:
            yield maker.refused("file-type", field, maker.no_pictures(field))
            yield maker.refused("file-intact", field, maker.cut_pictures(field))
        if field.matches is not None:
            yield maker.refused("x-dimensions-match", field, maker.other_sides(field))
    if contract.form.closed:
        yield maker.refused("additionalProperties", None, maker.unknown_fields())
    if token is not None and "auth.key" in contract.rules:
        yield DrawnCase("auth.key", refusal=True, strategy=maker.wrong_tokens(token))
    yield DrawnCase("response.status-code", refusal=False, strategy=maker.good())


class _Maker:
    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.builder: Builder = contract.builder
        self.choices = st.sampled_from(self.builder.choices)

    def refused(self, kind: str, field: Field | None, parts: st.SearchStrategy[tuple[str, list[Part]]]) -> DrawnCase:
        """The class of requests with these parts, of which those are kept that break this rule alone."""
        name = None if field is None else field.name
        rule = self.contract.rules.breach(kind, name)
        # Bytes that begin like a picture may be read as one: of any size, or damaged.
        others = ("file-type", "file-intact", "required", "x-dimensions-match")
        also = tuple(self.contract.rules.breach(other, name) for other in others)

        def alone(made: tuple[str, list[Part]]) -> bool:
            found = [one for one in self.builder.reader.breaches(made[1]) if one.kind != "condition"]
            return len(found) == 1 and found[0].kind == kind

        def case(made: tuple[str, list[Part]]) -> Case:
            label, sent = made
            return Case(
                rule, f"drawn: {label}", self.builder.request(sent), rule, also=also if kind.startswith("file-") else ()
            )

        return DrawnCase(rule, refusal=True, strategy=parts.filter(alone).map(case))

    def near_values(self, field: Field) -> st.SearchStrategy[tuple[str, list[Part]]]:
        """Valid values with one or two characters changed, and any short text."""
        letters = st.sampled_from(sorted(set("".join(field.enum)) | set(" .-_xX0129\t")))

        def edit(value: str, at: int, letter: str, cut: int) -> str:
            at %= len(value) + 1
            return value[:at] + letter + value[at + cut :]

        edits = st.builds(
            edit, st.sampled_from(field.enum), st.integers(0, 20), letters | st.just(""), st.integers(0, 2)
        )
        values = (edits | st.text(_CHARACTERS, max_size=12)).filter(lambda value: value not in field.enum)

        return values.map(lambda value: (f"{field.name} {value!r}", self.builder.with_value(field, value)))

    def no_pictures(self, field: Field) -> st.SearchStrategy[tuple[str, list[Part]]]:
        """Short bytes, also such as begin like a picture."""
        heads = st.sampled_from(
            (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"RIFF\x10\x00\x00\x00WEBP", b"GIF89a")
        )
        return st.builds(lambda head, rest: head + rest, heads, st.binary(max_size=40)).map(
            lambda data: (f"a file of {len(data)} bytes", self._with_file(field, data, Facts(None)))
        )

    def cut_pictures(self, field: Field) -> st.SearchStrategy[tuple[str, list[Part]]]:
        """A picture that ends anywhere before its last bytes, without which some decoders take it."""
        types = [media_type for media_type in field.file_types if media_type in images.EXTENSIONS]

        def parts(media_type: str, share: float) -> tuple[str, list[Part]]:
            width, height = self.builder.sides(field, self.builder.full)
            data, _ = images.picture(media_type, width, height)
            kept = 1 + int(share * max(images.cuts(data, media_type).values()))
            facts = Facts(media_type, width, height, intact=False)
            return f"the first {kept} bytes of {media_type}", self._with_file(field, data[:kept], facts)

        return st.builds(parts, st.sampled_from(types), st.floats(0, 1, exclude_max=True))

    def other_sides(self, field: Field) -> st.SearchStrategy[tuple[str, list[Part]]]:
        """A picture of any other width and height."""
        side = st.integers(1, 1500)

        def parts(
            choice: dict[str, str | None], by: tuple[int, int], far: tuple[int, int] | None
        ) -> tuple[str, list[Part]]:
            width, height = self.builder.sides(field, choice)
            sides = far or (max(1, width + by[0]), max(1, height + by[1]))
            label = f"{choice.get(field.matches or '')} with {sides[0]}x{sides[1]}"
            return label, self.builder.parts(choice, sides=sides)

        given = self.choices.filter(lambda choice: choice.get(field.matches or "") is not None)
        near = st.tuples(st.integers(-3, 3), st.integers(-3, 3))
        return st.builds(parts, given, near, st.none() | st.tuples(side, side))

    def unknown_fields(self) -> st.SearchStrategy[tuple[str, list[Part]]]:
        """One field more, of any name."""
        # In the name of a part %22, %0A and %0D stand for what cannot stand there: a reader may undo that, or not.
        letters = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="%")
        names = st.text(letters, min_size=1, max_size=20)
        names = names.filter(lambda name: name not in self.builder.form.fields)
        base = self.builder.parts(self.builder.full)
        return names.map(lambda name: (f"an unknown field {name!r}", [*base, text(name, "1")]))

    def wrong_tokens(self, token: str) -> st.SearchStrategy[Case]:
        """Any other token, made up without regard to the right one."""
        words = st.text("abcdefghijklmnopqrstuvwxyzABCDEF0123456789-_.~", min_size=1, max_size=40)
        good = self.builder.request(self.builder.parts(self.builder.full))

        def case(word: str) -> Case:
            request: Request = replace(good, credential="none", headers=(("Authorization", f"Bearer {word}"),))
            return Case("auth.key", f"drawn: the token {word!r}", request, "auth.key", wire=True)

        return words.filter(lambda word: word.casefold() != token.casefold()).map(case)

    def good(self) -> st.SearchStrategy[Case]:
        """A valid choice, a picture type and any free text with a letter or digit in it."""
        free = [field for field in self.builder.form.texts if field.free_text and field.required]
        types: list[str | None] = [
            t for field in self.builder.form.files for t in field.file_types if t in images.EXTENSIONS
        ] or [None]

        def case(choice: dict[str, str | None], media_type: str | None, words: str) -> Case:
            sent = {**choice, **{field.name: words[: field.schema.get("maxLength")] for field in free}}
            parts = self.builder.parts(sent, media_type=media_type)
            return Case("response.status-code", f"drawn: {sent}, {media_type}", self.builder.request(parts))

        words = st.text(_CHARACTERS, min_size=1, max_size=60).filter(lambda t: any(c.isalnum() for c in t))
        made = st.builds(case, self.choices, st.sampled_from(types), words)
        return made.filter(lambda one: not self.builder.reader.breaches(one.request.parts or ()))

    def _with_file(self, field: Field, data: bytes, facts: Facts) -> list[Part]:
        declared = field.file_types[0]
        part = Part(field.name, data, images.file_name(declared), declared, facts)
        return [part if one.name == field.name else one for one in self.builder.parts(self.builder.full)]
