"""What no document may say, because nothing could keep it: found when it is read, and told with its place."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from mockserver.spec.pointer import OUTSIDE, PointerError, find, join

LOWEST, HIGHEST = 400, 599
"""The statuses of errors (RFC 9110 sections 15.5 and 15.6)."""

_SIZE = re.compile(r"[1-9]\d*x[1-9]\d*")

Place = tuple[str, ...]


def contradiction(raw: dict[str, Any], text: str | None = None) -> str | None:
    """The first thing that cannot be kept, in one line with its place; ``None`` if there is none.

    ``text`` is the YAML that ``raw`` was read from, for the number of the line.
    """
    for place, reason in _contradictions(raw):
        pointer = join(place)
        line = None if text is None else line_of(text, place)
        return f"{'' if line is None else f'line {line}: '}{pointer}: {reason}"
    return None


def line_of(text: str, place: Place) -> int | None:
    """The line on which the node at ``place`` begins, from 1; ``None`` if it is not there."""
    node: Any = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    for key in place:
        if isinstance(node, yaml.MappingNode):
            node = next((value for name, value in node.value if str(name.value) == key), None)
        elif isinstance(node, yaml.SequenceNode) and int(key) < len(node.value):
            node = node.value[int(key)]
        else:
            return None
    return None if node is None else node.start_mark.line + 1


def _contradictions(raw: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    for place, node in _objects(raw, ()):
        reference = node.get("$ref")
        if isinstance(reference, str) and not reference.startswith("#/"):
            yield (*place, "$ref"), f"'{reference}' {OUTSIDE}"
        elif isinstance(reference, str) and not _is_there(raw, reference):
            yield (*place, "$ref"), f"'{reference}' leads nowhere"
        allowed = node.get("enum")
        if isinstance(allowed, list) and "default" in node and node["default"] not in allowed:
            listed = ", ".join(f"'{value}'" for value in allowed)
            yield (*place, "default"), f"the default '{node['default']}' is none of the values allowed: {listed}"
        if isinstance(node.get("properties"), dict):
            yield from _sizes(node["properties"], (*place, "properties"))
    errors = raw.get("x-errors")
    for name, error in errors.items() if isinstance(errors, dict) else ():
        status = error.get("status") if isinstance(error, dict) else None
        if isinstance(status, int) and not LOWEST <= status <= HIGHEST:
            yield (
                ("x-errors", str(name), "status"),
                f"{status} is no status of an error; allowed: {LOWEST} to {HIGHEST}",
            )


def _sizes(properties: dict[str, Any], place: Place) -> Iterator[tuple[Place, str]]:
    """Sizes that a picture cannot have, of the fields that one must match."""
    matched = {str(node.get("x-dimensions-match")) for node in properties.values() if isinstance(node, dict)}
    for name in sorted(matched & properties.keys()):
        values = properties[name].get("enum", ()) if isinstance(properties[name], dict) else ()
        for index, value in enumerate(values):
            if not _SIZE.fullmatch(str(value)):
                enum = (*place, name, "enum", str(index))
                yield enum, f"'{value}' is no size; allowed: WIDTHxHEIGHT, as 720x1280"


def _objects(node: Any, place: Place) -> Iterator[tuple[Place, dict[str, Any]]]:
    if isinstance(node, dict):
        if "example" not in place and "examples" not in place:
            yield place, node
        for key, child in node.items():
            yield from _objects(child, (*place, str(key)))
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from _objects(child, (*place, str(index)))


def _is_there(raw: dict[str, Any], reference: str) -> bool:
    try:
        find(raw, reference)
    except PointerError:
        return False
    return True
