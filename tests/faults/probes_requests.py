"""A probe for each fault of transport, fields and images."""

from __future__ import annotations

from dataclasses import replace

from .ask import AUTH, BOUNDARY, Ask, File, Sent, auth, body, fitting, form, header_of, picture, seen
from .probe import MISSING, Probe, accepts, answers, error, key, refuses

URLENCODED = "application/x-www-form-urlencoded"
GOOD = form()


MANY = tuple((f"field{n}", "") for n in range(101))


def _at(path: str, method: str = "POST") -> Sent:
    return replace(GOOD, path=path, method=method)


def _typed(content_type: str | None) -> Sent:
    return body(GOOD.content, content_type)


def _part_before(part: bytes) -> Sent:
    return body(f"--{BOUNDARY}\r\n".encode() + part + b"\r\n" + GOOD.content)


def _twice(name: str, first: str, second: str) -> Sent:
    return form(((name, second),), **{name: first})


def _seconds_of(sent: Sent) -> Ask:
    return seen(lambda video: video.get("seconds", MISSING), sent)


def _image(data: bytes, name: str | None = "picture.png", declared: str | None = "image/png") -> dict[str, File]:
    return {"input_reference": File(data, name, declared)}


def _misfit(width: int, height: int, kind: str = "PNG") -> dict[str, File]:
    return _image(picture(width, height, kind))


def _file(text: str) -> File:
    return File(text.encode(), "value.txt", "text/plain")


# fmt: off
TRANSPORT = {
    "auth-missing": answers(auth(None), 401, 200),
    "auth-missing-on-retrieve": answers(Sent("GET", "/v1/videos/video_1", {}), 401, 404),
    "auth-basic": answers(auth("Basic dXNlcjpwYXNz"), 401, 200),
    "auth-other-scheme": answers(auth("Token test-token"), 401, 200),
    "auth-bare-token": answers(auth("test-token"), 401, 200),
    "auth-empty-token": answers(auth("Bearer "), 401, 200),
    "auth-glued": answers(auth("Bearertest-token"), 401, 200),
    "auth-any-token": answers(auth("Bearer wrong"), 401, 200),
    "auth-token-start": answers(auth("Bearer test-token-2"), 401, 200),
    "auth-token-cut": answers(auth("Bearer test"), 401, 200),
    "auth-token-case": answers(auth("Bearer TEST-TOKEN"), 401, 200),
    "path-any": answers(_at("/v1/videos/generations"), 405, 200),
    "path-without-v1": answers(_at("/videos"), 404, 200),
    "path-slash": answers(_at("/v1/videos/"), 404, 200),
    "path-unknown-200": answers(_at("/v1/nothing", "GET"), 404, 200),
    "method-put": answers(_at("/v1/videos", "PUT"), 405, 200),
    "method-patch": answers(_at("/v1/videos", "PATCH"), 405, 200),
    "method-all-200": answers(Sent("PUT", "/v1/videos", AUTH), 405, 200),
    "method-no-allow": Probe(header_of("allow", Sent("PUT", "/v1/videos", AUTH)), "GET, POST", None),
    "json-accepted": answers(body(b'{"prompt": "A cat", "seconds": "4"}', "application/json"), 415, 200),
    "urlencoded-accepted": answers(body(b"prompt=A+cat&seconds=4", URLENCODED), 415, 200),
    "mixed-accepted": answers(_typed(f"multipart/mixed; boundary={BOUNDARY}"), 415, 200),
    "untyped-accepted": answers(_typed(None), 415, 200),
    "quoted-boundary-refused": answers(_typed(f'multipart/form-data; boundary="{BOUNDARY}"'), 200, 400),
    "chunked-refused": answers(replace(GOOD, chunked=True), 200, 411),
    "body-unlimited": answers(form(input_reference=File(picture() + bytes(20 * 2**20))), 413, 200),
    "body-limit-low": answers(form(input_reference=File(picture() + bytes(2**20))), 200, 413),
    "boundary-guessed": answers(_typed("multipart/form-data"), 400, 200),
    "body-unfinished": answers(body(GOOD.content.removesuffix(f"\r\n--{BOUNDARY}--\r\n".encode())), 400, 200),
    "part-nameless": answers(form(((None, "nobody"),)), 400, 200),
    "part-undisposed": answers(_part_before(b"X-Note: none\r\n\r\nA note"), 400, 200),
    "part-attached": answers(_part_before(b'Content-Disposition: attachment; name="seconds"\r\n\r\n4'), 400, 200),
    "parts-unlimited": error("code", "invalid_multipart_body", "unknown_parameter", form(MANY)),
    "parts-busy": answers(form(MANY), 400, 503),
    "repeated-first": Probe(_seconds_of(_twice("seconds", "8", "4")), MISSING, "8"),
    "repeated-last": Probe(_seconds_of(_twice("seconds", "8", "4")), MISSING, "4"),
    "repeated-equal": answers(_twice("seconds", "8", "8"), 400, 200),
    "repeated-file": answers(form((("input_reference", fitting("720x1280")),)), 400, 200),
    "latin-1-prompt": accepts(prompt="Grün".encode("latin-1")),
    "unknown-ignored": accepts(width="720"),
    "unknown-file-ignored": accepts(mask=fitting("720x1280")),
    "unknown-empty-ignored": accepts(width=""),
    "name-case": accepts(seconds=None, Seconds="4"),
}

