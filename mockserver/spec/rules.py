"""The rules of a request: what its schema is compiled into."""

from typing import Any

import jsonschema_rs
import msgspec

from mockserver.spec.document import Error, Limits

Values = dict[str, Any]
"""A form as the schema sees it: its fields as sent, its defaults; of a file, the empty string."""

FORM, JSON = "multipart/form-data", "application/json"
"""The media types of bodies."""

URI, FILE_ID = "uri", "file-id"
"""What the object in place of a file holds, and the kinds of the rules of it: an address, the id of a stored file."""

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

    ``schema`` is the whole request schema. ``media_types``: those that the body may have, a form's first.
    ``objects``: of each field whose file may be an object instead, the keys of that object, with what each holds.
    """

    media_types: tuple[str, ...]
    limits: Limits
    fields: dict[str, Field]
    schema: Validator
    checks: tuple[FormRule, ...]
    objects: dict[str, dict[str, str]] = {}

    @property
    def media_type(self) -> str:
        """The media type that the checks are written for."""
        return self.media_types[0]

    @property
    def takes_json(self) -> bool:
        """Whether a form may be a JSON object as well."""
        return self.media_types[1:] == (JSON,)
