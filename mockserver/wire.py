"""The wire: a form out of ASGI messages, an answer into them. Pure ASGI, no framework."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from mockserver.response import Answer
from mockserver.rules import FormRules
from mockserver.upload import Form, FormReader, UploadError, media_type

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LINGER_SECONDS = 2.0
"""How long the rest of an upload over the limit is taken in and dropped. Without that, a sender that is still
writing when the connection closes sees a broken pipe in place of its answer."""

logger = logging.getLogger("mockserver")


def header(scope: Scope, name: bytes) -> str | None:
    """The first header of that name, in lower case, if there is one."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return None


async def read_form(rules: FormRules, scope: Scope, receive: Receive) -> Form | None:
    """The form in the body; ``None`` if the client went away; ``UploadError`` as soon as it cannot become one."""
    content_type = header(scope, b"content-type") or ""
    name, boundary = media_type(content_type)
    if name != rules.media_type:
        raise UploadError("media-type", value=content_type, allowed=[rules.media_type])
    reader = FormReader(boundary, rules.limits)
    announced = header(scope, b"content-length") or ""
    if announced.isdecimal():
        reader.announce(int(announced))
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        reader.feed(message.get("body", b""))
        if not message.get("more_body", False):
            return reader.finish()


async def respond(answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
    """Send an answer. One that cuts an upload short reaches its sender whole before the connection closes."""
    _log(answer, scope)
    headers = [*answer.headers, *([(b"connection", b"close")] if answer.drop else [])]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": answer.drop > 0})
    if answer.drop:
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                await _drop(answer.drop, receive)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _drop(count: int, receive: Receive) -> None:
    """Take in the rest of a body, up to ``count`` bytes of it."""
    while count > 0:
        message = await receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return
        count -= len(message.get("body", b""))


def _log(answer: Answer, scope: Scope) -> None:
    """One line a request: refusals for everyone, the rest for those who debug."""
    level = logging.INFO if answer.rule else logging.DEBUG
    if logger.isEnabledFor(level):
        logger.log(level, "%s %d %s", told(scope), answer.status, answer.rule or "")


def told(scope: Scope) -> str:
    """Method and path for a log; what could break or forge a line is escaped."""
    return f"{scope['method']} {scope['path']}".encode("unicode_escape").decode()
