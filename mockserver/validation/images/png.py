"""The size of a PNG (third edition of the specification), by its chunks."""

import struct
import zlib

from mockserver.validation.images.reader import ByteReader, DamagedError

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
