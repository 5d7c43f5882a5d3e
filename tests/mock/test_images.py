"""The picture is judged by its bytes."""

import struct
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.validation.images import Image, read_image
from tests.mock.vocabulary import Mock, form, refused
from tests.odd_pictures import HEIGHT, WIDTH, OddPicture, odd_pictures, png_chunks
from tests.pictures import animation, noise, picture

BLOCKS = 1000


def boxes(brand: bytes, *compatible: bytes) -> bytes:
    """The first box of a file that is kept in boxes."""
    content = b"ftyp" + brand + bytes(4) + b"".join(compatible)
    return (4 + len(content)).to_bytes(4) + content + bytes(8)


WHOLE = {
    "png": picture(30, 20),
    "noisy png": noise(300, 200),
    "jpeg": picture(30, 20, "jpeg"),
    "noisy jpeg": noise(300, 200, "jpeg"),
    "progressive jpeg": noise(300, 200, "jpeg", progressive=True),
    "webp": picture(30, 20, "webp"),
    "noisy webp": noise(300, 200, "webp"),
    "lossless webp": picture(31, 20, "webp", lossless=True),
    "webp with exif": picture(30, 20, "webp", exif=b"Exif\0\0abc"),
    "animated webp": animation(30, 20, "webp"),
    "animated png": animation(30, 20, "png"),
    "gif": picture(30, 20, "gif"),
}


def dimensions(content: bytes) -> str:
    return read_image([content], BLOCKS).dimensions


@pytest.mark.parametrize("odd", odd_pictures(), ids=lambda odd: odd.name)
def test_odd_picture_is_taken_or_refused_as_decoders_do(odd: OddPicture) -> None:
    image = read_image([odd.content])
    assert image.intact == odd.is_accepted
    assert not image.intact or image.dimensions in (f"{WIDTH}x{HEIGHT}", f"{WIDTH + 8}x{HEIGHT}")


@pytest.mark.parametrize("content", WHOLE.values(), ids=WHOLE)
def test_no_truncation_passes_for_a_whole_picture(content: bytes) -> None:
    least = complete(content)
    ends = {*range(min(least, 400)), *range(max(0, least - 400), least), least // 2}
    assert [end for end in ends if read_image([content[:end]], BLOCKS).intact] == []
    assert read_image([content[:least]]).intact


def complete(content: bytes) -> int:
    """How many bytes a picture needs: a PNG its pixels and the head of the chunk behind them, others all."""
    if not content.startswith(b"\x89PNG"):
        return len(content)
    names = [name for name, _ in png_chunks(content)]
    last = len(names) - 1 - names[::-1].index(b"IDAT")
    return 8 + sum(12 + len(data) for _, data in png_chunks(content)[: last + 1]) + 8


@pytest.mark.parametrize("kept", [33, 100, -20, -12])
@pytest.mark.parametrize("file_format", ["png", "jpeg", "webp"])
def test_picture_that_ends_early_is_refused_with_its_type(mock: Mock, file_format: str, kept: int) -> None:
    message = (
        f"Invalid file 'input_reference': the image/{file_format} ends early or is damaged. "
        "Supported are complete files of 'image/png', 'image/jpeg', and 'image/webp'."
    )
    answer = mock.post(form(input_reference=picture(file_format=file_format)[:kept]))
    refused(answer, 400, "invalid_image_file", "input_reference", message)


@pytest.mark.parametrize(
    ("head", "file_type"),
    [
        (boxes(b"avif", b"mif1"), "image/avif"),
        (boxes(b"avis", b"msf1"), "image/avif"),
        (boxes(b"mif1", b"mif1", b"avif"), "image/avif"),
        (boxes(b"heic", b"mif1"), "image/heic"),
        (boxes(b"heix"), "image/heic"),
        (boxes(b"hevc", b"msf1"), "image/heic"),
        (boxes(b"hevx"), "image/heic"),
        (boxes(b"mif1", b"miaf", b"heic"), "image/heic"),
        (boxes(b"msf1", b"hevc"), "image/heic"),
        (boxes(b"mif1"), "image/heif"),
        (boxes(b"isom", b"avc1"), "video/mp4"),
        (boxes(b"qt  "), "video/quicktime"),
        (b"\xff\n" + bytes(20), "image/jxl"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),
        (b"<?xml version='1.0'?>\n<!-- x -->\n<svg xmlns='x'/>", "image/svg+xml"),
        (b"\xef\xbb\xbf  <svg/>", "image/svg+xml"),
        (b"<svg viewBox='0 0 9 9'/>", "image/svg+xml"),
        (b"II+\0", "image/tiff"),
        (b"\0\0\1\0\1\0", "image/vnd.microsoft.icon"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
        (b"\xff\xd8\0", "application/octet-stream"),
    ],
)
def test_file_that_is_no_picture_of_the_api_is_named_as_what_it_is(head: bytes, file_type: str) -> None:
    assert read_image([head]).type == file_type


@given(st.sampled_from(list(WHOLE.values())), st.lists(st.integers(0, 60_000), max_size=8))
def test_chunks_of_any_size_read_the_same(content: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(content)]
    chunks = [content[start:end] for start, end in pairwise(edges)]
    assert read_image([chunk for chunk in chunks if chunk], BLOCKS) == read_image([content], BLOCKS)


@given(st.sampled_from(list(WHOLE.values())), st.integers(0), st.binary(max_size=9), st.integers(0, 9))
def test_any_damage_is_read_without_an_error(content: bytes, at: int, inserted: bytes, lost: int) -> None:
    at %= len(content)
    read_image([content[:at] + inserted + content[at + lost :]], BLOCKS)


@given(
    st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\x40\0\0\0WEBP", b"GIF89a", b""]),
    st.binary(max_size=99),
)
def test_any_bytes_after_a_signature_are_read_without_an_error(signature: bytes, rest: bytes) -> None:
    assert isinstance(read_image([signature + rest] if signature + rest else [], BLOCKS), Image)


@given(st.integers(1, 16000), st.integers(1, 16000))
def test_dimensions_of_a_png_are_those_of_its_header(width: int, height: int) -> None:
    assert dimensions(png(width, height)) == f"{width}x{height}"


def png(width: int, height: int, data: bytes = zlib.compress(b"")) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(part)) + name + part + struct.pack(">I", zlib.crc32(name + part)) for name, part in chunks
    )