FIELDS = {
    "prompt-optional": accepts(prompt=None),
    "prompt-file": accepts(prompt=_file("A cat")),
    "prompt-empty": accepts(prompt=""),
    "prompt-two": refuses(prompt="A"),
    "prompt-trimmed": refuses(prompt=" "),
    "prompt-unlimited": accepts(prompt="a" * 100_000),
    "prompt-32001": accepts(prompt="a" * 32_001),
    "prompt-31999": refuses(prompt="a" * 32_000),
    "prompt-1000": refuses(prompt="a" * 1_001),
    "prompt-bytes": refuses(prompt="é" * 20_000),
    "prompt-utf-16": refuses(prompt="🐈" * 20_000),
    "prompt-ascii": refuses(prompt="猫"),
    "prompt-one-line": refuses(prompt="A cat\nA dog"),
    "model-required": refuses(model=None),
    "model-file": accepts(model=_file("sora-2")),
    "model-any": accepts(model="dall-e-3"),
    "model-prefix": accepts(model="sora-2-2025-10-06"),
    "model-extra": accepts(model="sora-1"),
    "model-case": accepts(model="Sora-2"),
    "model-white-space": accepts(model=" sora-2"),
    "model-empty": accepts(model=""),
    "model-unknown-default": accepts(model="sora"),
    "model-pro-refused": refuses(model="sora-2-pro"),
    "model-default-pro": key("model", "sora-2", "sora-2-pro"),
    "seconds-required": refuses(seconds=None),
    "seconds-file": accepts(seconds=_file("4")),
    "seconds-any": accepts(seconds="four"),
    "seconds-digits": accepts(seconds="60"),
    "seconds-5": accepts(seconds="5"),
    "seconds-16": accepts(seconds="16"),
    "seconds-0": accepts(seconds="0"),
    "seconds-between": accepts(seconds="10"),
    "seconds-leading-zero": accepts(seconds="04"),
    "seconds-white-space": accepts(seconds="4 "),
    "seconds-float": accepts(seconds="4.0"),
    "seconds-unit": accepts(seconds="4s"),
    "seconds-empty": accepts(seconds=""),
    "seconds-rounded": accepts(seconds="7"),
    "seconds-8-refused": refuses(seconds="8"),
    "seconds-12-refused": refuses(seconds="12"),
    "seconds-default-8": key("seconds", "4", "8"),
    "seconds-12-pro-refused": refuses(seconds="12", model="sora-2-pro"),
    "size-required": refuses(size=None),
    "size-file": accepts(size=_file("720x1280")),
    "size-any-fitting": accepts(size="600x600", **_misfit(600, 600)),
    "size-any": accepts(size="600x600"),
    "size-1080x1080": accepts(size="1080x1080", **_misfit(1080, 1080)),
    "size-case": accepts(size="720X1280"),
    "size-white-space": accepts(size="720x1280 "),
    "size-star": accepts(size="720*1280"),
    "size-leading-zero": accepts(size="0720x1280"),
    "size-empty": accepts(size=""),
    "size-1280x720-refused": refuses(size="1280x720"),
    "size-1024x1792-refused": refuses(size="1024x1792", model="sora-2-pro"),
    "size-default-landscape": refuses(size=None),
    "pro-for-all": accepts(size="1792x1024", model="sora-2"),
    "pro-portrait-only": accepts(size="1792x1024", model="sora-2"),
    "pro-landscape-only": accepts(size="1024x1792", model="sora-2"),
    "pro-model-absent": accepts(size="1792x1024"),
    "pro-unchecked-at-12": accepts(size="1792x1024", model="sora-2", seconds="12"),
    "pro-refused": refuses(size="1792x1024", model="sora-2-pro"),
    "pro-landscape-refused": refuses(size="1792x1024", model="sora-2-pro"),
    "pro-large-only": refuses(size="1280x720", model="sora-2-pro"),
}

