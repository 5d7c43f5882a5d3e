"""Odd pictures, drawn by Pillow and changed in one place: each kind of file that readers are known to differ on.

``TAKEN``: Pillow and a browser decode it. ``BROKEN``: both refuse it. ``SPLIT_TAKEN`` and ``SPLIT_REFUSED``: they
differ, and this is what the mock does. In the last three the mock does otherwise than both. The reasons are in
docs/pictures.md; tests/clients/test_pictures.py asks Pillow and a browser.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from tests.pictures import animation, noise, picture

WIDTH, HEIGHT = 40, 24
TAKEN, BROKEN, SPLIT_TAKEN, SPLIT_REFUSED = "taken", "broken", "split, taken", "split, refused"
PIXELS_GO_ON = "taken, but pixels go on behind another chunk"
FURTHER_FRAMES = "broken for its further frames"
DAMAGED_PIXELS = "broken within the compressed pixels"


class OddPicture(NamedTuple):
    """One file, and what is expected of it."""

    name: str
    expected: str
    content: bytes

    @property
    def is_accepted(self) -> bool:
        """Whether the mock takes it."""
        return self.expected in (TAKEN, SPLIT_TAKEN, FURTHER_FRAMES, DAMAGED_PIXELS)


# PNG

Chunk = tuple[bytes, bytes]


def png_chunks(content: bytes) -> list[Chunk]:
    """The chunks of a whole PNG: name and data."""
    found, at = [], 8
    while at < len(content):
        (length,) = struct.unpack_from(">I", content, at)
        found.append((content[at + 4 : at + 8], content[at + 8 : at + 8 + length]))
        at += 12 + length
    return found


def png(chunks: Iterable[Chunk]) -> bytes:
    """A PNG of these chunks."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def ihdr(depth: int = 8, colour: int = 2, *rest: int, width: int = WIDTH, height: int = HEIGHT) -> tuple[bytes, bytes]:
    return b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, *(rest or (0, 0, 0)))


