"""Pictures: the type and size that a file's bytes say, read without decoding one pixel.

Each reader walks the container (chunks, markers, blocks) and skips the compressed data, so a file costs the same
whatever it would unpack to, and one that ends early is told from a whole one by its structure alone.
"""

import re
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

SEARCHED = 8 * 1024 * 1024
"""Bytes before the end of a file among which its end marker is: some 20 ms of searching at worst."""


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

    def walk(self, blocks: int) -> None:
        """Count what was walked; ``DamagedError`` where it is more than a file may have."""
        self.blocks_left -= blocks
        if self.blocks_left < 0:
            raise DamagedError

    def unpack(self, form: struct.Struct, offset: int) -> tuple[Any, ...]:
        """The numbers of ``form`` at ``offset``; ``DamagedError`` where the file ends before."""
        self.walk(1)
        try:
            if self.whole is not None:
                return form.unpack_from(self.whole, offset)
            return form.unpack(self.read(offset, form.size))
        except struct.error:
            raise DamagedError from None

    def find(self, needle: bytes, offset: int) -> int:
        """Where a byte stands next, from ``offset``; ``DamagedError`` if nowhere. It costs what is passed over."""
        if self.whole is not None:
            found = self.whole.find(needle, offset)
            if found < 0:
                raise DamagedError
            return found
        window = 1024
        while piece := self.read(offset, window):
            found = piece.find(needle)
            if found >= 0:
                return offset + found
            offset, window = offset + len(piece), min(4 * window, WINDOW)
        raise DamagedError

    def holds_after(self, offset: int, needle: bytes) -> bool:
        """Whether ``needle`` stands at or after ``offset``, in the last ``SEARCHED`` bytes: first at the very end."""
        tail = max(offset, self.size - len(needle))
        if self.read(tail, len(needle)) == needle:
            return True
        windows = range(max(offset, self.size - SEARCHED), self.size, WINDOW)
        return any(needle in self.read(start, WINDOW + len(needle) - 1) for start in windows)


MOST_BLOCKS = 10_000
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
PNG_HEADER = struct.Struct(">I4sIIBBBBBI")  # length, name, width, height, depth, colour, three methods, CRC
PNG_CHUNK = struct.Struct(">II")  # length, name
PNG_CRC = struct.Struct(">I")
PNG_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
"""The bits a sample that each colour type may have (PNG, third edition, table 8)."""
PNG_PALETTE_COLOUR = 3
PNG_LONGEST_PALETTE = 3 * 256
PNG_LARGEST_SIDE = 2**31 - 1
PLTE, IDAT, IEND = (int.from_bytes(name) for name in (b"PLTE", b"IDAT", b"IEND"))
ANCILLARY = 0x20000000
"""The bit of a chunk's name by which a reader may pass over a chunk that it does not know."""


def measure_png(data: ByteReader) -> tuple[int, int]:
    """Walk the chunks of a PNG; ``DamagedError`` if one is cut or out of order before the pixels are complete.

    They are once another chunk begins behind them. What follows may be cut: no reader asks for it.
    """
    width, height, colour = _png_header(data)
    offset, name, zlib_header, has_palette = 33, 0, b"", False
    while name != IDAT or not zlib_header:
        length, name = data.unpack(PNG_CHUNK, offset)
        if name == PLTE:
            has_palette = True
            _check_palette(data, offset + 4, length)
        elif name == IDAT:
            zlib_header = data.read(offset + 8, min(length, 2))
        elif not name & ANCILLARY:
            raise DamagedError
        offset += 12 + length
    while name == IDAT:
        length, name = data.unpack(PNG_CHUNK, offset)
        if name == IDAT and len(zlib_header) < 2:
            zlib_header += data.read(offset + 8, min(length, 1))
        offset += 12 + length
    if not _is_deflate(zlib_header) or (colour == PNG_PALETTE_COLOUR and not has_palette):
        raise DamagedError
    if not name.to_bytes(4).isalpha() or _has_pixels(data, offset, name):
        raise DamagedError
    return width, height


def _png_header(data: ByteReader) -> tuple[int, int, int]:
    """Width, height and colour type, if all 13 bytes of IHDR are possible together."""
    length, name, width, height, depth, colour, compression, png_filter, interlace, crc = data.unpack(PNG_HEADER, 8)
    if length != 13 or name != b"IHDR" or crc != zlib.crc32(data.read(12, 17)):
        raise DamagedError
    if depth not in PNG_DEPTHS.get(colour, ()) or compression or png_filter or interlace > 1:
        raise DamagedError
    if max(width, height) > PNG_LARGEST_SIDE:
        raise DamagedError
    return width, height, colour