def test_picture_that_would_unpack_to_gigabytes_costs_nothing_and_is_refused(mock: Mock) -> None:
    bomb = png(65535, 65535, zlib.compress(bytes(10_000_000)))
    refused(mock.post(form(input_reference=bomb)), 400, None, "input_reference")


@pytest.mark.parametrize(
    "content",
    [
        png(0, 20),
        png(30, 0),
        png(30, 20, b""),
        png(30, 20, b"no deflate"),
        png(30, 20).replace(b"\0\0\0\x1e", b"\0\0\0\x1f"),  # the check sum of the header is wrong
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xe0\0\x01" + bytes(100),
        b"\xff\xd8\xff\xda\0\x02\xff\xd9",
        b"\xff\xd8\xff\xff\xff\xd0\xff\xda\0\x02\xff\xd9",
        b"RIFF\x16\0\0\0WEBPVP8 \x0a\0\0\0" + bytes(10),
        b"RIFF\x11\0\0\0WEBPVP8L\x05\0\0\0" + bytes(5),
        b"RIFF\x16\0\0\0WEBPVP8 \xff\x0f\0\0" + bytes(10),
        b"RIFF\x04\0\0\0WEBP",
    ],
    ids=ascii,
)
def test_structure_that_makes_no_picture_is_damaged(content: bytes) -> None:
    assert not read_image([content], BLOCKS).intact


@pytest.mark.parametrize(
    "hostile",
    [
        b"\x89PNG\r\n\x1a\n" + png(9, 9)[8:33] + (bytes(4) + b"tEXt" + bytes(4)) * 9999 + png(9, 9)[33:],
        b"\xff\xd8" + b"\xff\xfe\0\2" * 9999 + picture(9, 9, "jpeg")[2:],
        b"\xff\xd8" + b"\xff" * 9999 + picture(9, 9, "jpeg")[2:],
    ],
    ids=["png", "jpeg", "filled jpeg"],
)
def test_file_of_endless_blocks_is_given_up(hostile: bytes) -> None:
    assert not read_image([hostile], BLOCKS).intact
    assert read_image([hostile], 100_000).intact
