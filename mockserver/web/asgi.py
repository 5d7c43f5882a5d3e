"""ASGI messages: a request body fed to a reader, a response sent. No framework."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, NamedTuple, Protocol

from mockserver.validation.multipart import UploadError
from mockserver.web.responses import Response

logger = logging.getLogger("mockserver")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Timeout = Callable[[float], AbstractAsyncContextManager[Any]]

LINGER_SECONDS = 2.0
"""How long the rest of a refused upload is read and discarded: a sender that is still writing when the connection
closes would see a broken pipe instead of its response."""

PIECE = 64 * 1024
"""Bytes of a body that are given to the server at once: a client that reads slowly makes it hold no more than two."""

ABORT = "mockserver.abort"
"""The ASGI extension through which our server lets a connection be closed: a function without arguments."""


OWNER = "mockserver.owner"
"""The key of an ASGI scope under which a request that this process makes by itself names its owner."""

STREAM = "mockserver.stream"
"""The extension of ASGI by which an application says that its response has no end: it is cut when the server stops."""


class BodyReader(Protocol):
    """Reads one request body, chunk by chunk; ``UploadError`` as soon as it cannot become valid."""

    def feed(self, chunk: bytes) -> None:
        """Take the next chunk."""

    def finish(self) -> Any:
        """What the body holds, after the last chunk."""


class BodyTimeout(NamedTuple):
    """How many seconds a body may take to arrive; ``timeout`` is a context that ends with ``TimeoutError``."""

    seconds: float
    timeout: Timeout


async def receive_body(reader: BodyReader, receive: Receive, limit: BodyTimeout | None) -> bool:
    """Feed the whole body to ``reader``; ``False`` if the client disconnected before its end."""
    if limit is None:
        return await _feed(reader, receive)
    try:
        async with limit.timeout(limit.seconds):
            return await _feed(reader, receive)
    except TimeoutError:
        raise UploadError("body.timeout", limit=f"{limit.seconds:g}") from None


async def _feed(reader: BodyReader, receive: Receive) -> bool:
    while (message := await receive())["type"] == "http.request":
        reader.feed(message.get("body", b""))
        if not message.get("more_body", False):
            return True
    return False


async def while_connected(work: "asyncio.Future[Any]", receive: Receive) -> bool:
    """Wait for ``work``; if the client disconnects first, cancel it: ``False``. The rest of the body is discarded."""
    left = asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.wait({work, left}, return_when=asyncio.FIRST_COMPLETED)
        return work.done()
    finally:
        for task in (work, left):
            task.cancel()
        await asyncio.wait({work, left})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def send_response(answer: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Send a response. One that refuses an upload reaches its sender whole before the connection closes."""
    if answer.cut is not None:
        await _abort(answer, answer.cut, scope, send)
        return
    headers = [*answer.headers, *([(b"connection", b"close")] if answer.drop else [])]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    body = memoryview(answer.body)
    last = max(0, len(body) - 1) // PIECE * PIECE
    for start in range(0, last, PIECE):
        await send({"type": "http.response.body", "body": bytes(body[start : start + PIECE]), "more_body": True})
    await send({"type": "http.response.body", "body": bytes(body[last:]), "more_body": answer.drop > 0})
    if answer.drop:
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                await _discard(answer.drop, receive)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _abort(answer: Response, cut: int, scope: Scope, send: Send) -> None:
    """Send ``cut`` bytes of the body and close the connection; below 0, close it before the head.

    A server without the extension closes a connection itself when the application fails.
    """
    if cut >= 0:
        await send({"type": "http.response.start", "status": answer.status, "headers": list(answer.headers)})
        for start in range(0, cut, PIECE):
            piece = bytes(answer.body[start : min(cut, start + PIECE)])
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    abort = scope.get("extensions", {}).get(ABORT)
    if abort is None:
        raise ConnectionResetError("a scenario closed the connection")
    abort()


async def _discard(count: int, receive: Receive) -> None:
    """Read the rest of a body, up to ``count`` bytes of it."""
    while count > 0:
        message = await receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return
        count -= len(message.get("body", b""))


RESTART_SECONDS = 1.0

Work = Callable[[], Awaitable[None]]


@asynccontextmanager
async def in_background(*works: Work, restart_seconds: float = RESTART_SECONDS) -> AsyncIterator[None]:
    """Run each of ``works`` until the context is left; then all are cancelled and have ended.

    One that fails is logged, and started again after ``restart_seconds``.
    """
    tasks = [asyncio.ensure_future(_kept_running(work, restart_seconds)) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def _kept_running(work: Work, restart_seconds: float) -> None:
    while True:
        try:
            return await work()
        except Exception:
            logger.exception("background work failed; it starts again")
            await asyncio.sleep(restart_seconds)
