"""Where a rule stands: the file and the line, in the document or in the overlay that changes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import yaml

from contract_tests.spec.document import Document, default_path
from contract_tests.spec.pointer import escape, join
from contract_tests.spec.rules import Rule


class Place(NamedTuple):
    """A line of a file; `uri` is relative to the repository where the file lies in it."""

    uri: str
    line: int


class Places:
    """Finds the lines of rules. `root` is the folder of the repository."""

    def __init__(self, document: Document, root: Path) -> None:
        (base, raw), *overlays = document.files
        self._document = document
        self._uri = _uri(base, root)
        self._lines = dict(_lines(_composed(raw), "#"))
        # What the last overlay says, holds.
        self._overlays = [
            (_uri(path, root), dict(_overlay_lines(_composed(text), document))) for path, text in reversed(overlays)
        ]

    def of(self, rule: Rule) -> Place:
        """The place of the entry in x-rules, else of what the rule is about, else of the nearest node above it."""
        entry = f"#/x-rules/{escape(rule.id.removesuffix('.error') if rule.derived else rule.id)}"
        for pointer in (entry, rule.at):
            for uri, lines in self._overlays:
                if pointer in lines:
                    return Place(uri, lines[pointer])
        pointer = entry if entry in self._lines else rule.at
        while pointer not in self._lines and "/" in pointer:
            pointer = pointer.rpartition("/")[0]
        return Place(self._uri, self._lines.get(pointer, 1))


def _uri(path: Path, root: Path) -> str:
    """Relative to this project or to the root, whichever holds the file; a file URI where neither does."""
    whole = path.resolve()
    for folder in (default_path().parent.resolve(), root.resolve()):
        if whole.is_relative_to(folder):
            return quote(whole.relative_to(folder).as_posix())
    return whole.as_uri()


def _composed(raw: bytes) -> yaml.Node:
    node = yaml.compose(raw, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    assert node is not None
    return node


def _lines(node: yaml.Node, pointer: str) -> Iterator[tuple[str, int]]:
    """Each node below by its pointer, with the line that it begins on."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = f"{pointer}/{escape(str(key.value))}"
            yield inner, key.start_mark.line + 1
            yield from _lines(value, inner)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield f"{pointer}/{index}", value.start_mark.line + 1
            yield from _lines(value, f"{pointer}/{index}")


def _overlay_lines(overlay: yaml.Node, document: Document) -> Iterator[tuple[str, int]]:
    """The pointers in the document that the actions of an overlay write to, with their lines in the overlay."""
    # Loaded where a dialect is asked for.
    from jsonpath import finditer  # noqa: PLC0415

    assert isinstance(overlay, yaml.MappingNode)
    actions = next(value for key, value in overlay.value if key.value == "actions")
    for action in actions.value:
        parts = {key.value: value for key, value in action.value}
        if "update" not in parts:
            continue
        for match in finditer(parts["target"].value, document.tree):
            pointer = join(match.parts)
            yield pointer, action.start_mark.line + 1
            yield from _lines(parts["update"], pointer)
