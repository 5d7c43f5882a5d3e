"""The gallery: the small pictures that show a video without playing it."""

from io import BytesIO

from PIL import Image

from mockserver.media.content import ClipSource
from mockserver.media.frames import open_still, view

LONGEST_SIDE = 640
"""Of a thumbnail, in pixels; a smaller video is not enlarged."""

COLUMNS = 4
TILES_PER_SECOND = 2
"""Of a sprite sheet. A tile's sides are those of the video divided by the columns, so a sheet is as wide as it."""


def make_thumbnail(source: ClipSource) -> bytes:
    """The first frame, small, as a WebP."""
    still = open_still(source)
    still.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return _file(still, "WEBP")


def make_spritesheet(source: ClipSource) -> bytes:
    """Frames of the whole video at even distances, in rows from left to right, as a JPEG."""
    still = open_still(source)
    count = max(1, round(source.length * TILES_PER_SECOND))
    rows = -(-count // COLUMNS)
    width, height = max(1, source.width // COLUMNS), max(1, source.height // COLUMNS)
    sheet = Image.new("RGB", (width * COLUMNS, height * rows))
    for index in range(count):
        row, column = divmod(index, COLUMNS)
        box = view(still.size, index * source.length / count)
        sheet.paste(still.resize((width, height), Image.Resampling.BILINEAR, box), (column * width, row * height))
    return _file(sheet, "JPEG")


def _file(image: Image.Image, file_format: str) -> bytes:
    buffer = BytesIO()
    image.save(buffer, file_format, quality=80)
    return buffer.getvalue()
