"""The upload: a multipart body, as it comes in chunks, to the parts of a form. Knows no rule but the limits."""

import re
from typing import NamedTuple
from urllib.parse import unquote

import msgspec
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from mockserver.spec.document import Limits
from mockserver.validation.storage import ReleasedChunks, StoredChunks, TemporaryStorage, size_of


class Fault(NamedTuple):
    """What keeps a value from being a part: the kind of the rule that it breaks, what came, and what is wrong."""

    kind: str
    value: str
    reason: str = ""


class Part(msgspec.Struct):
    """One part of a form. ``chunks`` are its bytes as they came, never joined; large ones in temporary storage.

    ``fault``: what is wrong with a value of JSON, or with an address in place of a file.
    """

    name: str
    filename: str | None
    content_type: str | None
    chunks: list[bytes] | StoredChunks
    fault: Fault | None = None

    def bytes(self) -> bytes:
        """The whole content in one piece."""
        return self.chunks[0] if len(self.chunks) == 1 else b"".join(self.chunks)


Form = dict[str, list[Part]]
"""The parts by name, both in the order in which they came."""


def release_files(form: Form) -> None:
    """Let go of the bytes of the files in ``form``; only their sizes stay."""
    for parts in form.values():
        for part in parts:
            if part.filename is not None:
                part.chunks = ReleasedChunks(size_of(part.chunks))


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
    name, options = parse_options_header(content_type.replace("\t", " "))
    bare = _BARE_BOUNDARY.search(content_type)
    if bare is not None and not _BOUNDARY_CHARACTERS.fullmatch(bare[1]):
        return name, None  # it needed quotes: what the header means is not known
    return name, options.get("boundary")


_BARE_BOUNDARY = re.compile(r";\s*boundary=([^\s;\"][^\s;]*)", re.IGNORECASE)
_BOUNDARY_CHARACTERS = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A token (RFC 9110 section 5.6.2): what a parameter may be without quotes."""

LONGEST_BOUNDARY = 1024
"""Characters; RFC 2046 allows 70, and some clients exceed it."""

MOST_IN_MEMORY = 128 * 1024
"""Bytes of one upload that are held in memory; the part that brings more goes into temporary storage."""

MOST_CONTINUED = 16
"""Lines of the headers of a part that continue another one: each makes the parser read the whole header again."""

MOST_PADDING = 256
"""Blanks and tabs between a boundary and the end of its line."""


class _Parser(PushMultipartParser):  # type: ignore[misc]  # ships no types
    """The library's parser, with a bound on continued headers, and bare line breaks refused in every chunk."""

    def _on_segment_start(self) -> None:
        self._continued = 0
        super()._on_segment_start()

    def _on_segment_headerline(self, line: bytes) -> None:
        if b"\n" in line or b"\r" in line:
            raise MultipartError("Invalid line break in segment header")
        if line[0] in b" \t":
            self._continued += 1
            if self._continued > MOST_CONTINUED:
                raise MultipartError("Too many segment header continuations")
        super()._on_segment_headerline(line.replace(b";\t", b"; "))


class _PaddingRemover:
    """Removes blanks and tabs behind a boundary, which RFC 2046 section 5.1.1 allows and the parser does not take."""

    def __init__(self, boundary: bytes) -> None:
        self._delimiter = b"\r\n--" + boundary
        self._padded = re.compile(b"(" + re.escape(self._delimiter) + rb")[ \t]++(?=\r\n)")
        self.held = b"\r\n"  # the first delimiter needs none in front of it
        self._longest = len(self._delimiter) + MOST_PADDING

    def strip(self, chunk: bytes) -> bytes:
        """The chunk, without padding; what may be the beginning of a delimiter is held back until the next one."""
        data = self.held + chunk if self.held else chunk
        if self._delimiter + b" " in data or self._delimiter + b"\t" in data:
            data = self._padded.sub(rb"\1", data)
        start = self._unfinished(data)
        self.held = data[start:]
        return data[:start] if self.held else data

    def _unfinished(self, data: bytes) -> int:
        """Where a delimiter begins that the end of ``data`` cuts, perhaps within its padding; else the end."""
        first, start, found = max(0, len(data) - self._longest), len(data), len(data)
        while (start := data.rfind(b"\r", first, start)) >= 0:
            rest = data[start:]
            padding = rest[len(self._delimiter) :]
            is_begun = self._delimiter.startswith(rest)
            if is_begun or (rest.startswith(self._delimiter) and padding.strip(b" \t") in (b"", b"\r")):
                found = start
        return found


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
            encoded = (boundary or "").encode("latin-1")
            self._parser = _Parser(encoded, max_header_size=limits.part_header_bytes, header_charset="latin-1")
        except (MultipartError, UnicodeEncodeError):
            raise UploadError("body.boundary") from None
        if len(encoded) > LONGEST_BOUNDARY:
            raise UploadError("body.boundary")
        self._padding = _PaddingRemover(encoded)

    def announce(self, count: int) -> None:
        """Refuse a body of ``count`` bytes that is over the limit: before any of it is read, if it says so itself."""
        if count > self._limits.body_bytes:
            raise UploadError("body.limit", count=count, limit=self._limits.body_bytes)

    def feed(self, chunk: bytes) -> None:
        """Take the next chunk of the body. What follows the closing boundary is counted and dropped."""
        self._received += len(chunk)
        self.announce(self._received)
        self._parse(self._padding.strip(chunk))

    def _parse(self, chunk: bytes) -> None:
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
        self._parse(self._padding.held)
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
        part = self._part = Part(name, _filename(segment), segment.content_type, [])
        self._form.setdefault(name, []).append(part)

    def _take(self, piece: bytes) -> None:
        """Keep a piece of the part that was begun: in memory, unless there is too much by then."""
        assert self._part is not None
        self._part.chunks.append(piece)
        if type(self._part.chunks) is list:
            self._in_memory += len(piece)
            if self._in_memory > MOST_IN_MEMORY and self._storage is not None:
                self._move_to_storage(self._part, self._storage.new())

    def _move_to_storage(self, part: Part, stored: StoredChunks | None) -> None:
        if stored is None:
            self._storage = None
            return
        for piece in part.chunks:
            self._in_memory -= len(piece)
            stored.append(piece)
        part.chunks = stored

    def _end(self) -> None:
        """Store the rest of a part that is complete."""
        if self._part is not None and type(self._part.chunks) is StoredChunks:
            self._part.chunks.finish()


def _filename(segment: MultipartSegment) -> str | None:
    """The file name of a part, also where it stands in ``filename*`` alone (RFC 5987), as older urllib3 sends it."""
    if segment.filename is not None:
        return str(segment.filename)
    extended = _EXTENDED_FILENAME.search(segment.header("Content-Disposition", ""))
    return None if extended is None else unquote(extended[1], errors="replace")


_EXTENDED_FILENAME = re.compile(r";\s*+filename\*\s*+=\s*+\"?[\w-]*+'[\w-]*+'([^\s;\"]*+)", re.IGNORECASE)


def _is_nothing(part: Part) -> bool:
    return part.filename == "" and not any(part.chunks)


def utf_8(header: str) -> str:
    """A header's bytes, read as Latin-1, as the UTF-8 they are meant to be; other bytes stay visible, escaped."""
    return header if header.isascii() else header.encode("latin-1").decode("utf-8", "backslashreplace")
