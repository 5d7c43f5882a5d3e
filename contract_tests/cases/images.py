"""Tiny pictures of any size in memory, and files that only look like pictures. Each is made once."""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache

from PIL import Image

from contract_tests.model.request import Facts

EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif"}
#: The name under which Pillow writes each type.
_PILLOW = {
    "image/jpeg": "JPEG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/bmp": "BMP",
    "image/tiff": "TIFF",
    "image/png": "PNG",
    "image/avif": "AVIF",
}
#: How the pixels of a variant or a type are kept; what is written without compression takes one bit for each.
_MODES = {
    "grey": "L",
    "cmyk": "CMYK",
    "rgba": "RGBA",
    "deep": "I;16",
    "alpha": "RGBA",
    "image/gif": "L",
    "image/bmp": "1",
    "image/tiff": "1",
}
_COLOURS: dict[str, float | tuple[float, ...]] = {
    "1": 1,
    "L": 106,
    "I;16": 27_242,
    "RGB": (42, 157, 143),
    "RGBA": (42, 157, 143, 128),
    "CMYK": (60, 10, 20, 0),
}
#: Kinds of file that an accepted type knows, beside the plainest: each keeps its width and height in another place
#: or another way.
VARIANTS = {
    "image/png": ("rgb", "grey", "rgba", "deep", "interlaced"),
    "image/jpeg": ("progressive", "grey", "cmyk", "late"),
    "image/webp": ("lossy", "alpha", "extended"),
}
#: A segment of a JPEG that no reader minds, and how many of them a variant has.
_COMMENT = b"\xff\xfe" + struct.pack(">H", 60_002) + b"x" * 60_000
_COMMENTS = {"late": 1, "oddest": 24}
#: The variant of each type that most readers stumble over, for when few pictures may be sent.
ODDEST = {"image/png": "oddest", "image/jpeg": "oddest", "image/webp": "extended"}
#: The passes of an interlaced PNG: the first pixel from the left and from the top, and the steps to the next ones.
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_PALETTE = bytes((38, 70, 83, 42, 157, 143, 233, 196, 106, 231, 111, 81))


@cache
def picture(media_type: str, width: int, height: int, variant: str = "") -> tuple[bytes, Facts]:
    """A whole picture of `width` times `height` pixels as stored, and what it is.

    Variants: png `rgb`, `grey`, `rgba`, `deep` (16 bits a pixel), `interlaced` (the plainest one is of a palette),
    `oddest` (`rgba`, deep and interlaced); jpeg `progressive`, `grey`, `cmyk`, `turned` (an orientation tag that swaps
    the sides for whoever obeys it), `late` (60 kB of other segments first), `oddest` (progressive, 1.4 MB of other
    segments first); webp `lossy`, `alpha`, `extended` (other chunks before and behind the pixels).
    """
    facts = Facts(media_type, width, height)
    if media_type == "image/png" and variant in {"", "interlaced", "oddest"}:
        made = interlaced_png(width, height, deep=variant == "oddest") if variant else png(width, height)
        return made, facts
    return _pillow(media_type, width, height, variant), facts


def file_name(media_type: str) -> str:
    """A file name that suits the type."""
    return f"reference.{EXTENSIONS.get(media_type, media_type.rpartition('/')[2])}"


