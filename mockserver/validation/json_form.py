"""A creation as a JSON object, or with objects in brackets, made into the form that the rules are written for."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from mockserver.spec.rules import FILE_ID, URI, Field, FormRules
from mockserver.validation.multipart import Fault, Form, Part

_DATA_URL = re.compile(r"data:(?P<type>[^;,]*)(?:;[^;,=]+=[^;,]*)*(?P<base64>;base64)?,", re.IGNORECASE)
_BRACKETS = re.compile(r"(?P<field>[^\[\]]+)\[(?P<key>[^\[\]]+)\]")

NOT_FETCHED = "it is no data URL, and --fetch-allow names no such host"
"""What is wrong with an address that nobody fetches."""

TYPES = {str: "a string", bool: "a boolean", int: "an integer", float: "a number", list: "an array", dict: "an object"}
"""The types of JSON values as messages name them."""


def form_of(values: Mapping[str, Any], rules: FormRules) -> Form:
    """The form that a JSON object stands for. A null is a field that is left out."""
    return {
        name: [_part(name, value, rules.fields.get(name), rules.objects.get(name, {}))]
        for name, value in values.items()
        if value is not None
    }


def with_objects(form: Form, rules: FormRules) -> Form:
    """``form`` with each object that came in brackets, as ``input_reference[image_url]``, in place of its file."""
    made: Form = {}
    for name, parts in form.items():
        found = _BRACKETS.fullmatch(name)
        keys = rules.objects.get(found["field"], {}) if found is not None else {}
        if found is None or found["key"] not in keys:
            made.setdefault(name, []).extend(parts)
        else:
            texts = (part.bytes().decode("utf-8", "replace") for part in parts)
            field = found["field"]
            made.setdefault(field, []).extend(_referred(field, found["key"], text, keys) for text in texts)
    return made


def _part(name: str, value: Any, field: Field | None, keys: Mapping[str, str]) -> Part:
    if field is not None and field.is_file:
        if isinstance(value, dict):
            given = {key: one for key, one in value.items() if key in keys and isinstance(one, str)}
            if len(given) == len(value) == 1:
                [(key, text)] = given.items()
                return _referred(name, key, text, keys)
        return Part(name, None, None, [], Fault("file", TYPES[type(value)]))
    if isinstance(value, str):
        return Part(name, None, None, [value.encode("utf-8", "surrogatepass")])
    is_wrong = field is not None and field.is_text and not (field.schema and field.schema.is_valid(value))
    fault = Fault("text", TYPES[type(value)]) if is_wrong else None
    return Part(name, None, None, [msgspec.json.encode(value)], fault)


def _referred(name: str, key: str, text: str, keys: Mapping[str, str]) -> Part:
    """The file that the value of one key of an object refers to; no file is stored here, and no address is fetched."""
    if keys[key] == FILE_ID:
        return Part(name, key, None, [], Fault(FILE_ID, text))
    head = _DATA_URL.match(text)
    data = None if head is None else _decoded(text[head.end() :], is_base64=head["base64"] is not None)
    if head is None or data is None:
        return Part(name, key, None, [], Fault(URI, text, NOT_FETCHED))
    return Part(name, key, head["type"].lower() or None, [data])


def _decoded(text: str, *, is_base64: bool) -> bytes | None:
    try:
        data = unquote_to_bytes(text) if "%" in text or not is_base64 else text.encode("ascii")
        return base64.b64decode(data, validate=True) if is_base64 else data
    except (binascii.Error, UnicodeEncodeError):
        return None
