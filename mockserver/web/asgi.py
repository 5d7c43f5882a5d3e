"""The wire: a form out of ASGI messages, an answer into them. Pure ASGI, no framework."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qsl

import msgspec

from mockserver.spec.rules import FormRules
from mockserver.validation.multipart import Form, FormReader, Part, UploadError, media_type, utf_8
from mockserver.validation.spool import Spool
from mockserver.web.responses import Answer

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Whole(NamedTuple):
    """A request that is here already: its headers, of which no two have one name, what its path names, and its body."""

    headers: Mapping[bytes, bytes]
    parameters: Mapping[str, str]
    body: bytes


Timeout = Callable[[float], AbstractAsyncContextManager[Any]]
Body = TypeVar("Body")

LINGER_SECONDS = 2.0
"""How long the rest of an upload over the limit is taken in and dropped. Without that, a sender that is still
writing when the connection closes sees a broken pipe in place of its answer."""

HANG_UP = "mockserver.hang_up"
"""The extension of ASGI by which our server lets a connection be closed: a function without arguments."""

OWNER = "mockserver.owner"
"""The key of an ASGI scope under which a request that this process makes by itself names whose it is."""

STREAM = "mockserver.stream"
"""The extension of ASGI by which an application says that its answer has no end: it is cut when the server stops."""

logger = logging.getLogger("mockserver")


def header(scope: Scope, name: bytes) -> str | None:
    """The first header of that name, in lower case, if there is one."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return None


def joined(scope: Scope, name: bytes) -> str | None:
    """All headers of that name, in lower case, as one list; ``None`` if there is none."""
    found = [str(value, "latin-1") for key, value in scope["headers"] if key == name]
    return ", ".join(found) if found else None


class Patience(NamedTuple):
    """How many seconds a body may take; ``timeout`` is a context that ends with ``TimeoutError`` after so many."""

    seconds: float
    timeout: Timeout

    async def bear(self, reading: Awaitable[Body]) -> Body:
        """What is read, if that takes no longer; ``UploadError`` if it does."""
        try:
            async with self.timeout(self.seconds):
                return await reading
        except TimeoutError:
            raise UploadError("body.timeout", limit=f"{self.seconds:g}") from None


def whole_form(rules: FormRules, spool: Spool, content_type: str, body: bytes) -> Form:
    """The form in a body that came whole; ``UploadError`` if there is none in it."""
    return _reader(rules, spool, content_type).whole(body)


async def read_form(
    rules: FormRules, spool: Spool, scope: Scope, receive: Receive, patience: Patience | None = None
) -> Form | None:
    """The form in the body; ``None`` if the client went away; ``UploadError`` as soon as it cannot become one."""
    reader = _reader(rules, spool, header(scope, b"content-type") or "")
    announced = header(scope, b"content-length") or ""
    if announced.isdecimal():
        reader.announce(int(announced))
    return await (patience.bear(_fill(reader, receive)) if patience else _fill(reader, receive))


def _reader(rules: FormRules, spool: Spool, content_type: str) -> FormReader:
    name, boundary = media_type(content_type)
    if name != rules.media_type:
        raise UploadError("media-type", value=content_type, allowed=[rules.media_type])
    return FormReader(boundary, rules.limits, spool)


async def _fill(reader: FormReader, receive: Receive) -> Form | None:
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        return reader.whole(message.get("body", b""))
    while message["type"] == "http.request":
        reader.feed(message.get("body", b""))
        if not message.get("more_body", False):
            return reader.finish()
        message = await receive()
    return None


async def read_json(
    rules: FormRules, scope: Scope, receive: Receive, patience: Patience | None = None
) -> dict[str, Any] | None:
    """The JSON object in the body; ``None`` if the client went away; ``UploadError`` if there is none in it."""
    content_type = header(scope, b"content-type") or ""
    if media_type(content_type)[0] != rules.media_type:
        raise UploadError("media-type", value=content_type, allowed=[rules.media_type])
    reading = _read_object(rules, receive)
    return await (patience.bear(reading) if patience else reading)


async def _read_object(rules: FormRules, receive: Receive) -> dict[str, Any] | None:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > rules.limits.body_bytes:
            raise UploadError("body.limit", count=len(body), limit=rules.limits.body_bytes)
        if not message.get("more_body", False):
            return _object(body)


def _object(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise UploadError("json.well-formed") from None


def read_query(scope: Scope) -> Form:
    """The query as a form of text."""
    form: Form = {}
    query = scope["query_string"].decode("latin-1")
    for name, value in parse_qsl(query, keep_blank_values=True, encoding="latin-1"):
        part = Part(utf_8(name), None, None, [value.encode("latin-1")])
        form.setdefault(part.name, []).append(part)
    return form


async def respond(answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
    """Send an answer. One that cuts an upload short reaches its sender whole before the connection closes."""
    if answer.cut is not None:
        await _break(answer, answer.cut, scope, send)
        return
    headers = [*answer.headers, *([(b"connection", b"close")] if answer.drop else [])]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": answer.drop > 0})
    if answer.drop:
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                await _drop(answer.drop, receive)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _break(answer: Answer, cut: int, scope: Scope, send: Send) -> None:
    """Send ``cut`` bytes of the body and close the connection; below 0, close it before the head.

    A server that lends no hand for that closes a connection itself when the application fails.
    """
    if cut >= 0:
        await send({"type": "http.response.start", "status": answer.status, "headers": list(answer.headers)})
        await send({"type": "http.response.body", "body": answer.body[:cut], "more_body": True})
    hang_up = scope.get("extensions", {}).get(HANG_UP)
    if hang_up is None:
        raise ConnectionResetError("a scenario closed the connection")
    hang_up()


async def _drop(count: int, receive: Receive) -> None:
    """Take in the rest of a body, up to ``count`` bytes of it."""
    while count > 0:
        message = await receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return
        count -= len(message.get("body", b""))


Work = Callable[[], Awaitable[None]]


@asynccontextmanager
async def running(*works: Work) -> AsyncIterator[None]:
    """Run each of ``works`` meanwhile; all are cancelled, and have ended, when the context is left."""
    tasks = [asyncio.ensure_future(work()) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
