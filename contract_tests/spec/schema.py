"""Checks a JSON value against a schema of the document, keyword by keyword, with exact JSON types.

JSON Schema counts `1.0` as an integer; a client in a typed language does not, so here it is none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from contract_tests.spec.document import Document
from contract_tests.spec.pointer import escape


@dataclass(frozen=True)
class Violation:
    """A keyword that a value breaks: where the keyword stands, the keys that lead to the value, what was due."""

    at: str
    path: tuple[str, ...]
    expected: str
    actual: str
    #: It is an integer after all, written with a fraction of 0.
    is_whole: bool = False

    @property
    def key(self) -> str | None:
        """The top-level key at fault, None for the object itself."""
        return self.path[0] if self.path else None


TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: type(value) is int,
    "number": lambda value: type(value) in (int, float),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
}


def violations(document: Document, pointer: str, value: Any, path: tuple[str, ...] = ()) -> Iterator[Violation]:
    """Every keyword that the value breaks of the schema at the pointer; none where the document has no schema there."""
    if not document.has(pointer):
        return
    pointer = document.follow(pointer)
    schema: dict[str, Any] = document.at(pointer)
    for keyword, wanted in schema.items():
        check = _KEYWORDS.get(keyword)
        expected = check(wanted, value) if check is not None else None
        if expected is not None:
            yield Violation(f"{pointer}/{keyword}", path, expected, shown(value), _is_whole(keyword, wanted, value))
    yield from _within(document, pointer, value, path)
    for index in range(len(schema.get("allOf", []))):
        yield from violations(document, f"{pointer}/allOf/{index}", value, path)


def _within(document: Document, pointer: str, value: Any, path: tuple[str, ...]) -> Iterator[Violation]:
    """What the keys of an object and the items of a list break."""
    schema: dict[str, Any] = document.at(pointer)
    if isinstance(value, dict):
        for key in schema.get("required", []):
            if key not in value:
                yield Violation(f"{pointer}/required", (*path, key), f"the key '{key}'", "no such key")
        for key in schema.get("properties", {}):
            if key in value:
                yield from violations(document, f"{pointer}/properties/{escape(key)}", value[key], (*path, key))
    if isinstance(value, list) and "items" in schema:
        for number, item in enumerate(value):
            yield from violations(document, f"{pointer}/items", item, (*path, str(number)))


def shown(value: Any, limit: int = 120) -> str:
    """A JSON value in short."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else f"{text[:limit]}…"


def _type(wanted: str | list[str], value: Any) -> str | None:
    names = [wanted] if isinstance(wanted, str) else wanted
    return None if any(TYPES[name](value) for name in names) else " or ".join(names)


def _is_whole(keyword: str, wanted: Any, value: Any) -> bool:
    return keyword == "type" and type(value) is float and value.is_integer() and _type(wanted, int(value)) is None


def _same(one: Any, other: Any) -> bool:
    # Whether a number is written as an integer is for the keyword `type` to say.
    numbers = {type(one), type(other)} <= {int, float}
    return (numbers or type(one) is type(other)) and bool(one == other)


def _const(wanted: Any, value: Any) -> str | None:
    return None if _same(wanted, value) else shown(wanted)


def _enum(wanted: list[Any], value: Any) -> str | None:
    return None if any(_same(one, value) for one in wanted) else " or ".join(shown(one) for one in wanted)


def _pattern(wanted: str, value: Any) -> str | None:
    # `$` of Python also matches before a last line break, that of JSON Schema does not.
    return (
        None if not isinstance(value, str) or re.search(wanted.replace("$", r"\Z"), value) else f"a match of {wanted}"
    )


def _bound(name: str, keeps: Callable[[Any, Any], bool], *, size: bool) -> Callable[[Any, Any], str | None]:
    def check(wanted: Any, value: Any) -> str | None:
        if size:
            measured = len(value) if isinstance(value, str) else None
        else:
            measured = value if type(value) in (int, float) else None
        return None if measured is None or keeps(measured, wanted) else f"{name} {wanted}"

    return check


_KEYWORDS: dict[str, Callable[[Any, Any], str | None]] = {
    "type": _type,
    "const": _const,
    "enum": _enum,
    "pattern": _pattern,
    "minimum": _bound("at least", lambda value, bound: value >= bound, size=False),
    "maximum": _bound("at most", lambda value, bound: value <= bound, size=False),
    "minLength": _bound("a length of at least", lambda value, bound: value >= bound, size=True),
    "maxLength": _bound("a length of at most", lambda value, bound: value <= bound, size=True),
}
