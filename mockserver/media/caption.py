"""The caption of a clip: whose it is, and the time, at the bottom of each frame."""

from functools import cache

from PIL import Image, ImageDraw, ImageFont

from mockserver.media.content import ClipSource

BLACK, WHITE, NO_COLOUR = 16, 235, 128
"""Samples of video: the darkest and the brightest, and the middle of both colours (ITU-R BT.709)."""

CHARACTERS = 76
"""How many characters fit into the width of a frame: an id of 54, and the time."""


class Caption:
    """The caption of ``source``, and beside it the time into the clip, as ``0:01.5 / 0:04``."""

    def __init__(self, source: ClipSource) -> None:
        minutes, rest = divmod(source.length, 60)
        self._length = f"{int(minutes)}:{rest:02.0f}"
        self._width = source.width
        height = max(10, 2 * source.width // CHARACTERS) // 2 * 2
        self._font = _font(height - 2)
        self._caption = Image.new("L", (source.width, height + 4), BLACK)
        ImageDraw.Draw(self._caption).text((4, 1), source.caption, WHITE, self._font)
        self._strip = self._caption

    def tell(self, second: float) -> None:
        """Go on to the frame at ``second``. The time covers the end of a caption that is too long."""
        text = f"{int(second) // 60}:{second % 60:04.1f} / {self._length}"
        self._strip = self._caption.copy()
        draw = ImageDraw.Draw(self._strip)
        left = self._width - draw.textlength(text, self._font) - 4
        draw.rectangle((left - 8, 0, self._width, self._strip.height), BLACK)
        draw.text((left, 1), text, WHITE, self._font)

    def write(self, plane: Image.Image) -> None:
        """Write it into one plane of the frame: the text where the brightness is, nothing where a colour is."""
        if plane.width >= self._width:
            plane.paste(self._strip, (0, plane.height - self._strip.height))
        else:
            plane.paste(NO_COLOUR, (0, plane.height - self._strip.height // 2, plane.width, plane.height))


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
