"""Drives an ASGI application in the thread that asks: no socket, no client library, no second thread to wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

import httpx

_PREFIX = len("http://127.0.0.1:1")


class Direct(httpx.Client):
    """A client that hands what it is asked to send to an application, for one thread alone."""

    def __init__(self, app: Any) -> None:
        super().__init__(transport=httpx.MockTransport(lambda _: httpx.Response(500)))
        self.app = app
        self._turns = asyncio.new_event_loop()

    @property
    def here(self) -> httpx.Client:
        """Itself."""
        return self

    def request(  # type: ignore[override]
        self, method: str, url: str, *, headers: Iterable[tuple[bytes, bytes]], content: Iterable[bytes] | bytes | None
    ) -> httpx.Response:
        """The application's answer; 500 from one that raises, as a server answers for it."""
        sent = [(name.lower(), value) for name, value in headers]
        if isinstance(content, bytes):
            sent.append((b"content-length", str(len(content)).encode()))
        elif content is not None:
            sent.append((b"transfer-encoding", b"chunked"))
        chunks = [content or b""] if content is None or isinstance(content, bytes) else list(content)
        path, _, query = url[_PREFIX:].partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [
                (b"host", b"127.0.0.1"),
                (b"user-agent", b"contract-tests"),
                (b"accept-encoding", b"gzip"),
                *sent,
            ],
            "server": ("127.0.0.1", 80),
            "client": ("127.0.0.1", 1),
        }
        return self._turns.run_until_complete(self._answer(scope, chunks))

    async def _answer(self, scope: dict[str, Any], chunks: list[bytes]) -> httpx.Response:
        last = len(chunks) - 1
        messages = iter([{"type": "http.request", "body": c, "more_body": n < last} for n, c in enumerate(chunks)])
        status, headers, content = 500, [], b""

        async def receive() -> Any:
            return next(messages, {"type": "http.disconnect"})

        async def send(message: Any) -> None:
            nonlocal status, headers, content
            if message["type"] == "http.response.start":
                if not isinstance(message["status"], int):
                    raise TypeError("a status is a number")
                status, headers = message["status"], list(message.get("headers", ()))
            else:
                content += message.get("body", b"")

        try:
            await self.app(scope, receive, send)
        except Exception:  # noqa: BLE001  a server answers whatever its application raises
            return httpx.Response(500)
        return httpx.Response(status, headers=headers, content=_arriving(dict(headers), content))

    def close(self) -> None:
        """Close the loop."""
        self._turns.close()
        super().close()


def _arriving(headers: dict[bytes, bytes], content: bytes) -> bytes:
    """What a client would get: no more than the length that is told, and nothing where less comes."""
    told = int(headers.get(b"content-length", len(content)))
    if told > len(content):
        raise httpx.RemoteProtocolError("the connection was closed before the whole body had come")
    return content[:told]
