"""Pictures: the type and size that a file's bytes say, read without decoding one pixel.

Each reader walks the container (chunks, markers, blocks) and skips the compressed data, so a file costs the same
whatever it would unpack to, and one that ends early is told from a whole one by its structure alone.
"""

import struct
from collections.abc import Callable, Sequence

import msgspec

from mockserver.validation.images.jpeg import measure_jpeg
from mockserver.validation.images.png import PNG_SIGNATURE, measure_png
from mockserver.validation.images.reader import ByteReader, DamagedError
from mockserver.validation.images.signatures import other_type
from mockserver.validation.images.webp import measure_webp


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


__all__ = ["PNG_SIGNATURE", "READERS", "DamagedError", "Image", "read_image"]