def _has_pixels(data: ByteReader, offset: int, name: int) -> bool:
    """Whether pixels go on behind another chunk, of this name; a file that ends before its IEND is not minded."""
    while name not in (IEND, IDAT) and offset + PNG_CHUNK.size <= data.size:
        length, name = data.unpack(PNG_CHUNK, offset)
        offset += 12 + length
    return name == IDAT


def _check_palette(data: ByteReader, offset: int, length: int) -> None:
    if length > PNG_LONGEST_PALETTE:
        raise DamagedError
    if data.unpack(PNG_CRC, offset + 4 + length)[0] != zlib.crc32(data.read(offset, 4 + length)):
        raise DamagedError


def _is_deflate(header: bytes) -> bool:
    """Whether two bytes begin a zlib stream as PNG has it: a window of 32 kB at most, and no dictionary."""
    if len(header) < 2:
        return False
    method, flags = header
    return method & 0x0F == 8 and method >> 4 <= 7 and not flags & 0x20 and (method << 8 | flags) % 31 == 0


JPEG_MARKER = struct.Struct(">BB")
JPEG_LENGTH = struct.Struct(">H")
JPEG_FRAME = struct.Struct(">HBHHB")  # length, bits a sample, height, width, components
JPEG_FRAMES = frozenset((0xC0, 0xC1, 0xC2, 0xC9, 0xCA))
"""Baseline, extended, progressive; the last two with arithmetic coding."""
JPEG_PROGRESSIVE = frozenset((0xC2, 0xCA))
JPEG_BARE = frozenset(range(0xD0, 0xD8)) | {0x01}  # markers without a length
JPEG_SKIPPED = frozenset(range(0xE0, 0xF0)) | {0xFE, 0xCC, 0xDC}  # APP0 to APP15, COM, DAC, DNL
JPEG_HUFFMAN, JPEG_QUANTISATION, JPEG_START_OF_SCAN, JPEG_RESTART = 0xC4, 0xDB, 0xDA, 0xDD
JPEG_COMPONENTS = (1, 3, 4)
HUFFMAN_BLOCKS = 8
"""What a Huffman table counts for: to check one takes as long as to walk so many blocks."""
JPEG_LARGEST_SIDE = 65_500
"""Of libjpeg, which leaves room below 65,535."""
JPEG_END = b"\xff\xd9"


def measure_jpeg(data: ByteReader) -> tuple[int, int]:
    """Walk the markers of a JPEG to its first scan; ``DamagedError`` without a frame, a scan and an end after it.

    As libjpeg does, pass over bytes between segments that are no marker, and take no marker that is not of a JPEG.
    """
    offset, frame = 2, None
    tables: set[int] = set()
    while True:
        marker, offset = _next_marker(data, offset)
        if marker in JPEG_BARE:
            continue
        length = data.unpack(JPEG_LENGTH, offset)[0]
        if marker == JPEG_START_OF_SCAN:
            break
        if marker in JPEG_FRAMES and frame is None:
            frame = _read_frame(data, offset, is_progressive=marker in JPEG_PROGRESSIVE)
        elif marker == JPEG_QUANTISATION:
            tables.update(_quantisation_tables(data, _segment(data, offset, length)))
        elif marker == JPEG_HUFFMAN:
            _check_huffman_tables(data, _segment(data, offset, length))
        elif marker not in JPEG_SKIPPED and (marker != JPEG_RESTART or length != 4):
            raise DamagedError
        offset += max(length, 2)
    if frame is None:
        raise DamagedError
    _check_scan(frame, tables, _segment(data, offset, length))
    if not data.holds_after(offset + length, JPEG_END):
        raise DamagedError
    return frame.width, frame.height


class _Frame(msgspec.Struct):
    """The frame of a JPEG. ``tables``: the quantisation table of each component, by the component's number."""

    width: int
    height: int
    tables: dict[int, int]
    is_progressive: bool


def _segment(data: ByteReader, offset: int, length: int) -> bytes:
    """What a segment holds behind its length."""
    content = data.read(offset + 2, max(length - 2, 0))
    if len(content) != length - 2:
        raise DamagedError
    return content


def _next_marker(data: ByteReader, offset: int) -> tuple[int, int]:
    """The next marker from ``offset`` and where it ends; stray bytes, fill bytes and a stuffed FF are passed over."""
    while True:
        prefix, marker = data.unpack(JPEG_MARKER, offset)
        if prefix != 0xFF:
            offset = data.find(b"\xff", offset)
        elif marker == 0xFF:
            offset += 1
        elif marker == 0:
            offset += 2
        else:
            return marker, offset + 2


