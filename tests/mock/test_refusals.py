"""Every bad request gets one clear answer. The messages stand here by hand: the document is under test too."""

from typing import Any

import pytest

from tests.mock.vocabulary import TOKEN, Mock, Part, envelope, file, form, multipart, refused, text
from tests.pictures import animation, fitting, noise, picture

SECONDS = "Invalid value: '{}'. Supported values are: '4', '8', and '12'."
MODELS = "Invalid value: '{}'. Supported values are: 'sora-2' and 'sora-2-pro'."
SIZES = "Invalid value: '{}'. Supported values are: '720x1280', '1280x720', '1024x1792', and '1792x1024'."
NEEDS_PRO = "Invalid value: '{}'. Supported values with 'model' 'sora-2' are: '720x1280' and '1280x720'."
DIMENSIONS = "Inpaint image must match the requested width and height: 'input_reference' is {}, but 'size' is {}."
FILE_TYPE = (
    "Invalid file 'input_reference': unsupported mimetype ('{}'). "
    "Supported file formats are 'image/png', 'image/jpeg', and 'image/webp'."
)
NOT_A_FILE = "Invalid type for 'input_reference': expected a file, but got a string instead."
NOT_A_STRING = "Invalid type for '{}': expected a string, but got a file instead."
MISSING = "Missing required parameter: '{}'."
UNKNOWN = "Unknown parameter: '{}'."
REPEATED = "Repeated parameter: '{}' was sent {} times. It may be sent once."


@pytest.mark.parametrize(
    "seconds", ["10", "5", "3", "13", "0", "-4", "04", "4.0", " 4", "4 ", "4s", "", "four", "4,8", "４", "null"]
)
def test_seconds_beside_the_values_are_refused(mock: Mock, seconds: str) -> None:
    refused(mock.post(form(seconds=seconds)), 400, "invalid_value", "seconds", SECONDS.format(seconds))


@pytest.mark.parametrize(
    "model", ["sora-1-turbo", "sora-1", "sora-3", "Sora-2", "SORA-2-PRO", "sora_2", "sora-2 ", "", "sora-2-pro-max"]
)
def test_models_beside_the_values_are_refused(mock: Mock, model: str) -> None:
    refused(mock.post(form(model=model)), 400, "invalid_value", "model", MODELS.format(model))


@pytest.mark.parametrize(
    "size", ["1080x1080", "720X1280", "720×1280", "720x1281", "0720x1280", "1280", "", "auto", "720x1280 ", "1792x1792"]
)
def test_sizes_beside_the_values_are_refused(mock: Mock, size: str) -> None:
    refused(mock.post(form(size=size)), 400, "invalid_value", "size", SIZES.format(size))


@pytest.mark.parametrize("size", ["1024x1792", "1792x1024"])
@pytest.mark.parametrize("model", ["sora-2", None])
def test_large_sizes_without_pro_are_refused(mock: Mock, size: str, model: str | None) -> None:
    answer = mock.post(form(size=size, model=model, input_reference=fitting(size)))
    refused(answer, 400, "invalid_value", "size", NEEDS_PRO.format(size))


@pytest.mark.parametrize("name", ["prompt", "input_reference"])
def test_missing_field_is_named(mock: Mock, name: str) -> None:
    refused(mock.post(form(**{name: None})), 400, "missing_required_parameter", name, MISSING.format(name))


def test_empty_prompt_is_refused(mock: Mock) -> None:
    message = "Invalid 'prompt': 0 characters are too few. At least 1 is required."
    refused(mock.post(form(prompt="")), 400, "string_below_min_length", "prompt", message)


@pytest.mark.parametrize("character", ["x", "🎬"])
def test_prompt_of_32001_characters_is_refused(mock: Mock, character: str) -> None:
    message = "Invalid 'prompt': 32001 characters are too many. At most 32000 are allowed."
    refused(mock.post(form(prompt=character * 32001)), 400, "string_above_max_length", "prompt", message)


@pytest.mark.parametrize("name", ["prompt", "model", "seconds", "size"])
def test_file_where_text_is_due_is_refused(mock: Mock, name: str) -> None:
    parts = form(**{name: file(b"4", "4.txt", "text/plain", name)})
    refused(mock.post(parts), 400, "invalid_type", name, NOT_A_STRING.format(name))


