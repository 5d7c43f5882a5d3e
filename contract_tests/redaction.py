"""Takes the token out of whatever is written down, also where a server repeats it or a part of it."""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import quote

MASK = "[token]"
#: A run of this many characters of the token gives it away; shorter ones also stand in ordinary words.
TELLING = 6


class Redactor:
    """Replaces the token, its other spellings and any telling part of it by a mask."""

    def __init__(self, token: str | None) -> None:
        self._pattern = None if not token else _pattern(token)

    def text(self, text: str) -> str:
        """The text without the token."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)

    def data(self, data: bytes) -> bytes:
        """The bytes without the token; bytes that are no text are read as Latin-1, which loses nothing."""
        return self.text(data.decode("latin-1")).encode("latin-1")


def _pattern(token: str) -> re.Pattern[str]:
    # The bytes of an answer are read as Latin-1, so the token is looked for as its UTF-8 bytes too.
    spelled = {token, token.encode().decode("latin-1")}
    raw = set(spelled)
    for text in spelled:
        raw |= {json.dumps(text)[1:-1], quote(text, safe="")}
        # Base64 looks otherwise at each of three offsets; what begins with the scheme would also mask the scheme.
        for offset in range(3):
            encoded = base64.b64encode(b"\x00" * offset + text.encode()).decode().rstrip("=")
            raw.add(encoded[offset + 1 if offset else 0 : -1])
    # Parts too, because an answer may be cut short, and a server may show the head or the tail of a token.
    parts = {text[at : at + TELLING] for text in raw for at in range(len(text) - TELLING + 1)}
    parts = parts if len(token) >= TELLING else set()
    whole = "|".join(re.escape(text) for text in sorted(raw, key=lambda text: (-len(text), text)))
    if not parts:
        return re.compile(whole, re.IGNORECASE)
    # Overlapping parts of the token are masked as one run: each character that begins a part, and the part.
    begun = "|".join(re.escape(part) for part in sorted(parts))
    run = rf"(?:(?=(?:{begun})).)+.{{{TELLING - 1}}}"
    return re.compile(f"{whole}|(?s:{run})", re.IGNORECASE)
