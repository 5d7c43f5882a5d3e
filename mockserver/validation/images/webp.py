"""The size of a WebP, by its chunks."""

import struct
from collections.abc import Iterator

from mockserver.validation.images.reader import ByteReader, DamagedError

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
