"""What a downloaded file is, read from its bytes: real files of the mock, and files made wrong by hand."""

import struct
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from contract_tests.oracle.decoding import picture_faults
from contract_tests.oracle.media import Media, read_clip, read_media
from mockserver.media.content import ClipSource, make_content
from tests.faults.film import box, boxes, mp4, still
from tests.pictures import picture


@pytest.mark.parametrize("size", [(64, 96), (96, 64)])
def test_a_real_clip_is_read(size: tuple[int, int]) -> None:
    made = make_content("video", ClipSource(picture(*size), *size, 4.0))
    file = read_media(made.body)
    assert (file.type, file.width, file.height, file.faults) == (made.media_type, *size, ())
    assert file.seconds is not None and file.frame is not None
    assert abs(file.seconds - 4) <= file.frame


@pytest.mark.parametrize("variant", ["thumbnail", "spritesheet"])
def test_a_real_picture_is_read(variant: str) -> None:
    made = make_content(variant, ClipSource(picture(64, 96), 64, 96, 4.0))
    file = read_media(made.body)
    assert (file.type, file.faults) == (made.media_type, ())
    assert min(file.width, file.height) > 0


GOOD = boxes(64, 96, 24)
HEAD, MOVIE = GOOD[:24], GOOD[24 : GOOD.index(b"mdat") - 4]
DATA = GOOD[len(HEAD) + len(MOVIE) :]


def long_box(kind: bytes, content: bytes) -> bytes:
    """A box whose size stands in 64 bits."""
    return struct.pack(">I4sQ", 1, kind, 16 + len(content)) + content


def in_64_bits() -> bytes:
    """The same film with its clock in 64 bits."""
    clock = box("mdhd", struct.pack(">5I", 0, 0, 0, 2400, 2400), bytes(4))
    wide = box("mdhd", struct.pack(">IQQIQ", 1 << 24, 0, 0, 2400, 2400), bytes(4))
    return GOOD.replace(clock, wide[:4] + wide[4:]) if len(wide) == len(clock) else grown(clock, wide)


def grown(old: bytes, new: bytes) -> bytes:
    """The film with a box inside its video track exchanged, and the boxes around it as much longer."""
    film = GOOD.replace(old, new)
    for kind in (b"moov", b"mdia"):
        at = film.rindex(kind, 0, film.index(new)) - 4
        film = (
            film[:at] + struct.pack(">I", struct.unpack_from(">I", film, at)[0] + len(new) - len(old)) + film[at + 4 :]
        )
    at = film.rindex(b"trak", 0, film.index(new)) - 4
    return film[:at] + struct.pack(">I", struct.unpack_from(">I", film, at)[0] + len(new) - len(old)) + film[at + 4 :]


FILMS: dict[str, tuple[bytes, int, float | None, str]] = {
    "as it should be": (GOOD, 64, 1.0, ""),
    "a clock of 64 bits": (in_64_bits(), 64, 1.0, ""),
    "a box of 64 bits": (HEAD + MOVIE + long_box(b"mdat", bytes(24)), 64, 1.0, ""),
    "a last box up to the end": (HEAD + MOVIE + struct.pack(">I4s", 0, b"mdat") + bytes(24), 64, 1.0, ""),
    "nothing behind its head": (HEAD, 0, None, "no video track"),
    "no data": (HEAD + MOVIE, 64, 1.0, "no box mdat"),
    "its end cut off": (GOOD[:-9], 64, 1.0, "ends 9 bytes early"),
    "its movie behind": (HEAD + DATA + MOVIE, 64, 1.0, "mdat stands before moov"),
    "no head": (MOVIE + DATA, 64, 1.0, "not begin with the box ftyp"),
    "a clock that stands": (GOOD.replace(struct.pack(">2I", 2400, 2400), bytes(8)), 64, None, ""),
    "no clock": (GOOD.replace(b"mdhd", b"free"), 64, None, ""),
    "no sides": (GOOD.replace(b"tkhd", b"free"), 0, 1.0, ""),
    "no handler": (GOOD.replace(b"hdlr", b"free"), 0, None, "no video track"),
    "a box smaller than its head": (HEAD + struct.pack(">I4s", 4, b"moov") + bytes(90), 0, None, "no video track"),
    "a box of 64 bits cut off": (HEAD + struct.pack(">I4s", 1, b"moov"), 0, None, "too short"),
    "fragments": (GOOD.replace(b"mvhd", b"mvex"), 64, None, ""),
}


