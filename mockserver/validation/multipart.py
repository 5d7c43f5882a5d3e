"""The upload: a multipart body, as it comes in chunks, to the parts of a form. Knows no rule but the limits."""

import re

import msgspec
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from mockserver.spec.document import Limits
from mockserver.validation.storage import StoredChunks, TemporaryStorage


class Part(msgspec.Struct):
    """One part of a form. ``chunks`` are its bytes as they came, never joined; large ones in the spool."""

    name: str
    filename: str | None
    content_type: str | None
    chunks: list[bytes] | StoredChunks

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


def media_type(content_type: str) -> tuple[str, str | None]:
    """The media type that a Content-Type header names, in lower case, and the boundary if it names one."""
    name, options = parse_options_header(content_type)
    bare = _BARE_BOUNDARY.search(content_type)
    if bare is not None and not _BOUNDARY_CHARACTERS.fullmatch(bare[1]):
        return name, None  # it needed quotes: what the header means is not known
    return name, options.get("boundary")


_BARE_BOUNDARY = re.compile(r";\s*boundary=([^\s;\"][^\s;]*)", re.IGNORECASE)
_BOUNDARY_CHARACTERS = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A token (RFC 9110 section 5.6.2): what a parameter may be without quotes."""


MOST_IN_MEMORY = 128 * 1024
"""Bytes of one upload that are held in memory; the part that brings more goes into the spool."""


class _Parser(PushMultipartParser):  # type: ignore[misc]  # ships no types
    """The parser, by whose verdict a bare line break in a header is wrong however the body is cut into chunks."""

    def _on_segment_headerline(self, line: bytearray) -> None:
        if b"\n" in line or b"\r" in line:
            raise MultipartError("Invalid line break in segment header")
        super()._on_segment_headerline(line)


class FormReader:
    """Takes the chunks of one body and gives its form; ``UploadError`` as soon as the body cannot become one.

    What is large goes into ``storage``, if there is one; ``TemporaryStorageError`` where that is not possible.
    """

    def __init__(self, boundary: str | None, limits: Limits, storage: TemporaryStorage | None = None) -> None:
        self._limits = limits
        self._received = 0
        self._parts = 0
        self._form: Form = {}
        self._storage = storage
        self._in_memory = 0
        self._part: Part | None = None
        try:
            self._parser = _Parser(
                (boundary or "").encode("latin-1"), max_header_size=limits.part_header_bytes, header_charset="latin-1"
            )
        except (MultipartError, UnicodeEncodeError):
            raise UploadError("body.boundary") from None

    def announce(self, count: int) -> None:
        """Refuse a body of ``count`` bytes that is over the limit: before any of it is read, if it says so itself."""
        if count > self._limits.body_bytes:
            raise UploadError("body.limit", count=count, limit=self._limits.body_bytes)

    def feed(self, chunk: bytes) -> None:
        """Take the next chunk of the body. What follows the closing boundary is counted and dropped."""
        self._received += len(chunk)
        self.announce(self._received)
        if not chunk:
            return
        try:
            for event in self._parser.parse(chunk):
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
        try:
            self._parser.close()
        except MultipartError:
            raise UploadError("body.complete") from None
        # A browser sends a file field in which nothing was chosen as a file without a name and without content.
        for name in [name for name, parts in self._form.items() if all(map(_is_nothing, parts))]:
            del self._form[name]
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
            if self._in_memory > MOST_IN_MEMORY and self._storage is not None:
                self._write_down(self._part, self._storage.new())

    def _write_down(self, part: Part, spooled: StoredChunks | None) -> None:
        if spooled is None:
            self._storage = None
            return
        for piece in part.chunks:
            self._in_memory -= len(piece)
            spooled.append(piece)
        part.chunks = spooled

    def _end(self) -> None:
        """Write down the rest of a part that is whole."""
        if self._part is not None and type(self._part.chunks) is StoredChunks:
            self._part.chunks.finish()


def _is_nothing(part: Part) -> bool:
    return part.filename == "" and not any(part.chunks)


def utf_8(header: str) -> str:
    """A header's bytes, read as Latin-1, as the UTF-8 they are meant to be; other bytes stay visible, escaped."""
    return header if header.isascii() else header.encode("latin-1").decode("utf-8", "backslashreplace")
