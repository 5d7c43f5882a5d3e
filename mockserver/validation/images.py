"""Pictures: the type and size that a file's bytes say, read without decoding one pixel.

Each reader walks the container (chunks, markers, blocks) and skips the compressed data, so a file costs the same
whatever it would unpack to, and one that ends early is told from a whole one by its structure alone.
"""

import struct
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Any

import msgspec

from mockserver.validation.storage import StoredChunks


class Image(msgspec.Struct, frozen=True):
    """What a file is by its bytes. ``width`` and ``height`` in pixels; both 0 where it is no whole picture."""

    type: str
    width: int = 0
    height: int = 0

    @property
    def intact(self) -> bool:
        """Whether it is a picture, complete to its end."""
        return self.width > 0 and self.height > 0

    @property
    def dimensions(self) -> str:
        """WIDTHxHEIGHT."""
        return f"{self.width}x{self.height}"


class DamagedError(Exception):
    """The bytes end early or break the structure of their type."""


WINDOW = 256 * 1024
"""Bytes that are searched at once."""


class ByteReader:
    """The chunks of one file, read at any offset without joining them.

    ``most_blocks`` bounds the walk: a hostile file of empty blocks would take seconds to walk to its end.
    """

    read: Callable[[int, int], bytes]
    """So many bytes (second) from an offset (first); fewer where the file ends before."""

    def __init__(self, chunks: Sequence[bytes], most_blocks: int) -> None:
        self.blocks_left = most_blocks
        self.whole: bytes | None = None
        if type(chunks) is StoredChunks:
            self.size, self.read = chunks.size, chunks.read
        elif len(chunks) == 1:
            self.whole = whole = chunks[0]
            self.size, self.read = len(whole), lambda offset, count: whole[offset : offset + count]
        else:
            self.chunks = chunks
            self.ends = list(accumulate(map(len, chunks)))
            self.size, self.read = self.ends[-1] if chunks else 0, self._read

    def _read(self, offset: int, count: int) -> bytes:
        index = bisect_right(self.ends, offset)
        if index == len(self.ends):
            return b""
        chunk = self.chunks[index]
        start = offset - self.ends[index] + len(chunk)
        part = chunk[start : start + count]
        if len(part) == count:
            return part
        return b"".join(self._pieces(part, index + 1, count))

    def _pieces(self, part: bytes, index: int, count: int) -> Iterator[bytes]:
        while part:
            yield part
            count -= len(part)
            part = self.chunks[index][:count] if index < len(self.chunks) else b""
            index += 1

    def unpack(self, form: struct.Struct, offset: int) -> tuple[Any, ...]:
        """The numbers of ``form`` at ``offset``; ``DamagedError`` where the file ends before."""
        self.blocks_left -= 1
        if self.blocks_left < 0:
            raise DamagedError
        try:
            if self.whole is not None:
                return form.unpack_from(self.whole, offset)
            return form.unpack(self.read(offset, form.size))
        except struct.error:
            raise DamagedError from None

    def holds_after(self, offset: int, needle: bytes) -> bool:
        """Whether ``needle`` stands at or after ``offset``. Its usual place, the very end, is looked at first."""
        tail = max(offset, self.size - len(needle))
        if self.read(tail, len(needle)) == needle:
            return True
        windows = range(offset, self.size, WINDOW)
        return any(needle in self.read(start, WINDOW + len(needle) - 1) for start in windows)


MOST_BLOCKS = 20_000
"""Chunks, markers or blocks of a file that are walked; a file of more counts as damaged."""


def read_image(chunks: Sequence[bytes], most_blocks: int = MOST_BLOCKS) -> Image:
    """What the file in ``chunks`` is by its bytes: its type and, if it is a whole picture, its size in pixels."""
    data = ByteReader(chunks, most_blocks)
    head = data.read(0, 512)
    for file_type, (recognise, measure) in READERS.items():
        if recognise(head):
            try:
                return Image(file_type, *measure(data))
            except DamagedError:
                return Image(file_type)
    return Image(other_type(head))


PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_HEADER = struct.Struct(">I4sII5xI")  # length, type, width, height, the rest, CRC
PNG_CHUNK = struct.Struct(">II")  # length, type
IDAT, IEND = (int.from_bytes(name, "big") for name in (b"IDAT", b"IEND"))
DEFLATE = struct.Struct(">H")


def measure_png(data: ByteReader) -> tuple[int, int]:
    """Walk the chunks of a PNG from IHDR to IEND; ``DamagedError`` if one is cut, or there is no compressed data."""
    length, kind, width, height, crc = data.unpack(PNG_HEADER, len(PNG_SIGNATURE))
    if length != 13 or kind != b"IHDR" or crc != zlib.crc32(data.read(12, 17)):
        raise DamagedError
    offset, chunk, first_pixels = 33, 0, 0
    while chunk != IEND:
        length, chunk = data.unpack(PNG_CHUNK, offset)
        if chunk == IDAT and length and not first_pixels:
            first_pixels = offset + 8
        offset += 12 + length
    if offset > data.size or not first_pixels or data.unpack(DEFLATE, first_pixels)[0] % 31:
        raise DamagedError
    return width, height


