"""What a downloaded file is: its boxes are read, its first and last picture decoded."""

from __future__ import annotations

import hashlib
import io
import math
import re
import struct
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from PIL import Image, UnidentifiedImageError

from contract_tests.oracle.decoding import MOST_FRAMES, MOST_PIXELS, picture_faults


@dataclass(frozen=True)
class Box:
    """One box: its four letters, and where its content begins and ends in the file."""

    kind: bytes
    start: int
    end: int


@dataclass(frozen=True)
class VideoFile:
    """Width and height in pixels, length and one frame in seconds (None where the file does not say), and faults."""

    width: int = 0
    height: int = 0
    seconds: float | None = None
    frame: float | None = None
    faults: tuple[str, ...] = ()


def read_clip(data: bytes) -> VideoFile:
    """What the boxes of an MP4 say; never an error, whatever the bytes are."""
    try:
        return _clip(data)
    except (struct.error, IndexError):
        return VideoFile(faults=("a box is too short for what it holds",))


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


def _clip(data: bytes) -> VideoFile:
    top = list(_boxes(data, 0, len(data)))
    faults = tuple(_faults(top, len(data)))
    for movie in (box for box in top if box.kind == b"moov"):
        # A fragmented file tells no length in front.
        fragmented = any(_inside(data, movie, b"mvex"))
        for track in _inside(data, movie, b"trak"):
            if _handler(data, track) == b"vide":
                length = (None, None) if fragmented else _duration(data, track)
                return VideoFile(*_sides(data, track), *length, faults)
    return VideoFile(faults=(*faults, "it has no video track"))


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


def claimed_frames(data: bytes) -> int:
    """The most frames that a table of any track claims to have."""
    found = [0]
    for movie in (box for box in _boxes(data, 0, len(data)) if box.kind == b"moov"):
        for kind in (b"stts", b"ctts", b"stsz"):
            for table in _inside(data, movie, b"trak", b"mdia", b"minf", b"stbl", kind):
                first = table.start + (8 if kind == b"stsz" else 4)
                (count,) = struct.unpack_from(">I", data, first)
                entries = () if kind == b"stsz" else range(min(count, (table.end - table.start - 8) // 8))
                found += [count, sum(struct.unpack_from(">I", data, table.start + 8 + 8 * n)[0] for n in entries)]
    return max(found)


def _samples(data: bytes, track: Box) -> Iterator[int]:
    for table in _inside(data, track, b"mdia", b"minf", b"stbl", b"stts"):
        (count,) = struct.unpack_from(">I", data, table.start + 4)
        for index in range(min(count, (table.end - table.start - 8) // 8)):
            yield struct.unpack_from(">I", data, table.start + 8 + 8 * index)[0]


#: Sides in pixels that no picture of a video has.
_LARGEST = 1 << 14
#: How the files of a kind of picture begin.
_HEADS = {
    "image/webp": rb"RIFF....WEBP",
    "image/jpeg": rb"\xff\xd8\xff",
    "image/png": rb"\x89PNG\r\n",
    "image/gif": rb"GIF8[79]a",
}
#: What Pillow raises over bytes that are no such picture.
_UNREADABLE = (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError, struct.error)


@dataclass(frozen=True)
class Media:
    """Media type (None for what is none of those known here), sides in pixels, seconds of a video, and faults.

    `digest` tells two files apart; `length` is that of the file in bytes.
    """

    type: str | None
    length: int
    digest: str
    width: int = 0
    height: int = 0
    seconds: float | None = None
    frame: float | None = None
    faults: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Media:
        """What `to_json` wrote. Raises KeyError or TypeError for anything else."""
        return cls(**{**data, "faults": tuple(data["faults"])})

    @property
    def shown(self) -> str:
        """In short, for people."""
        sides = f", {self.width}x{self.height}" if self.width else ""
        length = f", {self.seconds:.3f} s" if self.seconds is not None and math.isfinite(self.seconds) else ""
        return f"{self.length} bytes of {self.type or 'an unknown type'}{sides}{length}"


def read_media(data: bytes) -> Media:
    """What the bytes are; never an error."""
    digest = hashlib.sha256(data).hexdigest()
    if data[4:8] == b"ftyp" or data[4:8] == b"moov":
        clip = read_clip(data)
        faults = clip.faults or tuple(_pictures(data, clip))
        clip = replace(clip, faults=faults)
        return Media("video/mp4", len(data), digest, clip.width, clip.height, clip.seconds, clip.frame, clip.faults)
    return _picture(data, digest)


def _pictures(data: bytes, clip: VideoFile) -> Iterator[str]:
    """What decoding shows, where the boxes claim nothing that nobody wants to hold in memory."""
    frames, pixels = claimed_frames(data), clip.width * clip.height
    if frames > MOST_FRAMES or pixels > MOST_PIXELS:
        yield f"it claims {frames} pictures of {clip.width}x{clip.height}, more than are decoded"
    else:
        yield from picture_faults(data, (clip.width, clip.height))


def _picture(data: bytes, digest: str) -> Media:
    media_type = next((kind for kind, head in _HEADS.items() if re.match(head, data, re.DOTALL)), None)
    if media_type is None:
        return Media(None, len(data), digest)
    try:
        with warnings.catch_warnings():
            # What is odd about a picture is told by its sides and its faults here.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=[media_type.rpartition("/")[2]]) as image:
                width, height = image.size
                return Media(media_type, len(data), digest, width, height, faults=_damage(image))
    except _UNREADABLE as error:
        return Media(media_type, len(data), digest, faults=(_told(error),))


def _damage(image: Image.Image) -> tuple[str, ...]:
    width, height = image.size
    if max(width, height) > _LARGEST or width * height > MOST_PIXELS:
        return (f"its sides are {width}x{height}",)
    try:
        image.load()
    except _UNREADABLE as error:
        return (_told(error),)
    return ()


def _told(error: Exception) -> str:
    return f"it is damaged: {' '.join(str(error).split()) or type(error).__name__}"
