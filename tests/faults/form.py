"""A multipart body as a list of parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header


class Malformed(Exception):  # noqa: N818 - it is no error of the server
    """The body is no whole form; the text says why."""


@dataclass(frozen=True)
class Part:
    """One part of a form: a file, or text that is still bytes."""

    name: str
    filename: str | None
    declared_type: str | None
    data: bytes

    @property
    def is_file(self) -> bool:
        """Whether the client sent a file: it named one, or gave a type that is no text (some leave the name out)."""
        return self.filename is not None or not (self.declared_type or "text/plain").startswith("text/")


def read_parts(content_type: str, body: bytes, *, most: int = 100, header_limit: int = 8192) -> list[Part]:
    """The parts of a multipart/form-data body.

    Raises `Malformed` where there is no boundary, where the body ends early or a part has no name, and where it
    has more than `most` parts or a header line of more than `header_limit` bytes.
    """
    boundary = parse_options_header(content_type)[1].get("boundary", "")
    try:
        with PushMultipartParser(boundary, max_segment_count=most, max_header_size=header_limit) as parser:
            return list(_parts(parser, body))
    except (MultipartError, UnicodeError, ValueError) as error:
        raise Malformed(str(error)) from error


def _parts(parser: PushMultipartParser, body: bytes) -> Iterator[Part]:
    segment: MultipartSegment | None = None
    data = bytearray()
    for event in parser.parse(body):
        if isinstance(event, MultipartSegment):
            segment, data = event, bytearray()
        elif event is not None:
            data += event
        elif segment is not None:
            if not segment.name:
                raise Malformed("a part has no name")
            yield Part(segment.name, segment.filename, segment.content_type, bytes(data))
