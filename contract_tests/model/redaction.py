"""Takes the token out of what a server has said."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from contract_tests.model.credential import WRONG_TOKENS, made_of

MASK = "[token]"
#: A shorter token stands in ordinary words and numbers too: answers are not searched for it.
TELLING = 8
_CUT = "…".encode()


class Redactor:
    """Replaces the token, and the second one, by a mask: exactly it, in any spelling, where it stands as a word.

    `known` is the text of the document: a token that is a word of it is no secret. Each text is read once, in time that
    grows with its length.
    """

    def __init__(self, token: str | None, known: str = "", second: str | None = None) -> None:
        self._tokens = [one for one in (token, second) if one]
        words: list[bytes] = []
        encoded: list[bytes] = []
        for one in self._tokens:
            if len(one) >= TELLING and not _word(re.escape(one)).search(known):
                words += _spellings(one)
                encoded += _encodings(one)
        words, encoded = _longest_first(words), _longest_first(encoded)
        self._spelled = words + encoded
        # In front of the word may stand the end of an escape: %20, \n, \u0020.
        begins = rb"(?:(?<![0-9A-Za-z])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4}))"
        whole, inside = (b"|".join(map(re.escape, some)) for some in (words, encoded))
        self._pattern = re.compile(begins + b"(?:" + whole + b")(?![0-9A-Za-z])|" + inside)

    @property
    def searches(self) -> bool:
        """Whether answers are searched."""
        return bool(self._spelled)

    def address(self, text: str) -> str:
        """What the user gave, without the token, however short that is."""
        for one in self._tokens:
            text = _word(re.escape(one)).sub(MASK, text)
        return text

    def text(self, text: str) -> str:
        """The text of an answer without the token."""
        return self.data(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def data(self, data: bytes) -> bytes:
        """The bytes of an answer without the token, nor a telling head of it where a text was cut within it."""
        if any(one in data for one in self._spelled):
            data = self._pattern.sub(MASK.encode(), data)
        if self._spelled and data.endswith(_CUT):
            data = self._without_head(data.removesuffix(_CUT)) + _CUT
        return data

    def _without_head(self, data: bytes) -> bytes:
        for one in self._spelled:
            for size in range(len(one) - 1, TELLING - 1, -1):
                if data.endswith(one[:size]):
                    return data[:-size] + MASK.encode()
        return data


def _word(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_]){pattern}(?![^\W_])")


def _longest_first(some: Iterable[bytes]) -> list[bytes]:
    return sorted(set(some), key=lambda one: (-len(one), one))


def _spellings(token: str) -> Iterator[bytes]:
    """The token, and what the kit makes of it to see it refused, as they stand in text, JSON, HTML and addresses."""
    for text in (token, f"Bearer{token}", *(made_of(name, token) for name in WRONG_TOKENS)):
        if len(text) >= TELLING and token[1:-1].casefold() in text.casefold():
            yield from (one.encode() for one in _escaped(text))


def _encodings(token: str) -> Iterator[bytes]:
    """What stands in base64 wherever the token is within what was encoded."""
    for offset in range(3):
        # Base64 looks otherwise at each of three offsets; what begins with the scheme would also mask the scheme.
        encoded = base64.b64encode(b"\x00" * offset + token.encode()).rstrip(b"=")
        inside = encoded[offset + 1 if offset else 0 : -1]
        yield from (inside, inside.replace(b"+", b"-").replace(b"/", b"_"))


def _escaped(text: str) -> Iterator[str]:
    told = json.dumps(text)[1:-1]
    yield from (text, told, told.replace("/", "\\/"), json.dumps(text, ensure_ascii=False)[1:-1])
    yield from (html.escape(text), html.escape(text).replace("/", "&#x2F;"), html.escape(text).replace("/", "&#47;"))
    for form in ("&#x{:x};", "&#x{:X};", "&#{};", "\\u{:04x}", "\\u{:04X}", "\\x{:02x}"):
        yield "".join(char if char.isalnum() else form.format(ord(char)) for char in text)
        yield "".join(form.format(ord(char)) for char in text)
    percent = "".join(f"%{byte:02X}" for byte in text.encode())
    for one in (quote(text, safe=""), quote(text), quote_plus(text), percent):
        yield from (one, re.sub("%..", lambda found: found[0].lower(), one))
    # Headers and broken answers are read as Latin-1.
    yield text.encode().decode("latin-1")
