"""What a file is, read from its bytes: the type, the size in pixels, and whether all of it is there.

Written from the formats' own specifications: PNG (W3C, third edition), JPEG (ITU T.81) and WebP (RFC 9649).
"""

from __future__ import annotations

from dataclasses import dataclass

_PNG = b"\x89PNG\r\n\x1a\n"
# Start-of-frame markers; 0xC4, 0xC8 and 0xCC in their midst are tables.
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Markers inside a scan that carry no segment: a stuffed 0xFF, and the eight restarts.
_IN_SCAN = frozenset({0x00, *range(0xD0, 0xD8)})


@dataclass(frozen=True)
class Picture:
    """A picture's media type, width and height in pixels as stored (0 where not to be found), and completeness."""

    type: str
    width: int = 0
    height: int = 0
    whole: bool = False


def read_picture(data: bytes) -> Picture | None:
    """The picture that `data` is, or None if it is none of the kinds known here."""
    if data.startswith(_PNG):
        return _png(data)
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    if data[:6] in (b"GIF87a", b"GIF89a"):
        size = (int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little"))
        return Picture("image/gif", *size, whole=data.endswith(b";"))
    return None


def _png(data: bytes) -> Picture:
    if len(data) < 33 or data[12:16] != b"IHDR":
        return Picture("image/png")
    width, height = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    place = len(_PNG)
    while place + 12 <= len(data):
        end = place + 12 + int.from_bytes(data[place : place + 4])
        if data[place + 4 : place + 8] == b"IEND":
            return Picture("image/png", width, height, whole=end <= len(data))
        place = end
    return Picture("image/png", width, height)


def _jpeg(data: bytes) -> Picture:
    width = height = 0
    place = 2
    while place + 2 <= len(data):
        if data[place] != 0xFF:
            return Picture("image/jpeg", width, height)
        marker = data[place + 1]
        if marker == 0xFF:  # a filler byte
            place += 1
            continue
        if marker == 0xD9:
            return Picture("image/jpeg", width, height, whole=width > 0)
        length = int.from_bytes(data[place + 2 : place + 4])
        if marker in _JPEG_FRAMES:
            height, width = (int.from_bytes(data[place + at : place + at + 2]) for at in (5, 7))
        place += 2 + max(length, 2)
        if marker == 0xDA:
            place = _after_scan(data, place)
    return Picture("image/jpeg", width, height)


def _after_scan(data: bytes, place: int) -> int:
    """Where the next segment starts after the compressed data at `place`."""
    while (place := data.find(b"\xff", place)) >= 0:
        if place + 1 < len(data) and data[place + 1] not in _IN_SCAN:
            return place
        place += 2
    return len(data)


def _webp(data: bytes) -> Picture:
    whole = 8 + int.from_bytes(data[4:8], "little") <= len(data)
    kind, head = data[12:16], data[20:30]
    if len(head) < (5 if kind == b"VP8L" else 10):
        width = height = 0
    elif kind == b"VP8X":
        width, height = (1 + int.from_bytes(head[at : at + 3], "little") for at in (4, 7))
    elif kind == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    else:
        width, height = (int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    return Picture("image/webp", width, height, whole=whole and width > 0)
