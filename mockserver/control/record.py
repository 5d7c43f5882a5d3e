"""A record: one request as the journal keeps it. Quick to make, and made fit to be shown when it is asked for."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from mockserver.api.context import RequestContext
from mockserver.validation.images import Image
from mockserver.validation.storage import size_of
from mockserver.web.responses import JSON, Header, Response, encode

MOST_TEXT = 65_536
"""Bytes of text that are kept of the fields of one request; what is beyond is cut."""

SHORTEST_SECRET = 8
"""A token of fewer characters is no secret, and may be part of any word."""

BLOT = "\x01"
"""Stands for each byte of a token in what is kept, so that what is encoded stays as long as it was; shown as ***."""

_BLOT = BLOT.encode()
_BLOTS = re.compile(f"{BLOT}{{{SHORTEST_SECRET},}}")

MOST_ANSWER = 8192
"""Bytes of an answer that is kept: an error or a video, not a long list or a file."""

MOST_RECORD = MOST_TEXT + MOST_ANSWER + 16_384
"""Bytes of a whole record; of a request with so many bytes of headers these are not kept."""

OTHER_CREDENTIALS = frozenset((b"proxy-authorization", b"cookie", b"x-api-key", b"api-key"))
"""Headers of which only the name is kept. Of Authorization, the token is blotted out with all that repeats it."""

CREDENTIALS = OTHER_CREDENTIALS | {b"authorization"}


def blotted(encoded: bytes, authorization: bytes) -> bytes:
    """``encoded`` with the token of an Authorization header blotted out of it, so that it is kept nowhere."""
    secret = authorization.rpartition(b" ")[2]
    if len(secret) < SHORTEST_SECRET:
        return encoded
    if not secret.isascii():  # in a path it stands as text, in a field as it came
        text = secret.decode("latin-1").encode()
        encoded = encoded.replace(text, _BLOT * len(text))
    return encoded.replace(secret, _BLOT * len(secret))


def legible(text: str) -> str:
    """A text as it is shown, with *** in the place of a token."""
    return _BLOTS.sub("***", text) if BLOT in text else text


class File(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A file of a form, without its ``size`` bytes. ``image``: what it is by them, where that was looked at."""

    filename: str | None
    content_type: str | None
    size: int
    image: Image | None

    def shown(self) -> dict[str, Any]:
        """As JSON."""
        filename = None if self.filename is None else legible(self.filename)
        shown: dict[str, Any] = {"filename": filename, "content_type": self.content_type, "bytes": self.size}
        if self.image is not None:
            shown |= {"type": self.image.type, "width": None, "height": None}
            if self.image.intact:
                shown |= {"width": self.image.width, "height": self.image.height}
        return shown


Field = tuple[str, bytes | File]


