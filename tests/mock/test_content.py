"""The content of a finished video, decoded again and looked at."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from io import BytesIO
from itertools import pairwise
from typing import Any

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageStat

from mockserver.media.content import MAKERS, ClipSource, make_content
from mockserver.media.frames import FORMATS
from mockserver.validation.images import READERS
from tests.mock.vocabulary import Mock
from tests.pictures import noise, picture

SMALL = (90, 160)
VARIANTS = ["video", "thumbnail", "spritesheet"]


def scene(width: int, height: int) -> Image.Image:
    """Four colours and a wheel: something whose motion shows."""
    image = Image.new("RGB", (width, height), (200, 40, 40))
    draw = ImageDraw.Draw(image)
    draw.rectangle((width // 2, 0, width, height // 2), (40, 160, 60))
    draw.rectangle((0, height // 2, width // 2, height), (40, 60, 200))
    for start in range(0, 360, 60):
        draw.pieslice((width // 8, height // 8, width * 7 // 8, height * 7 // 8), start, start + 30, (250, 240, 200))
    return image


def saved(image: Image.Image, file_format: str = "png", **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


@cache
def clip(width: int = SMALL[0], height: int = SMALL[1], seconds: float = 4) -> bytes:
    return make(saved(scene(width, height)), "video", width, height, seconds)


def make(reference: bytes, variant: str, width: int = SMALL[0], height: int = SMALL[1], seconds: float = 4) -> bytes:
    return make_content(variant, ClipSource(reference, width, height, seconds)).body


def frames(body: bytes) -> list[Image.Image]:
    with av.open(BytesIO(body), "r") as file:
        return [drawn(frame) for frame in file.decode(video=0)]


def first_frame(body: bytes) -> Image.Image:
    with av.open(BytesIO(body), "r") as file:
        return drawn(next(iter(file.decode(video=0))))


def drawn(frame: Any) -> Image.Image:
    image: Image.Image = frame.to_image()
    return image


def shown(body: bytes) -> Image.Image:
    """What any variant shows first, of its own size."""
    return Image.open(BytesIO(body)).convert("RGB") if body[4:8] != b"ftyp" else first_frame(body)


def difference(one: Image.Image, other: Image.Image) -> float:
    """How far the samples of two pictures lie apart on average, of 255."""
    assert one.size == other.size
    return max(ImageStat.Stat(ImageChops.difference(one, other)).mean)


def atoms(body: bytes) -> Iterator[bytes]:
    """The names of the outermost atoms of an MP4."""
    while body:
        yield body[4:8]
        body = body[int.from_bytes(body[:4], "big") :]


CLIPS = [(90, 160, 4), (90, 160, 8), (160, 90, 12), (720, 1280, 4), (1280, 720, 8), (1792, 1024, 4)]


@pytest.mark.parametrize(("width", "height", "seconds"), CLIPS)
def test_clip_has_the_size_and_length_asked_for(width: int, height: int, seconds: int) -> None:
    with av.open(BytesIO(clip(width, height, seconds)), "r") as file:
        video = file.streams.video[0]
        assert (video.codec_context.name, video.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (video.width, video.height) == (width, height)
        assert file.duration and file.duration / 1_000_000 == pytest.approx(seconds, abs=1 / 12)
        assert video.duration and video.time_base
        assert float(video.duration * video.time_base) == pytest.approx(seconds, abs=1 / 12)


def test_clip_has_its_index_in_front() -> None:
    names = list(atoms(clip()))
    assert names.index(b"moov") < names.index(b"mdat")


@pytest.mark.parametrize(("width", "height", "seconds"), [(90, 160, 4), (1280, 720, 8)])
def test_clip_starts_with_the_reference_picture(width: int, height: int, seconds: int) -> None:
    assert difference(first_frame(clip(width, height, seconds)), scene(width, height)) < 6


def test_clip_moves_gently_from_frame_to_frame() -> None:
    seen = frames(clip(720, 1280, 4))
    steps = [difference(one, other) for one, other in pairwise(seen)]
    assert len(seen) == 48
    assert min(steps) > 0.2 and max(steps) < 6
    assert difference(seen[0], seen[-1]) > 4 * max(steps)


def captioned(caption: str, width: int = 360, height: int = 200) -> list[Image.Image]:
    source = ClipSource(saved(scene(width, height)), width, height, 4, caption)
    return frames(make_content("video", source).body)


def test_clip_has_its_caption_and_the_time_below_the_picture() -> None:
    plain, one, other = captioned(""), captioned("video_1"), captioned("another")
    picture_part, caption, time = (0, 0, 360, 180), (0, 188, 180, 200), (270, 188, 360, 200)
    for box, pair, least, most in (
        (picture_part, (plain[6], one[6]), 0, 2),
        (caption, (plain[6], one[6]), 40, 255),
        (caption, (one[6], other[6]), 1, 20),
        (caption, (one[6], one[30]), 0, 1),
        (time, (one[6], one[30]), 2, 60),
        (time, (one[6], other[6]), 0, 1),
    ):
        assert least <= difference(pair[0].crop(box), pair[1].crop(box)) <= most, (box, least, most)


@pytest.mark.parametrize("size", [(1, 1), (16, 8), (64, 20), (2000, 30)])
def test_caption_fits_into_any_clip(size: tuple[int, int]) -> None:
    width, height = size
    assert (
        first_frame(make_content("video", ClipSource(picture(2, 2), width, height, 1, "x" * 200)).body).width >= width
    )


def test_clip_of_a_video_bears_its_id() -> None:
    mock = Mock(pace="instant")
    one, other = (mock.send("GET", f"/v1/videos/{mock.poll(mock.create())['id']}/content").content for _ in range(2))
    below = (0, 1262, 720, 1280)
    assert difference(first_frame(one).crop(below), first_frame(other).crop(below)) > 0.5


def test_clip_grows_around_its_middle() -> None:
    seen = frames(clip())
    width, height = SMALL
    last = scene(*SMALL).resize(
        SMALL, Image.Resampling.BILINEAR, (width * 0.053, height * 0.053, width * 0.947, height * 0.947)
    )
    assert difference(seen[-1], last) < 6


def test_clip_is_silent_to_its_end() -> None:
    with av.open(BytesIO(clip()), "r") as file:
        audio = file.streams.audio[0]
        assert (audio.codec_context.name, audio.codec_context.sample_rate) == ("aac", 48_000)
        assert audio.duration and float(audio.duration * audio.time_base) == pytest.approx(4, abs=0.001)  # type: ignore[operator]
        assert not any(any(bytes(plane)) for frame in file.decode(audio=0) for plane in frame.planes)


def test_clip_says_its_colours() -> None:
    with av.open(BytesIO(clip()), "r") as file:
        context = file.streams.video[0].codec_context
        said = (context.colorspace, context.color_primaries, context.color_trc, context.color_range)
    assert said == (1, 1, 1, 1)  # BT.709 three times, and 16 to 235


def test_clip_is_not_bound_to_a_version_of_what_packed_it() -> None:
    assert b"Lavf" not in clip()


def test_clip_can_be_entered_every_two_seconds() -> None:
    with av.open(BytesIO(clip(90, 160, 8)), "r") as file:
        assert [frame.time for frame in file.decode(video=0) if frame.key_frame] == [0, 2, 4, 6]


@pytest.mark.parametrize("variant", VARIANTS)
def test_same_source_makes_the_same_bytes(variant: str) -> None:
    source = ClipSource(saved(scene(*SMALL)), *SMALL, 4)
    assert make_content(variant, source) == make_content(variant, source)


def test_other_content_has_another_etag() -> None:
    source = ClipSource(saved(scene(*SMALL)), *SMALL, 4)
    tags = {make_content(variant, source).etag for variant in VARIANTS}
    assert len(tags) == 3
    assert all(len(tag) == 34 and tag[0] == tag[-1] == '"' for tag in tags)


@pytest.mark.parametrize(
    ("size", "expected"), [((720, 1280), (360, 640)), ((1792, 1024), (640, 366)), ((90, 160), (90, 160))]
)
def test_thumbnail_is_a_small_webp_of_the_picture(size: tuple[int, int], expected: tuple[int, int]) -> None:
    thumbnail = Image.open(BytesIO(make(saved(scene(*size)), "thumbnail", *size)))
    assert (thumbnail.format, thumbnail.size) == ("WEBP", expected)
    assert difference(thumbnail.convert("RGB"), scene(*size).resize(expected)) < 8


@pytest.mark.parametrize(("seconds", "rows"), [(4, 2), (8, 4), (12, 6)])
def test_spritesheet_is_a_jpeg_of_the_whole_video(seconds: int, rows: int) -> None:
    sheet = Image.open(BytesIO(make(saved(scene(720, 1280)), "spritesheet", 720, 1280, seconds)))
    assert (sheet.format, sheet.size) == ("JPEG", (720, 320 * rows))
    first, last = sheet.crop((0, 0, 180, 320)), sheet.crop((540, 320 * (rows - 1), 720, 320 * rows))
    assert difference(first, scene(720, 1280).resize((180, 320))) < 8
    assert difference(first, last) > 8


@pytest.mark.parametrize("variant", VARIANTS)
def test_content_has_the_type_that_its_bytes_say(variant: str) -> None:
    content = make_content(variant, ClipSource(picture(*SMALL), *SMALL, 4))
    marks = {"video/mp4": (4, b"ftyp"), "image/webp": (8, b"WEBPVP8"), "image/jpeg": (0, b"\xff\xd8\xff")}
    offset, mark = marks[content.media_type]
    assert content.body.startswith(mark, offset)


def png_of(shade: int, *, mode: str) -> bytes:
    return saved(Image.new(mode, SMALL, shade))


PALETTE = Image.new("P", SMALL, 1)
PALETTE.putpalette([0, 0, 0, 200, 40, 40])

KINDS: dict[str, tuple[Callable[[], bytes], tuple[int, int, int]]] = {
    "png": (lambda: saved(Image.new("RGB", SMALL, (200, 40, 40))), (200, 40, 40)),
    "jpeg": (lambda: saved(Image.new("RGB", SMALL, (200, 40, 40)), "jpeg"), (200, 40, 40)),
    "jpeg for print": (lambda: saved(Image.new("CMYK", SMALL, (0, 255, 255, 0)), "jpeg"), (255, 0, 0)),
    "webp": (lambda: saved(Image.new("RGB", SMALL, (200, 40, 40)), "webp"), (200, 40, 40)),
    "grey": (lambda: png_of(90, mode="L"), (90, 90, 90)),
    "grey of 16 bits": (lambda: png_of(90 * 257, mode="I;16"), (90, 90, 90)),
    "black and white": (lambda: png_of(1, mode="1"), (255, 255, 255)),
    "palette": (lambda: saved(PALETTE), (200, 40, 40)),
    "palette, transparent": (lambda: saved(PALETTE, transparency=1), (255, 255, 255)),
    "transparent": (lambda: saved(Image.new("RGBA", SMALL, (200, 40, 40, 0))), (255, 255, 255)),
    "half transparent": (lambda: saved(Image.new("RGBA", SMALL, (0, 0, 0, 128))), (127, 127, 127)),
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(("encode", "colour"), KINDS.values(), ids=KINDS)
def test_picture_of_any_kind_shows_its_colour(
    encode: Callable[[], bytes], colour: tuple[int, int, int], variant: str
) -> None:
    assert shown(make(encode(), variant)).getpixel((10, 10)) == pytest.approx(colour, abs=5)


def test_orientation_tag_turns_nothing() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert difference(first_frame(make(saved(scene(*SMALL), exif=exif), "video")), scene(*SMALL)) < 6


def scans(count: int) -> bytes:
    """A progressive JPEG with ``count`` more scans, each a few bytes long and a whole pass to decode."""
    whole = saved(Image.new("RGB", SMALL, (200, 40, 40)), "jpeg", progressive=True)
    last = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + count * last + whole[-2:]


DAMAGED = {
    "nothing": b"",
    "no pixels": picture(*SMALL)[:50],
    "pixels that do not unpack": picture(*SMALL).replace(b"IDATx", b"IDAT\0"),
    "another size": picture(8, 8),
    "endless scans": scans(200),
    "webp that does not unpack": saved(Image.effect_noise(SMALL, 80), "webp", lossless=True)[:25] + 9_999 * b"\xff",
    "text": b"no picture",
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("reference", DAMAGED.values(), ids=DAMAGED)
def test_picture_that_cannot_be_decoded_is_drawn_plain(reference: bytes, variant: str) -> None:
    body = make(reference, variant)
    assert shown(body).getpixel((10, 10)) == pytest.approx((96, 96, 96), abs=3)


@given(st.sampled_from(["png", "jpeg", "webp", "gif"]), st.integers(0), st.binary(max_size=9), st.integers(0, 9))
def test_any_damage_still_makes_a_picture(file_format: str, at: int, inserted: bytes, lost: int) -> None:
    whole = noise(30, 20, file_format)
    at %= len(whole)
    assert shown(make(whole[:at] + inserted + whole[at + lost :], "thumbnail", 30, 20)).size == (30, 20)


def test_progressive_jpeg_of_many_scans_is_still_a_picture() -> None:
    assert shown(make(scans(50), "thumbnail")).getpixel((10, 10)) == pytest.approx((200, 40, 40), abs=5)


@pytest.mark.parametrize(
    ("seconds", "length"), [(0, 0.25), (0.3, 0.3), (float("nan"), 0.25), (float("inf"), 60), (-1, 0.25)]
)
def test_length_that_no_video_has_is_brought_within_bounds(seconds: float, length: float) -> None:
    with av.open(BytesIO(make(picture(2, 2), "video", 2, 2, seconds)), "r") as file:
        assert file.duration and file.duration / 1_000_000 == pytest.approx(length, abs=1 / 12)
    assert make(picture(2, 2), "spritesheet", 2, 2, seconds)


@pytest.mark.parametrize(("size", "expected"), [((1, 1), (2, 2)), ((31, 20), (32, 20)), ((3, 701), (4, 702))])
def test_odd_size_grows_by_one(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert first_frame(make(picture(*size), "video", *size, 1)).size == expected
    assert make(picture(*size), "thumbnail", *size) and make(picture(*size), "spritesheet", *size)


def test_every_type_that_can_be_judged_can_be_drawn() -> None:
    assert {f"image/{name.lower()}" for name in FORMATS} == READERS.keys()


def test_nothing_that_encodes_is_loaded_before_it_is_needed() -> None:
    program = "import sys, mockserver.app, mockserver.media.renderer; print(*{'av', 'PIL', 'numpy'} & {*sys.modules})"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""


def test_every_maker_is_there() -> None:
    assert all(callable(maker.load()) for maker in MAKERS.values())