@pytest.mark.parametrize("case", FILMS)
def test_a_film_is_read_by_its_boxes(case: str) -> None:
    film, width, seconds, fault = FILMS[case]
    file = read_clip(film)
    assert (file.width, file.seconds) == (width, seconds)
    assert fault in "; ".join(file.faults) if fault else file.faults == ()


REAL = mp4(64, 96, 24)


def claiming(kind: bytes, *numbers: int) -> bytes:
    """A real film with a table that begins with these numbers."""
    at = REAL.index(kind) + 8
    new = struct.pack(f">{len(numbers)}I", *numbers)
    return REAL[:at] + new + REAL[at + len(new) :]


#: Films whose boxes are right, and what decoding them shows.
DECODED: dict[str, tuple[bytes, str]] = {
    "as it should be": (REAL, ""),
    "boxes alone": (boxes(64, 96, 24), "no decoder is known for its video"),
    "pictures of other sides": (mp4(64, 96, 24, shown=(32, 48)), "its first picture is 32x48"),
    "bytes that are no picture": (
        REAL[: REAL.index(b"mdat") + 4] + bytes(len(REAL) - REAL.index(b"mdat") - 4),
        "no decoder opens its video",
    ),
    "a codec that nobody knows": (REAL.replace(b"avc1", b"xyz1"), "no decoder"),
    "more frames than there are": (claiming(b"stsz", 0, 24).replace(b"stco", b"free"), "no decoder"),
    "billions of frames in one table": (claiming(b"stsz", 1, 1 << 31), "claims 2147483648 pictures"),
    "billions of frames by their time": (claiming(b"stts", 1, 1 << 31), "claims 2147483648 pictures"),
    "a wall of pixels": (boxes(65_000, 65_000, 24), "of 65000x65000, more than are decoded"),
}


@pytest.mark.parametrize("case", DECODED)
def test_a_film_is_decoded(case: str) -> None:
    film, fault = DECODED[case]
    faults = "; ".join(read_media(film).faults)
    assert fault in faults if fault else not faults


def test_what_takes_too_long_is_not_judged() -> None:
    times = iter([0.0, *[11.0] * 1000])
    assert list(picture_faults(mp4(64, 96, 24, shown=(32, 48)), (64, 96), lambda: next(times))) == []


KINDS = ("WEBP", "JPEG", "PNG", "GIF")


def bomb() -> bytes:
    """A picture that claims more than anybody wants to unpack."""
    data = bytearray(still("PNG"))
    data[16:24] = struct.pack(">II", 60_000, 60_000)
    return bytes(data)


PICTURES: dict[str, tuple[bytes, str | None, str]] = {
    "a WebP": (still("WEBP"), "image/webp", ""),
    "a JPEG": (still("JPEG"), "image/jpeg", ""),
    "a JPEG without its end": (still("JPEG")[:-200], "image/jpeg", "damaged"),
    "a WebP without its end": (still("WEBP")[:-9], "image/webp", "damaged"),
    "text": (b"https://example.com", None, ""),
    "nothing": (b"", None, ""),
    "a bomb": (bomb(), "image/png", "damaged"),
}


@pytest.mark.parametrize("case", PICTURES)
def test_a_picture_is_known_by_its_bytes(case: str) -> None:
    data, media_type, fault = PICTURES[case]
    file = read_media(data)
    assert file.type == media_type
    assert fault in "; ".join(file.faults) if fault else file.faults == ()


def test_a_picture_of_too_many_pixels_is_not_unpacked() -> None:
    buffer = BytesIO()
    Image.new("1", (8_000, 8_000)).save(buffer, "PNG")
    assert read_media(buffer.getvalue()).faults == ("its sides are 8000x8000",)


def test_a_picture_wider_than_any_video_is_a_fault() -> None:
    buffer = BytesIO()
    Image.new("1", (20_000, 1)).save(buffer, "PNG")
    assert read_media(buffer.getvalue()).faults == ("its sides are 20000x1",)


@given(
    st.sampled_from((GOOD, REAL, *map(still, KINDS))), st.integers(0, 999), st.binary(max_size=12), st.integers(0, 12)
)
@settings(max_examples=200)
def test_no_bytes_break_the_reader(data: bytes, at: int, new: bytes, less: int) -> None:
    at %= len(data)
    file = read_media(data[:at] + new + data[at + less :])
    assert Media.from_json(file.to_json()) == file