def pngs() -> Iterator[OddPicture]:  # noqa: PLR0915 - a table
    whole = picture(WIDTH, HEIGHT)
    header, data, end = png_chunks(whole)
    pixels = data[1]

    def made(name: str, expected: str, *chunks: Chunk) -> OddPicture:
        return OddPicture(f"png: {name}", expected, png(chunks))

    def idat(*cuts: int) -> list[Chunk]:
        edges = [0, *cuts, len(pixels)]
        return [(b"IDAT", pixels[start:stop]) for start, stop in pairwise(edges)]

    yield made("as drawn", TAKEN, header, data, end)
    yield made("first IDAT of one byte", TAKEN, header, *idat(1), end)
    yield made("first IDATs of none and one byte", TAKEN, header, *idat(0, 1, 1, 2), end)
    yield made("an IDAT for each byte", TAKEN, header, *idat(*range(1, len(pixels))), end)
    yield made("no pixels", BROKEN, header, end)
    yield made("empty IDAT", BROKEN, header, (b"IDAT", b""), end)
    yield made("one byte of pixels", BROKEN, header, (b"IDAT", pixels[:1]), end)
    yield made("half of the pixels", DAMAGED_PIXELS, header, (b"IDAT", pixels[: len(pixels) // 2]), end)
    yield made("raw deflate", BROKEN, header, (b"IDAT", pixels[2:-4]), end)
    yield made("preset dictionary", BROKEN, header, (b"IDAT", b"\x78\x20" + pixels[2:]), end)
    yield made("window over 32 kB", BROKEN, header, (b"IDAT", _zlib_header(0x88) + pixels[2:]), end)
    yield made("no deflate", BROKEN, header, (b"IDAT", _zlib_header(0x77) + pixels[2:]), end)
    yield made("header check wrong", BROKEN, header, (b"IDAT", b"\x78\x9d" + pixels[2:]), end)
    for depth, colour in (
        (0, 2),
        (1, 2),
        (4, 2),
        (3, 0),
        (5, 3),
        (16, 3),
        (4, 4),
        (2, 6),
        (32, 0),
        (8, 1),
        (8, 5),
        (8, 7),
    ):
        yield made(f"colour type {colour} of {depth} bits", BROKEN, ihdr(depth, colour), data, end)
    yield made("compression 1", SPLIT_REFUSED, ihdr(8, 2, 1, 0, 0), data, end)
    yield made("filter 1", BROKEN, ihdr(8, 2, 0, 1, 0), data, end)
    yield made("filter 64", BROKEN, ihdr(8, 2, 0, 64, 0), data, end)
    yield made("interlace 2", BROKEN, ihdr(8, 2, 0, 0, 2), data, end)
    yield made("no width", BROKEN, ihdr(width=0), data, end)
    yield made("no height", BROKEN, ihdr(height=0), data, end)
    yield made("width over 31 bits", BROKEN, ihdr(width=2**31), data, end)
    yield made("IHDR of 14 bytes", SPLIT_REFUSED, (b"IHDR", header[1] + b"\0"), data, end)
    yield made("IHDR of 12 bytes", BROKEN, (b"IHDR", header[1][:-1]), data, end)
    yield made("text first", SPLIT_REFUSED, (b"tEXt", b"a\0b"), header, data, end)
    yield made("two IHDR", SPLIT_REFUSED, header, header, data, end)
    yield made("palette without PLTE", SPLIT_REFUSED, *_palette_png(0))
    yield made("palette", TAKEN, *_palette_png(2))
    yield made("PLTE of 4 bytes", TAKEN, *_palette_png(2, b"\0"))
    yield made("PLTE of 257 colours", BROKEN, *_palette_png(257))
    yield made("PLTE after IDAT", SPLIT_REFUSED, *_palette_png(2, order=(0, 2, 1, 3)))
    yield made("PLTE in grey", TAKEN, ihdr(8, 0), (b"PLTE", bytes(6)), _pixels(1 + WIDTH), end)
    yield made("PLTE in colour", TAKEN, header, (b"PLTE", bytes(6)), data, end)
    yield made("text behind the pixels", TAKEN, header, data, (b"tEXt", b"a\0b"), end)
    yield made("text among the pixels", BROKEN, header, *idat(9)[:1], (b"tEXt", b"a\0b"), *idat(9)[1:], end)
    yield made("unknown chunk", TAKEN, header, (b"abCd", b"x"), data, end)
    yield made("unknown critical chunk", SPLIT_REFUSED, header, (b"ABCD", b"x"), data, end)
    yield made("chunk name of digits", TAKEN, header, (b"1234", b"x"), data, end)
    yield made("IEND with data", TAKEN, header, data, (b"IEND", b"x"))
    yield OddPicture("png: bytes behind the end", TAKEN, whole + b"junk" * 99)
    yield OddPicture("png: text cut behind the pixels", SPLIT_TAKEN, png([header, data, (b"tEXt", bytes(99))])[:-60])
    yield OddPicture("png: wrong CRC of IEND", TAKEN, whole[:-1] + b"\0")
    yield OddPicture("png: wrong CRC of IHDR", BROKEN, whole[:29] + bytes(4) + whole[33:])
    yield OddPicture("png: wrong CRC of IDAT", SPLIT_TAKEN, whole[:-16] + bytes(4) + whole[-12:])
    with_text = png([header, (b"tEXt", b"a\0b"), data, end])
    yield OddPicture("png: wrong CRC of text", SPLIT_TAKEN, with_text[:44] + bytes(4) + with_text[48:])
    with_palette = png(_palette_png(2))
    yield OddPicture("png: wrong CRC of PLTE", BROKEN, with_palette[:47] + bytes(4) + with_palette[51:])
    for lost in (1, 4):
        yield OddPicture(f"png: last {lost} bytes cut", TAKEN, whole[:-lost])
    for lost in (5, 8, 12, 13, 16, 20):
        yield OddPicture(f"png: last {lost} bytes cut", SPLIT_REFUSED, whole[:-lost])
    yield OddPicture("png: last 24 bytes cut", BROKEN, whole[:-24])
    yield made("text in place of IEND", TAKEN, header, data, (b"tEXt", b"a\0b"))
    yield made("more pixels behind a text", PIXELS_GO_ON, header, data, (b"tEXt", b"a\0b"), data, end)
    yield OddPicture("png: signature by FTP", BROKEN, whole.replace(b"\r\n", b"\n", 1))
    yield OddPicture("png: chunk over the end", SPLIT_REFUSED, whole[:33] + b"\x7f\xff\xff\xff" + whole[37:])
    control = (b"acTL", struct.pack(">II", 1, 0))
    frame = (b"fdAT", bytes(4) + pixels)
    yield made("animated, a frame that nothing describes", FURTHER_FRAMES, header, control, data, frame, end)
    yield OddPicture("png: animated", TAKEN, animation(WIDTH, HEIGHT, "png"))
    for mode in ("1", "L", "LA", "P", "RGBA", "I;16"):
        yield OddPicture(f"png: mode {mode}", TAKEN, picture(WIDTH, HEIGHT, mode=mode))


def _zlib_header(first: int) -> bytes:
    return bytes((first, 31 - first * 256 % 31))


def _pixels(bytes_a_row: int) -> Chunk:
    return b"IDAT", zlib.compress(bytes(bytes_a_row * HEIGHT))


def _palette_png(colours: int, more: bytes = b"", order: Iterable[int] = range(4)) -> list[Chunk]:
    chunks = [ihdr(8, 3), (b"PLTE", bytes(3 * colours) + more), _pixels(1 + WIDTH), (b"IEND", b"")]
    return [chunks[index] for index in order if colours or index != 1]


# JPEG


def jpeg_segments(content: bytes) -> tuple[list[bytes], bytes]:
    """The segments between SOI and the first scan, and the rest from its marker on."""
    found, at = [], 2
    while content[at + 1] != 0xDA:
        length = 2 + int.from_bytes(content[at + 2 : at + 4])
        found.append(content[at : at + length])
        at += length
    return found, content[at:]


def jpeg(segments: Iterable[bytes], rest: bytes) -> bytes:
    return b"\xff\xd8" + b"".join(segments) + rest


COMMENT = b"\xff\xfe\0\x05abc"


def jpegs() -> Iterator[OddPicture]:  # noqa: PLR0915 - a table
    whole = noise(WIDTH, HEIGHT, "jpeg")
    segments, rest = jpeg_segments(whole)
    frame = next(index for index, each in enumerate(segments) if each[1] == 0xC0)

    def made(name: str, expected: str, before: Iterable[bytes] = (), behind: bytes = rest) -> OddPicture:
        return OddPicture(f"jpeg: {name}", expected, jpeg([*before, *segments], behind))

    def changed(name: str, expected: str, old: bytes, new: bytes) -> OddPicture:
        return OddPicture(f"jpeg: {name}", expected, jpeg([new if each == old else each for each in segments], rest))

    sof = segments[frame]
    yield made("as drawn", TAKEN)
    for name, stray in (("a zero", b"\0"), ("zeros", bytes(20)), ("junk", b"junk"), ("a stuffed FF", b"\xff\0")):
        yield made(f"{name} between segments", TAKEN, [segments[0], stray])
        yield OddPicture(f"jpeg: {name} before the scan", TAKEN, jpeg(segments, stray + rest))
    yield made("zero before the first segment", BROKEN, [b"\0"])
    yield made("fill bytes", TAKEN, [segments[0], b"\xff" * 9])
    yield made("restart marker between segments", TAKEN, [segments[0], b"\xff\xd0"])
    yield made("TEM between segments", SPLIT_TAKEN, [segments[0], b"\xff\x01"])
    yield made("second SOI", BROKEN, [segments[0], b"\xff\xd8"])
    yield made("EOI before the frame", BROKEN, [segments[0], b"\xff\xd9"])
    yield made("segment shorter than it says", TAKEN, [COMMENT[:3] + b"\x03" + COMMENT[4:]])
    yield made("segment longer than it says", TAKEN, [COMMENT + b"xyz"])
    yield made("segment of length 0", TAKEN, [b"\xff\xfe\0\0"])
    yield made("segment of length 1", TAKEN, [b"\xff\xfe\0\x01"])
    yield made("segment of length 2", TAKEN, [b"\xff\xfe\0\x02"])
    yield made("reserved marker JPG0 with length", BROKEN, [b"\xff\xf0\0\x04ab"])
    yield made("reserved marker 02 with length", BROKEN, [b"\xff\x02\0\x04ab"])
    yield made("bytes behind the end", TAKEN, (), rest + b"junk" * 99)
    yield made("zeros behind the end", TAKEN, (), rest + bytes(999))
    yield made("no end marker", BROKEN, (), rest[:-2])
    yield made("half an end marker", BROKEN, (), rest[:-1])
    yield made("half a scan", BROKEN, (), rest[: len(rest) // 2])
    yield made("half a scan with an end", TAKEN, (), rest[: len(rest) // 2] + b"\xff\xd9")
    yield made("no scan", BROKEN, (), b"\xff\xd9")
    yield made("scan without data", TAKEN, (), rest[: 2 + int.from_bytes(rest[2:4])] + b"\xff\xd9")
    yield OddPicture("jpeg: no frame", BROKEN, jpeg([each for each in segments if each != sof], rest))
    yield OddPicture(
        "jpeg: frame behind the scan", BROKEN, jpeg([each for each in segments if each != sof], rest[:-2] + sof + rest)
    )
    yield OddPicture("jpeg: two frames", BROKEN, jpeg([*segments, sof], rest))
    yield OddPicture("jpeg: no quantisation table", BROKEN, jpeg([s for s in segments if s[1] != 0xDB], rest))
    yield OddPicture("jpeg: no Huffman table", TAKEN, jpeg([s for s in segments if s[1] != 0xC4], rest))
    yield changed("frame without width", BROKEN, sof, sof[:7] + b"\0\0" + sof[9:])
    yield changed("frame without height", BROKEN, sof, sof[:5] + b"\0\0" + sof[7:])
    yield changed("frame of 12 bits", BROKEN, sof, sof[:4] + b"\x0c" + sof[5:])
    yield changed("frame of no components", BROKEN, sof, sof[:2] + b"\0\x08" + sof[4:9] + b"\0")
    yield changed("frame of a wrong length", BROKEN, sof, sof[:2] + b"\0\x12" + sof[4:])
    yield changed("frame of 2 components", BROKEN, sof, sof[:2] + b"\0\x0e" + sof[4:9] + b"\x02" + sof[10:16])
    for code, name in (
        (0xC3, "lossless"),
        (0xC5, "differential"),
        (0xC7, "differential lossless"),
        (0xCB, "arithmetic lossless"),
    ):
        yield changed(f"{name} frame", BROKEN, sof, b"\xff" + bytes((code,)) + sof[2:])
    yield changed("extended frame", TAKEN, sof, b"\xff\xc1" + sof[2:])
    yield changed("arithmetic frame", TAKEN, sof, b"\xff\xc9" + sof[2:])
    dqt = next(each for each in segments if each[1] == 0xDB)
    dht = next(each for each in segments if each[1] == 0xC4)
    yield changed("quantisation table 4", BROKEN, dqt, dqt[:4] + b"\x04" + dqt[5:])
    yield changed("quantisation table cut", BROKEN, dqt, dqt[:2] + b"\0\x42" + dqt[4:68])
    yield changed("quantisation table of 16 bits", TAKEN, dqt, _wide(dqt))
    yield changed("Huffman table 4", BROKEN, dht, dht[:4] + b"\x04" + dht[5:])
    yield changed("Huffman table of too many codes", BROKEN, dht, dht[:5] + b"\xff" + dht[6:])
    yield changed("Huffman table of too many short codes", BROKEN, dht, dht[:2] + b"\0\x16\0\3" + bytes(15) + b"\0\1\2")
    yield made("scan of no components", BROKEN, (), rest[:2] + b"\0\6\0" + rest[-5:])
    yield made("scan of an unknown component", BROKEN, (), rest[:5] + b"\x09" + rest[6:])
    yield made("scan of a wrong length", BROKEN, (), rest[:3] + b"\x0d" + rest[4:])
    yield made("restart interval of 5 bytes", BROKEN, [b"\xff\xdd\0\5\0\0\0"])
    yield made("arithmetic conditioning", TAKEN, [b"\xff\xcc\0\4\0\x10"])
    yield made("number of lines", TAKEN, [b"\xff\xdc\0\4\0\x18"])
    yield made("a megabyte between segments", TAKEN, [segments[0], bytes(1_000_000)])
    yield changed("sampling factor 0", BROKEN, sof, sof[:11] + b"\0" + sof[12:])
    yield changed("sampling factor 5", BROKEN, sof, sof[:11] + b"\x55" + sof[12:])
    for mode in ("L", "CMYK"):
        yield OddPicture(f"jpeg: mode {mode}", TAKEN, picture(WIDTH, HEIGHT, "jpeg", mode=mode))
    yield OddPicture("jpeg: progressive", TAKEN, noise(WIDTH, HEIGHT, "jpeg", progressive=True))
    yield OddPicture("jpeg: progressive without an end", BROKEN, noise(WIDTH, HEIGHT, "jpeg", progressive=True)[:-2])
    yield OddPicture("jpeg: restarts", TAKEN, noise(WIDTH, HEIGHT, "jpeg", restart_marker_rows=1))
    thumbnail = b"\xff\xe1" + (len(whole) + 8).to_bytes(2) + b"Exif\0\0" + whole
    yield made("thumbnail in a segment", TAKEN, [thumbnail])
    yield made("thumbnail in a segment, no end of its own", BROKEN, [thumbnail], rest[:-2])


def _wide(dqt: bytes) -> bytes:
    return b"\xff\xdb\0\x83\x10" + b"".join(bytes((0, each)) for each in dqt[5:69])


# WebP


def webp_chunks(content: bytes) -> list[Chunk]:
    """The chunks of a whole WebP: name and data, without padding."""
    found, at = [], 12
    while at < len(content):
        (length,) = struct.unpack_from("<I", content, at + 4)
        found.append((content[at : at + 4], content[at + 8 : at + 8 + length]))
        at += 8 + length + length % 2
    return found


def webp(chunks: Iterable[Chunk], more: int = 0) -> bytes:
    """A WebP of these chunks; ``more`` is added to the length that it says."""
    body = b"WEBP" + b"".join(
        name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for name, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) + more) + body


def canvas(width: int = WIDTH, height: int = HEIGHT, flags: int = 0) -> Chunk:
    return b"VP8X", struct.pack("<I", flags) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


def webps() -> Iterator[OddPicture]:  # noqa: PLR0915 - a table
    lossy, lossless = noise(WIDTH, HEIGHT, "webp"), noise(WIDTH, HEIGHT, "webp", lossless=True)
    ((_, vp8),) = webp_chunks(lossy)
    ((_, vp8l),) = webp_chunks(lossless)
    exif, unknown = (b"EXIF", b"Exif\0\0ab"), (b"abcd", b"xyz")
    first, second = (b"VP8 ", vp8), (b"VP8L", vp8l)

    def made(name: str, expected: str, *chunks: Chunk, more: int = 0) -> OddPicture:
        return OddPicture(f"webp: {name}", expected, webp(chunks, more))

    yield made("lossy", TAKEN, first)
    yield made("lossless", TAKEN, second)
    yield made("canvas and lossy", TAKEN, canvas(), first)
    yield made("canvas and lossless", TAKEN, canvas(), second)
    yield made("canvas and lossless with alpha", TAKEN, canvas(flags=0x10), second)
    for name, width, height in (("wider", WIDTH + 1, HEIGHT), ("higher", WIDTH, HEIGHT + 1), ("smaller", 8, 8)):
        yield made(f"canvas {name} than lossy frame", BROKEN, canvas(width, height), first)
        yield made(f"canvas {name} than lossless frame", BROKEN, canvas(width, height), second)
    yield made("frame without its key-frame bit", BROKEN, (b"VP8 ", bytes((vp8[0] | 1,)) + vp8[1:]))
    yield made("frame that is not shown", BROKEN, (b"VP8 ", bytes((vp8[0] & ~0x10,)) + vp8[1:]))
    yield made("frame of version 4", BROKEN, (b"VP8 ", bytes((vp8[0] & ~0xE | 8,)) + vp8[1:]))
    yield made("frame of version 3", TAKEN, (b"VP8 ", bytes((vp8[0] & ~0xE | 6,)) + vp8[1:]))
    yield made("first partition over the end", BROKEN, (b"VP8 ", bytes((vp8[0] | 0xE0, 0xFF, 0xFF)) + vp8[3:]))
    yield made("wrong start code", BROKEN, (b"VP8 ", vp8[:3] + b"\x9d\x01\x2b" + vp8[6:]))
    yield made("frame without width", BROKEN, (b"VP8 ", vp8[:6] + b"\0\0" + vp8[8:]))
    yield made("frame with scale bits", TAKEN, (b"VP8 ", vp8[:7] + bytes((vp8[7] | 0x40,)) + vp8[8:]))
    yield made("lossless wrong signature", BROKEN, (b"VP8L", b"\x2e" + vp8l[1:]))
    yield made("lossless version 1", BROKEN, (b"VP8L", vp8l[:4] + bytes((vp8l[4] | 0x20,)) + vp8l[5:]))
    yield made("lossless in a lossy chunk", BROKEN, (b"VP8 ", vp8l))
    yield made("lossy in a lossless chunk", BROKEN, (b"VP8L", vp8))
    yield made("EXIF behind without a canvas", TAKEN, first, exif)
    yield made("EXIF in front without a canvas", BROKEN, exif, first)
    yield made("EXIF behind", TAKEN, canvas(flags=8), first, exif)
    yield made("EXIF in front", TAKEN, canvas(flags=8), exif, first)
    yield made("unknown in front", TAKEN, canvas(), unknown, first)
    yield made("unknown in front without a canvas", BROKEN, unknown, first)
    yield made("canvas last", TAKEN, first, canvas())
    yield made("canvas alone", BROKEN, canvas())
    yield made("canvas of 8 bytes", BROKEN, (b"VP8X", canvas()[1][:8]), first)
    yield made("canvas of 12 bytes", BROKEN, (b"VP8X", canvas()[1] + b"\0\0"), first)
    yield made("alpha and lossy", TAKEN, canvas(flags=0x10), (b"ALPH", bytes(1 + WIDTH * HEIGHT)), first)
    yield made("alpha and lossy without a canvas", BROKEN, (b"ALPH", bytes(1 + WIDTH * HEIGHT)), first)
    yield made("two frames", TAKEN, first, first)
    yield made("animation flag without frames", BROKEN, canvas(flags=2), first)
    yield OddPicture("webp: animated", TAKEN, animation(WIDTH, HEIGHT, "webp"))
    animated = webp_chunks(animation(WIDTH, HEIGHT, "webp"))
    yield made("animated without its flag", BROKEN, canvas(), *animated[1:])
    yield made("animated, canvas larger", TAKEN, canvas(WIDTH + 8, HEIGHT, 2), *animated[1:])
    yield made("animated, canvas smaller", BROKEN, canvas(8, 8, 2), *animated[1:])
    yield made("animated without ANIM", BROKEN, animated[0], *animated[2:])
    yield made("says two bytes more", BROKEN, first, more=2)
    yield made("says two bytes less", BROKEN, first, more=-2)
    yield made("says odd length", BROKEN, first, more=1)
    yield OddPicture("webp: bytes behind the end", TAKEN, lossy + b"junk" * 9)
    yield OddPicture("webp: last byte cut", BROKEN, lossy[:-1])
    yield OddPicture("webp: half", BROKEN, lossy[: len(lossy) // 2])
    yield OddPicture("webp: half of lossless", BROKEN, lossless[: len(lossless) // 2])
    odd = (b"VP8L", vp8l + b"\0" * (1 - len(vp8l) % 2))
    yield OddPicture("webp: padding of the last chunk missing", BROKEN, webp([odd], more=-1)[:-1])


@cache
def odd_pictures() -> tuple[OddPicture, ...]:
    """All of them."""
    return (*pngs(), *jpegs(), *webps())
