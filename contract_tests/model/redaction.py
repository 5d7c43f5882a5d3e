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
#: Characters that a part of a token has at least which is searched for on its own.
_CORE = 4
#: The end of a text that is the end of an escape.
_ESCAPE = re.compile(rb"(?:%[0-9A-Fa-f]{2}|\\[bfnrt]|\\u[0-9A-Fa-f]{4})\Z")
#: What may stand in front of such a part, by its size; and for each, what follows from the part on, and whether the
#: whole must be a word of its own.
_Spellings = dict[int, dict[bytes, list[tuple[bytes, bool]]]]


class Redactor:
    """Replaces the token, and the second one, by a mask: exactly it, in any spelling, where it stands as a word.

    `known` is the text of the document: a token that is a word of it is no secret. Each text is read once, in time that
    grows with its length.
    """

    def __init__(self, token: str | None, known: str = "", second: str | None = None) -> None:
        self._tokens = [one for one in (token, second) if one]
        self._spelled: list[bytes] = []
        self._cores: dict[bytes, _Spellings] = {}
        for one in self._tokens:
            if len(one) >= TELLING and not _word(re.escape(one)).search(known):
                words, encoded = set(_spellings(one)), set(_encodings(one))
                self._spelled += words | encoded
                _add_by_core(self._cores, one, [(spelled, spelled in words) for spelled in words | encoded])
        self._spelled.sort(key=lambda one: (-len(one), one))

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
        found = sorted(self._found(data))
        if found:
            pieces, end = [], 0
            for start, stop in found:
                # What overlaps is one mask.
                pieces += [data[end:start], MASK.encode()] if start >= end else []
                end = max(end, stop)
            data = b"".join((*pieces, data[end:]))
        if self._spelled and data.endswith(_CUT):
            data = self._without_head(data.removesuffix(_CUT)) + _CUT
        return data

    def _found(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Where a spelling begins and ends: what many have in common is searched for, and then looked around."""
        for core, spellings in self._cores.items():
            at = data.find(core)
            while at >= 0:
                behind = at + 1
                for size, before in spellings.items():
                    start = at - size
                    for rest, is_word in before.get(data[start:at], ()) if start >= 0 else ():
                        stop = at + len(rest)
                        if data.startswith(rest, at) and (not is_word or _alone(data, start, stop)):
                            yield start, stop
                            behind = max(behind, stop)
                at = data.find(core, behind)

    def _without_head(self, data: bytes) -> bytes:
        for one in self._spelled:
            for size in range(len(one) - 1, TELLING - 1, -1):
                if data.endswith(one[:size]):
                    return data[:-size] + MASK.encode()
        return data


def _word(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_]){pattern}(?![^\W_])")


def _alone(data: bytes, start: int, stop: int) -> bool:
    r"""Whether no letter or digit stands on either side; in front may stand the end of an escape: %20, \n, \u0020."""
    if data[stop : stop + 1].isalnum():
        return False
    return not data[start - 1 : start].isalnum() or _ESCAPE.search(data, max(0, start - 6), start) is not None


def _add_by_core(made: dict[bytes, _Spellings], token: str, spellings: Iterable[tuple[bytes, bool]]) -> None:
    """Add the spellings by a part that many of them have, so that few searches find all."""
    inner = token[1:-1]
    run = max(re.findall(r"[0-9A-Za-z]+", inner), key=len, default="")
    common = [run, run.swapcase()] if len(run) >= _CORE else []
    seeds = [one.encode() for one in (*common, *_escaped(inner), *_escaped(inner.swapcase()))]
    for spelled, is_word in spellings:
        core = next((seed for seed in seeds if seed in spelled), spelled)
        before = spelled[: spelled.index(core)]
        found = made.setdefault(core, {}).setdefault(len(before), {}).setdefault(before, [])
        found.append((spelled[len(before) :], is_word))


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