JPEG_MARKER = struct.Struct(">BB")
JPEG_LENGTH = struct.Struct(">H")
JPEG_FRAME = struct.Struct(">HH")  # height, width
JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
JPEG_BARE = frozenset(range(0xD0, 0xD8)) | {0x01}  # markers without a length
JPEG_START_OF_SCAN = 0xDA
JPEG_END = b"\xff\xd9"


def measure_jpeg(data: ByteReader) -> tuple[int, int]:
    """Walk the markers of a JPEG to its first scan; ``DamagedError`` without a frame, a scan and an end after it."""
    offset, marker, width, height = 2, 0, 0, 0
    while marker != JPEG_START_OF_SCAN:
        prefix, marker = data.unpack(JPEG_MARKER, offset)
        if prefix != 0xFF:
            raise DamagedError
        if marker == 0xFF:  # a fill byte
            offset += 1
        elif marker in JPEG_BARE:
            offset += 2
        else:
            if marker in JPEG_FRAMES:
                height, width = data.unpack(JPEG_FRAME, offset + 5)
            offset += 2 + data.unpack(JPEG_LENGTH, offset + 2)[0]
    if not data.holds_after(offset, JPEG_END):
        raise DamagedError
    return width, height


WEBP_CHUNK = struct.Struct("<4sI")  # name, length
WEBP_LOSSY = struct.Struct("<3x3sHH")  # frame tag, start code, width, height
WEBP_LOSSLESS = struct.Struct("<BI")  # signature, both sizes less one in 14 bits each
WEBP_CANVAS = struct.Struct("<4x3s3s")  # flags, both sizes less one in 24 bits each
WEBP_PIXELS = (b"VP8 ", b"VP8L", b"ANMF")


def measure_webp(data: ByteReader) -> tuple[int, int]:
    """Walk the chunks of a WebP to its first picture; ``DamagedError`` if the file is shorter than it says."""
    end = 8 + int(data.unpack(WEBP_CHUNK, 0)[1])
    if end > data.size:
        raise DamagedError
    name, offset, size = b"", 12, (0, 0)
    while name not in WEBP_PIXELS:
        name, length = data.unpack(WEBP_CHUNK, offset)
        if offset == 12:
            size = _webp_size(data, name, offset + 8)
        offset += 8 + length + length % 2
    if offset - length % 2 > end:
        raise DamagedError
    return size


def _webp_size(data: ByteReader, name: bytes, offset: int) -> tuple[int, int]:
    if name == b"VP8X":
        canvas = data.unpack(WEBP_CANVAS, offset)
        width, height = (int.from_bytes(side, "little") + 1 for side in canvas)
        return width, height
    if name == b"VP8L":
        signature, bits = data.unpack(WEBP_LOSSLESS, offset)
        return ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1) if signature == 0x2F else (0, 0)
    start, width, height = data.unpack(WEBP_LOSSY, offset)
    return (width & 0x3FFF, height & 0x3FFF) if start == b"\x9d\x01\x2a" else (0, 0)


GIF_SCREEN = struct.Struct("<HH")


def measure_gif(data: ByteReader) -> tuple[int, int]:
    """The screen of a GIF; ``DamagedError`` unless the file ends with a trailer."""
    width, height = data.unpack(GIF_SCREEN, 6)
    if data.read(data.size - 1, 1) != b";":
        raise DamagedError
    return width, height


Recognise = Callable[[bytes], bool]
Measure = Callable[[ByteReader], tuple[int, int]]

READERS: dict[str, tuple[Recognise, Measure]] = {
    "image/png": (lambda head: head.startswith(PNG_SIGNATURE), measure_png),
    "image/jpeg": (lambda head: head.startswith(b"\xff\xd8\xff"), measure_jpeg),
    "image/webp": (lambda head: head.startswith(b"RIFF") and head[8:12] == b"WEBP", measure_webp),
    "image/gif": (lambda head: head.startswith((b"GIF87a", b"GIF89a")), measure_gif),
}
"""The file types that can be judged. Which of them a field accepts stands in the document."""


SIGNATURES = (
    (0, b"BM", "image/bmp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"<svg", "image/svg+xml"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftyp", "video/mp4"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\3\4", "application/zip"),
)
"""Offset, bytes and type of the files that people send in place of a picture."""


def other_type(head: bytes) -> str:
    """The media type of a file by its first few hundred bytes; ``application/octet-stream`` where nothing tells."""
    for offset, signature, file_type in SIGNATURES:
        if head.startswith(signature, offset):
            return file_type
    return "text/plain" if _is_text(head) else "application/octet-stream"


def _is_text(head: bytes) -> bool:
    if not head or b"\0" in head:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4  # only the last character is cut off
    return True
