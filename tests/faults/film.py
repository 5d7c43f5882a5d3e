"""Files of a finished video, made by hand: an MP4 of one picture, one that is all boxes, and two small pictures."""

from __future__ import annotations

import re
import struct
from fractions import Fraction
from functools import cache
from io import BytesIO

import av
from PIL import Image

RATE = 24
_UNITY = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def box(kind: str, *content: bytes) -> bytes:
    """One box of an MP4."""
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind.encode()) + body


@cache
def _picture(width: int, height: int) -> tuple[bytes, bytes]:
    """One picture of H.264 as a sample of an MP4, and the box avcC, which its decoder needs before."""
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base = Fraction(1, RATE)
    context.options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": "sliced-threads=0"}
    frame = av.VideoFrame.from_image(Image.new("RGB", (width, height), (42, 157, 143)))  # type: ignore[no-untyped-call]
    stream = b"".join(bytes(packet) for packet in (*context.encode(frame), *context.encode(None)))
    units = [unit for unit in re.split(rb"\x00?\x00\x00\x01", stream) if unit]
    known = {unit[0] & 31: unit for unit in units}
    sps, pps = known[7], known[8]
    head = bytes((1, *sps[1:4], 0xFF, 0xE1)) + struct.pack(">H", len(sps)) + sps + b"\x01"
    sample = b"".join(struct.pack(">I", len(unit)) + unit for unit in units if unit[0] & 31 == 5)
    return sample, box("avcC", head, struct.pack(">H", len(pps)), pps)


def _shown(width: int, height: int, frames: int, size: int, at: int, known: bytes) -> bytes:
    """The boxes that lead to the one sample, which is every frame."""
    entry = box("avc1", bytes(6), b"\x00\x01", bytes(16), struct.pack(">HH", width, height), bytes(50), known)
    return b"".join(
        (
            box("stsd", struct.pack(">2I", 0, 1), entry),
            box("stsc", struct.pack(">5I", 0, 1, 1, 1, 1)),
            box("stsz", struct.pack(">3I", 0, size, frames)),
            box("stco", struct.pack(f">{frames + 2}I", 0, frames, *([at] * frames))),
        )
    )


def boxes(width: int, height: int, frames: int, *, late: bool = False, tables: bytes = b"", data: bytes = b"") -> bytes:
    """A video of that many frames, 24 a second; its moov box stands in front unless it is `late`."""
    length = frames * 1000 // RATE
    header = box(
        "mvhd", struct.pack(">5I", 0, 0, 0, 1000, length), struct.pack(">IH10x", 0x10000, 0x100), _UNITY, bytes(28)
    )
    ahead = struct.pack(">6I", 7, 0, 0, 1, 0, length) + bytes(16) + _UNITY
    track = box("tkhd", ahead, struct.pack(">II", width << 16, height << 16))
    clock = box("mdhd", struct.pack(">5I", 0, 0, 0, RATE * 100, frames * 100), bytes(4))
    kind = box("hdlr", bytes(8), b"vide", bytes(13))
    times = box("stts", struct.pack(">4I", 0, 1, frames, 100))
    media = box("mdia", clock, kind, box("minf", box("stbl", times, tables)))
    sound = box("trak", box("mdia", box("hdlr", bytes(8), b"soun", bytes(13))))
    movie = box("moov", header, sound, box("trak", track, media))
    content = box("mdat", data or bytes(frames))
    return box("ftyp", b"isom", bytes(4), b"isommp42") + (content + movie if late else movie + content)


@cache
def mp4(width: int, height: int, frames: int, *, late: bool = False, shown: tuple[int, int] | None = None) -> bytes:
    """The same with a picture that is every frame; `shown`: it has these sides, whatever the boxes say."""
    sample, known = _picture(*(shown or (width, height)))

    def made(at: int) -> bytes:
        tables = _shown(width, height, frames, len(sample), at, known)
        return boxes(width, height, frames, late=late, tables=tables, data=sample)

    return made(made(0).index(sample))


@cache
def still(kind: str, width: int = 90, height: int = 160) -> bytes:
    """A small picture, WEBP or JPEG."""
    file = BytesIO()
    Image.new("RGB", (width, height), (42, 157, 143)).save(file, kind)
    return file.getvalue()
