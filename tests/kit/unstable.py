"""Right servers behind a socket that fails: connections are reset or closed, the whole process dies, answers hang."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from tests.faults import CORRECT
from tests.kit.direct import Direct

Fails = Callable[[bytes, str], str | None]
MADE = "made-"
_FAILURES = ("reset", "close", "die", "hang")
_RESET = struct.pack("ii", 1, 0)


class Unstable:
    """Serves an application; `fails` says by body and path how a request ends instead of being answered.

    reset, close: its connection ends. die: all connections end, as of a process that starts anew. hang: nothing comes
    until the server is closed. after: it is answered, and the connection is then closed without a word. A number
    is the status that the application's answer gets. Behind MADE the application has made a video before.
    `accepted` counts creations that the application made.
    """

    def __init__(self, fails: Fails, app: Any = None, handler: type[Handler] | None = None) -> None:
        self.fails = fails
        self.handler = handler or Handler
        self.accepted = self.asked = 0
        self.ended = threading.Event()
        self._app = Direct(app or CORRECT["clean"].build())
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()

    def answer(self, request: httpx.Request) -> httpx.Response:
        """The application's own answer."""
        with self._lock:
            self.asked += 1
            answer = self._app.handle_request(request)
        answer.read()
        self.accepted += request.method == "POST" and answer.status_code == 200
        return answer

    def fail(self, connection: socket.socket, how: str) -> None:
        """End a request that is not answered."""
        if how == "hang":
            self.ended.wait()
        elif how != "close":
            self.end(set(self._open) if how == "die" else {connection})

    @staticmethod
    def end(connections: set[socket.socket]) -> None:
        """Reset these connections."""
        for one in connections:
            with suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                one.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def serving(self) -> Iterator[str]:
        """The address, while it is served."""
        front = self
        handler = type("Handler", (self.handler,), {"front": self})

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def process_request(self, request: Any, client_address: Any) -> None:
                front._open.add(request)
                super().process_request(request, client_address)

            def shutdown_request(self, request: Any) -> None:
                front._open.discard(request)
                with suppress(OSError):
                    request.close()

            def handle_error(self, *_: Any) -> None:
                """Connections are meant to fail."""

        with Server(("127.0.0.1", 0), handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_port}"
            finally:
                self.ended.set()
                self.end(set(self._open))
                server.shutdown()
                thread.join()
                self._app.close()


class Handler(BaseHTTPRequestHandler):
    """Takes a request to the application, and its answer to the other side by `write`."""

    front: Unstable
    protocol_version = "HTTP/1.1"
    # Headers and body leave in one piece: the kernel of the other side would acknowledge the first one late.
    wbufsize = -1

    def do_POST(self) -> None:
        body = self._body()
        how = self.front.fails(body, self.path) or ""
        if how not in _FAILURES:
            url = f"http://here{self.path}"
            headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.items()]
            request = httpx.Request(self.command, url, headers=headers, content=body)
            answer = self.front.answer(request)
            creates = self.command == "POST" and answer.status_code == 200
            if how.startswith(MADE):
                how = how.removeprefix(MADE) if creates else ""
            if how not in _FAILURES:
                self.write(answer, how)
                return
        self.close_connection = True
        self.front.fail(self.connection, how)

    do_GET = do_PUT = do_PATCH = do_DELETE = do_POST  # noqa: N815  names that the library calls

    def write(self, answer: httpx.Response, how: str) -> None:
        """The answer, on the wire."""
        status = int(how) if how.isdecimal() else answer.status_code
        self.send_response(status)
        for name, value in answer.headers.items():
            if name != "content-length":
                self.send_header(name, value)
        self.send_header("content-length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)
        self.close_connection = self.close_connection or how == "after"

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        whole = b""
        while size := int(self.rfile.readline(), 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return whole

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
