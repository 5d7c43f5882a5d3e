"""An MP4 by its boxes (ISO/IEC 14496-12): what its video track says of itself, and what is wrong with the file."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """One box: its four letters, and where its content begins and ends in the file."""

    kind: bytes
    start: int
    end: int


@dataclass(frozen=True)
class Clip:
    """Width and height in pixels, length and one frame in seconds (None where the file does not say), and faults."""

    width: int = 0
    height: int = 0
    seconds: float | None = None
    frame: float | None = None
    faults: tuple[str, ...] = ()


def read_clip(data: bytes) -> Clip:
    """What the boxes of an MP4 say; never an error, whatever the bytes are."""
    try:
        return _clip(data)
    except (struct.error, IndexError):
        return Clip(faults=("a box is too short for what it holds",))


def _boxes(data: bytes, start: int, end: int) -> Iterator[Box]:
    """The boxes between two places, one after the other; one that goes beyond the end is the last."""
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        head = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, start + 8)
            head = 16
        # Size 0: up to the end of the file.
        last = end if size == 0 else start + size
        if last < start + head:
            return
        yield Box(kind, start + head, last)
        start = last


def _inside(data: bytes, box: Box, *path: bytes) -> Iterator[Box]:
    """The boxes found by going down this path."""
    for inner in _boxes(data, box.start, min(box.end, len(data))):
        if inner.kind == path[0]:
            yield from _inside(data, inner, *path[1:]) if len(path) > 1 else (inner,)


def _clip(data: bytes) -> Clip:
    top = list(_boxes(data, 0, len(data)))
    faults = tuple(_faults(top, len(data)))
    for movie in (box for box in top if box.kind == b"moov"):
        # A fragmented file tells no length in front.
        fragmented = any(_inside(data, movie, b"mvex"))
        for track in _inside(data, movie, b"trak"):
            if _handler(data, track) == b"vide":
                length = (None, None) if fragmented else _duration(data, track)
                return Clip(*_sides(data, track), *length, faults)
    return Clip(faults=(*faults, "it has no video track"))


def _faults(top: list[Box], size: int) -> Iterator[str]:
    kinds = [box.kind for box in top]
    if kinds[:1] != [b"ftyp"]:
        yield "it does not begin with the box ftyp"
    if b"moov" in kinds and b"mdat" in kinds and kinds.index(b"mdat") < kinds.index(b"moov"):
        yield "the box mdat stands before moov, so that it plays only once it is loaded"
    if b"moov" in kinds and not {b"mdat", b"moof"} & set(kinds):
        yield "it has no box mdat"
    if top and top[-1].end > size:
        yield f"it ends {top[-1].end - size} bytes early"


def _handler(data: bytes, track: Box) -> bytes:
    box = next(_inside(data, track, b"mdia", b"hdlr"), None)
    return b"" if box is None else data[box.start + 8 : box.start + 12]


def _sides(data: bytes, track: Box) -> tuple[int, int]:
    """Width and height, the last eight bytes of tkhd, each with 16 bits behind the point."""
    box = next(_inside(data, track, b"tkhd"), None)
    if box is None:
        return 0, 0
    width, height = struct.unpack_from(">II", data, box.end - 8)
    return width >> 16, height >> 16


def _duration(data: bytes, track: Box) -> tuple[float | None, float | None]:
    """Length of the track and of one frame of it."""
    head = next(_inside(data, track, b"mdia", b"mdhd"), None)
    if head is None:
        return None, None
    # Version 1 has times of 64 bits.
    scale, length = struct.unpack_from(
        ">IQ" if data[head.start] else ">II", data, head.start + (20 if data[head.start] else 12)
    )
    if not scale:
        return None, None
    samples = sum(_samples(data, track))
    return length / scale, length / scale / samples if samples else None


def _samples(data: bytes, track: Box) -> Iterator[int]:
    for table in _inside(data, track, b"mdia", b"minf", b"stbl", b"stts"):
        (count,) = struct.unpack_from(">I", data, table.start + 4)
        for index in range(min(count, (table.end - table.start - 8) // 8)):
            yield struct.unpack_from(">I", data, table.start + 8 + 8 * index)[0]
