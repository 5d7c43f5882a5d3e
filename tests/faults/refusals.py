"""Faults of the answer to a bad request: its envelope, its status, and servers that fall over."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .checks import Checks, Form, Refusal, check_auth, check_image, check_length, check_media_type, read_form
from .fault import Fault, fault
from .form import Part
from .picture import Picture, read_picture
from .server import CREATE, envelope
from .wire import Request, Response


def _error(change: Callable[[dict[str, Any]], object]) -> dict[str, Callable[[Refusal], object]]:
    """The object within the envelope is changed."""

    def body(refusal: Refusal) -> object:
        error: dict[str, Any] = json.loads(json.dumps(envelope(refusal)))["error"]
        return {"error": change(error)}

    return {"envelope": body}


def _without(key: str) -> dict[str, Callable[[Refusal], object]]:
    return _error(lambda error: {name: value for name, value in error.items() if name != key})


def _with(key: str, value: object) -> dict[str, Callable[[Refusal], object]]:
    return _error(lambda error: error | {key: value})


def _refused(
    concerned: Callable[[Refusal], bool], **changes: int | str | None
) -> dict[str, Callable[[Refusal], Refusal]]:
    """Refusals that are `concerned` have another status, code or param."""

    def refused(refusal: Refusal) -> Refusal:
        if not concerned(refusal):
            return refusal
        parts = {"status": refusal.status, "code": refusal.code, "param": refusal.param, "message": refusal.message}
        return Refusal(**(parts | changes))  # type: ignore[arg-type]

    return {"refused": refused}


def _always(refusal: Refusal) -> bool:
    return True


def _bodies(
    concerned: Callable[[int], bool], body: bytes, content_type: str
) -> dict[str, Callable[[Response], Response]]:
    """Refusals of a status that is `concerned` have this body instead."""

    def finish(answer: Response) -> Response:
        typed = answer.headers | {"content-type": content_type}
        return (
            replace(answer, body=body, headers=typed) if answer.status >= 400 and concerned(answer.status) else answer
        )

    return {"finish": finish}


class Crash(Exception):  # noqa: N818 - it stands for any
    """What a careless server would not have caught."""


def _crash(*_: object) -> Any:
    raise Crash


def _crash_where(bad: Callable[[Refusal], bool]) -> dict[str, Callable[[Refusal], Refusal]]:
    """Refusals that are `bad` are answered as a failure of the server."""
    return _refused(bad, status=500)


def _code(*codes: str) -> Callable[[Refusal], bool]:
    return lambda refusal: refusal.code in codes


def _needs_boundary(b: Checks, request: Request) -> None:
    check_media_type(b, request)
    if "boundary=" not in request.headers["content-type"]:
        raise Crash


def _ascii_token(b: Checks, request: Request) -> None:
    request.headers.get("authorization", "").encode("ascii")
    check_auth(b, request)


def _two_words(b: Checks, request: Request) -> None:
    if "authorization" in request.headers:
        _scheme, _token = request.headers["authorization"].split(" ")
    check_auth(b, request)


def _decoded(b: Checks, form: Form) -> None:
    for part in form.parts:
        if not part.is_file:
            part.data.decode()


def _first_byte(part: Part) -> Picture | None:
    return read_picture(part.data) if part.data[0] else None


def _ascii_file_name(b: Checks, form: Form) -> None:
    part = form.find("input_reference")
    if part is not None and part.filename is not None:
        part.filename.encode("ascii")
    check_image(b, form)


def _prompt_breaks(bad: Callable[[str], bool]) -> Callable[[Checks, Form], None]:
    def length(b: Checks, form: Form) -> None:
        check_length(b, form)
        if bad(form.text("prompt") or ""):
            raise Crash

    return length


def _names_are_words(b: Checks, request: Request) -> Form:
    form = read_form(b, request)
    for part in form.parts:
        part.name.encode("ascii")
    return form


def _a_number(name: str, value: str) -> str:
    if name == "seconds":
        float(value)
    return value


def _width_and_height(name: str, value: str) -> str:
    if name == "size":
        _width, _height = value.split("x")
    return value


def _creates_or_crashes(method: str, path: str) -> bool:
    if not path.startswith(CREATE):
        raise Crash
    return method == "POST" and path == CREATE


# fmt: off
ENVELOPE = (
    fault("error-flat", "error.envelope", "Errors are flat: code, message and data.", envelope=lambda refusal: {"code": refusal.code, "message": refusal.message, "data": None}),
    fault("error-detail", "error.envelope", "Errors are a detail.", envelope=lambda refusal: {"detail": refusal.message}),
    fault("error-as-text", "error.envelope", "error is a string.", envelope=lambda refusal: {"error": refusal.message}),
    fault("error-listed", "error.envelope", "Errors come in a list.", envelope=lambda refusal: [envelope(refusal)]),
    fault("error-empty", "error.envelope", "Refusals have no body.", **_bodies(lambda _status: True, b"", "application/json")),
    fault("error-html", "error.envelope", "Refusals are HTML.", **_bodies(lambda _status: True, b"<html><body>Bad Request</body></html>", "text/html")),
    fault("error-not-json", "error.envelope", "Refusals are plain text.", **_bodies(lambda _status: True, b"Bad Request", "text/plain")),
    fault("error-html-413", "error.envelope", "A body over the limit is refused with an HTML page.", **_bodies(lambda status: status == 413, b"<html>413 Request Entity Too Large</html>", "text/html")),
    fault("error-text-404", "error.envelope", "What is not found is refused in plain text.", **_bodies(lambda status: status == 404, b"Not Found", "text/plain")),
    fault("error-text-405", "error.envelope", "A wrong method is refused in plain text.", **_bodies(lambda status: status == 405, b"Method Not Allowed", "text/plain")),
    fault("error-text-401", "error.envelope", "A wrong token is refused in plain text.", **_bodies(lambda status: status == 401, b"Unauthorized", "text/plain")),
    fault("error-typed-text", "error.envelope", "Refusals are declared as plain text.", finish=lambda answer: replace(answer, headers=answer.headers | {"content-type": "text/plain"}) if answer.status >= 400 else answer),
    fault("error-no-message", "error.envelope", "message is missing.", **_without("message")),
    fault("error-no-type", "error.envelope", "type is missing.", **_without("type")),
    fault("error-no-param", "error.envelope", "param is missing.", **_without("param")),
    fault("error-no-code", "error.envelope", "code is missing.", **_without("code")),
    fault("error-nulls-left-out", "error.envelope", "param and code are left out where they are null.", **_error(lambda error: {key: value for key, value in error.items() if value is not None})),
    fault("error-code-number", "error.envelope", "code is a number.", **_with("code", 400)),
    fault("error-code-status", "error.envelope", "code is the status as text.", envelope=lambda refusal: {"error": {"message": refusal.message, "type": "invalid_request_error", "param": refusal.param, "code": str(refusal.status)}}),
    fault("error-message-empty", "error.envelope", "message is empty.", **_with("message", "")),
    fault("error-message-null", "error.envelope", "message is null.", **_with("message", None)),
    fault("error-message-object", "error.envelope", "message is an object.", **_error(lambda error: error | {"message": {"en": error["message"]}})),
    fault("error-type-null", "error.envelope", "type is null.", **_with("type", None)),
    fault("error-type-other", "error.envelope", "type names another kind of error.", **_with("type", "video_generation_user_error")),
    fault("error-param-list", "error.envelope", "param is a list.", **_error(lambda error: error | {"param": ["body", error["param"]]})),
    fault("error-param-null", "error.envelope", "param is always null.", **_with("param", None)),
    fault("error-param-wrong", "error.envelope", "param is prompt, whatever field is at fault.", **_refused(lambda refusal: refusal.param is not None, param="prompt")),
    fault("error-param-size", "error.envelope", "param is size where the picture does not fit.", **_refused(lambda refusal: refusal.message.startswith("Inpaint"), param="size")),
    fault("error-code-generic", "error.envelope", "code is always bad_request.", **_refused(lambda refusal: refusal.code is not None, code="bad_request")),
    fault("error-code-missing-as-invalid", "error.envelope", "A missing field has the code of an invalid value.", **_refused(_code("missing_required_parameter"), code="invalid_value")),
)

STATUS = (
    fault("error-422", "error.envelope", "A wrong form is answered 422.", **_refused(lambda refusal: refusal.status == 400, status=422)),
    fault("error-422-image", "error.envelope", "A picture that does not fit is answered 422.", **_refused(lambda refusal: refusal.message.startswith("Inpaint"), status=422)),
    fault("error-403-key", "error.envelope", "A wrong token is answered 403.", **_refused(lambda refusal: refusal.message.startswith("Incorrect"), status=403)),
    fault("error-403-missing", "error.envelope", "A missing token is answered 403.", **_refused(lambda refusal: refusal.message.startswith("No API"), status=403)),
    fault("error-400-key", "error.envelope", "A wrong token is answered 400.", **_refused(lambda refusal: refusal.message.startswith("Incorrect"), status=400)),
    fault("error-400-media-type", "error.envelope", "A wrong content type is answered 400.", **_refused(_code("unsupported_content_type"), status=400)),
    fault("error-400-limit", "error.envelope", "A body over the limit is answered 400.", **_refused(_code("request_too_large"), status=400)),
    fault("error-404-method", "error.envelope", "A wrong method is answered 404.", **_refused(_code("method_not_supported"), status=404)),
    fault("error-200-seconds", "seconds.enum", "Wrong seconds are answered 200 with an error in the body.", **_refused(lambda refusal: (refusal.code, refusal.param) == ("invalid_value", "seconds"), status=200)),
    fault("error-200-image", "input_reference.matches-size", "A picture that does not fit is answered 200 with an error in the body.", **_refused(lambda refusal: refusal.message.startswith("Inpaint"), status=200)),
    fault("error-200-prompt", "prompt.required", "A missing prompt is answered 200 with an error in the body.", **_refused(lambda refusal: (refusal.code, refusal.param) == ("missing_required_parameter", "prompt"), status=200)),
)

CRASHES = (
    fault("crash-no-boundary", "error.no-5xx", "A content type without boundary is answered 500.", media_type=_needs_boundary),
    fault("crash-bad-body", "error.no-5xx", "A body that is no whole form is answered 500.", **_crash_where(_code("invalid_multipart_body"))),
    fault("crash-media-type", "error.no-5xx", "Another content type is answered 500.", **_crash_where(_code("unsupported_content_type"))),
    fault("crash-limit", "error.no-5xx", "A body over the limit is answered 500.", limit=lambda b, request: _crash() if request.size > b.body_limit else None),
    fault("crash-path", "error.no-5xx", "An unknown path is answered 500.", creates=_creates_or_crashes),
    fault("crash-method", "error.no-5xx", "A wrong method is answered 501.", **_refused(_code("method_not_supported"), status=501)),
    fault("crash-no-auth", "error.no-5xx", "A request without an Authorization header is answered 500.", **_crash_where(lambda refusal: refusal.message.startswith("No API"))),
    fault("crash-odd-auth", "error.no-5xx", "An Authorization header that is not two words is answered 500.", auth=_two_words),
    fault("crash-token", "error.no-5xx", "A token beyond ASCII is answered 500.", auth=_ascii_token),
    fault("crash-key", "error.no-5xx", "A wrong token is answered 503.", **_refused(lambda refusal: refusal.message.startswith("Incorrect"), status=503)),
    fault("crash-missing-prompt", "error.no-5xx", "A request without prompt is answered 500.", **_crash_where(lambda refusal: (refusal.code, refusal.param) == ("missing_required_parameter", "prompt"))),
    fault("crash-empty-prompt", "error.no-5xx", "An empty prompt is answered 500.", **_crash_where(_code("string_below_min_length"))),
    fault("crash-long-prompt", "error.no-5xx", "A prompt that is too long is answered 500.", **_crash_where(_code("string_above_max_length"))),
    fault("crash-encoding", "error.no-5xx", "Text that is not UTF-8 is answered 500.", encoding=_decoded),
    fault("crash-field-name", "error.no-5xx", "A field whose name is beyond ASCII is answered 500.", read=_names_are_words),
    fault("crash-unknown", "error.no-5xx", "An unknown field is answered 500.", **_crash_where(_code("unknown_parameter"))),
    fault("crash-repeated", "error.no-5xx", "A repeated field is answered 500.", **_crash_where(_code("repeated_parameter"))),
    fault("crash-missing-image", "error.no-5xx", "A request without a picture is answered 500.", **_crash_where(lambda refusal: (refusal.code, refusal.param) == ("missing_required_parameter", "input_reference"))),
    fault("crash-text-image", "error.no-5xx", "Text in place of a file is answered 500.", **_crash_where(lambda refusal: (refusal.code, refusal.param) == ("invalid_type", "input_reference"))),
    fault("crash-file-text", "error.no-5xx", "A file in place of text is answered 500.", **_crash_where(lambda refusal: refusal.code == "invalid_type" and refusal.param != "input_reference")),
    fault("crash-empty-file", "error.no-5xx", "An empty file is answered 500.", look=_first_byte),
    fault("crash-no-picture", "error.no-5xx", "A file that is no picture is answered 500.", look=lambda part: read_picture(part.data) or _crash()),
    fault("crash-cut-picture", "error.no-5xx", "A picture that ends early is answered 500.", whole=lambda picture: picture.whole or _crash()),
    fault("crash-misfit", "error.no-5xx", "A picture that does not fit is answered 500.", fits=lambda picture, size: f"{picture.width}x{picture.height}" == size or _crash()),
    fault("crash-model", "error.no-5xx", "An unknown model is answered 500.", **_crash_where(lambda refusal: (refusal.code, refusal.param) == ("invalid_value", "model"))),
    fault("crash-seconds", "error.no-5xx", "Seconds that are no number are answered 500.", plain=_a_number),
    fault("crash-size", "error.no-5xx", "A size that is not two parts is answered 500.", plain=_width_and_height),
    fault("crash-pair", "error.no-5xx", "A 1792 size with sora-2 is answered 502.", **_refused(lambda refusal: "Supported values with 'model'" in refusal.message, status=502)),
    fault("crash-emoji", "response.status-code", "A prompt with an emoji is answered 500.", length=_prompt_breaks(lambda prompt: any(ord(character) > 0xFFFF for character in prompt))),
    fault("crash-nul", "response.status-code", "A prompt with a NUL is answered 500.", length=_prompt_breaks(lambda prompt: "\0" in prompt)),
    fault("crash-file-name", "response.status-code", "A file name beyond ASCII is answered 500.", image=_ascii_file_name),
    fault("crash-pro-large-webp", "response.status-code", "A WebP of a 1792 size is answered 500.", whole=lambda picture: _crash() if picture.type == "image/webp" and 1792 in (picture.width, picture.height) else picture.whole),
)
# fmt: on

FAULTS: tuple[Fault, ...] = ENVELOPE + STATUS + CRASHES
