"""JSON pointers (RFC 6901) as URI fragments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def escape(key: str) -> str:
    """A key as one token of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def join(steps: Iterable[object]) -> str:
    """The pointer of the node that the keys and numbers lead to."""
    return "/".join(["#", *(escape(str(step)) for step in steps)])


def find(tree: Any, pointer: str) -> Any:
    """The node at the pointer. Raises KeyError where there is none."""
    node = tree
    for token in pointer.removeprefix("#").split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        try:
            node = node[int(key)] if isinstance(node, list) else node[key]
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise KeyError(pointer) from error
    return node