def png(width: int, height: int, padding: int = 0) -> bytes:
    """A PNG in four colours (2 bits a pixel), with `padding` bytes in a text chunk that no reader minds."""
    stripe = bytes((0x00, 0x55, 0xAA, 0xFF))
    row_bytes = (width * 2 + 7) // 8
    # The first rows, so many of each colour: ceil(height * n / 4) in all.
    ends = [-(-height * n // len(stripe)) for n in range(len(stripe) + 1)]
    rows = b"".join((b"\x00" + stripe[n : n + 1] * row_bytes) * (ends[n + 1] - ends[n]) for n in range(len(stripe)))
    return _png(width, height, rows, padding=padding)


def interlaced_png(width: int, height: int, *, deep: bool = False) -> bytes:
    """A PNG in one colour whose pixels come in the seven passes of Adam7 (PNG, third edition, section 8).

    It has two bits a pixel; a `deep` one 16 for each of red, green, blue and transparency.
    """
    bits = 64 if deep else 2
    rows = b""
    for left, top, across, down in _ADAM7:
        columns, lines = -(-(width - left) // across), -(-(height - top) // down)
        rows += (bytes(1 + (columns * bits + 7) // 8) * lines) if columns > 0 else b""
    return _png(width, height, rows, depth=16 if deep else 2, colour=6 if deep else 3, interlaced=True)


def _png(
    width: int, height: int, rows: bytes, *, depth: int = 2, colour: int = 3, padding: int = 0, interlaced: bool = False
) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    chunks = [(b"IHDR", header), (b"PLTE", _PALETTE), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b"")]
    if padding:
        chunks.insert(2, (b"tEXt", b"Comment\x00" + b"x" * padding))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def png_claiming(width: int, height: int) -> bytes:
    """A PNG whose header claims a size that its few bytes cannot hold."""
    small = png(1, 1)
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 2, 3, 0, 0, 0))
    return small[:8] + header + small[8 + len(header) :]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _pillow(media_type: str, width: int, height: int, variant: str) -> bytes:
    mode = _MODES.get(variant) or _MODES.get(media_type, "RGB")
    image = Image.new(mode, (width, height), _COLOURS[mode])
    options: dict[str, object] = {"compress_level": 1} if media_type == "image/png" else {}
    if media_type == "image/webp":
        options = {"lossless": variant != "lossy", "method": 0, "quality": 20}
        if variant == "extended":
            options |= {"icc_profile": bytes(128), "xmp": b"<x/>"}
    elif media_type == "image/jpeg":
        options = {"quality": 30, "progressive": variant in {"progressive", "oddest"}}
        if variant == "turned":
            exif = Image.Exif()
            exif[0x0112] = 6  # turn by 90 degrees to the right when shown
            options["exif"] = exif
    out = io.BytesIO()
    image.save(out, _PILLOW[media_type], **options)
    data = out.getvalue()
    # Behind the first marker, where most writers put what they say of the picture.
    return data[:2] + _COMMENT * _COMMENTS.get(variant, 0) + data[2:]


@cache
def disguises(width: int, height: int) -> tuple[tuple[str, bytes], ...]:
    """Files that are none of the usual picture types: what each is, and its bytes. Pictures are of the size given."""
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"/>'
    others = [
        (f"a {name[6:].upper()}", picture(name, width, height)[0]) for name in ("image/gif", "image/bmp", "image/tiff")
    ]
    return (
        ("text", b"This is no picture, whatever its name and type say.\n"),
        ("an empty file", b""),
        *others,
        ("an SVG", svg.encode()),
        ("an HTML page", b"<!doctype html><title>no picture</title>"),
        ("a PDF", b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"),
        ("an MP4", b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00\x00\x00\x08free"),
        ("a WAV in the container of WebP", b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00" + bytes(24)),
        ("an AVIF", b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf\x00\x00\x00\x08free"),
        ("a HEIC", b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic\x00\x00\x00\x08free"),
        ("a ZIP", b"PK\x05\x06" + bytes(18)),
        ("JSON", b'{"image": "data:image/png;base64,iVBORw0KGgo="}'),
        ("Base64 of a PNG", b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"),
        ("a line break before a PNG", b"\r\n" + png(width, height)),
        ("a NUL byte", b"\x00"),
    )


#: Those that are pictures, or begin like one: a server may read more types than a document lists.
OTHER_PICTURES = frozenset(("a GIF", "a BMP", "a TIFF", "an SVG", "an AVIF", "a HEIC", "a line break before a PNG"))


def cuts(data: bytes, media_type: str) -> dict[str, int]:
    """Places to cut a picture short, by name, as numbers of bytes kept. Each leaves it so that no decoder takes it.

    A PNG without its last chunk is no such case: libpng alone misses it, Pillow and others do not.
    """
    size = len(data)
    places = {"half of it": size // 2}
    if media_type == "image/png":
        places |= {"the header chunk": 33, "all but 40 bytes": size - 40}
    else:
        places |= {"all but 16 bytes": size - 16, "all but 1 byte": size - 1}
    if media_type == "image/jpeg":
        places |= {"all but the end marker": size - 2}
    return {name: kept for name, kept in places.items() if 0 < kept < size}
