"""What a test sends to a server of the catalogue, and what it looks at in the answer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from typing import Any, Protocol
from urllib.parse import unquote

import httpx
from PIL import Image

from .wire import ASGIApp, Message

BOUNDARY = "----a-boundary"
AUTH = {"authorization": "Bearer test-token"}


@dataclass(frozen=True)
class File:
    """A part that is a file; a name or type of None is not sent."""

    data: bytes
    name: str | None = "picture.png"
    type: str | None = "image/png"


Value = str | bytes | File | None


@dataclass(frozen=True)
class Sent:
    """One request; `chunked` leaves the content length out."""

    method: str
    path: str
    headers: dict[str, str]
    content: bytes = b""
    chunked: bool = False


@dataclass(frozen=True)
class Got:
    """One answer."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        """The body, or None if it is no JSON."""
        try:
            return json.loads(self.content)
        except ValueError:
            return None


class Client(Protocol):
    """Sends a request to one server."""

    async def send(self, sent: Sent) -> Got: ...


Ask = Callable[[Client], Awaitable[object]]


@dataclass(frozen=True)
class HTTPClient:
    """A client over httpx."""

    http: httpx.AsyncClient

    async def send(self, sent: Sent) -> Got:
        async def chunks() -> AsyncIterator[bytes]:
            yield sent.content

        content = chunks() if sent.chunked else sent.content
        headers = [(name.encode(), value.encode("latin-1")) for name, value in sent.headers.items()]
        answer = await self.http.request(sent.method, sent.path, headers=headers, content=content)
        return Got(answer.status_code, dict(answer.headers), answer.content)


@dataclass(frozen=True)
class ASGIClient:
    """A client that calls the application itself: several times faster, for long tables."""

    app: ASGIApp

    async def send(self, sent: Sent) -> Got:
        headers = [(name.encode(), value.encode("latin-1")) for name, value in sent.headers.items()]
        if not sent.chunked:
            headers.append((b"content-length", str(len(sent.content)).encode()))
        path, _, query = sent.path.partition("?")
        scope: dict[str, Any] = {"type": "http", "method": sent.method, "path": unquote(path), "headers": headers}
        scope["query_string"] = query.encode()
        answer: dict[str, Any] = {}
        content = b""

        async def receive() -> Message:
            return {"type": "http.request", "body": sent.content, "more_body": False}

        async def send(message: Message) -> None:
            nonlocal content
            content += message.get("body", b"")
            answer.update(message)

        await self.app(scope, receive, send)
        told = {name.decode().lower(): value.decode("latin-1") for name, value in answer["headers"]}
        return Got(answer["status"], told, content)


@cache
def picture(width: int = 720, height: int = 1280, kind: str = "PNG", orientation: int = 0) -> bytes:
    """A picture of one colour, with an orientation tag if there is to be one."""
    exif = Image.Exif()
    if orientation:
        exif[0x0112] = orientation
    file = BytesIO()
    Image.new("RGB", (width, height)).save(file, kind, exif=exif)
    return file.getvalue()


def fitting(size: str, kind: str = "PNG") -> File:
    """A picture of that size."""
    width, _, height = size.partition("x")
    return File(picture(int(width), int(height), kind))


def encode(fields: list[tuple[str | None, Value]]) -> bytes:
    """A multipart body of these fields, in this order; a name of None is not sent."""
    body = b""
    for name, value in fields:
        if value is None:
            continue
        body += f"--{BOUNDARY}\r\nContent-Disposition: form-data".encode()
        body += b"" if name is None else f'; name="{name}"'.encode()
        if isinstance(value, File):
            body += b"" if value.name is None else f'; filename="{value.name}"'.encode()
            body += b"" if value.type is None else f"\r\nContent-Type: {value.type}".encode()
        data = value.data if isinstance(value, File) else value if isinstance(value, bytes) else value.encode()
        body += b"\r\n\r\n" + data + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


def form(more: tuple[tuple[str | None, Value], ...] = (), /, **fields: Value) -> Sent:
    """A creation with these fields: the prompt and a fitting picture unless told otherwise, and `more` behind."""
    size = fields.get("size")
    offered = size if isinstance(size, str) and size in ("1280x720", "1024x1792", "1792x1024") else "720x1280"
    base: dict[str | None, Value] = {"prompt": "A cat", "input_reference": fitting(offered)}
    return body(encode([*(base | fields).items(), *more]))


def body(content: bytes, content_type: str | None = f"multipart/form-data; boundary={BOUNDARY}") -> Sent:
    """A creation with this body."""
    typed = {} if content_type is None else {"content-type": content_type}
    return Sent("POST", "/v1/videos", AUTH | typed, content)


def auth(value: str | None) -> Sent:
    """A good creation with this Authorization header."""
    sent = form()
    headers = {name: text for name, text in sent.headers.items() if name != "authorization"}
    return replace(sent, headers=headers | ({} if value is None else {"authorization": value}))


def retrieval(video_id: str) -> Sent:
    """A retrieval."""
    return Sent("GET", f"/v1/videos/{video_id}", AUTH)


def status_of(sent: Sent) -> Ask:
    """The HTTP status."""

    async def ask(client: Client) -> object:
        return (await client.send(sent)).status

    return ask


def header_of(name: str, sent: Sent) -> Ask:
    """A header, None where it is missing."""

    async def ask(client: Client) -> object:
        return (await client.send(sent)).headers.get(name)

    return ask


def seen(look: Callable[[Any], object], sent: Sent | None = None) -> Ask:
    """What `look` makes of the body as JSON."""

    async def ask(client: Client) -> object:
        return look((await client.send(sent or form())).json)

    return ask


def polled(look: Callable[[Got, Got], object], times: int = 5, sent: Sent | None = None) -> Ask:
    """What `look` makes of the created and each retrieved answer."""

    async def ask(client: Client) -> object:
        created = await client.send(sent or form())
        return [look(created, await client.send(retrieval(created.json["id"]))) for _ in range(times)]

    return ask
