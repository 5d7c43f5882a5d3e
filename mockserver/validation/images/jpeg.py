"""The size of a JPEG, by its markers, with the leniency of libjpeg."""

import struct
from collections.abc import Iterator

import msgspec

from mockserver.validation.images.reader import ByteReader, DamagedError

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
