"""What a downloaded file is, told by its bytes alone."""

from __future__ import annotations

import hashlib
import io
import math
import re
import struct
import warnings
from dataclasses import asdict, dataclass
from typing import Any

from PIL import Image, UnidentifiedImageError

from contract_tests.boxes import read_clip

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
        return Media("video/mp4", len(data), digest, clip.width, clip.height, clip.seconds, clip.frame, clip.faults)
    return _picture(data, digest)


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
    if max(width, height) > _LARGEST:
        return (f"its sides are {width}x{height}",)
    try:
        image.load()
    except _UNREADABLE as error:
        return (_told(error),)
    return ()


def _told(error: Exception) -> str:
    return f"it is damaged: {' '.join(str(error).split()) or type(error).__name__}"
