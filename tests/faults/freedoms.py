"""Further correct servers: they use freedoms of HTTP, of JSON and of lists that careless clients forget."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from dataclasses import replace
from email.utils import formatdate
from functools import partial

from .checks import Refusal
from .fault import CLEAN, Server, server
from .library import LIBRARY
from .server import CREATE, Job, Service, app
from .wire import ASGIApp, Message, Receive, Request, Response, Send

HOUR = 3600


def _wrapped(name: str, says: str, wrap: Callable[[ASGIApp], ASGIApp]) -> Server:
    """The reference server behind something that changes how answers are sent."""
    return Server(name, says, lambda: wrap(app(CLEAN)), strict=True)


def _each(change: Callable[[Response], Response]) -> dict[str, Callable[[Response], Response]]:
    return {"finish": change}


def _is_json(answer: Response) -> bool:
    return answer.headers.get("content-type") == "application/json"


def _pretty(answer: Response) -> Response:
    if not _is_json(answer):
        return answer
    return replace(answer, body=b"\n" + json.dumps(json.loads(answer.body), indent=4).encode() + b"\r\n\t ")


def _typed(answer: Response) -> Response:
    if not _is_json(answer):
        return answer
    return replace(answer, headers=answer.headers | {"content-type": 'Application/JSON ; Charset="UTF-8"'})


def _with(**headers: str) -> Callable[[Response], Response]:
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda answer: replace(answer, headers=answer.headers | more)


def _dated(answer: Response) -> Response:
    return _with(date=formatdate(time.time() + HOUR, usegmt=True))(answer)


def _capitals(answer: Response) -> Response:
    return replace(answer, headers={name.upper(): value for name, value in answer.headers.items()})


def _more_in_errors(refusal: Refusal) -> object:
    error = {"message": refusal.message, "type": "invalid_request_error", "param": refusal.param, "code": refusal.code}
    return {"error": {"doc_url": "https://example.com/errors", "details": [], **error}, "request_id": "req_1"}


def _passing(wrap: Callable[[Message, list[Message]], list[Message]], inner: ASGIApp) -> ASGIApp:
    """The messages of each answer are changed before they are sent."""

    async def changed(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await inner(scope, receive, send)
            return
        held: list[Message] = []

        async def hold(message: Message) -> None:
            held.append(message)

        await inner(scope, receive, hold)
        for message in wrap(scope, held):
            await send(message)

    return changed


def _without_length(start: Message) -> Message:
    return {**start, "headers": [header for header in start["headers"] if header[0] != b"content-length"]}


def _in_chunks(_scope: Message, held: list[Message]) -> list[Message]:
    start, end = held
    body = end["body"]
    at = range(0, len(body), 1 + len(body) // 3)
    chunks = [{"type": end["type"], "body": body[n : n + 1 + len(body) // 3], "more_body": True} for n in at]
    return [_without_length(start), *chunks, {"type": end["type"], "body": b""}]


def _packed(scope: Message, held: list[Message]) -> list[Message]:
    start, end = held
    asked = dict(scope["headers"]).get(b"accept-encoding", b"")
    if b"gzip" not in asked or start["status"] == 206:
        return held
    start, body = _without_length(start), gzip.compress(end["body"])
    told = [(b"content-encoding", b"gzip"), (b"vary", b"accept-encoding"), (b"content-length", str(len(body)).encode())]
    return [{**start, "headers": [*start["headers"], *told]}, {**end, "body": body}]


def _asked_first(service: Service, request: Request) -> Response | None:
    """What a browser asks before it sends is answered, and HEAD as GET is but for the body."""
    if request.method == "OPTIONS":
        allowed = "GET, HEAD, OPTIONS, POST" if request.path == CREATE else "DELETE, GET, HEAD, OPTIONS"
        return Response(204, b"", {"allow": allowed, "access-control-allow-origin": "*"})
    if request.method == "HEAD":
        answer = service.respond(replace(request, method="GET"))
        return replace(answer, body=b"")
    return LIBRARY.serve(service, request)


def _led_on(service: Service, request: Request) -> Response | None:
    if request.path == f"{CREATE}/":
        return Response(307, b"", {"location": CREATE})
    return LIBRARY.serve(service, request)


def _few(limit: int) -> int:
    """A page holds ten at most, unless it is the usual one."""
    return limit if limit == 20 else min(limit, 10)


def _by_id(jobs: list[Job], order: str) -> list[Job]:
    return sorted(jobs, key=lambda job: (job.created_at, job.id[14:]), reverse=order == "desc")


# fmt: off
SERVERS: tuple[Server, ...] = (
    server("pretty", "JSON stands in many lines, with white space around.", strict=True, **_each(_pretty)),
    server("typed-otherwise", "The content type is written in another way.", strict=True, **_each(_typed)),
    server("capital-headers", "Names of headers are in capitals.", strict=True, **_each(_capitals)),
    server("closing", "Each answer closes its connection.", strict=True, **_each(_with(connection="close"))),
    server("cookies", "Each answer sets a cookie.", strict=True, **_each(_with(set_cookie="session=1; Path=/; HttpOnly"))),
    server("clock-behind", "The server's clock is 4 s behind.", strict=True, clock=lambda: time.time() - 4),
    server("clock-told", "The server's clock is an hour ahead, and its Date says so.", strict=True, clock=lambda: time.time() + HOUR, **_each(_dated)),
    server("more-in-errors", "Errors have more keys than four.", strict=True, envelope=_more_in_errors),
    _wrapped("in-chunks", "Answers come in chunks, their length untold.", partial(_passing, _in_chunks)),
    _wrapped("packed", "Answers are packed by gzip where the client takes it.", partial(_passing, _packed)),
    server("asked-first", "OPTIONS and HEAD are answered.", strict=True, beyond=_asked_first),
    server("led-on", "The path with a slash behind leads to the right one.", strict=True, beyond=_led_on),
    server("short-pages", "A page has ten videos at most, where a limit is given.", strict=True, beyond=replace(LIBRARY, cut=lambda jobs, limit: jobs[: _few(limit)], more=lambda jobs, limit: len(jobs) > _few(limit)).serve),
    server("listed-by-id", "Videos of one second are listed by their ids.", strict=True, beyond=replace(LIBRARY, arrange=_by_id).serve),
)
# fmt: on
