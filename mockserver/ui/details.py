"""One request of the journal in full, the pictures that came with it, and the same request once more."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from io import BytesIO
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import msgspec
from PIL import Image as Pillow

from mockserver.api.context import RequestContext
from mockserver.api.endpoint import Handler
from mockserver.control.control import Control
from mockserver.control.record import File, Record, headers_shown
from mockserver.media.frames import FORMATS, MOST_SCANS, START_OF_SCAN
from mockserver.ui.explain import Subject, right, same, test_of, why
from mockserver.web.asgi import OWNER, Receive, Scope, Send
from mockserver.web.responses import JSON, Response, answer

LONGEST_SIDE = 320
"""Pixels of a thumbnail."""

MOST_PIXELS = 40_000_000
"""Of a picture that is decoded for a thumbnail: 120 MB of memory while that lasts."""

App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Details:
    """Answers what a person asks of one request. Nothing of it is worked out before a person asks."""

    def __init__(self, control: Control, app: Callable[[], App]) -> None:
        self._control = control
        self._app = app

    @property
    def handlers(self) -> dict[str, Handler]:
        """What answers each control operation, by its id."""
        return {
            handler.operation: handler
            for handler in (
                Handler("mockRequest", self._request),
                Handler("mockRequestFile", self._file),
                Handler("mockResend", self._resend),
            )
        }

    async def _request(self, context: RequestContext, _content: None) -> Response:
        number, record = await self._found(context)
        if record is None:
            return self._unknown(context)
        service = self._control.service
        url = f"{context.scheme}://{context.header(b'host') or '127.0.0.1'}"
        page = service.jobs.page(record.owner, after=None, limit=1, newest_first=True)
        video = page.jobs[0].id if page is not None and page.jobs else None
        subject = Subject(record, service.document, service.rules, url, video)
        body = record.answer_body
        code = _code(body)
        reason = self._not_repeatable(record)
        shown = record.shown(number)
        for name, value in record.fields:
            if isinstance(value, File):
                _mark(shown["fields"][name], kept=self._picture(record, name) is not None)
        return answer(
            200,
            {
                **shown,
                "owner": record.owner or None,
                "headers": headers_shown(record.headers),
                "answer": {
                    "headers": headers_shown(record.answer_headers),
                    "body": None if body is None else body.decode("utf-8", "replace"),
                    "note": None
                    if body is not None or record.status is None
                    else "Its body is not kept: it is long, or a file.",
                },
                "why": why(subject),
                "right": right(subject) if record.verdict == "refused" else same(subject),
                "test": test_of(subject, code),
                "resend": {"possible": reason is None, "reason": reason},
            },
        )

    async def _file(self, context: RequestContext, _content: None) -> Response:
        field = context.parameters["field"]
        _, record = await self._found(context)
        if record is None:
            return self._unknown(context)
        picture = self._picture(record, field)
        image = next((value.image for name, value in record.fields if name == field and isinstance(value, File)), None)
        if picture is None or image is None or not image.intact or image.width * image.height > MOST_PIXELS:
            reason = (
                "its bytes are not kept by this process"
                if picture is None
                else "it is no whole picture, or too large to be shown"
            )
            return self._control.service.refuse("control.request.file", field=field, reason=reason)
        try:
            body = await asyncio.to_thread(thumbnail, picture, (image.width, image.height))
        except Exception:  # noqa: BLE001 - of damaged pixels, decoders raise nearly anything
            return self._control.service.refuse("control.request.file", field=field, reason="its pixels are damaged")
        headers = (
            (b"content-type", b"image/webp"),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"private"),
        )
        return Response(200, headers, body)

    async def _resend(self, context: RequestContext, _content: None) -> Response:
        _, record = await self._found(context)
        if record is None:
            return self._unknown(context)
        reason = self._not_repeatable(record)
        if reason is not None:
            return self._control.service.refuse("control.request.repeatable", reason=reason)
        headers, body = self._made_again(record)
        status, request_id = await _ask(self._app(), context, record, headers, body)
        await self._control.sync.flush()
        found = next(
            (
                number
                for number, one in self._control.journal.read(self._control.journal.notes()[::-1])
                if one.request_id == request_id
            ),
            None,
        )
        return answer(200, {"status": status, "id": found})

    async def _found(self, context: RequestContext) -> tuple[int, Record | None]:
        text = context.parameters["request"]
        number = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else -1
        for is_flushed in (False, True):
            if is_flushed:  # another process may not have written it down yet
                await self._control.sync.flush()
            notes = [note for note in self._control.journal.notes() if note[0] == number]
            if found := self._control.journal.read(notes):
                return found[0]
        return number, None

    def _unknown(self, context: RequestContext) -> Response:
        return self._control.service.refuse("control.request.found", value=context.parameters["request"])

    def _picture(self, record: Record, field: str) -> bytes | None:
        """The bytes of a file that came, if they are still there: with the video that was made of it, or kept."""
        kept = self._control.journal.files.get(record.request_id, field)
        if kept is not None or not record.video:
            return kept
        jobs = self._control.service.jobs
        job = jobs.find(record.video)
        files = [name for name, value in record.fields if isinstance(value, File)]
        return jobs.reference(job) if job is not None and files == [field] else None

    def _not_repeatable(self, record: Record) -> str | None:
        """Why a request cannot be made again; ``None`` if it can."""
        if record.rule in ("auth.key", "auth.scheme"):
            return "its token is kept nowhere"
        if record.method not in ("POST", "PUT", "PATCH"):
            return None
        if not record.fields:
            return "its body is not kept"
        for name, value in record.fields:
            if isinstance(value, File) and self._picture(record, name) is None:
                return f"the bytes of the file '{name}' are not kept by this process"
        return None

    def _made_again(self, record: Record) -> tuple[list[tuple[bytes, bytes]], bytes]:
        """The headers and the body of a request."""
        if not record.fields:
            return [], b""
        if dict(record.headers).get(b"content-type", b"").lower().startswith(b"application/json"):
            values = {
                name: value.decode("utf-8", "replace") for name, value in record.fields if isinstance(value, bytes)
            }
            return [JSON], msgspec.json.encode(values)
        boundary = uuid4().hex.encode()
        parts = []
        for name, value in record.fields:
            disposition = b'form-data; name="' + _quoted(name) + b'"'
            head, content = b"", value if isinstance(value, bytes) else self._picture(record, name) or b""
            if isinstance(value, File):
                if value.filename is not None:
                    disposition += b'; filename="' + _quoted(value.filename) + b'"'
                if value.content_type:
                    head = b"\r\nContent-Type: " + value.content_type.encode("latin-1", "replace")
            parts.append(b"--%s\r\nContent-Disposition: %s%s\r\n\r\n%s\r\n" % (boundary, disposition, head, content))
        body = b"".join(parts) + b"--" + boundary + b"--\r\n"
        return [(b"content-type", b"multipart/form-data; boundary=" + boundary)], body


def _mark(shown: Any, *, kept: bool) -> None:
    for one in shown if isinstance(shown, list) else [shown]:
        one["kept"] = kept


def _quoted(text: str) -> bytes:
    """A name within quotes, as browsers write it."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A").encode("utf-8", "surrogateescape")


