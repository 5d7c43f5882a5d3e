"""How deep JSON is nested, told before it is read: a reader of JSON calls itself once for each level."""

from __future__ import annotations

import re

_BEGINS = re.compile(rb"[\s\xef\xbb\xbf]*[\[{]")
#: A whole string, which may hold brackets, or a bracket. A string without an end reaches to the end.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)


def nested_deeper(body: bytes | bytearray, most: int) -> bool:
    """Whether the body looks like JSON with more than `most` arrays and objects within each other; in linear time."""
    if not _BEGINS.match(body) or body.count(b"[") + body.count(b"{") <= most:
        return False
    depth = 0
    for found in _TOKEN.finditer(body):
        if found[0] in {b"[", b"{"}:
            depth += 1
            if depth > most:
                return True
        elif found[0] in {b"]", b"}"}:
            depth -= 1
    return False
