"""Clients that do not read, leave early or ask for too much: each costs no more than its bound."""

import asyncio
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Event, Thread

import pytest

from mockserver import Settings, create_app
from mockserver.jobs.pace import parse_pace
from mockserver.media.content import ClipSource, Content
from mockserver.media.renderer import Renderer
from mockserver.server.run import serve_app
from mockserver.server.serve import bind
from mockserver.validation.multipart import MOST_IN_MEMORY
from mockserver.web.asgi import in_background
from tests.mock.test_cli import served, url
from tests.mock.test_server import exchange, read_answer
from tests.mock.vocabulary import BOUNDARY, form, multipart
from tests.pictures import picture

PATIENCE = 20.0
"""Seconds after which something that never comes fails a test."""

CLIP = bytes(range(256)) * 4096 * 32
"""32 MiB: more than the sockets of both ends hold."""


class Server:
    """A mock on a socket, in this process. Its renderer makes ``CLIP``, once ``gate`` is open."""

    def __init__(self, stack: ExitStack, **settings: object) -> None:
        self.gate, self.begun = Event(), Event()
        self.gate.set()
        self.app = create_app(Settings(pace=parse_pace("instant"), **settings))  # type: ignore[arg-type]
        self.renderer = Renderer(self._make, at_once=1)
        self.app.service._renderer = self.renderer  # a clip of this size takes long to encode
        listener = bind("127.0.0.1", 0)
        self.address: tuple[str, int] = listener.getsockname()
        stops: list[Callable[[], None]] = []
        ready = Event()
        thread = Thread(target=serve_app, args=(self.app.runtime.settings, self.app, listener, ready.set, stops.append))
        thread.start()
        stack.callback(thread.join, PATIENCE)
        stack.callback(self.gate.set)
        assert ready.wait(PATIENCE)
        stack.callback(stops[0])
        self._stack = stack

    def _make(self, variant: str, _source: ClipSource) -> Content:
        self.begun.set()
        assert self.gate.wait(PATIENCE)
        return Content("video/mp4", CLIP, f'"{variant}"')

    def create(self, **fields: object) -> str:
        """The path of the content of a new video."""
        answer = exchange(self.address, create(multipart(form(**fields))))
        assert answer.status_code == 200, answer.text
        return f"/v1/videos/{answer.json()['id']}/content"

    def ask(self, path: str, *headers: str) -> socket.socket:
        """A client that asks for a path and reads nothing."""
        client = self._stack.enter_context(socket.create_connection(self.address, timeout=PATIENCE))
        client.sendall(get(path, *headers))
        return client

    @property
    def downloads(self) -> int:
        return self.app.runtime.downloads.taken


