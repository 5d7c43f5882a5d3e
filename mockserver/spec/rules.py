"""The rules of a request: what its schema is compiled into."""

from typing import Any

import jsonschema_rs
import msgspec

from mockserver.spec.document import Error, Limits

Values = dict[str, Any]
"""A form as the schema sees it: its fields as sent, its defaults; of a file, the empty string."""

Validator = jsonschema_rs.Draft202012Validator


class FormRule(msgspec.Struct, frozen=True):
    """One check of a form. ``kind`` is a keyword or a kind of breach that the document names; ``limit`` its value."""

    id: str
    kind: str
    field: str | None
    error: Error
    limit: Any = None
    validator: Validator | None = None
    other: str | None = None


class Field(msgspec.Struct, frozen=True):
    """One field of a form.

    ``default`` stands for it where it is left out, ``None`` if nothing does; ``allowed`` are the values of its enum;
    ``example`` is a value that it may have; ``schema`` judges a text by all of its keywords at once; ``is_whole``: a
    number is spelled without a point and without a power, as JSON Schema does not ask of an integer.
    """

    name: str
    is_file: bool
    is_text: bool
    default: Any
    allowed: tuple[Any, ...]
    example: Any
    file_types: tuple[str, ...] = ()
    matches: str | None = None
    schema: Validator | None = None
    is_whole: bool = False


class FormRules(msgspec.Struct, frozen=True):
    """All that a form is judged by. ``checks`` are in the order in which they answer.

    ``schema`` is the whole request schema.
    """

    media_type: str
    limits: Limits
    fields: dict[str, Field]
    schema: Validator
    checks: tuple[FormRule, ...]
