"""ASGI on one side, whole requests and answers on the other.

Every server of the catalogue stands on this module; none of its rules is here.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


@dataclass(frozen=True)
class Request:
    """One request, its body read; header names in lower case, `size` counts bytes that were not kept too."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    size: int
    query: str = ""

    @property
    def token(self) -> str:
        """What stands behind the scheme in the Authorization header."""
        return self.headers.get("authorization", "").partition(" ")[2].strip()


@dataclass(frozen=True)
class Response:
    """One answer, its body ready to be sent."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


CRASHED = Response(500, b"Internal Server Error", {"content-type": "text/plain"})


def json_answer(status: int, value: object, headers: dict[str, str] | None = None) -> Response:
    """An answer whose body is `value` as JSON; a 401 names the scheme, as HTTP asks of it."""
    own = {"content-type": "application/json"} | ({"www-authenticate": "Bearer"} if status == 401 else {})
    return Response(status, json.dumps(value).encode(), own | (headers or {}))


def request_id() -> str:
    """A new name for an exchange."""
    return f"req_{secrets.token_hex(8)}"


async def _read(receive: Receive, keep: int) -> tuple[bytes, int]:
    """The first `keep` bytes of the body or a little more, and the length of all of it.

    The rest is read too, else a client that is still sending would never see the answer.
    """
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        chunk = message.get("body", b"")
        if size <= keep:
            chunks.append(chunk)
        size += len(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks), size


def _headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def asgi(respond: Callable[[Request], Response], *, keep: int, delay: float = 0.0) -> ASGIApp:
    """The ASGI application that answers by `respond`, each answer `delay` seconds late."""

    async def app(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        body, size = await _read(receive, keep)
        query = scope.get("query_string", b"").decode("latin-1")
        answer = respond(Request(scope["method"], scope["path"], _headers(scope["headers"]), body, size, query))
        if delay:
            await asyncio.sleep(delay)
        headers = {"content-length": str(len(answer.body))} | answer.headers
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        await send({"type": "http.response.body", "body": answer.body})

    return app