class Record(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One request: its line, its fields in their order, and what came of it.

    ``at`` is in seconds since 1970, ``took`` in seconds; ``status`` and ``request_id`` are ``None`` where no answer was
    sent. ``headers`` are those of the request; ``answer_body`` is ``None`` where it is no text or too long. The token
    of the sender is blotted out of it.
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
    owner: str = ""
    headers: Sequence[Header] = ()
    answer_headers: Sequence[Header] = ()
    answer_body: bytes | None = None

    @property
    def verdict(self) -> str:
        """Accepted or refused; refused is what got no answer, too."""
        return "accepted" if self.status is not None and self.status < 400 else "refused"

    def without_headers(self) -> "Record":
        """The same where the headers are too long to be kept."""
        return msgspec.structs.replace(self, headers=((b"x-mockserver-note", b"the headers were too long to be kept"),))

    def shown(self, number: int) -> dict[str, Any]:
        """As JSON; ``number`` is that of its turn. A field that came several times is a list."""
        fields: dict[str, list[Any]] = {}
        for name, value in self.fields:
            fields.setdefault(legible(name), []).append(_shown(value))
        return {
            "id": number,
            "request_id": None if self.request_id is None else self.request_id.decode(),
            "at": self.at,
            "method": self.method,
            "path": legible(self.path),
            "query": legible(self.query.decode("latin-1")),
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
    return value.shown() if isinstance(value, File) else legible(value.decode("utf-8", "backslashreplace"))


SECRET_PARAMETERS = frozenset(
    b"token access_token api_key apikey api-key key secret client_secret password "
    b"signature sig auth authorization".split()
)
"""Names of query parameters whose values are recorded as ***."""


def redacted(query: bytes) -> bytes:
    """A query without the values of parameters that are secrets."""
    if not query:
        return query
    pairs = []
    for pair in query.split(b"&"):
        name, equals, _ = pair.partition(b"=")
        pairs.append(name + b"=***" if equals and name.lower() in SECRET_PARAMETERS else pair)
    return b"&".join(pairs)


def headers_shown(headers: Sequence[Header]) -> list[tuple[str, str]]:
    """Headers as they are shown; of one that is a credential the name and, of Authorization, the scheme."""
    return [(name.decode("latin-1"), _header_shown(name, value)) for name, value in headers]


def _header_shown(name: bytes, value: bytes) -> str:
    if name not in CREDENTIALS:
        return legible(value.decode("latin-1"))
    scheme, space, _ = value.decode("latin-1").partition(" ")
    return f"{scheme} ***" if space and name == b"authorization" else "***"


def harmless(headers: Sequence[Header]) -> tuple[Sequence[Header], bytes]:
    """The headers that may be kept, without cookies and keys of others; and the value of Authorization, if it is there.

    Where that is all there is of credentials, it stays among them: its token is blotted out with all that repeats it.
    """
    found = [header for header in headers if header[0] in CREDENTIALS]
    if len(found) == 1 and found[0][0] == b"authorization":  # as most requests have it
        return headers, found[0][1]
    authorization = next((value for name, value in found if name == b"authorization"), b"")
    return [(name, _masked(name, value)) for name, value in headers], authorization


def _masked(name: bytes, value: bytes) -> bytes:
    if name not in CREDENTIALS:
        return value
    scheme, space, _ = value.partition(b" ")
    return scheme + b" ***" if space and name == b"authorization" else b"***"


def body_of(answer: Response) -> bytes | None:
    """The body of an answer, where it is JSON and not long."""
    return bytes(answer.body) if len(answer.body) <= MOST_ANSWER and JSON in answer.headers else None


_encode_fields = msgspec.msgpack.Encoder().encode
_decode_fields = msgspec.msgpack.Decoder(list[Field]).decode


def fields_of(context: RequestContext) -> tuple[Field, ...]:
    """The fields of a form or a JSON object as they came; text beyond ``MOST_TEXT`` is cut."""
    fields: list[Field] = []
    left = MOST_TEXT
    # Beyond the cut, so much is looked at that a token which the cut divides is known for one.
    most = MOST_TEXT + 2 * sum(len(value) for name, value in context.headers if name == b"authorization") + 1
    images = context.images or {}
    for name, parts in (context.form or {}).items():
        for part in parts:
            chunks = part.chunks
            left -= len(name)
            if part.filename is None and name not in images:
                data = _first(chunks, max(0, most - MOST_TEXT + left))
                left -= size_of(chunks)
                fields.append((name, data))
            else:
                fields.append((name, File(part.filename, part.content_type, size_of(chunks), images.get(name))))
    for name, value in (context.body or {}).items():
        data = value.encode() if isinstance(value, str) else encode(value)
        left -= len(name)
        fields.append((name, data[: max(0, most - MOST_TEXT + left)]))
        left -= len(data)
    if left >= 0:
        return tuple(fields)
    # Blotted before it is cut, for a part of the token would not be known for one.
    authorization = harmless(context.headers)[1]
    return tuple(_cut(_decode_fields(blotted(_encode_fields(fields), authorization))))


def _first(chunks: Sequence[bytes], count: int) -> bytes:
    """The first ``count`` bytes."""
    found: list[bytes] = []
    for chunk in chunks:
        if count <= 0:
            break
        found.append(chunk[:count])
        count -= len(chunk)
    return b"".join(found)


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
