"""Builds valid requests from the document: the bases that negatives start from, and all valid choices."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import jsonschema_rs

from contract_tests.cases import images
from contract_tests.model.request import BOUNDARY, Part, Request, encode, multipart, text
from contract_tests.spec.breaches import FormReader
from contract_tests.spec.form import Field, Form, parse_dimensions

#: Sides in pixels of a picture that no field asks anything of.
ANY_SIDES = (64, 64)
#: No picture is made for a wrong size that asks for more.
LARGEST_SIDE = 4096
Choice = Mapping[str, str | None]


class Builder:
    """Makes parts and requests for a choice of texts: field name to text, None where the field is left out."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.reader = FormReader(form)

    @cached_property
    def choices(self) -> list[dict[str, str | None]]:
        """Every valid choice over the fields that list their values, in the document's order."""
        fields = [field for field in self.form.texts if levels(field)]
        product = itertools.product(*(levels(field) for field in fields))
        made = ({field.name: level for field, level in zip(fields, values, strict=True)} for values in product)
        return [choice for choice in made if self.valid(self.parts(choice))]

    def valid(self, parts: Sequence[Part]) -> bool:
        """Whether the document accepts the parts beyond doubt."""
        return not self.reader.breaches(parts) and not self.reader.doubtful(parts)

    @cached_property
    def full(self) -> dict[str, str | None]:
        """The plainest choice that sends every field: defaults where they are valid."""
        return min(self.choices, key=lambda choice: _distance(choice, self.form))

    @cached_property
    def bare(self) -> dict[str, str | None]:
        """The valid choice that leaves out most."""
        return max(self.choices, key=lambda choice: sum(value is None for value in choice.values()))

    @cached_property
    def far(self) -> dict[str, str | None]:
        """A valid choice as far from the defaults as there is."""
        return max(self.choices, key=lambda choice: _distance(choice, self.form, absent=0))

    def nearest(self, wanted: Choice) -> dict[str, str | None] | None:
        """The valid choice that has the wanted texts and differs least from the plainest one."""
        fitting = [c for c in self.choices if all(c.get(name) == value for name, value in wanted.items())]
        return min(fitting, key=lambda choice: _distance(choice, self.form), default=None)

    def parts(
        self,
        choice: Choice,
        *,
        media_type: str | None = None,
        variant: str = "",
        sides: tuple[int, int] | None = None,
    ) -> list[Part]:
        """The parts of a form with these texts, a picture that fits, and a sample wherever nothing is chosen."""
        made: list[Part] = []
        for name, field in self.form.fields.items():
            if field.is_file:
                made.append(self.picture(field, choice, media_type=media_type, variant=variant, sides=sides))
            elif (value := choice.get(name, sample(field) if field.required or name in choice else None)) is not None:
                made.append(text(name, value))
        return made

    def with_value(self, field: Field, value: str) -> list[Part]:
        """The plainest parts in which a text field has this value, with a picture that fits whatever it is read as.

        So a wrong size is the only thing that is wrong. Where no picture can fit, one of another size is sent.
        """
        choice = {**(self.nearest({field.name: value}) or self.full), field.name: value}
        gives_size = value not in field.enum and any(one.matches == field.name for one in self.form.files)
        return self.parts(choice, sides=_sides_read(field, value) if gives_size else None)

    def picture(
        self,
        field: Field,
        choice: Choice,
        *,
        media_type: str | None = None,
        variant: str = "",
        sides: tuple[int, int] | None = None,
    ) -> Part:
        """The part of a file field, with a picture of the sides given or of those that the choice asks for."""
        media_type = media_type or (field.file_types or ("image/png",))[0]
        width, height = sides or self.sides(field, choice)
        data, facts = images.picture(media_type, width, height, variant)
        return Part(field.name, data, images.file_name(media_type), media_type, facts)

    def sides(self, field: Field, choice: Choice) -> tuple[int, int]:
        """Width and height in pixels that fit the choice."""
        if field.matches is None:
            return ANY_SIDES
        sent = [text(name, value) for name, value in choice.items() if value is not None]
        asked = self.reader.dimensions(field.matches, sent)
        return ANY_SIDES if asked is None or min(asked) < 1 else asked

    def request(self, parts: Sequence[Part], *, boundary: str = BOUNDARY, **changes: Any) -> Request:
        """A creation with these parts; `changes` replace attributes of the request."""
        operation = self.form.operation
        values: dict[str, Any] = {
            "method": operation.method.upper(),
            "path": operation.path,
            "content_type": multipart(boundary),
            "body": encode(parts, boundary),
            "parts": tuple(parts),
        }
        return Request(**(values | changes))


class FarBuilder(Builder):
    """Begins with the choice farthest from the plainest, and stays as far from it as it can; of equals the last."""

    @cached_property
    def full(self) -> dict[str, str | None]:
        """The choice as far from the defaults as there is."""
        return self.nearest({}) or super().full

    def nearest(self, wanted: Choice) -> dict[str, str | None] | None:
        """The valid choice that has the wanted texts and differs most from the plainest one."""
        fitting = [c for c in reversed(self.choices) if all(c.get(name) == value for name, value in wanted.items())]
        return max(fitting, key=lambda choice: _distance(choice, self.form, absent=0), default=None)


def levels(field: Field) -> tuple[str | None, ...]:
    """What can be chosen for a field that lists its values: left out if it may be, and each value."""
    values = field.enum or (("true", "false") if field.schema.get("type") == "boolean" else ())
    if not values and not field.required and not field.is_file:
        values = (sample(field),)
    return () if not values else values if field.required else (None, *values)


def _sides_read(field: Field, value: str) -> tuple[int, int]:
    """Width and height that a lax reader takes a wrong size for; of a valid size where it finds none."""
    numbers = [int(number) for number in re.findall(r"\d+", value)]
    if len(numbers) != 2:
        alike = next((one for one in field.enum if one.casefold() == value.strip().casefold()), field.default)
        return parse_dimensions(alike or (*field.enum, "")[0]) or ANY_SIDES
    width, height = numbers
    return (width, height) if min(numbers) > 0 and max(numbers) <= LARGEST_SIDE else ANY_SIDES


def sample(field: Field) -> str:
    """A valid value of a text field: its first value, its example, its default, or the shortest text."""
    if field.enum:
        return field.enum[0]
    for known in (*field.schema.get("examples", []), field.schema.get("default")):
        # An edit may leave an example behind that it forbids.
        if known is not None and jsonschema_rs.is_valid(field.schema, known):
            return str(known)
    if field.schema.get("type") in {"integer", "number"}:
        return str(field.schema.get("minimum", field.schema.get("maximum", 1)))
    return "a" * max(1, int(field.schema.get("minLength", 1)))


def _distance(choice: Choice, form: Form, absent: int = 2) -> int:
    """How far a choice is from sending each field's default; a field left out counts `absent`."""
    total = 0
    for name, value in choice.items():
        field = form.fields[name]
        plain = field.default if field.default is not None else (field.enum or (value,))[0]
        total += absent if value is None else int(value != plain)
    return total