@pytest.mark.parametrize(
    "part",
    [text("input_reference", "hello"), text("input_reference", ""), file(b"https://x/y.png", None, "text/plain")],
)
def test_text_where_the_file_is_due_is_refused(mock: Mock, part: Part) -> None:
    refused(mock.post(form(input_reference=part)), 400, "invalid_type", "input_reference", NOT_A_FILE)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"not a picture", "text/plain"),
        ("ünïcödé ".encode() * 90, "text/plain"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        (picture(file_format="gif"), "image/gif"),
        (animation(720, 1280, "gif"), "image/gif"),
        (picture(file_format="bmp"), "image/bmp"),
        (picture(file_format="tiff"), "image/tiff"),
        (b"MM\0*" + bytes(60), "image/tiff"),
        (b"\0\0\0\x1cftypavif" + bytes(60), "image/avif"),
        (b"\0\0\0\x18ftypheic" + bytes(60), "image/heic"),
        (b"\0\0\0\x18ftypmp42" + bytes(60), "video/mp4"),
        (b"%PDF-1.7\n", "application/pdf"),
        (b"PK\3\4" + bytes(60), "application/zip"),
        (b"", "application/octet-stream"),
        (bytes(100), "application/octet-stream"),
        (b"\xff" * 100, "application/octet-stream"),
        (picture()[1:], "application/octet-stream"),
        (b"\n" + picture(), "application/octet-stream"),
    ],
    ids=ascii,
)
def test_file_that_is_no_accepted_picture_is_named_by_its_bytes(mock: Mock, content: bytes, found: str) -> None:
    answer = mock.post(form(input_reference=file(content, "image.png", "image/png")))
    refused(answer, 400, "unsupported_file_mimetype", "input_reference", FILE_TYPE.format(found))


@pytest.mark.parametrize(
    "found", ["720x1279", "720x1281", "719x1280", "721x1280", "1280x720", "1x1", "1024x1792", "360x640", "1440x2560"]
)
@pytest.mark.parametrize("file_format", ["png", "jpeg", "webp"])
def test_picture_of_other_dimensions_is_refused_and_both_sizes_are_told(
    mock: Mock, found: str, file_format: str
) -> None:
    answer = mock.post(form(input_reference=fitting(found, file_format)))
    refused(answer, 400, None, "input_reference", DIMENSIONS.format(found, "720x1280"))


@pytest.mark.parametrize(
    "name", ["width", "n", "image", "Prompt", "prompt ", "input_reference[]", "duration", "x" * 50]
)
def test_unknown_field_is_named(mock: Mock, name: str) -> None:
    refused(mock.post([*form(), text(name, "1")]), 400, "unknown_parameter", name, UNKNOWN.format(name))


@pytest.mark.parametrize("name", ["prompt", "model", "seconds", "size", "input_reference"])
def test_repeated_field_is_named_even_if_both_values_are_the_same(mock: Mock, name: str) -> None:
    part = file(picture()) if name == "input_reference" else text(name, "sora-2")
    parts = [*form(**{name: None}), part, part]
    refused(mock.post(parts), 400, "repeated_parameter", name, REPEATED.format(name, 2))


def test_text_that_is_no_utf_8_is_refused(mock: Mock) -> None:
    message = "Invalid encoding of 'prompt': byte 0xff at position 3 is not UTF-8."
    refused(mock.post(form(prompt=text("prompt", b"abc\xff"))), 400, "invalid_encoding", "prompt", message)


ROUTES = (
    "'POST /v1/videos', 'GET /v1/videos', 'GET /v1/videos/{video_id}', 'DELETE /v1/videos/{video_id}', "
    "'GET /v1/videos/{video_id}/content', and 'POST /v1/videos/{video_id}/remix'"
)
HINT = "No API key provided. Send it in the header 'Authorization: Bearer YOUR_TOKEN'."
MALFORMED = (
    "Malformed Authorization header. Expected 'Authorization: Bearer YOUR_TOKEN' with one token that is not empty."
)
INCORRECT = "Incorrect API key provided: {}. You can find your API key at https://platform.openai.com/account/api-keys."


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (None, HINT),
        ("", MALFORMED),
        ("Bearer", MALFORMED),
        ("Bearer ", MALFORMED),
        ("Bearertest-token", MALFORMED),
        (TOKEN, MALFORMED),
        (f"Basic {TOKEN}", MALFORMED),
        (f"Token {TOKEN}", MALFORMED),
        (f"Bearer {TOKEN} more", MALFORMED),
        ("Bearer wrong", INCORRECT.format("wrong")),
        (f"Bearer {TOKEN}x", INCORRECT.format(f"{TOKEN}x")),
        ("Bearer TEST-TOKEN", INCORRECT.format("TEST-TOKEN")),
        ("Bearer sk-0123456789abcdef", INCORRECT.format("sk-01234*******cdef")),
    ],
)
def test_wrong_authorization_is_refused(mock: Mock, header: str | None, message: str) -> None:
    for answer in (mock.post(authorization=header), mock.send("GET", "/v1/videos/video_1", {"authorization": header})):
        refused(answer, 401, "invalid_api_key", None, message)
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/x-www-form-urlencoded",
        "text/plain",
        "multipart/mixed; boundary=x",
        "multipart/form-datax; boundary=x",
        "image/png",
        "",
        ";",
    ],
)
def test_other_content_type_is_refused(mock: Mock, content_type: str) -> None:
    message = f"Unsupported content type: '{content_type}'. Supported is 'multipart/form-data'."
    refused(mock.body(b"{}", content_type), 415, "unsupported_content_type", None, message)


