"""What only a socket shows: bad HTTP, early answers, connections."""

import asyncio
import itertools
import socket
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any, BinaryIO

import httpx
import pytest
import uvloop
from uvicorn.server import ServerState

from mockserver import create_app
from mockserver.server.limits import limits_of
from mockserver.server.serve import configure
from mockserver.settings import Settings
from mockserver.web.responses import Response
from tests.mock.test_cli import served, url
from tests.mock.vocabulary import BOUNDARY, Mock, envelope, form, multipart

LIMIT = 20 * 1024 * 1024
HEAD = f"POST /v1/videos HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
RIGHT = multipart(form())


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    with served() as (_, told):
        host, port = url(told).removeprefix("http://").split(":")
        yield host, int(port)


def exchange(address: tuple[str, int], *pieces: bytes, answers: int = 1) -> httpx.Response:
    """Send the pieces on one connection, and give the last of so many answers."""
    with socket.create_connection(address, timeout=10) as client, client.makefile("rb") as received:
        for piece in pieces:
            client.sendall(piece)
        return [read_answer(received) for _ in range(answers)][-1]


def read_answer(received: BinaryIO) -> httpx.Response:
    """The next answer on a connection, by its own length."""
    status = received.readline().split()[1]
    lines = iter(received.readline, b"\r\n")
    headers = dict(line.decode().strip().split(": ", 1) for line in lines)
    return httpx.Response(int(status), headers=headers, content=received.read(int(headers["content-length"])))