IMAGES = {
    "image-optional": accepts(input_reference=None),
    "image-text": accepts(input_reference="a cat"),
    "image-url": accepts(input_reference="https://example.com/cat.png"),
    "image-data-url": accepts(input_reference="data:image/png;base64,AAAA"),
    "image-empty-text": accepts(input_reference=""),
    "image-nameless-refused": refuses(**_image(picture(), None)),
    "image-any-bytes": accepts(**_image(b"no picture", "notes.txt", "text/plain")),
    "image-by-name": accepts(**_image(b"no picture", "notes.PNG", "text/plain")),
    "image-by-declared-type": accepts(**_image(b"no picture", "notes.txt", "image/png")),
    "image-empty": accepts(**_image(b"")),
    "image-gif": accepts(**_misfit(720, 1280, "GIF")),
    "image-png-only": refuses(**_misfit(720, 1280, "WEBP")),
    "image-jpeg-refused": refuses(**_misfit(720, 1280, "JPEG")),
    "image-webp-refused": refuses(**_misfit(720, 1280, "WEBP")),
    "image-octet-stream-refused": refuses(**_image(picture(), "picture.png", "application/octet-stream")),
    "image-type-mismatch-refused": refuses(**_image(picture(), "picture.jpg", "image/jpeg")),
    "image-extension-needed": refuses(**_image(picture(), "blob")),
    "image-cut": accepts(**_image(picture()[:-100])),
    "image-cut-png": accepts(**_image(picture()[:-100])),
    "image-cut-jpeg": accepts(**_image(picture(kind="JPEG")[:-100])),
    "image-cut-webp": accepts(**_image(picture(kind="WEBP")[:-100])),
    "image-end-missing": accepts(**_image(picture()[:-12])),
    "fit-unchecked": accepts(**_misfit(100, 100)),
    "fit-width-only": accepts(**_misfit(720, 1279)),
    "fit-height-only": accepts(**_misfit(721, 1280)),
    "fit-swapped": accepts(**_misfit(1280, 720)),
    "fit-near": accepts(**_misfit(719, 1281)),
    "fit-smaller": accepts(**_misfit(100, 100)),
    "fit-larger": accepts(**_misfit(1440, 2000)),
    "fit-ratio": accepts(**_misfit(360, 640)),
    "fit-any-offered": accepts(**_misfit(1280, 720)),
    "fit-default-only": refuses(size="1280x720"),
    "fit-where-sent": accepts(**_misfit(100, 100)),
    "fit-not-pro": accepts(model="sora-2-pro", **_misfit(100, 100)),
    "fit-not-jpeg": accepts(**_misfit(100, 100, "JPEG")),
    "fit-not-webp": accepts(**_misfit(100, 100, "WEBP")),
    "fit-as-shown": accepts(**_image(picture(1280, 720, "JPEG", orientation=6))),
}
# fmt: on

PROBES: dict[str, Probe] = TRANSPORT | FIELDS | IMAGES
