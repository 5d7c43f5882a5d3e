"""Drives an ASGI application in the thread that asks: no socket, no second thread to wait for."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx


class Direct(httpx.BaseTransport):
    """A transport for one thread alone. The request's target is sent as it stands, as a socket would."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self._loop = asyncio.new_event_loop()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The application's answer; one that raises has answered 500."""
        return self._loop.run_until_complete(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        messages = iter([{"type": "http.request", "body": body, "more_body": False}])
        status, headers, content = 500, [], b""
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": request.url.path,
            "raw_path": request.url.raw_path.partition(b"?")[0],
            "query_string": request.url.query,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "server": ("127.0.0.1", 80),
            "client": ("127.0.0.1", 1),
        }

        async def receive() -> Any:
            return next(messages, {"type": "http.disconnect"})

        async def send(message: Any) -> None:
            nonlocal status, headers, content
            if message["type"] == "http.response.start":
                status, headers = message["status"], list(message.get("headers", ()))
            else:
                content += message.get("body", b"")

        try:
            await self.app(scope, receive, send)
        except Exception:  # noqa: BLE001  a server answers whatever its application raises
            return httpx.Response(500, request=request)
        return httpx.Response(status, headers=headers, content=content, request=request)

    def close(self) -> None:
        """Close the loop."""
        self._loop.close()
