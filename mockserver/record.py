"""A record: one request as the journal keeps it, small and without its token."""

from collections.abc import Iterator
from typing import Any

import msgspec

from mockserver.exchange import Exchange
from mockserver.image import Image
from mockserver.response import encode

MOST_TEXT = 65_536
"""Bytes of text that are kept of the fields of one request; what is beyond is cut."""

MOST_LINE = 2048
"""Characters of a path or a query that are kept."""

SHORTEST_SECRET = 8
"""A token of fewer characters is no secret, and may be part of any word."""

BLOT = "***"


class File(msgspec.Struct, frozen=True):
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


class Head(msgspec.Struct, frozen=True):
    """The line of a request and how it was answered.

    ``at`` is in seconds since 1970, ``took`` in seconds; ``status`` and ``request_id`` are ``None`` where no answer was
    sent.
    """

    method: str
    path: str
    query: str
    at: float
    took: float
    status: int | None
    request_id: str | None


class Record(msgspec.Struct, frozen=True):
    """One request: its head, its fields in their order, and what came of it."""

    number: int
    head: Head
    operation: str
    fields: tuple[Field, ...]
    video: str
    rule: str
    scenarios: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """Accepted or refused; refused is what got no answer, too."""
        return "accepted" if self.head.status is not None and self.head.status < 400 else "refused"

    def shown(self) -> dict[str, Any]:
        """As JSON. A field that came several times is a list."""
        fields: dict[str, list[Any]] = {}
        for name, value in self.fields:
            shown = value.shown() if isinstance(value, File) else value.decode("utf-8", "backslashreplace")
            fields.setdefault(name, []).append(shown)
        head = self.head
        return {
            "id": self.number,
            "request_id": head.request_id,
            "at": head.at,
            "method": head.method,
            "path": head.path,
            "query": head.query,
            "operation": self.operation or None,
            "fields": {name: values[0] if len(values) == 1 else values for name, values in fields.items()},
            "verdict": self.verdict,
            "status": head.status,
            "rule": self.rule or None,
            "video": self.video or None,
            "scenarios": list(self.scenarios),
            "duration_ms": round(1000 * head.took, 3),
        }


def make_record(number: int, head: Head, exchange: Exchange, token: str) -> Record:
    """What is kept of a request; wherever ``token`` stands in it, it is blotted out."""
    secret = token if len(token) >= SHORTEST_SECRET else ""
    fields = tuple(_fields(exchange))
    if secret:
        fields = tuple((_blotted(name, secret), _blotted_value(value, secret)) for name, value in fields)
    line = {"path": _blotted(head.path, secret), "query": _blotted(head.query, secret)}
    if line["path"] is not head.path or line["query"] is not head.query:
        head = msgspec.structs.replace(head, **line)
    scenarios = () if exchange.plan is None else tuple(exchange.plan.scenarios)
    return Record(number, head, exchange.operation, fields, exchange.video, exchange.rule, scenarios)


def _fields(exchange: Exchange) -> Iterator[Field]:
    """The fields, until there is too much text in them."""
    left = MOST_TEXT
    for name, value in _sent(exchange):
        if left <= 0:
            return
        if isinstance(value, bytes) and len(value) > left:
            value = value[:left] + "…".encode()  # noqa: PLW2901 - what is kept of it
        left -= len(name) + (len(value) if isinstance(value, bytes) else len(value.filename or ""))
        yield name, value


def _sent(exchange: Exchange) -> Iterator[Field]:
    images = exchange.images or {}
    for name, parts in (exchange.form or {}).items():
        image = images.get(name)
        for part in parts:
            if image is not None or part.filename is not None:
                yield name, File(part.filename, part.content_type, sum(map(len, part.chunks)), image)
            else:
                yield name, part.bytes()
    for name, value in (exchange.body or {}).items():
        yield name, value.encode() if isinstance(value, str) else encode(value)


def _blotted(text: str, secret: str) -> str:
    text = text if len(text) <= MOST_LINE else text[:MOST_LINE] + "…"
    return text.replace(secret, BLOT) if secret and secret in text else text


def _blotted_value(value: bytes | File, secret: str) -> bytes | File:
    if isinstance(value, bytes):
        sought = secret.encode("latin-1")
        return value.replace(sought, BLOT.encode()) if sought in value else value
    if value.filename is not None and secret in value.filename:
        return msgspec.structs.replace(value, filename=value.filename.replace(secret, BLOT))
    return value
