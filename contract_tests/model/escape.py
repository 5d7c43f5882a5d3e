"""Text that came from outside, on its way to a person: the one place where it is made harmless."""

from __future__ import annotations

import re
import unicodedata

#: Unicode categories that a terminal acts upon or cannot encode: controls, formats (bidirectional marks), lone
#: surrogates, separators of lines and paragraphs.
_UNPRINTABLE = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
_SURROGATE = re.compile("[\ud800-\udfff]")


def printable(text: str, keep: str = "") -> str:
    r"""The text with everything spelled out that a reader would obey and not see: ESC is `\x1b`, a mark `\u202e`.

    A line break and a tab become a blank, unless they stand in `keep`.
    """
    if text.isprintable():
        return text
    return "".join(
        _spelled(char) if char not in keep and unicodedata.category(char) in _UNPRINTABLE else char for char in text
    )


def _spelled(char: str) -> str:
    if char in "\n\t":
        return " "
    return char.encode("ascii", "backslashreplace").decode() if char > "\x7f" else repr(char)[1:-1]


def without_surrogates(json_text: str) -> str:
    """JSON that UTF-8 can hold: a lone surrogate within a string is written as its escape, which means the same."""
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", json_text)
