"""The shape that a document must have for the kit to read it, checked before anything is made of it."""

from __future__ import annotations

from typing import Any

import jsonschema_rs

from contract_tests.spec.pointer import join

METHODS = ("get", "put", "post", "delete", "patch")

_TEXT = {"type": "string"}
_SCHEMA = {"$ref": "#/$defs/schema"}
_RULE = {
    "type": "object",
    "required": ["says", "at", "source"],
    "properties": {
        **dict.fromkeys(("says", "at", "from", "error", "field", "kind"), _TEXT),
        "source": {"enum": ["document", "inferred", "extension"]},
    },
}
_ERROR = {
    "type": "object",
    "required": ["status", "type", "code", "param"],
    "properties": {"status": {"type": "integer"}, "kinds": {"type": "array", "items": _TEXT}},
}
_CONTENT = {
    "type": "object",
    "properties": {
        "content": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"type": "object", "required": ["schema"], "properties": {"schema": _SCHEMA}},
        }
    },
}
_OPERATION = {
    "type": "object",
    "required": ["responses"],
    "properties": {
        "operationId": _TEXT,
        "requestBody": _CONTENT,
        "responses": {"type": "object", "additionalProperties": _CONTENT},
    },
}
_SHAPE = {
    "type": "object",
    "required": ["paths", "x-rules", "x-errors"],
    "properties": {
        "paths": {
            "type": "object",
            "additionalProperties": {"type": "object", "properties": dict.fromkeys(METHODS, _OPERATION)},
        },
        "components": {
            "type": "object",
            "properties": {
                "schemas": {"type": "object", "additionalProperties": _SCHEMA},
                "responses": {"type": "object", "additionalProperties": {"type": "object"}},
            },
        },
        "x-rules": {"type": "object", "additionalProperties": _RULE},
        "x-errors": {"type": "object", "additionalProperties": _ERROR},
        "x-limits": {"type": "object", "additionalProperties": {"type": "integer"}},
    },
    "$defs": {
        "schema": {
            "type": ["object", "boolean"],
            "properties": {
                "$ref": _TEXT,
                "required": {"type": "array", "items": _TEXT},
                "properties": {"type": "object", "additionalProperties": _SCHEMA},
                "allOf": {"type": "array", "items": _SCHEMA},
                **dict.fromkeys(("if", "then", "else", "not", "items"), _SCHEMA),
                "enum": {"type": "array", "minItems": 1},
                "contentMediaType": _TEXT,
                "pattern": {"type": "string", "format": "regex"},
                **{key: {"type": "integer", "minimum": 0} for key in ("minLength", "maxLength")},
                **{key: {"type": "number"} for key in ("minimum", "maximum")},
            },
        }
    },
}
_VALIDATOR = jsonschema_rs.Draft202012Validator(_SHAPE, validate_formats=True)


def misshapen(tree: Any) -> str | None:
    """What is wrong first, with its place as a JSON pointer; None where the kit can read the document."""
    for error in _VALIDATOR.iter_errors(tree):
        return f"at '{join(error.instance_path or [''])}': {error.message}"
    return None