def test_request_without_body_or_type_is_refused(mock: Mock) -> None:
    refused(mock.send("POST", "/v1/videos"), 415, "unsupported_content_type", None)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO"])
def test_other_method_is_refused_and_the_right_one_told(mock: Mock, method: str) -> None:
    answer = mock.send(method, "/v1/videos")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")
    message = f"Not allowed to {method} on /v1/videos. Allowed is: GET, HEAD, POST."
    refused(answer, 405, "method_not_supported", None, message)


def test_head_where_only_post_is_allowed_is_refused(mock: Mock) -> None:
    answer = mock.send("HEAD", "/v1/videos/video_1/remix")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_other_method_on_a_video_is_refused_and_the_right_ones_told(mock: Mock, method: str) -> None:
    answer = mock.send(method, "/v1/videos/video_1")
    refused(answer, 405, "method_not_supported", None)
    assert answer.headers["allow"] == "DELETE, GET, HEAD"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1",
        "/videos",
        "/v1/video",
        "/v1/videos/",
        "/v1/videos/a/b",
        "/v2/videos",
        "/V1/videos",
        "//v1/videos",
        "/docs",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unknown_path_is_refused_and_the_routes_listed(mock: Mock, path: str, method: str) -> None:
    message = f"Invalid URL ({method} {path}). Available are: {ROUTES}."
    refused(mock.send(method, f"http://mock{path}"), 404, "unknown_url", None, message)


@pytest.mark.parametrize("video_id", ["video_123", "x", "%00", "%F0%9F%8E%AC", "..", "video_" + "0" * 48])
def test_unknown_video_is_not_found(mock: Mock, video_id: str) -> None:
    answer = mock.send("GET", f"http://mock/v1/videos/{video_id}")
    envelope(answer)
    assert answer.status_code == 404


def test_unknown_video_is_told_by_its_id(mock: Mock) -> None:
    refused(mock.get("video_123"), 404, None, None, "Video with id 'video_123' not found.")


ORDER: list[tuple[dict[str, Any], str]] = [
    ({"prompt": None, "input_reference": None, "model": "x", "seconds": "x", "size": "x", "width": "1"}, "prompt"),
    ({"input_reference": None, "model": "x", "seconds": "x", "size": "x", "width": "1"}, "input_reference"),
    ({"input_reference": b"text", "model": "x", "seconds": "x", "size": "x", "width": "1"}, "input_reference"),
    ({"input_reference": picture(8, 8), "model": "x", "seconds": "x", "width": "1"}, "input_reference"),
    ({"input_reference": picture(8, 8), "model": "x", "seconds": "x", "size": "8x8", "width": "1"}, "model"),
    (
        {"model": "x", "seconds": "x", "size": "1792x1024", "input_reference": fitting("1792x1024"), "width": "1"},
        "model",
    ),
    ({"model": "sora-2", "seconds": "x", "size": "x", "width": "1"}, "seconds"),
    ({"size": "1792x1024", "input_reference": fitting("1792x1024"), "width": "1"}, "size"),
    ({"size": "8x8", "input_reference": picture(8, 8), "width": "1"}, "size"),
    ({"width": "1", "height": "2"}, "width"),
]


@pytest.mark.parametrize(("fields", "first"), ORDER)
def test_of_several_broken_rules_the_first_of_the_document_answers(
    mock: Mock, fields: dict[str, Any], first: str
) -> None:
    assert envelope(mock.post(form(**fields)))["param"] == first


def test_token_is_asked_for_before_the_body_is_looked_at(mock: Mock) -> None:
    assert mock.body(b"{}", "application/json", authorization=None).status_code == 401


def test_long_value_is_cut_in_the_message(mock: Mock) -> None:
    message = envelope(mock.post(form(seconds="9" * 100_000)))["message"]
    assert message == SECONDS.format("9" * 100 + "…")


def test_answer_of_a_refused_creation_leaves_nothing_behind(mock: Mock) -> None:
    first = Mock(seed=1).create()
    mock.post(form(seconds="10"))
    assert mock.create()["id"] == first["id"]


def test_value_is_repeated_as_text_and_never_as_markup(mock: Mock) -> None:
    answer = mock.post(form(model='<script>alert("x")</script>'))
    assert answer.headers["content-type"] == "application/json"


def test_truncated_noise_is_refused_too(mock: Mock) -> None:
    for file_format in ("png", "jpeg", "webp"):
        content = noise(file_format=file_format)
        answer = mock.post(form(input_reference=content[: len(content) // 2]))
        refused(answer, 400, "invalid_image_file", "input_reference")


def test_boundary_is_what_the_header_says(mock: Mock) -> None:
    refused(mock.body(multipart(form(), "other")), 400, "invalid_multipart_body", None)
