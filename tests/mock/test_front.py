"""Requests that arrive whole are answered without ASGI, and as others are."""

from pathlib import Path

from mockserver import Settings
from mockserver.testing import VideosMock
from tests.mock.test_server import exchange
from tests.mock.vocabulary import BOUNDARY, DOCUMENT, form, multipart


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
