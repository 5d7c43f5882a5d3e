"""The still: the reference picture, decoded, and the slow zoom into it that makes a video of it."""

from io import BytesIO

from PIL import Image

from mockserver.media.content import ClipSource

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
"""What Pillow may open: the types that ``image.READERS`` knows, and none of its more adventurous ones."""

START_OF_SCAN = b"\xff\xda"
MOST_SCANS = 100
"""A progressive JPEG has about ten scans. One of very many takes minutes to decode, and no more room than those."""

PLAIN = (96, 96, 96)
BEHIND = (255, 255, 255)
"""What shows through transparent pixels, as video has none: the white of a page."""

ZOOM_PER_SECOND = 0.03
"""By how much the picture grows each second, of its first size: visible, and gentle."""

Box = tuple[float, float, float, float]


def open_still(source: ClipSource) -> Image.Image:
    """The picture of ``source`` in RGB, of the size asked for; a plain one where its pixels cannot be decoded."""
    size = (source.width, source.height)
    try:
        return _decode(source.picture, size)
    except Exception:  # noqa: BLE001 - of damaged pixels, decoders raise nearly anything
        return Image.new("RGB", size, PLAIN)


def _decode(picture: bytes, size: tuple[int, int]) -> Image.Image:
    if picture.startswith(b"\xff\xd8") and picture.count(START_OF_SCAN) > MOST_SCANS:
        raise ValueError("too many scans")
    image = Image.open(BytesIO(picture), formats=FORMATS)
    if image.size != size:  # before a pixel is decoded, so that no file unpacks to more than its header said
        raise ValueError("not the size that its header said")
    return _in_rgb(image)


def _in_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits of grey, which a plain conversion would clip to 8
        return image.convert("I").point(lambda shade: shade / 257).convert("L").convert("RGB")
    if image.has_transparency_data:
        above = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, BEHIND), above).convert("RGB")
    return image.convert("RGB")


def view(size: tuple[int, int], second: float) -> Box:
    """The part of a plane of ``size`` that fills the frame at ``second``: left, top, right, bottom in its pixels.

    All of it at first, then less and less around its middle. Not whole pixels, or the motion would tremble.
    """
    margin = (1 - 1 / (1 + ZOOM_PER_SECOND * second)) / 2
    width, height = size
    return width * margin, height * margin, width * (1 - margin), height * (1 - margin)
