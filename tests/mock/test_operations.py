"""List, delete, content and remix: what a client does with the videos that it has."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from mockserver.stores.memory import MemoryStore
from tests.mock.vocabulary import Mock, envelope, refused
from tests.pictures import fitting

LIMIT = "/v1/videos?limit="


@pytest.fixture
def done() -> Mock:
    """A mock whose videos are completed as soon as they are asked for."""
    return Mock(pace="instant", tokens=())


def listed(mock: Mock, query: str = "") -> dict[str, Any]:
    answer = mock.send("GET", f"/v1/videos{query}")
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


def ids(page: dict[str, Any]) -> list[str]:
    return [video["id"] for video in page["data"]]


def created(mock: Mock, count: int) -> list[str]:
    """So many videos, oldest first."""
    return [mock.create()["id"] for _ in range(count)]


def test_empty_list_has_no_ends(mock: Mock) -> None:
    assert listed(mock) == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}


def test_list_has_the_newest_video_first_and_each_as_it_stands(mock: Mock) -> None:
    videos = created(mock, 3)
    mock.clock.advance(3)
    page = listed(mock)
    assert ids(page) == videos[::-1]
    assert (page["first_id"], page["last_id"]) == (videos[2], videos[0])
    assert page["data"][0] == mock.poll({"id": videos[2]})


def test_list_can_be_turned_around(mock: Mock) -> None:
    videos = created(mock, 3)
    assert ids(listed(mock, "?order=asc")) == videos


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_hold_every_video_once(mock: Mock, order: str, limit: int) -> None:
    videos, found, after = created(mock, 7), [], ""
    for _ in range(8):
        page = listed(mock, f"?order={order}&limit={limit}{after}")
        found += ids(page)
        after = f"&after={page['last_id']}"
        if not page["has_more"]:
            break
    assert found == (videos if order == "asc" else videos[::-1])


def test_page_of_no_videos_says_that_there_are_some(mock: Mock) -> None:
    created(mock, 1)
    assert listed(mock, "?limit=0") == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": True,
    }


def test_page_is_of_twenty_videos_where_nothing_is_said(mock: Mock) -> None:
    created(mock, 21)
    assert len(listed(mock)["data"]) == 20


@pytest.mark.parametrize(
    ("query", "code", "param", "message"),
    [
        ("limit=101", "invalid_value", "limit", "Invalid 'limit': 101 is greater than the maximum of 100."),
        ("limit=-1", "invalid_value", "limit", "Invalid 'limit': -1 is less than the minimum of 0."),
        ("limit=ten", "invalid_type", "limit", "Invalid type for 'limit': expected 'integer', but got 'ten' instead."),
        ("limit=", "invalid_type", "limit", "Invalid type for 'limit': expected 'integer', but got '' instead."),
        ("limit=1.5", "invalid_type", "limit", "Invalid type for 'limit': expected 'integer', but got '1.5' instead."),
        ("order=up", "invalid_value", "order", "Invalid value: 'up'. Supported values are: 'desc' and 'asc'."),
        ("after=video_1", "invalid_value", "after", "Invalid value: 'video_1'. 'after' names no video of this token."),
        (
            "limit=1&limit=2",
            "repeated_parameter",
            "limit",
            "Repeated parameter: 'limit' was sent 2 times. It may be sent once.",
        ),
        (
            "order=%ff",
            "invalid_encoding",
            "order",
            "Invalid encoding of 'order': byte 0xff at position 0 is not UTF-8.",
        ),
    ],
)
def test_bad_query_of_a_list_is_refused(mock: Mock, query: str, code: str, param: str, message: str) -> None:
    refused(mock.send("GET", f"/v1/videos?{query}"), 400, code, param, message)


def test_query_that_the_list_does_not_know_is_let_through(mock: Mock) -> None:
    assert listed(mock, "?colour=red&%ff=1")["data"] == []


def test_deleted_video_is_gone(done: Mock) -> None:
    video = done.create()["id"]
    answer = done.send("DELETE", f"/v1/videos/{video}")
    assert answer.json() == {"id": video, "object": "video.deleted", "deleted": True}
    assert (done.get(video).status_code, listed(done)["data"]) == (404, [])
    assert done.send("DELETE", f"/v1/videos/{video}").status_code == 404


def test_running_video_is_not_deleted(mock: Mock) -> None:
    video = mock.create()["id"]
    refused(mock.send("DELETE", f"/v1/videos/{video}"), 400, None, None, "Video is still being processed.")
    assert mock.get(video).status_code == 200


def remix(mock: Mock, video: str, **body: Any) -> Any:
    return mock.send("POST", f"/v1/videos/{video}/remix", json=body)


def test_remix_is_a_new_video_with_what_its_source_has(done: Mock) -> None:
    size = "1792x1024"
    source = done.create(model="sora-2-pro", seconds="8", size=size, input_reference=fitting(size))
    video = remix(done, source["id"], prompt="Now at night.").json()
    assert video["remixed_from_video_id"] == source["id"] != video["id"]
    assert (video["status"], video["model"], video["seconds"], video["size"]) == ("queued", "sora-2-pro", "8", size)
    assert done.poll(video)["remixed_from_video_id"] == source["id"]


def test_remix_has_the_picture_of_its_source(done: Mock) -> None:
    source = done.create()
    video = remix(done, source["id"], prompt="Now at night.").json()
    assert (
        content(done, video["id"], "?variant=thumbnail").content
        == content(done, source["id"], "?variant=thumbnail").content
    )


def test_video_that_is_not_completed_is_not_remixed(mock: Mock) -> None:
    video = mock.create()["id"]
    message = f"Video with id '{video}' cannot be remixed, it is not completed."
    refused(remix(mock, video, prompt="x"), 400, None, None, message)


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "missing_required_parameter", "prompt"),
        ({"prompt": ""}, "string_below_min_length", "prompt"),
        ({"prompt": "x" * 32001}, "string_above_max_length", "prompt"),
        ({"prompt": 5}, "invalid_type", "prompt"),
        ({"prompt": None}, "invalid_type", "prompt"),
        ({"prompt": "x", "size": "720x1280"}, "unknown_parameter", "size"),
    ],
)
def test_bad_body_of_a_remix_is_refused(done: Mock, body: dict[str, Any], code: str, param: str) -> None:
    refused(remix(done, done.create()["id"], **body), 400, code, param)


@pytest.mark.parametrize("body", [b"", b"[", b"[]", b'"x"', b"{'prompt': 1}", b'{"prompt": "\xff"}', b"\0"])
def test_body_that_is_no_json_object_is_refused(done: Mock, body: bytes) -> None:
    path = f"/v1/videos/{done.create()['id']}/remix"
    answer = done.send("POST", path, {"content-type": "application/json"}, content=body)
    refused(answer, 400, "invalid_json_body", None, "The body is not a JSON object.")


def test_form_where_json_is_due_is_refused(done: Mock) -> None:
    path = f"/v1/videos/{done.create()['id']}/remix"
    message = "Unsupported content type: 'application/x-www-form-urlencoded'. Supported is 'application/json'."
    refused(done.send("POST", path, data={"prompt": "x"}), 415, "unsupported_content_type", None, message)


def test_json_over_the_limit_is_refused(done: Mock) -> None:
    path = f"/v1/videos/{done.create()['id']}/remix"
    answer = done.send("POST", path, {"content-type": "application/json"}, content=b" " * (20 * 1024 * 1024 + 1))
    refused(answer, 413, "request_too_large", None)


def content(mock: Mock, video: str, query: str = "", **headers: str) -> Any:
    return mock.send("GET", f"/v1/videos/{video}/content{query}", headers)


@pytest.mark.parametrize(
    ("query", "media_type", "signature"),
    [
        ("", "video/mp4", b"ftyp"),
        ("?variant=video", "video/mp4", b"ftyp"),
        ("?variant=thumbnail", "image/webp", b"WEBP"),
        ("?variant=spritesheet", "image/jpeg", b"JFIF"),
    ],
)
def test_content_is_of_the_type_of_its_variant(done: Mock, query: str, media_type: str, signature: bytes) -> None:
    answer = content(done, done.create()["id"], query)
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    assert signature in answer.content[:16]
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_thumbnail_shows_the_picture_that_was_uploaded(done: Mock) -> None:
    red = Image.new("RGB", (720, 1280), "red")
    file = BytesIO()
    red.save(file, "PNG")
    answer = content(done, done.create(input_reference=file.getvalue())["id"], "?variant=thumbnail")
    seen = Image.open(BytesIO(answer.content)).convert("RGB").getpixel((9, 9))
    assert isinstance(seen, tuple)
    assert seen[0] > 200
    assert seen[1] < 50


def test_range_and_head_and_etag_of_content(done: Mock) -> None:
    video = done.create()["id"]
    whole = content(done, video, "?variant=thumbnail")
    part = content(done, video, "?variant=thumbnail", range="bytes=4-7")
    assert (part.status_code, part.content) == (206, whole.content[4:8])
    again = content(done, video, "?variant=thumbnail", **{"if-none-match": whole.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = done.send("HEAD", f"/v1/videos/{video}/content?variant=thumbnail")
    assert head.headers["content-length"] == whole.headers["content-length"]


def test_range_outside_of_the_content_is_refused(done: Mock) -> None:
    answer = content(done, done.create()["id"], "?variant=thumbnail", range="bytes=99999999-")
    refused(answer, 416, "range_not_satisfiable", None, "Invalid range: 'bytes=99999999-' lies outside the content.")
    assert answer.headers["content-range"].startswith("bytes */")


def test_content_before_completion_is_not_ready(mock: Mock) -> None:
    message = "Video is not ready yet, use GET /v1/videos/{video_id} to check status."
    refused(content(mock, mock.create()["id"]), 404, None, None, message)


@pytest.mark.parametrize("variant", ["gif", "", "VIDEO"])
def test_other_variant_is_refused(done: Mock, variant: str) -> None:
    message = f"Invalid value: '{variant}'. Supported values are: 'video', 'thumbnail', and 'spritesheet'."
    refused(content(done, done.create()["id"], f"?variant={variant}"), 400, "invalid_value", "variant", message)


def test_token_sees_its_own_videos_alone(done: Mock) -> None:
    video, other = done.create()["id"], {"authorization": "Bearer other"}
    path = f"/v1/videos/{video}"
    for method, tail in (("GET", ""), ("DELETE", ""), ("GET", "/content"), ("POST", "/remix")):
        body = {"json": {"prompt": "x"}} if method == "POST" else {}
        assert (
            envelope(done.send(method, path + tail, other, **body))["message"] == f"Video with id '{video}' not found."
        )
    assert done.send("GET", "/v1/videos", other).json()["data"] == []
    assert envelope(done.send("GET", f"/v1/videos?after={video}", other))["param"] == "after"
    assert done.get(video).status_code == 200


@pytest.mark.parametrize("wanted", ["content", "remix"])
def test_video_that_another_deletes_in_the_same_moment_is_not_found(
    done: Mock, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    video_id = done.create()["id"]
    monkeypatch.setattr(MemoryStore, "reference", lambda *_: None)
    content = done.send("GET", f"/v1/videos/{video_id}/content")
    assert (content if wanted == "content" else remix(done, video_id, prompt="At night.")).status_code == 404
