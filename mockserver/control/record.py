"""A record: one request as the journal keeps it. Quick to make, and made fit to be shown when it is asked for."""

from typing import Any

import msgspec

from mockserver.api.exchange import Exchange
from mockserver.validation.images import Image
from mockserver.validation.spool import size_of
from mockserver.web.responses import encode

MOST_TEXT = 65_536
"""Bytes of text that are kept of the fields of one request; what is beyond is cut."""

SHORTEST_SECRET = 8
"""A token of fewer characters is no secret, and may be part of any word."""

BLOT = "***"


class Blot:
    """Blots the token of an Authorization header out of texts, so that it is kept nowhere."""

    __slots__ = ("_secret",)

    def __init__(self, authorization: str | None) -> None:
        token = (authorization or "").rpartition(" ")[2]
        self._secret = token if len(token) >= SHORTEST_SECRET else ""

    def __call__(self, text: str) -> str:
        """``text`` without the token."""
        return text.replace(self._secret, BLOT) if self._secret else text

    def raw(self, text: bytes) -> bytes:
        """The same of bytes."""
        return text.replace(self._secret.encode("latin-1"), BLOT.encode()) if self._secret else text

    def may_be_in(self, encoded: bytes) -> bool:
        """Whether the token may stand in what was encoded, in UTF-8 or as it came. Most requests have it in none."""
        secret = self._secret
        return bool(secret) and (not secret.isascii() or secret.encode() in encoded)


class File(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A file of a form, without its ``size`` bytes. ``image``: what it is by them, where that was looked at."""

    filename: str | None
    content_type: str | None
    size: int
    image: Image | None

    def shown(self) -> dict[str, Any]:
        """As JSON."""
        shown: dict[str, Any] = {"filename": self.filename, "content_type": self.content_type, "bytes": self.size}
        if self.image is not None:
            shown |= {"type": self.image.type, "width": None, "height": None}
            if self.image.intact:
                shown |= {"width": self.image.width, "height": self.image.height}
        return shown


Field = tuple[str, bytes | File]


class Record(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One request: its line, its fields in their order, and what came of it.

    ``at`` is in seconds since 1970, ``took`` in seconds; ``status`` and ``request_id`` are ``None`` where no answer was
    sent. The sender's token is blotted out of it.
    """

    method: str
    path: str
    query: bytes
    at: float
    took: float
    status: int | None
    request_id: bytes | None
    operation: str
    video: str
    rule: str
    scenarios: tuple[str, ...]
    fields: tuple[Field, ...]

    @property
    def verdict(self) -> str:
        """Accepted or refused; refused is what got no answer, too."""
        return "accepted" if self.status is not None and self.status < 400 else "refused"

    def blotted(self, blot: Blot) -> "Record":
        """The same without the token."""
        fields = tuple(_blotted(field, blot) for field in self.fields)
        return msgspec.structs.replace(self, path=blot(self.path), query=blot.raw(self.query), fields=fields)

    def shown(self, number: int) -> dict[str, Any]:
        """As JSON; ``number`` is that of its turn. A field that came several times is a list."""
        fields: dict[str, list[Any]] = {}
        for name, value in self.fields:
            fields.setdefault(name, []).append(_shown(value))
        return {
            "id": number,
            "request_id": None if self.request_id is None else self.request_id.decode(),
            "at": self.at,
            "method": self.method,
            "path": self.path,
            "query": self.query.decode("latin-1"),
            "operation": self.operation or None,
            "fields": {name: values[0] if len(values) == 1 else values for name, values in fields.items()},
            "verdict": self.verdict,
            "status": self.status,
            "rule": self.rule or None,
            "video": self.video or None,
            "scenarios": list(self.scenarios),
            "duration_ms": round(1000 * self.took, 3),
        }


def _shown(value: bytes | File) -> Any:
    return value.shown() if isinstance(value, File) else value.decode("utf-8", "backslashreplace")


def _blotted(field: Field, blot: Blot) -> Field:
    name, value = field
    if isinstance(value, bytes):
        return blot(name), blot.raw(value)
    return blot(name), value if value.filename is None else msgspec.structs.replace(
        value, filename=blot(value.filename)
    )


def fields_of(exchange: Exchange) -> tuple[Field, ...]:
    """The fields of a form or a JSON object as they came; text beyond ``MOST_TEXT`` is cut."""
    fields: list[Field] = []
    left = MOST_TEXT
    images = exchange.images or {}
    for name, parts in (exchange.form or {}).items():
        for part in parts:
            chunks = part.chunks
            left -= len(name)
            if part.filename is None and name not in images:
                data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
                left -= len(data)
                fields.append((name, data))
            else:
                fields.append((name, File(part.filename, part.content_type, size_of(chunks), images.get(name))))
    for name, value in (exchange.body or {}).items():
        data = value.encode() if isinstance(value, str) else encode(value)
        left -= len(name) + len(data)
        fields.append((name, data))
    if left >= 0:
        return tuple(fields)
    # Before it is cut, for a part of the token would not be known for one.
    blot = Blot(exchange.authorization)
    return tuple(_cut([_blotted(field, blot) for field in fields]))


def _cut(fields: list[Field]) -> list[Field]:
    """The first fields, cut where there is too much text in them."""
    kept: list[Field] = []
    left = MOST_TEXT
    for name, value in fields:  # pragma: no branch - there is too much: it ends before they do
        name = name[:left]  # noqa: PLW2901 - what is kept of it
        left -= len(name)
        if isinstance(value, bytes) and len(value) > left:
            value = value[:left] + "…".encode()  # noqa: PLW2901
        kept.append((name, value))
        left -= len(value) if isinstance(value, bytes) else 0
        if left <= 0:
            break
    return kept
