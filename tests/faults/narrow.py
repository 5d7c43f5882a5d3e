"""Faults that show in one combination alone, or for one kind of text, file or name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unicodedata import normalize
from urllib.parse import parse_qs

from .checks import TOKEN, Checks, Form, Refusal, check_auth, check_image, check_length, check_unknown, read_form
from .fault import Fault, fault
from .form import Part
from .picture import Picture, read_picture
from .server import CREATE, Video
from .wire import Request

SIZES = ("720x1280", "1280x720", "1024x1792", "1792x1024")


def _when(good: Callable[[Video], bool], **changes: object) -> dict[str, Callable[[Video], Any]]:
    """A created video for which this holds has these values."""
    return {"created": lambda video: video | changes if good(video) else video}


def _where(
    good: Callable[[Checks, Form], bool], check: Callable[[Checks, Form], None]
) -> Callable[[Checks, Form], None]:
    """The check, but where this is not so nothing is looked at."""
    return lambda b, form: check(b, form) if good(b, form) else None


def _has(name: str, *values: str) -> Callable[[Checks, Form], bool]:
    return lambda b, form: b.value(form, name) in values


def _unfit_where(good: Callable[[Checks, Form], bool]) -> Callable[[Checks, Form], None]:
    """The dimensions are not looked at where this holds."""
    return lambda b, form: check_image(replace(b, fits=lambda _p, _s: True) if good(b, form) else b, form)


def _refusing(bad: Callable[[Checks, Form, Picture], bool]) -> Callable[[Checks, Form], None]:
    """The clean check, and a picture that is `bad` is refused."""

    def image(b: Checks, form: Form) -> None:
        check_image(b, form)
        part = form.find("input_reference")
        picture = None if part is None else read_picture(part.data)
        if picture is not None and bad(b, form, picture):
            raise Refusal(400, "invalid_image_file", "input_reference", "The picture is refused.")

    return image


def _refused_prompt(bad: Callable[[str], bool]) -> Callable[[Checks, Form], None]:
    def length(b: Checks, form: Form) -> None:
        check_length(b, form)
        if bad(form.text("prompt") or ""):
            raise Refusal(400, "invalid_value", "prompt", "The prompt is refused.")

    return length


def _plain(name: str, pattern: str, instead: str) -> dict[str, Callable[[str, str], str]]:
    """Values of this field that match are taken for others."""
    return {"plain": lambda field, value: re.sub(f"{pattern}\\Z", instead, value) if field == name else value}


def _renamed(other: str, name: str) -> Callable[[Checks, Request], Form]:
    """A field of another name is taken for this one, where this one is not sent."""

    def read(b: Checks, request: Request) -> Form:
        form = read_form(b, request)
        if form.find(name) is not None:
            return form
        return Form([replace(part, name=name) if part.name == other else part for part in form.parts])

    return read


def _prompt_in_query(b: Checks, request: Request) -> Form:
    form, asked = read_form(b, request), parse_qs(request.query).get("prompt")
    if form.find("prompt") is None and asked:
        return Form([Part("prompt", None, None, asked[0].encode()), *form.parts])
    return form


def _unread(bad: Callable[[Request], bool]) -> Callable[[Checks, Request], Form]:
    """Requests that are `bad` are taken for no form."""

    def read(b: Checks, request: Request) -> Form:
        if bad(request):
            raise Refusal(400, "invalid_multipart_body", None, "The body is not valid multipart/form-data.")
        return read_form(b, request)

    return read


def _mark(request: Request) -> bytes:
    """The boundary as the body has it, without line breaks."""
    return b"--" + request.headers["content-type"].partition("boundary=")[2].strip('"').encode()


def _heads(bad: Callable[[bytes], object]) -> Callable[[Request], bool]:
    """Whether the headers of any part are `bad`."""
    return lambda request: any(bad(part.partition(b"\r\n\r\n")[0]) for part in request.body.split(_mark(request)))


def _16_for_12(b: Checks, request: Request) -> Form:
    """With sora-2-pro 16 seconds count as 12."""
    form = read_form(b, request)
    if form.text("model") != "sora-2-pro" or form.text("seconds") != "16":
        return form
    return Form([replace(part, data=b"12") if part.name == "seconds" else part for part in form.parts])


def _first_word_is_token(b: Checks, request: Request) -> None:
    if request.headers.get("authorization", "").split()[:2] != ["Bearer", TOKEN]:
        check_auth(b, request)


def _expects(b: Checks, request: Request) -> Form:
    if "expect" in request.headers:
        raise Refusal(417, None, None, "Expectation failed.")
    return read_form(b, request)


def _also_avif(b: Checks, form: Form) -> None:
    part = form.find("input_reference")
    if part is None or part.data[4:12] not in (b"ftypavif", b"ftypheic"):
        check_image(b, form)


# fmt: off
COMBINED = (
    fault("model-lost-at-12", "response.model.echo", "model is sora-2 where 12 seconds are asked for.", **_when(lambda video: video["seconds"] == "12", model="sora-2")),
    fault("seconds-number-at-12", "response.seconds", "seconds is a number where it is 12.", **_when(lambda video: video["seconds"] == "12", seconds=12)),
    fault("seconds-lost-with-pro", "response.seconds.echo", "8 seconds of sora-2-pro are answered as 4.", created=lambda video: video | {"seconds": "4"} if (video["model"], video["seconds"]) == ("sora-2-pro", "8") else video),
    fault("size-lost-1792x1024", "response.size.echo", "1792x1024 is answered as 1792x1080.", **_when(lambda video: video["size"] == "1792x1024", size="1792x1080")),
    fault("progress-float-with-pro", "response.progress", "progress is 0.0 with sora-2-pro.", **_when(lambda video: video["model"] == "sora-2-pro", progress=0.0)),
    fault("expires-at-with-pro", "response.expires_at", "A video of sora-2-pro expires.", **_when(lambda video: video["model"] == "sora-2-pro", expires_at=4_102_444_800)),
    fault("key-lost-at-8", "response.keys", "remixed_from_video_id is missing where 8 seconds are asked for.", created=lambda video: {key: value for key, value in video.items() if key != "remixed_from_video_id" or video["seconds"] != "8"}),
    fault("webp-landscape-refused", "response.status-code", "A WebP of 1280x720 is refused.", image=_refusing(lambda b, form, picture: picture.type == "image/webp" and b.value(form, "size") == "1280x720")),
    fault("jpeg-at-12-refused", "response.status-code", "A JPEG is refused where 12 seconds are asked for.", image=_refusing(lambda b, form, picture: picture.type == "image/jpeg" and b.value(form, "seconds") == "12")),
    fault("fit-not-at-12", "input_reference.matches-size", "The picture is not compared where 12 seconds are asked for.", image=_unfit_where(_has("seconds", "12"))),
    fault("fit-not-1280x720-pro", "input_reference.matches-size", "The picture is not compared for 1280x720 with sora-2-pro.", image=_unfit_where(lambda b, form: (b.value(form, "size"), b.value(form, "model")) == ("1280x720", "sora-2-pro"))),
    fault("intact-not-large", "input_reference.intact", "A picture of a 1792 size that ends early is accepted.", whole=lambda picture: picture.whole or 1792 in (picture.width, picture.height)),
    fault("seconds-any-with-pro", "seconds.enum", "16 seconds are taken for 12 with sora-2-pro.", read=_16_for_12),
    fault("prompt-empty-with-pro", "prompt.min-length", "An empty prompt is accepted with sora-2-pro.", length=_where(lambda b, form: b.value(form, "model") != "sora-2-pro", check_length)),
    fault("unknown-ignored-with-pro", "fields.unknown", "Unknown fields are ignored with sora-2-pro.", unknown=_where(lambda b, form: b.value(form, "model") != "sora-2-pro", check_unknown)),
)

NAMES = (
    fault("auth-two-words", "auth.scheme", "What follows the token in the header is ignored.", auth=_first_word_is_token),
    fault("path-case", "path.only", "The path is found in any letter case.", creates=lambda method, path: method == "POST" and path.lower() == CREATE),
    fault("prompt-in-query", "prompt.required", "A prompt in the query counts where the form has none.", read=_prompt_in_query),
    fault("name-duration", "fields.unknown", "duration is taken for seconds.", read=_renamed("duration", "seconds")),
    fault("name-image", "fields.unknown", "A picture named image is taken for input_reference.", read=_renamed("image", "input_reference")),
    fault("name-listed", "fields.unknown", "A picture named input_reference[] is taken for input_reference.", read=_renamed("input_reference[]", "input_reference")),
    fault("model-provider", "model.enum", "A model behind the name of a provider is accepted.", **_plain("model", r"openai/(.*)", r"\1")),
    fault("model-dated-accepted", "model.enum", "A model with a date behind it is accepted.", **_plain("model", r"(sora-2(-pro)?)-\d{4}-\d\d-\d\d", r"\1")),
    fault("size-colon", "size.enum", "720:1280 is accepted.", **_plain("size", r"(\d+):(\d+)", r"\1x\2")),
    fault("size-720p", "size.enum", "720p is accepted for 1280x720.", **_plain("size", "720p", "1280x720")),
    fault("size-ratio", "size.enum", "9:16 is accepted for 720x1280.", **_plain("size", "9:16", "720x1280")),
    fault("image-avif", "input_reference.is-image.types", "AVIF is accepted, whatever its size.", image=_also_avif),
)

TEXTS = (
    fault("prompt-length-trimmed", "prompt.max-length", "White space around a prompt is not counted.", measure=lambda prompt: len(prompt.strip()) or len(prompt)),
    fault("prompt-length-composed", "prompt.max-length", "Letters and their accents are counted as one.", measure=lambda prompt: len(normalize("NFC", prompt))),
    fault("prompt-length-crlf", "prompt.max-length", "A line break in a prompt is counted twice.", measure=lambda prompt: len(prompt) + prompt.replace("\r\n", "").count("\n")),
    fault("prompt-null-refused", "response.status-code", "The prompt null counts as missing.", length=_refused_prompt(lambda prompt: prompt in ("null", "undefined", "None"))),
    fault("prompt-json-refused", "response.status-code", "A prompt that is a JSON object is refused.", length=_refused_prompt(lambda prompt: prompt.startswith("{") and prompt.endswith("}"))),
    fault("part-header-case", "response.status-code", "The headers of a part are refused in lower case.", read=_unread(_heads(lambda head: b"content-disposition" in head))),
    fault("name-unquoted-refused", "response.status-code", "The name of a part is refused without quotes.", read=_unread(_heads(lambda head: re.search(rb'; name=[^"]', head)))),
    fault("part-encoding-refused", "response.status-code", "A part is refused that says it is binary.", read=_unread(_heads(lambda head: b"transfer-encoding" in head.lower()))),
    fault("epilogue-refused", "response.status-code", "A body with text behind its last boundary is refused.", read=_unread(lambda request: not request.body.rstrip().endswith(b"--"))),
    fault("boundary-later-refused", "response.status-code", "A boundary that is not the first parameter is refused.", read=_unread(lambda request: not request.headers["content-type"].partition(";")[2].strip().lower().startswith("boundary"))),
    fault("boundary-in-text-refused", "response.status-code", "A boundary within a line ends the part.", read=_unread(lambda request: request.body.count(_mark(request)) > request.body.count(b"\r\n" + _mark(request)) + request.body.startswith(_mark(request)))),
    fault("expect-refused", "response.status-code", "A request is refused whose sender waits for leave to send the body.", read=_expects),
)
# fmt: on

FAULTS: tuple[Fault, ...] = COMBINED + NAMES + TEXTS