def get(path: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: x", "Authorization: Bearer x", *headers, "", ""]).encode()


def create(body: bytes, *headers: str) -> bytes:
    lines = ("POST /v1/videos HTTP/1.1", "Host: x", "Authorization: Bearer x", *headers)
    kind = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
    return "\r\n".join([*lines, kind, f"Content-Length: {len(body)}", "", ""]).encode() + body


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds that another thread brings about."""
    limit = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < limit, "it never held"
        time.sleep(0.005)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def resident() -> int:
    """Bytes of memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the memory of a process from /proc")
def test_downloads_that_nobody_reads_share_one_buffer(stack: ExitStack) -> None:
    server = Server(stack)
    path = server.create()
    exchange(server.address, get(path))
    before = resident()
    clients = [server.ask(path, "Range: bytes=1-") for _ in range(40)]
    for client in clients:
        assert client.recv(100).startswith(b"HTTP/1.1 206")
    assert resident() - before < 2 * len(CLIP)


def test_client_that_reads_nothing_is_cut_off(stack: ExitStack) -> None:
    server = Server(stack, write_timeout=0.1)
    client = server.ask(server.create())
    eventually(lambda: server.downloads == 1)
    eventually(lambda: server.downloads == 0)
    assert received(client) < len(CLIP)


def received(client: socket.socket) -> int:
    """How many bytes still come before the connection ends."""
    count = 0
    with suppress(ConnectionResetError):
        while piece := client.recv(1 << 20):
            count += len(piece)
    return count


def test_client_that_reads_slowly_gets_the_whole_clip(stack: ExitStack) -> None:
    server = Server(stack, write_timeout=0.5)
    assert exchange(server.address, get(server.create())).content == CLIP


def test_download_too_many_gets_503_and_is_served_when_another_is_done(stack: ExitStack) -> None:
    server = Server(stack, max_downloads=1)
    server.gate.clear()
    path = server.create()
    first = server.ask(path)
    assert server.begun.wait(PATIENCE)
    answer = exchange(server.address, get(path))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    server.gate.set()
    assert read_answer(first.makefile("rb")).content == CLIP
    assert exchange(server.address, get(path)).status_code == 200


def test_abandoned_download_leaves_the_render_queue(stack: ExitStack) -> None:
    server = Server(stack)
    server.gate.clear()
    server.ask(server.create())
    assert server.begun.wait(PATIENCE)
    waiting = [server.ask(server.create()) for _ in range(5)]
    eventually(lambda: server.renderer.waiting == 5)
    for client in waiting:
        client.close()
    eventually(lambda: (server.renderer.waiting, server.downloads) == (0, 1))


def stored(server: Server) -> int:
    """Blocks of temporary storage in use."""
    return server.app.runtime.storage.used


LARGE = multipart(form(input_reference=picture() + bytes(4 * MOST_IN_MEMORY)))


def test_delayed_answer_whose_client_leaves_is_over(stack: ExitStack) -> None:
    server = Server(stack)
    client = stack.enter_context(socket.create_connection(server.address, timeout=PATIENCE))
    client.sendall(create(LARGE, "Prefer: example=slow"))
    eventually(lambda: len(server.app.control.jobs) == 1)
    assert len(server.app.control.requests) == 0
    client.close()
    eventually(lambda: len(server.app.control.requests) == 1)


def test_delayed_answer_holds_no_upload_that_it_does_not_need(stack: ExitStack) -> None:
    server = Server(stack)
    client = stack.enter_context(socket.create_connection(server.address, timeout=PATIENCE))
    client.sendall(create(LARGE, "Prefer: example=slow"))
    eventually(lambda: len(server.app.control.jobs) == 1)
    assert stored(server) > 0
    server.app.control.reset()
    eventually(lambda: stored(server) == 0)


def test_journal_tells_the_size_of_a_file_that_a_delayed_answer_let_go(stack: ExitStack) -> None:
    server = Server(stack)
    exchange(server.address, create(LARGE, 'Prefer: example="slow=0.01"'))
    (request,) = server.app.control.requests
    assert request["fields"]["input_reference"]["bytes"] > 4 * MOST_IN_MEMORY


@pytest.mark.parametrize("framing", ["Content-Length: 99999999999", "Transfer-Encoding: chunked"])
def test_refused_endless_body_is_cut_off(stack: ExitStack, framing: str) -> None:
    server = Server(stack)
    kind = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
    client = stack.enter_context(socket.create_connection(server.address, timeout=PATIENCE))
    client.sendall(f"POST /v1/videos HTTP/1.1\r\nHost: x\r\n{kind}\r\n{framing}\r\n\r\n".encode())
    piece = b"10000\r\n%s\r\n" % bytes(0x10000)
    sent = 0
    with pytest.raises(ConnectionError):
        while sent < 1 << 30:
            client.sendall(piece)
            sent += len(piece)
    assert sent < 1 << 30


def test_rest_of_a_refused_body_has_to_arrive_in_time(stack: ExitStack) -> None:
    server = Server(stack, upload_timeout=0.2)
    kind = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
    client = stack.enter_context(socket.create_connection(server.address, timeout=PATIENCE))
    client.sendall(f"POST /v1/videos HTTP/1.1\r\nHost: x\r\n{kind}\r\nContent-Length: 1000\r\n\r\n".encode())
    with client.makefile("rb") as answers:
        assert read_answer(answers).status_code == 401
        client.sendall(b"x")
        assert answers.read() == b""


def test_sigterm_ends_the_mock_though_downloads_wait() -> None:
    with served("--pace", "instant") as (process, told), ExitStack() as stack:
        host, port = url(told).removeprefix("http://").split(":")
        address = (host, int(port))
        for _ in range(30):
            answer = exchange(address, create(multipart(form(seconds="12"))))
            client = stack.enter_context(socket.create_connection(address))
            client.sendall(get(f"/v1/videos/{answer.json()['id']}/content"))
        process.terminate()
        process.terminate()
        assert process.wait(timeout=9.5) == 0


def test_background_work_that_fails_is_logged_and_starts_again(caplog: pytest.LogCaptureFixture) -> None:
    tries: list[int] = []

    async def run() -> None:
        again = asyncio.Event()

        async def work() -> None:
            tries.append(1)
            if len(tries) == 1:
                raise ValueError("a message of another program")
            again.set()

        async with in_background(work, restart_seconds=0):
            await asyncio.wait_for(again.wait(), PATIENCE)

    asyncio.run(run())
    assert "background work failed; it starts again" in caplog.text
