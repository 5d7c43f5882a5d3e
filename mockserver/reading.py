"""A reading: a form with its text decoded, its files named by their bytes and its defaults filled in. Pure."""

from typing import Any

import msgspec

from mockserver.image import Image, read_image
from mockserver.rules import FormRules, Values
from mockserver.upload import Form


class Reading(msgspec.Struct):
    """A form as read: the values that the schema judges, the files by their bytes, and what could not be read."""

    form: Form
    rules: FormRules
    values: Values
    images: dict[str, Image]
    unreadable: dict[str, UnicodeDecodeError]


def read(rules: FormRules, form: Form) -> Reading:
    """Decode the text, name the files by their bytes and fill in the defaults. Of a repeated field, the first."""
    values: Values = {}
    images: dict[str, Image] = {}
    unreadable: dict[str, UnicodeDecodeError] = {}
    for name, field in rules.fields.items():
        parts = form.get(name)
        if parts is None:
            if field.default is not None:
                values[name] = field.default
        elif field.is_file:
            values[name] = ""
            images[name] = read_image(parts[0].chunks, rules.limits.file_blocks)
        else:
            try:
                chunks = parts[0].chunks
                text = (chunks[0] if len(chunks) == 1 else b"".join(chunks)).decode()
            except UnicodeDecodeError as error:
                unreadable[name] = error
            else:
                values[name] = text if field.is_text else _number_or_text(text, whole=field.is_whole)
    for name in form:
        if name not in rules.fields:
            values[name] = ""  # whether it may be there is all that the schema is asked
    return Reading(form, rules, values, images, unreadable)


def _number_or_text(text: str, *, whole: bool) -> Any:
    """The JSON value that a text spells, for a field whose type is not string; 1.0 and 1e1 are no ``whole`` numbers."""
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
    return text if whole and isinstance(value, float) else value
