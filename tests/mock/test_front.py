"""The front leads requests past the framework where it may, and nowhere else."""

from pathlib import Path

import pytest

from mockserver import Settings, auth
from mockserver.fixture import VideosMock
from mockserver.front import plain
from tests.mock.test_server import exchange
from tests.mock.vocabulary import BOUNDARY, DOCUMENT, Mock, form, multipart


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


def test_more_tokens_than_are_kept_in_mind_stay_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "MOST_OWNERS", 1)
    open_to_all = Mock(tokens=())
    mine = open_to_all.create()["id"]
    for token, status in (("other", 404), ("test-token", 200), ("third", 404)):
        assert open_to_all.send("GET", f"/v1/videos/{mine}", {"authorization": f"Bearer {token}"}).status_code == status
