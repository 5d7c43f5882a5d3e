"""A right request becomes a queued video."""

import re
from itertools import product

import pytest

from tests.mock.vocabulary import BOUNDARY, NOW, Mock, file, form, multipart, text
from tests.pictures import animation, fitting, noise, picture

SMALL, LARGE = ("720x1280", "1280x720"), ("1024x1792", "1792x1024")
VALID = [
    (model, seconds, size)
    for model, seconds, size in product((None, "sora-2", "sora-2-pro"), (None, "4", "8", "12"), (None, *SMALL, *LARGE))
    if size not in LARGE or model == "sora-2-pro"
]


def test_answer_has_the_twelve_keys_of_a_queued_video(mock: Mock) -> None:
    video = mock.create()
    assert re.fullmatch("video_[0-9a-f]{48}", video.pop("id"))
    assert video == {
        "object": "video",
        "created_at": int(NOW),
        "status": "queued",
        "completed_at": None,
        "error": None,
        "expires_at": None,
        "model": "sora-2",
        "progress": 0,
        "remixed_from_video_id": None,
        "seconds": "4",
        "size": "720x1280",
    }


@pytest.mark.parametrize(("model", "seconds", "size"), VALID)
def test_every_valid_combination_is_accepted_and_echoed(mock: Mock, model: str, seconds: str, size: str) -> None:
    video = mock.create(model=model, seconds=seconds, size=size, input_reference=fitting(size or "720x1280"))
    sent = (model or "sora-2", seconds or "4", size or "720x1280")
    assert (video["model"], video["seconds"], video["size"]) == sent


def test_first_eight_digits_of_the_id_are_created_at(mock: Mock) -> None:
    assert mock.create()["id"][6:14] == f"{int(NOW):08x}"


def test_ids_differ(mock: Mock) -> None:
    assert mock.create()["id"] != mock.create()["id"]


def test_same_seed_repeats_ids_and_another_does_not() -> None:
    first, second, other = (Mock(seed=seed).create()["id"] for seed in (7, 7, 8))
    assert first == second != other


def test_every_answer_names_its_request_and_its_time(mock: Mock) -> None:
    good, bad, lost = mock.post(), mock.post([]), mock.send("GET", "/nowhere")
    assert len({answer.headers["x-request-id"] for answer in (good, bad, lost)}) == 3
    assert all(answer.headers["openai-processing-ms"].isdecimal() for answer in (good, bad, lost))


@pytest.mark.parametrize("path", ["/v1/videos/<script>alert(1)</script>", "/<script>alert(1)</script>", "/_mock/<b>"])
def test_no_browser_takes_an_answer_for_a_page(mock: Mock, path: str) -> None:
    answer = mock.send("GET", path)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "prompt",
    ["x", "\0", " ", "é漢字🎬", 'quo"te', "line\r\nbreak", "x" * 32000, "🎬" * 32000, f"--{BOUNDARY}"],
    ids=ascii,
)
def test_any_prompt_of_up_to_32000_characters_is_accepted(mock: Mock, prompt: str) -> None:
    mock.create(prompt=prompt)


@pytest.mark.parametrize(
    "filename",
    [
        "image.png",
        "",
        "no-extension",
        "x.txt",
        "ünï.png",
        "a%22b.png",
        "../../etc/passwd",
        "<script>.png",
        "x" * 4000,
        None,
    ],
)
@pytest.mark.parametrize("declared", ["image/png", "application/octet-stream", "text/plain", "nonsense", None])
def test_picture_is_accepted_whatever_name_and_type_it_declares(mock: Mock, filename: str, declared: str) -> None:
    mock.create(input_reference=file(picture(), filename, declared))


@pytest.mark.parametrize(
    "content",
    [
        picture(file_format="jpeg"),
        picture(file_format="jpeg", progressive=True),
        picture(file_format="jpeg", mode="L"),
        picture(file_format="jpeg", mode="CMYK"),
        picture(file_format="webp"),
        picture(file_format="webp", lossless=True),
        picture(file_format="webp", exif=b"Exif\0\0"),
        picture(mode="L"),
        picture(mode="P"),
        picture(mode="RGBA"),
        picture(mode="I;16"),
        noise(),
        noise(file_format="jpeg"),
        noise(file_format="webp"),
        animation(720, 1280, "png"),
        animation(720, 1280, "webp"),
        picture() + b"trailing bytes",
        picture(file_format="jpeg") + b"\0\0\0",
        picture(file_format="webp") + b"trailing",
    ],
    ids=lambda content: f"{content[:4]!r}-{len(content)}",
)
def test_every_kind_of_png_jpeg_and_webp_is_accepted(mock: Mock, content: bytes) -> None:
    mock.create(input_reference=content)


def test_fields_may_come_in_any_order(mock: Mock) -> None:
    parts = [text("size", "1280x720"), text("model", "sora-2"), file(picture(1280, 720)), text("prompt", "x")]
    assert mock.post(parts).json()["size"] == "1280x720"


@pytest.mark.parametrize(
    "content_type",
    [
        f'multipart/form-data; boundary="{BOUNDARY}"',
        f"Multipart/Form-Data;boundary={BOUNDARY}",
        f"multipart/form-data; charset=utf-8; boundary={BOUNDARY}",
    ],
)
def test_content_type_is_understood_however_it_is_written(mock: Mock, content_type: str) -> None:
    assert mock.body(multipart(form()), content_type).status_code == 200


def test_preamble_and_epilogue_are_passed_over(mock: Mock) -> None:
    assert mock.body(b"preamble\r\n" + multipart(form()) + b"epilogue").status_code == 200


def test_body_may_come_in_pieces_of_any_size(mock: Mock) -> None:
    body = multipart(form(input_reference=picture(file_format="jpeg")))

    async def pieces() -> object:
        for start in range(0, len(body), 7):
            yield body[start : start + 7]

    assert mock.body(pieces()).status_code == 200


@pytest.mark.parametrize("header", ["Bearer test-token", "bearer test-token", "BEARER   test-token"])
def test_scheme_of_the_token_is_read_without_case(mock: Mock, header: str) -> None:
    assert mock.post(authorization=header).status_code == 200


def test_any_token_will_do_where_none_is_set() -> None:
    assert Mock(tokens=()).post(authorization="Bearer whatever").status_code == 200


def test_each_of_several_tokens_will_do() -> None:
    mock = Mock(tokens=("one", "two"))
    assert [mock.post(authorization=f"Bearer {token}").status_code for token in ("one", "two", "three")] == [
        200,
        200,
        401,
    ]


def test_page_of_another_origin_may_call_with_a_token(mock: Mock) -> None:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    preflight = mock.send("OPTIONS", "/v1/videos", {"origin": "http://page", "authorization": None, **asked})
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-headers"] == "authorization"
    assert "x-request-id" in preflight.headers
    for answer in (mock.post(origin="http://page"), mock.post([], origin="http://page")):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "openai-poll-after-ms" in answer.headers["access-control-expose-headers"]