def _read_frame(data: ByteReader, offset: int, *, is_progressive: bool) -> _Frame:
    length, bits, height, width, count = data.unpack(JPEG_FRAME, offset)
    listed = data.read(offset + 8, 3 * count)
    if bits != 8 or count not in JPEG_COMPONENTS or length != 8 + 3 * count or len(listed) != 3 * count:
        raise DamagedError
    if not 0 < width <= JPEG_LARGEST_SIDE or not 0 < height <= JPEG_LARGEST_SIDE:
        raise DamagedError
    if not all(1 <= factor >> 4 <= 4 and 1 <= factor & 15 <= 4 for factor in listed[1::3]):
        raise DamagedError
    return _Frame(width, height, dict(zip(listed[::3], listed[2::3], strict=True)), is_progressive)


def _check_scan(frame: _Frame, tables: set[int], header: bytes) -> None:
    """``DamagedError`` unless the header of a scan names components whose tables are there, and a possible step."""
    if not header or not header[0] or len(header) != 4 + 2 * header[0]:
        raise DamagedError
    if any(frame.tables.get(component) not in tables for component in header[1:-3:2]):
        raise DamagedError
    if frame.is_progressive:
        first, last, bits = header[-3:]
        high, low = divmod(bits, 16)
        is_possible = last == 0 if first == 0 else first <= last <= 63 and header[0] == 1
        if not is_possible or low > 13 or (high and high != low + 1):
            raise DamagedError


def _quantisation_tables(data: ByteReader, segment: bytes) -> Iterator[int]:
    """The numbers of the tables that a segment defines."""
    at = 0
    while at < len(segment):
        data.walk(1)
        precision, table = divmod(segment[at], 16)
        at += 1 + 64 * (2 if precision else 1)
        if table > 3 or at > len(segment):
            raise DamagedError
        yield table


def _check_huffman_tables(data: ByteReader, segment: bytes) -> None:
    """``DamagedError`` unless the tables fill the segment, and each has codes that are no prefix of another."""
    at = 0
    while at < len(segment):
        data.walk(HUFFMAN_BLOCKS)
        counts = segment[at + 1 : at + 17]
        if len(counts) != 16 or segment[at] & 0xEF > 3:
            raise DamagedError
        code = 0
        for bits, count in enumerate(counts, 1):
            code += count
            if count and code > 1 << bits:
                raise DamagedError
            code <<= 1
        symbols = segment[at + 17 : at + 17 + sum(counts)]
        if len(symbols) != sum(counts) or len(symbols) > 256 or (segment[at] < 4 and symbols and max(symbols) > 15):
            raise DamagedError
        at += 17 + len(symbols)


WEBP_CHUNK = struct.Struct("<4sI")  # name, length
WEBP_LOSSY = struct.Struct("<3s3sHH")  # frame tag, start code, width, height
WEBP_LOSSLESS = struct.Struct("<BI")  # signature; both sizes less one in 14 bits each, alpha, version in 3
WEBP_CANVAS = struct.Struct("<I3s3s")  # flags, both sizes less one in 24 bits each
WEBP_FRAME = struct.Struct("<3s3s3s3s4x")  # left and top in pairs of pixels, both sizes less one
WEBP_ANIMATED = 2
"""The flag of a canvas by which it is an animation."""


def measure_webp(data: ByteReader) -> tuple[int, int]:
    """Walk the chunks of a WebP; ``DamagedError`` if it is shorter than it says, or has no picture of its size."""
    end = 8 + int(data.unpack(WEBP_CHUNK, 0)[1])
    if end > data.size:
        raise DamagedError
    name, offset, length = next(_webp_chunks(data, 12, end), (b"", 12, 0))
    if name != b"VP8X":
        return _webp_frame(data, name, offset, length)
    if length != WEBP_CANVAS.size:
        raise DamagedError
    flags, *sides = data.unpack(WEBP_CANVAS, offset)
    canvas = _more_than(sides[0], 1), _more_than(sides[1], 1)
    chunks = _webp_chunks(data, offset + length, end)
    if flags & WEBP_ANIMATED:
        _check_animation(data, chunks, canvas)
        return canvas
    for name, offset, length in chunks:
        if name in (b"VP8 ", b"VP8L") and _webp_frame(data, name, offset, length) == canvas:
            return canvas
        if name in (b"VP8 ", b"VP8L", b"ANMF"):
            break
    raise DamagedError


