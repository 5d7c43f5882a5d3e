"""The front leads requests past the framework where it may, and nowhere else."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver import Settings
from mockserver.middleware import plain
from mockserver.testing import VideosMock
from tests.mock.test_properties import PARTS
from tests.mock.test_server import exchange
from tests.mock.test_upload import DAMAGES, damaged
from tests.mock.vocabulary import BOUNDARY, DOCUMENT, TOKEN, Mock, Part, form, multipart


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        (["/v1/videos", "/v1/videos/{id}", "/v1/videos/{id}/content"], ["/v1/videos", "/v1/videos/{id}"]),
        (["/v1/{kind}", "/v1/videos"], ["/v1/{kind}"]),
        (["/v1/{kind}", "/v1/videos/all"], ["/v1/{kind}", "/v1/videos/all"]),
        (["/v1/videos/{id:path}", "/v1/videos"], ["/v1/videos"]),
    ],
)
def test_path_that_an_earlier_one_may_stand_for_is_left_to_the_framework(paths: list[str], found: list[str]) -> None:
    assert plain(paths) == found


def test_small_upload_over_the_limit_is_refused_and_its_connection_ends(tmp_path: Path) -> None:
    text = Path(__file__).parents[2].joinpath("openapi.yaml").read_text("utf-8")
    limit = DOCUMENT["paths"]["/v1/videos"]["post"]["requestBody"]["content"]["multipart/form-data"]["x-limits"]
    document = tmp_path / "openapi.yaml"
    document.write_text(text.replace(f"body-bytes: {limit['body-bytes']}", "body-bytes: 1000"), "utf-8")
    mock = VideosMock(Settings(document=document))
    try:
        body = multipart(form())
        head = f"POST /v1/videos HTTP/1.1\r\nHost: mock\r\nAuthorization: Bearer x\r\nContent-Length: {len(body)}\r\n"
        head += f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
        host, port = mock.url.removeprefix("http://").split(":")
        answer = exchange((host, int(port)), head.encode() + body)
        assert (answer.status_code, answer.headers["connection"]) == (413, "close")
    finally:
        mock.close()


SENT = {"host": "mock", "authorization": f"Bearer {TOKEN}", "content-type": f"multipart/form-data; boundary={BOUNDARY}"}


def told(mock: Mock) -> list[dict[str, Any]]:
    """What the journal tells, but for how long it took."""
    return [request | {"duration_ms": None} for request in mock.control.requests]


@given(st.lists(PARTS, max_size=5), DAMAGES, st.sampled_from(["Bearer x", f"Bearer {TOKEN}", "Basic x"]))
def test_answer_at_once_is_the_answer_of_the_long_way(parts: list[Part], damages: Any, authorization: str) -> None:
    short, long = Mock(), Mock()
    body = damaged(multipart([*form(), *parts]), damages)
    # The second time it is remembered, and by another sender.
    for headers in (SENT | {"authorization": authorization}, SENT):
        sent = headers | {"content-length": str(len(body))}
        at_once = short.app.at_once(
            "POST", "/v1/videos", [(name.encode(), value.encode()) for name, value in sent.items()], body
        )
        if at_once is None:
            assert b"[mock:" in body
            return
        answer = long.send("POST", "/v1/videos", sent, content=body)
        assert (at_once.status, at_once.body) == (answer.status_code, answer.content)
        assert untimed([(name.decode(), value.decode()) for name, value in at_once.headers]) == untimed(
            answer.headers.items()
        )
    assert told(short) == told(long)


def untimed(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name != "openai-processing-ms"]


def test_retrieval_at_once_is_that_of_the_long_way() -> None:
    mock = Mock(pace="polls:3")
    video = mock.create()
    headers = [(b"authorization", f"Bearer {TOKEN}".encode())]
    short = [mock.app.at_once("GET", f"/v1/videos/{video['id']}", headers, b"") for _ in range(2)]
    assert [json.loads(answer.body)["status"] for answer in short if answer] == ["queued", "in_progress"]
    assert mock.poll(video)["status"] == "completed"


@pytest.mark.parametrize("name", ["origin", "prefer", "expect", "transfer-encoding", "connection", "upgrade"])
def test_header_that_wants_more_goes_the_long_way(name: str) -> None:
    headers = [(b"authorization", f"Bearer {TOKEN}".encode()), (name.encode(), b"x")]
    assert Mock().app.at_once("GET", "/v1/videos/video_1", headers, b"") is None


def test_request_goes_the_long_way_where_scenarios_wait_or_are_asked_for() -> None:
    mock = Mock()
    body = multipart(form(prompt="[mock: slow=1]"))
    headers = [(name.encode(), value.encode()) for name, value in SENT.items()]
    assert mock.app.at_once("POST", "/v1/videos", headers, body) is None
    assert (mock.control.jobs, mock.control.requests) == ([], [])
    mock.ask("slow=1")
    assert mock.app.at_once("GET", "/v1/videos/video_1", headers, b"") is None
