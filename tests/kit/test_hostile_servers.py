"""Servers that answer without end: each request ends within its bounds, is told, and the run goes on."""

import asyncio
import gzip
import socket
import threading
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.faults import CORRECT
from tests.kit.test_reproduction import served
from tests.kit.vocabulary import TOKEN, command

#: Pieces of 64 KiB; uvicorn takes what is sent to nobody too, so that no server here sends without end.
MUCH = 500
#: 200 MB of nothing.
BOMB = b"".join(gzip.compress(bytes(10_000_000)) for _ in range(20))
Send = Callable[[dict[str, Any]], Awaitable[None]]
RULES = [word for rule in ("path.only", "path.error", "http.answers") for word in ("--rule", rule)]
WORDS = ("--token", TOKEN, "--strict", *RULES, "--timeout", "1", "--max-bytes", "1000000")


def started(*headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"application/json"), *headers]}


def piece(body: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def endless(send: Send) -> None:
    await send(started())
    for _ in range(MUCH):
        await send(piece(b" " * 65536))
        await asyncio.sleep(0)


async def dripping(send: Send) -> None:
    await send(started())
    for _ in range(60):
        await send(piece(b" "))
        await asyncio.sleep(0.05)  # the server's own pace


async def bomb(send: Send) -> None:
    await send(started((b"content-encoding", b"gzip")))
    await send(piece(BOMB, more=False))


async def declared(send: Send) -> None:
    await send(started((b"content-length", b"1000000000")))
    for _ in range(MUCH):
        await send(piece(b" " * 65536))
        await asyncio.sleep(0)


async def headers(send: Send) -> None:
    await send(started(*((f"x-{number}".encode(), b"a" * 1000) for number in range(500))))
    await send(piece(b"{}", more=False))


async def deep(send: Send) -> None:
    await send(started())
    await send(piece(b"[" * 500_000, more=False))


async def twice(send: Send) -> None:
    await send(started((b"content-encoding", b"gzip, gzip")))
    await send(piece(gzip.compress(BOMB), more=False))


async def broken_gzip(send: Send) -> None:
    await send(started((b"content-encoding", b"gzip")))
    await send(piece(b"no gzip", more=False))


#: What is said of an answer, of the requests to a path that is unknown.
HOSTILE: dict[str, tuple[Callable[[Send], Awaitable[None]], str]] = {
    "a body without end": (endless, "the answer is larger than 1000000 bytes"),
    "a byte now and then": (dripping, "timed out"),
    "a bomb": (bomb, "the answer is larger than 1000000 bytes"),
    "a bomb in a bomb": (twice, "BROKEN            path.error"),
    "a gigabyte": (declared, "the answer is larger than 1000000 bytes"),
    "half a megabyte of headers": (headers, "the head of the answer is larger than 65536 bytes"),
    "JSON nested without end": (deep, "nested deeper than 100"),
    "what says to be gzip and is not": (broken_gzip, "the body is no gzip"),
}


class Hostile:
    """The right server, but to paths that it does not know."""

    def __init__(self, answer: Callable[[Send], Awaitable[None]]) -> None:
        self.answer, self.right = answer, CORRECT["clean"].build()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"].startswith("/v1/videos"):
            await self.right(scope, receive, send)
        else:
            await self.answer(send)


@pytest.mark.parametrize("case", HOSTILE)
def test_an_answer_without_end_is_a_finding_and_the_run_goes_on(case: str) -> None:
    answer, told = HOSTILE[case]
    began = time.monotonic()
    with served(Hostile(answer)) as url:
        code, out, _ = command("run", url, *WORDS)
    assert code == 1
    assert told in out
    assert time.monotonic() - began < 20


def test_a_bomb_takes_no_more_memory_than_allowed() -> None:
    tracemalloc.start()
    try:
        with served(Hostile(bomb)) as url:
            command("run", url, *WORDS)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100_000_000


@contextmanager
def pouring(*pieces: bytes) -> Iterator[str]:
    """A server that sends the first piece, then the last one again and again, until nobody reads."""

    def pour(connection: socket.socket) -> None:
        with connection:
            try:
                connection.recv(10**6)
                connection.sendall(pieces[0])
                while True:
                    connection.sendall(pieces[-1])
                    time.sleep(0.01)  # the server's own pace
            except OSError:
                return

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=pour, args=(connection,)).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


POURED = {
    "early hints": (b"HTTP/1.1 103 Early Hints\r\n\r\n",),
    "continue": (b"HTTP/1.1 100 Continue\r\n\r\n",),
    "a header": (b"HTTP/1.1 200 OK\r\nx: ", b"a"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"x: a\r\n" * 100),
    "no HTTP": (b"hello\r\n\r\n",),
    "a NUL in a header": (b"HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 0\r\n\r\n",),
    "two lengths": (b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}",),
    "a chunk of no size": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n",),
    "an upgrade that nobody asked for": (b"HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\n\r\n",),
    "a status that is none": (b"HTTP/1.1 -1 No\r\ncontent-length: 0\r\n\r\n",),
    "chunks": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
}


@pytest.mark.parametrize("case", POURED)
def test_a_server_that_never_comes_to_an_end_is_given_up(case: str) -> None:
    began = time.monotonic()
    with pouring(*POURED[case]) as url:
        code, out, err = command("run", url, "--timeout", "0.3", "--max-bytes", "1000")
    assert (code, out) == (2, "")
    assert "gives no answer in HTTP" in err.splitlines()[-1]
    assert time.monotonic() - began < 15


@pytest.mark.parametrize("words", [(), ("--extensions",)])
def test_a_run_ends_when_its_time_is_over_and_reports(words: tuple[str, ...]) -> None:
    with served(CORRECT["clean"].build()) as url:
        code, out, _ = command("run", url, "--token", TOKEN, "--max-time", "0.3", *words)
    assert code == 0
    assert "stopped: the 0.3 s of --max-time are over" in out


def test_schemathesis_is_bounded_too() -> None:
    server = Hostile(endless)
    server.right = CORRECT["clean"].build()
    with served(server) as url:
        code, out, _ = command(
            "run", url, "--token", TOKEN, "--rule", "generic.schemathesis", "--max-bytes", "10", "--timeout", "5"
        )
    assert code in {1, 2}, out
