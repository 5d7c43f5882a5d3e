"""The upload: a multipart body, as it comes in chunks, to the parts of a form. Knows no rule but the limits."""

import re
from functools import lru_cache

import msgspec
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from mockserver.spec.document import Limits
from mockserver.validation.spool import Spool, Spooled


class Part(msgspec.Struct):
    """One part of a form. ``chunks`` are its bytes as they came, never joined; large ones in the spool."""

    name: str
    filename: str | None
    content_type: str | None
    chunks: list[bytes] | Spooled

    def bytes(self) -> bytes:
        """The whole content in one piece."""
        return self.chunks[0] if len(self.chunks) == 1 else b"".join(self.chunks)


Form = dict[str, list[Part]]
"""The parts by name, both in the order in which they came."""


class UploadError(Exception):
    """The body is no form, or more than the limits allow.

    ``rule`` is the id of the broken rule; ``words`` are those that its message is filled in with.
    """

    def __init__(self, rule: str, **words: object) -> None:
        super().__init__(rule)
        self.rule = rule
        self.words = words


USUAL = re.compile(r"([a-z]+/[a-z-]+); boundary=([0-9A-Za-z'+_.-]{1,70})")
"""A Content-Type as every usual client writes it."""


def media_type(content_type: str) -> tuple[str, str | None]:
    """The media type that a Content-Type header names, in lower case, and the boundary if it names one."""
    usual = USUAL.fullmatch(content_type)
    if usual is not None:
        return usual[1], usual[2]
    name, options = parse_options_header(content_type)
    return name, options.get("boundary")


MOST_AT_ONCE = 65_536
"""Bytes of a body that is cut up in one pass: that copies it, where the parser takes its pieces as they come."""

MOST_IN_MEMORY = 128 * 1024
"""Bytes of one upload that are held in memory; the part that brings more goes into the spool."""

MOST_HEADING = 300
"""Bytes of the header of a part that is kept in mind."""

USUAL_BOUNDARY = re.compile(r"[0-9A-Za-z'+_.-]{1,70}")
"""RFC 2046, without what would have to be quoted."""


class FormReader:
    """Takes the chunks of one body and gives its form; ``UploadError`` as soon as the body cannot become one.

    What is large goes into ``spool``, if there is one; ``SpoolError`` where that is not possible.
    """

    def __init__(self, boundary: str | None, limits: Limits, spool: Spool | None = None) -> None:
        self._limits = limits
        self._received = 0
        self._parts = 0
        self._form: Form = {}
        self._spool = spool
        self._in_memory = 0
        self._part: Part | None = None
        self._boundary = boundary or ""
        self._is_usual = USUAL_BOUNDARY.fullmatch(self._boundary) is not None
        self._parser = None if self._is_usual else self._new_parser()

    def _new_parser(self) -> PushMultipartParser:
        try:
            return new_parser(self._boundary.encode("latin-1"), self._limits.part_header_bytes)
        except (MultipartError, UnicodeEncodeError):
            raise UploadError("body.boundary") from None

    def announce(self, count: int) -> None:
        """Refuse a body of ``count`` bytes that is over the limit: before any of it is read, if it says so itself."""
        if count > self._limits.body_bytes:
            raise UploadError("body.limit", count=count, limit=self._limits.body_bytes)

    def whole(self, body: bytes) -> Form:
        """The form of a body that came in one chunk: what ``feed`` and ``finish`` give."""
        self.announce(len(body))
        if self._is_usual and len(body) <= MOST_AT_ONCE:
            form = _usual_form(body, b"\r\n--" + self._boundary.encode(), self._limits)
            if form is not None:
                return form
        self.feed(body)
        return self.finish()

    def feed(self, chunk: bytes) -> None:
        """Take the next chunk of the body. What follows the closing boundary is counted and dropped."""
        self._received += len(chunk)
        self.announce(self._received)
        if not chunk:
            return
        parser = self._parser = self._parser or self._new_parser()
        try:
            for event in parser.parse(chunk):
                if type(event) is bytes:
                    self._take(event)
                elif event is not None:
                    self._begin(event)
                else:
                    self._end()
        except MultipartError as error:
            raise UploadError("body.well-formed", reason=error.args[0]) from None

    def finish(self) -> Form:
        """The form, after the last chunk."""
        parser = self._parser or self._new_parser()
        try:
            parser.close()
        except MultipartError:
            raise UploadError("body.complete") from None
        return self._form

    def _begin(self, segment: MultipartSegment) -> None:
        self._parts += 1
        if self._parts > self._limits.parts:
            raise UploadError("body.parts", limit=self._limits.parts)
        if not segment.name:
            raise UploadError("body.part-name")
        name = utf_8(segment.name)
        part = self._part = Part(name, segment.filename, segment.content_type, [])
        self._form.setdefault(name, []).append(part)

    def _take(self, piece: bytes) -> None:
        """Keep a piece of the part that was begun: in memory, unless there is too much by then."""
        assert self._part is not None
        self._part.chunks.append(piece)
        if type(self._part.chunks) is list:
            self._in_memory += len(piece)
            if self._in_memory > MOST_IN_MEMORY and self._spool is not None:
                self._write_down(self._part, self._spool.new())

    def _write_down(self, part: Part, spooled: Spooled | None) -> None:
        if spooled is None:
            self._spool = None
            return
        for piece in part.chunks:
            self._in_memory -= len(piece)
            spooled.append(piece)
        part.chunks = spooled

    def _end(self) -> None:
        """Write down the rest of a part that is whole."""
        if self._part is not None and type(self._part.chunks) is Spooled:
            self._part.chunks.finish()


def new_parser(boundary: bytes, header_bytes: int) -> PushMultipartParser:
    """The parser of a body with such a boundary and so many bytes at most in a header of a part."""
    return PushMultipartParser(boundary, max_header_size=header_bytes, header_charset="latin-1")


def _usual_form(body: bytes, delimiter: bytes, limits: Limits) -> Form | None:
    """The form of a body as every usual client writes it; ``None`` where only the parser can say what it is."""
    pieces = body.split(delimiter)
    is_closed = pieces[0].startswith(delimiter[2:]) and pieces[-1].startswith(b"--")
    if not is_closed or not 1 < len(pieces) <= limits.parts + 1:
        return None
    pieces[0] = pieces[0][len(delimiter) - 2 :]
    del pieces[-1]
    form: Form = {}
    for piece in pieces:
        head, separator, content = piece.partition(b"\r\n\r\n")
        heading = _heading(head, limits.part_header_bytes) if separator and len(head) <= MOST_HEADING else None
        if heading is None:
            return None
        name, filename, content_type = heading
        form.setdefault(name, []).append(Part(name, filename, content_type, [content] if content else []))
    return form


@lru_cache(maxsize=512)
def _heading(lines: bytes, header_bytes: int) -> tuple[str, str | None, str | None] | None:
    """Name, filename and type that the header of a part gives by the parser; clients repeat them word for word."""
    if not lines.startswith(b"\r\n") or b"content-length" in lines.lower():
        return None
    try:
        segment = next(new_parser(b"b", header_bytes).parse(b"--b" + lines + b"\r\n\r\n"), None)
    except MultipartError:
        return None
    if segment is None or not segment.name:
        return None
    return utf_8(segment.name), segment.filename, segment.content_type


def utf_8(header: str) -> str:
    """A header's bytes, read as Latin-1, as the UTF-8 they are meant to be; other bytes stay visible, escaped."""
    return header if header.isascii() else header.encode("latin-1").decode("utf-8", "backslashreplace")