def _code(body: bytes | None) -> str | None:
    try:
        code = msgspec.json.decode(body or b"{}", type=dict[str, Any]).get("error", {}).get("code")
    except (msgspec.DecodeError, AttributeError):
        return None
    return code if isinstance(code, str) else None


async def _ask(
    app: App, context: RequestContext, record: Record, headers: list[tuple[bytes, bytes]], body: bytes
) -> tuple[int | None, bytes | None]:
    """Make a request of this process by itself; its status and the id that it was given."""
    host = [header for header in context.headers if header[0] == b"host"]
    own: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": record.method,
        "scheme": context.scheme,
        "path": record.path,
        "raw_path": quote(record.path).encode(),
        "query_string": record.query,
        "root_path": "",
        "headers": [
            *host,
            *headers,
            (b"content-length", b"%d" % len(body)),
            (b"user-agent", b"mockserver (sent again)"),
        ],
        "client": None if context.client is None else (context.client, 0),
        "server": None,
        "extensions": {},
        OWNER: record.owner,
    }
    status, request_id = None, None

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        nonlocal status, request_id
        if message["type"] == "http.response.start":
            status, request_id = message["status"], dict(message["headers"]).get(b"x-request-id")

    try:
        await app(own, receive, send)
    except ConnectionResetError:  # a scenario that closes the connection
        status = None
    return status, request_id


def thumbnail(picture: bytes, size: tuple[int, int]) -> bytes:
    """A picture of ``size``, small, as WebP. Works on one core; ``ValueError`` where it is not what it said it was."""
    if picture.startswith(b"\xff\xd8") and picture.count(START_OF_SCAN) > MOST_SCANS:
        raise ValueError("too many scans")
    with Pillow.open(BytesIO(picture), formats=FORMATS) as image:
        if image.size != size:
            raise ValueError("not the size that its header said")
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        buffer = BytesIO()
        image.convert("RGBA" if image.has_transparency_data else "RGB").save(buffer, "WEBP", quality=80)
        return buffer.getvalue()