def _webp_chunks(data: ByteReader, offset: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, place and length of the data of each chunk; ``DamagedError`` where one is cut, padding and all."""
    while offset < end:
        name, length = data.unpack(WEBP_CHUNK, offset)
        if offset + 8 + length + length % 2 > end:
            raise DamagedError
        yield name, offset + 8, length
        offset += 8 + length + length % 2


def _webp_frame(data: ByteReader, name: bytes, offset: int, length: int) -> tuple[int, int]:
    """The size of the picture in one chunk."""
    if name == b"VP8L" and length >= WEBP_LOSSLESS.size:
        signature, bits = data.unpack(WEBP_LOSSLESS, offset)
        if signature == 0x2F and not bits >> 29:
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if name == b"VP8 " and length >= WEBP_LOSSY.size:
        tag, start, width, height = data.unpack(WEBP_LOSSY, offset)
        bits = int.from_bytes(tag, "little")
        # Bit 0 is clear in a key frame; then three of a version up to 3, one that it is shown, the first partition.
        if not bits & 1 and bits >> 1 & 7 <= 3 and bits & 0x10 and bits >> 5 < length and start == b"\x9d\x01\x2a":
            return width & 0x3FFF, height & 0x3FFF
    raise DamagedError


def _check_animation(data: ByteReader, chunks: Iterator[tuple[bytes, int, int]], canvas: tuple[int, int]) -> None:
    """``DamagedError`` unless there are frames, behind their ANIM, each whole and within the canvas."""
    has_parameters, frames = False, 0
    for name, offset, length in chunks:
        has_parameters = has_parameters or name == b"ANIM"
        if name != b"ANMF":
            continue
        frames += 1
        *places, width, height = data.unpack(WEBP_FRAME, offset)
        size = _more_than(width, 1), _more_than(height, 1)
        inner = _webp_chunks(data, offset + WEBP_FRAME.size, offset + length)
        found = next((each for each in inner if each[0] in (b"VP8 ", b"VP8L")), None)
        if not has_parameters or found is None or _webp_frame(data, *found) != size:
            raise DamagedError
        if any(2 * _more_than(place) + side > most for place, side, most in zip(places, size, canvas, strict=True)):
            raise DamagedError
    if not frames:
        raise DamagedError


def _more_than(number: bytes, more: int = 0) -> int:
    return int.from_bytes(number, "little") + more


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
    (0, b"II+\0", "image/tiff"),
    (0, b"MM\0+", "image/tiff"),
    (0, b"\0\0\1\0", "image/vnd.microsoft.icon"),
    (0, b"8BPS", "image/vnd.adobe.photoshop"),
    (0, b"\xff\n", "image/jxl"),
    (4, b"JXL \r\n\x87\n", "image/jxl"),
    (4, b"jP  \r\n\x87\n", "image/jp2"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (8, b"AVI ", "video/x-msvideo"),
    (8, b"WAVE", "audio/wav"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\3\4", "application/zip"),
)
"""Offset, bytes and type of the files that people send in place of a picture."""

BRANDS = {
    "image/avif": (b"avif", b"avis"),
    "image/heic": (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"),
    "image/heif": (b"mif1", b"msf1", b"mif2", b"miaf"),
    "image/x-canon-cr3": (b"crx ",),
    "video/quicktime": (b"qt  ",),
    "audio/mp4": (b"M4A ", b"M4B "),
    "video/3gpp": (b"3gp4", b"3gp5", b"3gp6", b"3gp7"),
}
"""The brands of each type that is kept in boxes (ISO/IEC 14496-12, section 4.3); any other is of a video."""

SVG = re.compile(rb"(?:\xef\xbb\xbf)?\s*+(?>(?:<!--.*?-->|<[?!].*?>)\s*+){0,8}+<svg[\s/>]", re.DOTALL)
"""An SVG, perhaps behind a declaration, a document type or comments. What was matched is not matched otherwise."""


def other_type(head: bytes) -> str:
    """The media type of a file by its first few hundred bytes; ``application/octet-stream`` where nothing tells."""
    for offset, signature, file_type in SIGNATURES:
        if head.startswith(signature, offset):
            return file_type
    if head[4:8] == b"ftyp":
        return _type_of_boxes(head)
    if SVG.match(head):
        return "image/svg+xml"
    return "text/plain" if _is_text(head) else "application/octet-stream"


def _type_of_boxes(head: bytes) -> str:
    """The type by the brands of a file: the major one, and where that names a container alone, those beside it."""
    beside = head[16 : min(int.from_bytes(head[:4]), len(head))]
    brands = [head[8:12], *(beside[at : at + 4] for at in range(0, len(beside), 4))]
    types = [next((name for name, known in BRANDS.items() if brand in known), "video/mp4") for brand in brands]
    if types[0] != "image/heif":
        return types[0]
    return next((name for name in types if name in ("image/avif", "image/heic")), "image/heif")


def _is_text(head: bytes) -> bool:
    if not head or b"\0" in head:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4  # only the last character is cut off
    return True
