"""Drives an ASGI application in the thread that asks: no socket, no client library, no second thread to wait for."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import unquote

import httpx


class Direct(httpx.BaseTransport):
    """A transport that hands requests to an application, for one thread alone."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self._turns = asyncio.new_event_loop()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The application's answer; 500 from one that raises, as a server answers for it."""
        assert isinstance(request.stream, httpx.SyncByteStream)
        chunks = list(request.stream) or [b""]
        path, _, query = request.url.raw_path.partition(b"?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": unquote(path.decode()),
            "raw_path": path,
            "query_string": query,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "server": ("127.0.0.1", 80),
            "client": ("127.0.0.1", 1),
        }
        return self._turns.run_until_complete(self._answer(scope, chunks))

    async def _answer(self, scope: dict[str, Any], chunks: list[bytes]) -> httpx.Response:
        last = len(chunks) - 1
        messages = iter([{"type": "http.request", "body": c, "more_body": n < last} for n, c in enumerate(chunks)])
        status, headers, content = 500, [], b""

        answered = asyncio.Event()

        async def receive() -> Any:
            if (message := next(messages, None)) is not None:
                return message
            # The client stays until it has its answer.
            await answered.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            nonlocal status, headers, content
            if message["type"] == "http.response.start":
                if not isinstance(message["status"], int):
                    raise TypeError("a status is a number")
                status, headers = message["status"], list(message.get("headers", ()))
            else:
                content += message.get("body", b"")
                if not message.get("more_body", False):
                    answered.set()

        try:
            await self.app(scope, receive, send)
        except Exception:  # noqa: BLE001  a server answers whatever its application raises
            return httpx.Response(500)
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(_arriving(dict(headers), content)))

    def close(self) -> None:
        """Close the loop."""
        self._turns.close()


def _arriving(headers: dict[bytes, bytes], content: bytes) -> bytes:
    """What a client would get: no more than the length that is told, and nothing where less comes."""
    told = int(headers.get(b"content-length", len(content)))
    if told > len(content):
        raise httpx.RemoteProtocolError("the connection was closed before the whole body had come")
    return content[:told]
