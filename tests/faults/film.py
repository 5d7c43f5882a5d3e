"""Files of a finished video, made by hand: an MP4 that is all boxes and no pictures, and two small pictures."""

from __future__ import annotations

import struct
from functools import cache
from io import BytesIO

from PIL import Image

RATE = 24
_UNITY = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def box(kind: str, *content: bytes) -> bytes:
    """One box of an MP4."""
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind.encode()) + body


@cache
def mp4(width: int, height: int, frames: int, *, late: bool = False) -> bytes:
    """A video of that many frames, 24 a second; its moov box stands in front unless it is `late`."""
    length = frames * 1000 // RATE
    header = box("mvhd", struct.pack(">5I", 0, 0, 0, 1000, length), bytes(80))
    ahead = struct.pack(">6I", 7, 0, 0, 1, 0, length) + bytes(16) + _UNITY
    track = box("tkhd", ahead, struct.pack(">II", width << 16, height << 16))
    clock = box("mdhd", struct.pack(">5I", 0, 0, 0, RATE * 100, frames * 100), bytes(4))
    kind = box("hdlr", bytes(8), b"vide", bytes(13))
    times = box("stts", struct.pack(">4I", 0, 1, frames, 100))
    media = box("mdia", clock, kind, box("minf", box("stbl", times)))
    sound = box("trak", box("mdia", box("hdlr", bytes(8), b"soun", bytes(13))))
    movie = box("moov", header, sound, box("trak", track, media))
    data = box("mdat", bytes(frames))
    return box("ftyp", b"isom", bytes(4), b"isommp42") + (data + movie if late else movie + data)


@cache
def still(kind: str, width: int = 90, height: int = 160) -> bytes:
    """A small picture, WEBP or JPEG."""
    file = BytesIO()
    Image.new("RGB", (width, height), (42, 157, 143)).save(file, kind)
    return file.getvalue()
