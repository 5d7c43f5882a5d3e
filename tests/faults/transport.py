"""Faults of who may ask, where, by which method, and with what content type."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs

from .bodies import read_by_sniffing
from .checks import (
    TOKEN,
    Checks,
    Form,
    Refusal,
    check_auth,
    check_image,
    check_media_type,
    read_form,
)
from .fault import fault
from .form import Part
from .server import CREATE
from .wire import Request, Response, json_answer


def _also(good: Callable[[str], bool]) -> Callable[[Checks, Request], None]:
    """The clean check, but a header that is `good` passes ('' where there is none)."""

    def auth(b: Checks, request: Request) -> None:
        if not good(request.headers.get("authorization", "")):
            check_auth(b, request)

    return auth


def _open_to_read(b: Checks, request: Request) -> None:
    """Who sends no header may look."""
    if request.method != "GET" or "authorization" in request.headers:
        check_auth(b, request)


def _posts_to(good: Callable[[str], bool]) -> Callable[[str, str], bool]:
    return lambda method, path: method == "POST" and (path == CREATE or good(path))


def _methods(*names: str) -> Callable[[str, str], bool]:
    return lambda method, path: path == CREATE and method in names


def _without_allow(answer: Response) -> Response:
    return replace(answer, headers={name: value for name, value in answer.headers.items() if name != "allow"})


def _turned_into_200(status: int, words: bytes) -> Callable[[Response], Response]:
    """Refusals of that status in these words answer 200 and an empty object."""

    def finish(answer: Response) -> Response:
        meant = answer.status == status and words in answer.body
        return json_answer(200, {}, {"x-request-id": "req_1"}) if meant else answer

    return finish


def _media_types(*also: str) -> Callable[[Checks, Request], None]:
    """The clean check, but these types pass too."""

    def media_type(b: Checks, request: Request) -> None:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in also:
            check_media_type(b, request)

    return media_type


def _loose_form(fields: dict[str, str], picture: str) -> Form:
    """A form of text fields whose picture is taken on trust."""
    parts = [Part(name, None, None, value.encode()) for name, value in fields.items() if name != picture]
    return Form([part for part in parts if part.data] + [Part(picture, "trusted", None, b"")])


def _trusting_image(b: Checks, form: Form) -> None:
    part = form.find("input_reference")
    if part is None or part.filename != "trusted":
        check_image(b, form)


def _read_json(b: Checks, request: Request) -> Form:
    if not request.headers["content-type"].startswith("application/json"):
        return read_form(b, request)
    try:
        fields = json.loads(request.body)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise Refusal(415, "unsupported_content_type", None, "The body is no object in JSON.")
    return _loose_form({name: str(value) for name, value in fields.items() if value is not None}, "input_reference")


def _read_urlencoded(b: Checks, request: Request) -> Form:
    if not request.headers["content-type"].startswith("application/x-www-form-urlencoded"):
        return read_form(b, request)
    fields = parse_qs(request.body.decode("latin-1"), keep_blank_values=True)
    return _loose_form({name: values[-1] for name, values in fields.items()}, "input_reference")


def _read_untyped(b: Checks, request: Request) -> Form:
    return read_form(b, request) if "content-type" in request.headers else read_by_sniffing(b, request)


def _refuse_chunked(b: Checks, request: Request) -> None:
    if "content-length" not in request.headers:
        raise Refusal(411, "length_required", None, "Content-Length is required.")
    check_media_type(b, request)


# fmt: off
FAULTS = (
    fault("auth-missing", "auth.required", "A request without an Authorization header is accepted.", auth=_also(lambda header: not header)),
    fault("auth-missing-on-retrieve", "auth.required", "A video is shown to who sends no Authorization header.", auth=_open_to_read),
    fault("auth-basic", "auth.scheme", "The scheme Basic is accepted in place of Bearer.", auth=_also(lambda header: header.startswith("Basic "))),
    fault("auth-other-scheme", "auth.scheme", "The token is accepted behind any scheme.", auth=_also(lambda header: header.endswith(f" {TOKEN}"))),
    fault("auth-bare-token", "auth.scheme", "The token is accepted without the word Bearer.", auth=_also(lambda header: header == TOKEN)),
    fault("auth-empty-token", "auth.scheme", "Bearer with no token behind it is accepted.", auth=_also(lambda header: header.strip().lower() == "bearer")),
    fault("auth-glued", "auth.scheme", "Bearer and the token are accepted with no space between.", auth=_also(lambda header: header == f"Bearer{TOKEN}")),
    fault("auth-any-token", "auth.key", "Any token is accepted.", knows=bool),
    fault("auth-token-start", "auth.key", "A token that only starts like a known one is accepted.", knows=lambda token: token.startswith(TOKEN)),
    fault("auth-token-cut", "auth.key", "The beginning of a known token is accepted.", knows=TOKEN.startswith),
    fault("auth-token-case", "auth.key", "A known token in other letter case is accepted.", knows=lambda token: token.lower() == TOKEN),
    fault("path-any", "path.only", "Videos are created at every path below /v1/videos.", creates=_posts_to(lambda path: path.startswith("/v1/videos/"))),
    fault("path-without-v1", "path.only", "Videos are created at /videos too.", creates=_posts_to(lambda path: path == "/videos")),
    fault("path-slash", "path.only", "Videos are created at /v1/videos/ too.", creates=_posts_to(lambda path: path == "/v1/videos/")),
    fault("path-unknown-200", "path.only", "A path that is nowhere answers 200.", finish=_turned_into_200(404, b"Invalid URL")),
    fault("method-put", "method", "PUT creates a video as well.", creates=_methods("POST", "PUT")),
    fault("method-patch", "method", "PATCH creates a video as well.", creates=_methods("POST", "PATCH")),
    fault("method-all-200", "method", "A method that the path lacks answers 200.", finish=_turned_into_200(405, b"Not allowed")),
    fault("method-no-allow", "method", "The answer 405 does not list the methods allowed.", finish=_without_allow),
    fault("json-accepted", "media-type", "A JSON body is accepted.", media_type=_media_types("application/json"), read=_read_json, image=_trusting_image),
    fault("urlencoded-accepted", "media-type", "A urlencoded body is accepted.", media_type=_media_types("application/x-www-form-urlencoded"), read=_read_urlencoded, image=_trusting_image),
    fault("mixed-accepted", "media-type", "A body of type multipart/mixed is accepted.", media_type=_media_types("multipart/mixed")),
    fault("untyped-accepted", "media-type", "A body without a content type is accepted.", media_type=_media_types(""), read=_read_untyped),
    fault("chunked-refused", "response.status-code", "A body sent in chunks, its length not told, is refused.", media_type=_refuse_chunked),
)
# fmt: on