@pytest.mark.parametrize(
    "sent",
    [
        b"GARBAGE\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /caf\xe9 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
        HEAD.encode() + b"Content-Length: x\r\n\r\n",
        HEAD.encode() + b"Content-Length: -1\r\n\r\n",
        HEAD.encode() + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        HEAD.encode() + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=ascii,
)
def test_what_is_no_http_is_refused_in_the_envelope(address: tuple[str, int], sent: bytes) -> None:
    answer = exchange(address, sent)
    assert envelope(answer)["code"] == "invalid_http_request"
    assert answer.headers["x-request-id"] and answer.headers["openai-processing-ms"]


@pytest.mark.parametrize("missing", [3, 10, 100])
def test_length_that_is_too_short_is_refused(address: tuple[str, int], missing: int) -> None:
    head = f"{HEAD}Content-Length: {len(RIGHT) - missing}\r\n\r\n".encode()
    envelope(exchange(address, head + RIGHT))


def test_length_that_is_too_long_harms_nobody_else(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as waiting:
        waiting.sendall(f"{HEAD}Content-Length: {len(RIGHT) + 9}\r\n\r\n".encode() + RIGHT)
        assert exchange(address, f"{HEAD}Content-Length: {len(RIGHT)}\r\n\r\n".encode() + RIGHT).status_code == 200


def test_chunked_upload_without_a_length_is_accepted(address: tuple[str, int]) -> None:
    pieces = [RIGHT[start : start + 1000] for start in range(0, len(RIGHT), 1000)]
    chunks = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces]
    assert (
        exchange(address, f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode(), *chunks, b"0\r\n\r\n").status_code
        == 200
    )


def test_announced_upload_over_the_limit_is_refused_before_it_is_sent(address: tuple[str, int]) -> None:
    answer = exchange(address, f"{HEAD}Content-Length: {10 * LIMIT}\r\nExpect: 100-continue\r\n\r\n".encode())
    assert (answer.status_code, answer.headers["connection"]) == (413, "close")


def test_sender_of_an_upload_over_the_limit_lives_to_read_the_answer(address: tuple[str, int]) -> None:
    answer = exchange(address, f"{HEAD}Content-Length: {LIMIT + 5_000_000}\r\n\r\n".encode(), bytes(LIMIT + 5_000_000))
    assert answer.status_code == 413


def test_endless_upload_is_refused_and_cut_off(address: tuple[str, int]) -> None:
    sent = 0
    with socket.create_connection(address, timeout=10) as client:
        client.sendall(f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode())
        with pytest.raises(OSError, match=r"Broken pipe|reset"):
            while sent < 100 * LIMIT:
                client.sendall(b"100000\r\n" + bytes(0x100000) + b"\r\n")
                sent += 0x100000
    assert LIMIT <= sent < 5 * LIMIT


def test_refused_request_keeps_the_connection(address: tuple[str, int]) -> None:
    refused = f"{HEAD.replace('Bearer', 'Basic')}Content-Length: {len(RIGHT)}\r\n\r\n".encode() + RIGHT
    accepted = f"{HEAD}Content-Length: {len(RIGHT)}\r\n\r\n".encode() + RIGHT
    assert exchange(address, refused + accepted, answers=2).status_code == 200


def test_client_that_goes_away_in_the_middle_harms_nobody(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as client:
        client.sendall(f"{HEAD}Content-Length: {len(RIGHT)}\r\n\r\n".encode() + RIGHT[:1000])
    assert exchange(address, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").status_code == 404


def test_head_of_a_path_that_is_not_there_has_no_body(address: tuple[str, int]) -> None:
    host, port = address
    answer = httpx.head(f"http://{host}:{port}/nowhere")
    assert (answer.status_code, answer.content) == (404, b"")


def test_websocket_is_refused_as_the_request_that_it_is(address: tuple[str, int]) -> None:
    sent = b"PUT /v1/videos HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    assert exchange(address, sent).status_code == 405


def test_failure_of_the_server_is_answered_in_the_envelope_and_told_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken() -> float:
        raise RuntimeError("the clock stands still")

    answer = Mock(clock=broken).post()
    assert (answer.status_code, answer.json()["error"]["type"]) == (500, "server_error")
    assert "the clock stands still" in caplog.text
    assert "clock" not in answer.text


def test_websocket_is_closed_where_another_server_lets_it_through() -> None:
    sent = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "websocket.connect"}

    asyncio.run(create_app()({"type": "websocket", "path": "/", "headers": []}, receive, send))
    assert sent == [{"type": "websocket.close"}]


@pytest.mark.parametrize(
    ("path", "content_type"), [("", f"multipart/form-data; boundary={BOUNDARY}"), ("/x/remix", "application/json")]
)
def test_client_that_goes_away_is_answered_nothing(path: str, content_type: str) -> None:
    sent = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.disconnect"}

    headers = [(b"authorization", b"Bearer x"), (b"content-type", content_type.encode())]
    scope = {"type": "http", "method": "POST", "path": f"/v1/videos{path}", "headers": headers, "query_string": b""}
    asyncio.run(create_app()(scope, receive, send))
    assert sent == []


def asked(name: str, *lines: str) -> bytes:
    """A request for a video of that name; with an Origin it is answered the long way, without at once."""
    return "\r\n".join(
        [f"GET /v1/videos/{name} HTTP/1.1", "Host: x", "Authorization: Bearer x", *lines, "", ""]
    ).encode()


@pytest.mark.parametrize("origins", list(itertools.product(((), ("Origin: null",)), repeat=3)))
def test_what_is_asked_in_one_piece_is_answered_in_its_order(address: tuple[str, int], origins: Any) -> None:
    names = ["one", "two", "three"]
    with socket.create_connection(address, timeout=10) as client, client.makefile("rb") as received:
        client.sendall(b"".join(asked(name, *lines) for name, lines in zip(names, origins, strict=True)))
        assert all(name in read_answer(received).text for name in names)


def test_what_is_asked_before_bad_http_is_answered_before_it(address: tuple[str, int]) -> None:
    assert exchange(address, asked("one") + b"GARBAGE\r\n\r\n", answers=1).status_code == 404
    assert exchange(address, asked("one") + b"GARBAGE\r\n\r\n", answers=2).status_code == 400


def ended(connection: Any) -> None:
    """The client says no more, and the event loop closes the connection."""
    connection.eof_received()
    connection.transport.close()


@pytest.mark.parametrize("end", [lambda connection: connection.shutdown(), ended], ids=["server stops", "client ends"])
def test_connection_that_ends_in_the_turn_of_a_request_answers_it(end: Callable[[Any], None]) -> None:
    async def answer() -> bytes:
        config, loop = (
            configure(create_app(), lambda: Response(400, (), b""), limits_of(Settings())),
            asyncio.get_running_loop(),
        )
        config.load()

        class Ending(config.http_protocol_class):  # type: ignore[name-defined,misc]
            def data_received(self, data: bytes) -> None:
                super().data_received(data)
                end(self)

        server = await loop.create_server(lambda: Ending(config, ServerState(), {}), "127.0.0.1", 0)
        with socket.create_connection(server.sockets[0].getsockname()) as client:
            client.setblocking(False)
            client.sendall(asked("one"))
            received = await loop.sock_recv(client, 65536)
        server.close()
        return received

    assert b"one" in uvloop.run(answer())
