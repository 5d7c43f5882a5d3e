"""Documents that contradict themselves: what is wrong first, where it stands, and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from contract_tests.spec.pointer import find, join

_STATUSES = range(400, 600)


def contradiction(tree: Any, raw: bytes | None = None) -> str | None:
    """One line with place and reason; None where the document can be kept. `raw`: its YAML, for the line."""
    found = next(_walk(tree, tree, []), None) or next(_statuses(tree), None)
    if found is None:
        return None
    steps, reason = found
    pointer = join(steps)
    number = None if raw is None else line(raw, steps)
    return f"{pointer}: {reason}" if number is None else f"line {number}: {pointer}: {reason}"


def line(raw: bytes, steps: list[Any]) -> int | None:
    """The number of the line, from 1, on which the node begins that the steps lead to; None where there is none."""
    node: Any = yaml.compose(raw, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    for step in steps:
        inner: dict[Any, Any]
        if isinstance(node, yaml.SequenceNode):
            inner = dict(enumerate(node.value))
        else:
            inner = {key.value: value for key, value in node.value} if isinstance(node, yaml.MappingNode) else {}
        node = inner.get(step if isinstance(step, int) else str(step))
        if node is None:
            return None
    return int(node.start_mark.line) + 1


Found = tuple[list[Any], str]


def _walk(tree: Any, node: Any, steps: list[Any]) -> Iterator[Found]:
    if isinstance(node, dict):
        if not {"example", "examples"} & set(map(str, steps)):
            yield from _object(tree, node, steps)
        for key, child in node.items():
            yield from _walk(tree, child, [*steps, key])
    if isinstance(node, list):
        for number, child in enumerate(node):
            yield from _walk(tree, child, [*steps, number])


def _object(tree: Any, node: dict[str, Any], steps: list[Any]) -> Iterator[Found]:
    target = node.get("$ref")
    if isinstance(target, str):
        if not target.startswith("#/"):
            yield [*steps, "$ref"], f"'{target}' does not point into the document (#/…)"
        elif not _leads(tree, target):
            yield [*steps, "$ref"], f"'{target}' leads nowhere"
    values = node.get("enum")
    if isinstance(values, list) and "default" in node and node["default"] not in values:
        listed = ", ".join(f"'{value}'" for value in values)
        yield [*steps, "default"], f"the default '{node['default']}' is none of the values allowed: {listed}"
    fields = node.get("properties")
    if not isinstance(fields, dict):
        return
    for field in fields.values():
        name = field.get("x-dimensions-match") if isinstance(field, dict) else None
        sized = fields.get(name) if isinstance(name, str) else None
        for number, value in enumerate(sized.get("enum", ()) if isinstance(sized, dict) else ()):
            if not re.fullmatch(r"[1-9]\d*x[1-9]\d*", str(value)):
                place = [*steps, "properties", name, "enum", number]
                yield place, f"'{value}' is no size; allowed: WIDTHxHEIGHT, as 720x1280"


def _statuses(tree: Any) -> Iterator[Found]:
    errors = tree.get("x-errors") if isinstance(tree, dict) else None
    for name, error in errors.items() if isinstance(errors, dict) else ():
        status = error.get("status") if isinstance(error, dict) else None
        if isinstance(status, int) and status not in _STATUSES:
            allowed = f"{_STATUSES[0]} to {_STATUSES[-1]}"
            yield ["x-errors", name, "status"], f"{status} is no status of an error; allowed: {allowed}"


def _leads(tree: Any, target: str) -> bool:
    try:
        find(tree, target)
    except KeyError:
        return False
    return True
