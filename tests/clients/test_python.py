"""requests and httpx: the document's Python call, and uploads over the limit."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import requests

from tests.clients.vocabulary import PATIENCE, PROMPT, TOKEN, TOO_LARGE_BYTES, Server, queued, too_large

DATA = {"prompt": PROMPT, "model": "sora-2", "seconds": "4", "size": "720x1280"}
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
HEAD = b'--b\r\nContent-Disposition: form-data; name="input_reference"; filename="large.png"\r\n\r\n'


def test_requests_call_of_the_document_creates_a_video(server: Server) -> None:
    with server.picture.open("rb") as file:
        answer = requests.post(
            server.videos, headers=HEADERS, files={"input_reference": file}, data=DATA, timeout=PATIENCE
        )
    queued(answer.json())


def test_requests_user_sees_what_is_wrong_with_seconds(server: Server) -> None:
    files = {"input_reference": server.picture.read_bytes()}
    answer = requests.post(
        server.videos, headers=HEADERS, files=files, data={**DATA, "seconds": "10"}, timeout=PATIENCE
    )
    assert answer.json()["error"]["message"] == "Invalid value: '10'. Supported values are: '4', '8', and '12'."


@pytest.mark.parametrize("send", [requests.post, httpx.post], ids=["requests", "httpx"])
def test_upload_over_the_limit_gets_its_answer_and_no_broken_pipe(server: Server, send: Any) -> None:
    files = {"input_reference": ("large.png", bytes(TOO_LARGE_BYTES))}
    answer = send(server.videos, headers=HEADERS, files=files, data=DATA, timeout=PATIENCE)
    too_large(answer.status_code, answer.json())


def pieces() -> Iterator[bytes]:
    """The start of a form and then 25 MB of a file, in pieces whose sum nobody is told."""
    yield HEAD
    for _ in range(250):
        yield bytes(TOO_LARGE_BYTES // 250)


@pytest.mark.parametrize(
    ("send", "body"), [(requests.post, "data"), (httpx.post, "content")], ids=["requests", "httpx"]
)
def test_upload_of_unknown_length_over_the_limit_gets_its_answer(server: Server, send: Any, body: str) -> None:
    headers = {**HEADERS, "Content-Type": "multipart/form-data; boundary=b"}
    answer = send(server.videos, headers=headers, timeout=PATIENCE, **{body: pieces()})
    too_large(answer.status_code, answer.json())
