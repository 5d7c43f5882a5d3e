"""Readers of request bodies: multipart forms and JSON objects. And the query, read as a form."""

from typing import Any
from urllib.parse import parse_qsl

import msgspec

from mockserver.spec.rules import JSON, FormRules
from mockserver.validation.json_form import form_of
from mockserver.validation.multipart import Form, FormReader, Part, UploadError, media_type, utf_8
from mockserver.validation.storage import TemporaryStorage


def check_coding(coding: str | None) -> None:
    """Raise ``UploadError`` where a Content-Encoding header names a coding: none is supported."""
    if coding is not None and coding.strip().lower() not in ("", "identity"):
        raise UploadError("body.coding", value=coding)


def form_reader(
    rules: FormRules, storage: TemporaryStorage, content_type: str, announced: str
) -> "FormReader | JSONFormReader":
    """The reader of a body with these headers; ``UploadError`` if it cannot become a form.

    ``announced`` is the Content-Length header, empty where there is none.
    """
    name, boundary = media_type(content_type)
    if rules.takes_json and name == JSON:
        return JSONFormReader(rules)
    if name != rules.media_type:
        raise UploadError("media-type", value=content_type, allowed=rules.media_types)
    reader = FormReader(boundary, rules.limits, storage)
    if announced.isdecimal():
        reader.announce(int(announced))
    return reader


class JSONReader:
    """Reads a JSON object; ``UploadError`` if the body is something else, or over the limit."""

    def __init__(self, rules: FormRules, content_type: str) -> None:
        if media_type(content_type)[0] != JSON:
            raise UploadError("media-type", value=content_type, allowed=[JSON])
        self._limit = rules.limits.body_bytes
        self._chunks: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next chunk."""
        self._size += len(chunk)
        if self._size > self._limit:
            raise UploadError("body.limit", count=self._size, limit=self._limit)
        self._chunks.append(chunk)

    def finish(self) -> dict[str, Any]:
        """The object."""
        try:
            return msgspec.json.decode(b"".join(self._chunks), type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise UploadError("json.well-formed") from None


class JSONFormReader(JSONReader):
    """Reads a JSON object that stands for a form."""

    def __init__(self, rules: FormRules) -> None:
        super().__init__(rules, JSON)
        self._rules = rules

    def finish(self) -> Form:
        """The form."""
        return form_of(super().finish(), self._rules)


def read_query(query: bytes) -> Form:
    """The query as a form of text fields."""
    form: Form = {}
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True, encoding="latin-1"):
        part = Part(utf_8(name), None, None, [value.encode("latin-1")])
        form.setdefault(part.name, []).append(part)
    return form
