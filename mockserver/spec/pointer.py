"""JSON pointers into the document (RFC 6901, as URI fragments)."""

from collections.abc import Iterable
from typing import Any

OUTSIDE = "does not point into the document (#/…)"
"""What is said of a pointer that is none, or that leads elsewhere."""


class PointerError(LookupError):
    """The pointer leads to no node. Its text says why."""


def escape(key: str) -> str:
    """A key as one token of a pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def unescape(token: str) -> str:
    """The key that a token of a pointer stands for."""
    return token.replace("~1", "/").replace("~0", "~")


def join(place: Iterable[str]) -> str:
    """The pointer of the node that the keys lead to."""
    return "/".join(["#", *map(escape, place)])


def find(raw: Any, pointer: str) -> Any:
    """The node under ``#/a/b``, or ``PointerError``."""
    if not pointer.startswith("#/"):
        raise PointerError(OUTSIDE)
    node = raw
    for key in map(unescape, pointer[2:].split("/")):
        try:
            node = node[int(key)] if isinstance(node, list) else node[key]
        except (KeyError, IndexError, ValueError, TypeError):
            raise PointerError(f"leads nowhere: there is no '{key}'") from None
    return node
