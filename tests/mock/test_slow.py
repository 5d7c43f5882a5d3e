"""Slow uploads end, harm nobody meanwhile, and leave nothing behind; neither do clients that vanish."""

import asyncio
import socket
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver import Settings, create_app
from mockserver.validation.multipart import MOST_IN_MEMORY
from tests.mock.test_cli import served, url
from tests.mock.test_server import HEAD, read_answer
from tests.mock.vocabulary import BOUNDARY, DOCUMENT, TOKEN, Mock, form, multipart
from tests.pictures import picture

LARGE = multipart(form(input_reference=picture() + bytes(4 * MOST_IN_MEMORY)))
BODY = multipart(form())
SLOW = 200


class Sender:
    """Sends pieces of a body, then nothing more, until it goes away."""

    def __init__(self, path: str = "", content_type: str = f"multipart/form-data; boundary={BOUNDARY}") -> None:
        self.messages: list[MutableMapping[str, Any]] = []
        headers = [(b"authorization", f"Bearer {TOKEN}".encode()), (b"content-type", content_type.encode())]
        self.scope = {"type": "http", "method": "POST", "path": f"/v1/videos{path}", "headers": headers}
        self.scope["query_string"] = b""  # type: ignore[assignment]

    def send(self, app: Any, *pieces: bytes, then: Callable[[], Any]) -> None:
        """Send ``pieces``; further ``receive`` calls await what ``then`` makes."""
        waiting = iter(pieces)

        async def receive() -> MutableMapping[str, Any]:
            for piece in waiting:
                return {"type": "http.request", "body": piece, "more_body": True}
            await then()
            return {"type": "http.disconnect"}

        async def take(message: MutableMapping[str, Any]) -> None:
            self.messages.append(message)

        asyncio.run(app(self.scope, receive, take))

    def answer(self) -> httpx.Response:
        """What came back, whole."""
        start, *bodies = self.messages
        return httpx.Response(
            start["status"], headers=start["headers"], content=b"".join(each["body"] for each in bodies)
        )


async def nothing() -> None:
    """Go away at once."""


def patience_of(seconds: float, wanted: list[float]) -> Any:
    """An application that waits for no body, and notes how long it was to wait."""

    def timeout(asked: float) -> asyncio.Timeout:
        wanted.append(asked)
        return asyncio.timeout(0)

    return create_app(Settings(upload_timeout=seconds), timeout=timeout)


@pytest.mark.parametrize(
    ("path", "content_type"), [("", f"multipart/form-data; boundary={BOUNDARY}"), ("/x/remix", "application/json")]
)
def test_body_that_does_not_arrive_in_time_is_refused(path: str, content_type: str) -> None:
    wanted: list[float] = []
    example = DOCUMENT["components"]["responses"]["RequestTimeout"]["content"]["application/json"]["examples"]
    sender, calls = Sender(path, content_type), iter([asyncio.Event().wait, nothing])

    async def then() -> None:
        await next(calls)()

    sender.send(patience_of(60, wanted), b"", then=then)
    answer = sender.answer()
    assert (answer.status_code, answer.headers["connection"], wanted) == (408, "close", [60])
    assert answer.json() == example["body.timeout"]["value"]


def test_body_may_take_any_time_where_no_limit_is_set() -> None:
    wanted: list[float] = []
    sender = Sender()
    sender.send(patience_of(0, wanted), b"--", then=nothing)
    assert (sender.messages, wanted) == ([], [])


def test_client_that_vanishes_within_an_upload_leaves_nothing_behind() -> None:
    mock = Mock()
    Sender().send(mock.app, LARGE[:-1000], then=nothing)
    storage = mock.control.service.storage
    assert len(storage._free) == storage._blocks > 0
    assert (mock.control.jobs, len(mock.control.requests)) == ([], 1)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[int, tuple[str, int]]]:
    """The process and the address of a mock with little patience."""
    with served("--upload-timeout", "0.2", "--pace", "instant", TMPDIR=str(tmp_path)) as (process, told):
        host, port = url(told).removeprefix("http://").split(":")
        yield process.pid, (host, int(port))


def slow(stack: ExitStack, address: tuple[str, int]) -> socket.socket:
    """A client that sends the head of a request and the beginning of its body."""
    client = stack.enter_context(socket.create_connection(address, timeout=10))
    client.sendall(f"{HEAD}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY[:50])
    return client


def test_slow_uploads_end_while_others_are_answered(server: tuple[int, tuple[str, int]]) -> None:
    _, address = server
    with ExitStack() as stack, httpx.Client(base_url="http://{}:{}".format(*address)) as others:
        clients = [slow(stack, address) for _ in range(SLOW)]
        for _ in range(20):
            assert others.post("/v1/videos", headers=FORM, content=BODY).status_code == 200
        for client in clients:
            assert read_answer(client.makefile("rb")).status_code == 408


FORM = {"authorization": f"Bearer {TOKEN}", "content-type": f"multipart/form-data; boundary={BOUNDARY}"}


def open_files(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system does not list the files of a process")
def test_clients_that_vanish_leave_no_file_open(server: tuple[int, tuple[str, int]], tmp_path: Path) -> None:
    pid, address = server
    with httpx.Client(base_url="http://{}:{}".format(*address), headers=FORM) as others:
        path = f"/v1/videos/{others.post('/v1/videos', content=LARGE).json()['id']}/content"
        others.get(path)
        before = open_files(pid)
        for _ in range(5):
            with socket.create_connection(address) as client:
                client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode())
                client.recv(100)
            with ExitStack() as stack:
                slow(stack, address)
        asked = 0
        while open_files(pid) > before and asked < 1000:
            assert others.get("/v1/videos").status_code == 200
            asked += 1
        assert open_files(pid) <= before
    assert not [each for each in tmp_path.rglob("*") if each.name != "example.png" and each.is_file()]
