"""Takes the token out of what a server has said, also where it repeats only a part of it."""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import quote

MASK = "[token]"
#: A run of this many characters of the token gives it away; shorter ones also stand in ordinary words.
TELLING = 8


class Redactor:
    """Replaces the token, its other spellings and any telling part of it by a mask.

    It is for what comes from the wire. Words that stand in `known`, the text of the document, are no secret: a part of
    the token that is one of them is left alone. A token shorter than TELLING is masked where it stands as a word.
    """

    def __init__(self, token: str | None, known: str = "") -> None:
        self._pattern = None if not token else _long(token, known) if len(token) >= TELLING else _short(token, known)

    def text(self, text: str) -> str:
        """The text without the token."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)

    def data(self, data: bytes) -> bytes:
        """The bytes without the token; bytes that are no text are read as Latin-1, which loses nothing."""
        return self.text(data.decode("latin-1")).encode("latin-1")


def _short(token: str, known: str) -> re.Pattern[str] | None:
    """A short token as a word of its own, as the kit sends it: behind Bearer, or with one character more."""
    encoded = base64.b64encode(token.encode()).decode()
    words = "|".join(re.escape(word) for word in sorted({*_spelled(token), encoded}, key=len, reverse=True))
    pattern = re.compile(rf"(?<![^\W_])(?:bearer)?(?:{words})x?(?![^\W_])", re.IGNORECASE)
    return None if pattern.search(known) else pattern


def _long(token: str, known: str) -> re.Pattern[str]:
    raw = _spelled(token)
    for text in tuple(raw):
        # Base64 looks otherwise at each of three offsets; what begins with the scheme would also mask the scheme.
        for offset in range(3):
            encoded = base64.b64encode(b"\x00" * offset + text.encode()).decode().rstrip("=")
            raw.add(encoded[offset + 1 if offset else 0 : -1])
    # Parts too, because an answer may be cut short, and a server may show the head or the tail of a token.
    telling = min(TELLING, len(token) - 1)
    parts = {text[at : at + telling] for text in raw for at in range(len(text) - telling + 1)}
    ordinary = known.casefold()
    parts = {part for part in parts if part.casefold() not in ordinary}
    whole = "|".join(re.escape(text) for text in sorted(raw, key=lambda text: (-len(text), text)))
    if not parts:
        return re.compile(whole, re.IGNORECASE)
    # Overlapping parts of the token are masked as one run: each character that begins a part, and the part.
    begun = "|".join(re.escape(part) for part in sorted(parts))
    run = rf"(?:(?=(?:{begun})).)+.{{{telling - 1}}}"
    return re.compile(f"{whole}|(?s:{run})", re.IGNORECASE)


def _spelled(token: str) -> set[str]:
    """The token as it is, and as it stands in JSON and in addresses.

    The bytes of an answer are read as Latin-1, so it is looked for as its UTF-8 bytes too.
    """
    texts = {token, token.encode().decode("latin-1")}
    return texts | {json.dumps(text)[1:-1] for text in texts} | {quote(text, safe="") for text in texts}
