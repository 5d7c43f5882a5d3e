"""Good and bad requests with the rule each stands for, and what is due; typed by hand from the document."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .ask import BOUNDARY, File, Sent, Value, auth, body, fitting, form, picture

OFFERED: dict[str, Value] = {"model": "sora-2", "seconds": "4", "size": "720x1280"}
LIMIT = 20 * 2**20
TEXT = File(b"no picture", "notes.txt", "text/plain")
ODD = File(b"\xff\xfe", "notes.bin", "application/octet-stream")


@dataclass(frozen=True)
class Good:
    """A request that is to be accepted, and the model, seconds and size that are to be answered.

    `left` names the field that is left out, so that a default is answered.
    """

    rule: str
    sent: Sent
    model: str = "sora-2"
    seconds: str = "4"
    size: str = "720x1280"
    left: str = ""


@dataclass(frozen=True)
class Bad:
    """A request that is to be refused, and how."""

    rule: str
    sent: Sent
    status: int = 400
    code: str | None = "invalid_value"
    param: str | None = None


def full(more: tuple[tuple[str | None, Value], ...] = (), /, **fields: Value) -> Sent:
    """A form that sends every field, so that one change breaks one rule."""
    return form(more, **(OFFERED | fields))


def good(rule: str, **fields: Value) -> Good:
    """A good form."""
    sent = {name: value for name in ("model", "seconds", "size") if isinstance(value := fields.get(name), str)}
    return Good(rule, full(**fields), **sent)


def without(name: str) -> Good:
    """A good form that leaves this field out."""
    return Good(f"{name}.optional", full(**{name: None}), left=name)


def bad(rule: str, code: str | None, param: str | None, **fields: Value) -> Bad:
    """A bad form."""
    return Bad(rule, full(**fields), 400, code, param)


def image(data: bytes, name: str | None = "picture.png", declared: str | None = "image/png") -> dict[str, Value]:
    """The field of the picture."""
    return {"input_reference": File(data, name, declared)}


def filled(size: int) -> Sent:
    """A good creation whose body has `size` bytes."""
    empty = len(full(**image(picture())).content)
    return full(**image(picture() + bytes(size - empty)))


WHOLE = full()
PRO = "sora-2-pro"

# fmt: off
GOOD = (
    good("response.status-code"),
    without("model"),
    without("seconds"),
    without("size"),
    good("fields.text-encoding", prompt="Ein Kätzchen"),
    good("prompt.type", prompt="A cat\r\nA dog"),
    good("response.status-code", prompt="A 🐈\0cat"),
    good("prompt.min-length", prompt="A"),
    good("prompt.min-length", prompt=" "),
    good("prompt.max-length", prompt="é" * 32_000),
    good("prompt.max-length", prompt="🐈" * 32_000),
    good("model.enum", model="sora-2"),
    good("model.enum", model=PRO),
    good("seconds.enum", seconds="4"),
    good("seconds.enum", seconds="8"),
    good("seconds.enum", seconds="12"),
    good("response.status-code", seconds="12", model=PRO),
    good("size.enum", size="720x1280"),
    good("size.enum", size="1280x720"),
    good("size.needs-pro", size="1280x720", model=PRO),
    good("size.needs-pro", size="1024x1792", model=PRO),
    good("size.needs-pro", size="1792x1024", model=PRO),
    good("input_reference.is-image", **image(picture(kind="JPEG"))),
    good("input_reference.is-image", **image(picture(kind="WEBP"), "blob", "application/octet-stream")),
    good("response.status-code", size="1792x1024", model=PRO, **image(picture(1792, 1024, "WEBP"))),
    good("input_reference.is-image", **image(picture(), "picture.jpg", "image/jpeg")),
    good("input_reference.type", **image(picture(), None)),
    good("response.status-code", **image(picture(), "Grün.png")),
    good("input_reference.matches-size", **image(picture(720, 1280, "JPEG", 6))),
    Good("response.status-code", body(WHOLE.content, f'Multipart/form-data; boundary="{BOUNDARY}"')),
    Good("response.status-code", replace(WHOLE, chunked=True)),
    Good("body.limit", filled(LIMIT)),
)
# fmt: on


def _misfits(rule: str = "input_reference.matches-size") -> tuple[Bad, ...]:
    """Pictures of another size than the one asked for."""
    wrong = ((719, 1280), (720, 1281), (721, 1281), (1280, 720), (360, 640), (1440, 2560), (1, 1), (1024, 1792))
    asked = tuple(bad(rule, None, "input_reference", **image(picture(*size))) for size in wrong)
    landscape = bad(rule, None, "input_reference", size="1280x720", **image(picture()))
    pro = bad(rule, None, "input_reference", model=PRO, size="1024x1792", **image(picture(1792, 1024, "JPEG")))
    unsized = bad(rule, None, "input_reference", size=None, **image(picture(100, 100)))
    return (*asked, unsized, landscape, pro, bad(rule, None, "input_reference", **image(picture(100, 100, "WEBP"))))


def _cuts(rule: str = "input_reference.intact") -> tuple[Bad, ...]:
    """Pictures that end early."""
    kinds = {kind: picture(kind=kind) for kind in ("PNG", "JPEG", "WEBP")}
    # Decoders take a PNG that lacks only the end of its last chunk.
    cuts = [data[:-at] for name, data in kinds.items() for at in (40 if name == "PNG" else 1, 20, len(data) // 2)]
    return tuple(bad(rule, "invalid_image_file", "input_reference", **image(data)) for data in cuts)


def _neighbours(name: str, *values: str) -> tuple[Bad, ...]:
    """Values beside those of an enum."""
    return tuple(bad(f"{name}.enum", "invalid_value", name, **{name: value}) for value in values)


def _missing(name: str) -> Bad:
    return bad(f"{name}.required", "missing_required_parameter", name, **{name: None})


def _file(name: str, file: File) -> Bad:
    return bad(f"{name}.type", "invalid_type", name, **{name: file})


UNFINISHED = WHOLE.content.removesuffix(f"\r\n--{BOUNDARY}--\r\n".encode())
MANY = tuple((f"field{n}", "") for n in range(101))
# fmt: off
OTHER_BODIES = (
    (b'{"prompt": "A cat", "input_reference": "data:image/png;base64,AAAA"}', "application/json"),
    (b"prompt=A+cat&input_reference=a.png", "application/x-www-form-urlencoded"),
    (WHOLE.content, f"multipart/mixed; boundary={BOUNDARY}"),
    (WHOLE.content, None),
)

BAD = (
    Bad("auth.required", auth(None), 401, "invalid_api_key"),
    *(Bad("auth.scheme", auth(value), 401, "invalid_api_key") for value in ("Basic dTpw", "test-token", "Bearer", "Bearer ", "Token test-token", "Bearer a b", "Bearertest-token")),
    *(Bad("auth.key", auth(value), 401, "invalid_api_key") for value in ("Bearer wrong", "Bearer test-token2", "Bearer test", "Bearer TEST-TOKEN", "Bearer \xe9t\xe9")),
    *(Bad("path", replace(WHOLE, path=path), 404, "unknown_url") for path in ("/videos", "/v1/videos/", "/v1/video", "/", "/v1/videos/a/b")),
    *(Bad("method", replace(WHOLE, method=method), 405, "method_not_supported") for method in ("PUT", "PATCH", "DELETE", "TRACE")),
    *(Bad("media-type", body(*other), 415, "unsupported_content_type") for other in OTHER_BODIES),
    Bad("body.limit", filled(LIMIT + 1), 413, "request_too_large"),
    Bad("body.boundary", body(WHOLE.content, "multipart/form-data"), 400, "invalid_multipart_body"),
    *(Bad("body.complete", body(content), 400, "invalid_multipart_body") for content in (b"", b"no form", UNFINISHED)),
    Bad("body.part-name", full(((None, "A cat"),)), 400, "invalid_multipart_body"),
    Bad("body.parts", full(MANY), 400, "invalid_multipart_body"),
    Bad("body.well-formed", body(f"--{BOUNDARY}\r\nX-Note: none\r\n\r\nA\r\n".encode() + WHOLE.content), 400, "invalid_multipart_body"),
    Bad("body.well-formed", body(WHOLE.content.replace(b'form-data; name="seconds"', b'attachment; name="seconds"')), 400, "invalid_multipart_body"),
    *(Bad("fields.repeated", full((("seconds", second),)), 400, "repeated_parameter", "seconds") for second in ("4", "8")),
    Bad("fields.repeated", full((("input_reference", fitting("720x1280")),)), 400, "repeated_parameter", "input_reference"),
    bad("fields.text-encoding", "invalid_encoding", "prompt", prompt=b"A c\xe4t"),
    _missing("prompt"),
    _missing("input_reference"),
    *(_file(name, File(text.encode(), "value.txt", "text/plain")) for name, text in (("prompt", "A cat"), ("model", "sora-2"), ("seconds", "4"), ("size", "720x1280"))),
    _file("size", ODD),
    bad("prompt.min-length", "string_below_min_length", "prompt", prompt=""),
    bad("prompt.max-length", "string_above_max_length", "prompt", prompt="a" * 32_001),
    *(bad("input_reference.type", "invalid_type", "input_reference", input_reference=text) for text in ("a cat", "", "https://example.com/a.png", "data:image/png;base64,AAAA")),
    *(bad("input_reference.is-image", "unsupported_file_mimetype", "input_reference", **image(data)) for data in (b"", b"no picture", bytes(99))),
    bad("input_reference.is-image", "unsupported_file_mimetype", "input_reference", **image(picture(kind="GIF"))),
    *_cuts(),
    *_misfits(),
    *_neighbours("model", "sora", "sora-1", "Sora-2", " sora-2", "sora-2-pro ", ""),
    *_neighbours("seconds", "5", "16", "04", " 4", "4.0", "0", "-4", "4s", ""),
    bad("size.enum", "invalid_value", "size", size="1080x1080", **image(picture(1080, 1080))),
    bad("size.enum", "invalid_value", "size", size="720x720", **image(picture(720, 720))),
    *_neighbours("size", "720*1280", "720X1280", "720x1280 ", "0720x1280", "x", ""),
    *(bad("size.needs-pro", "invalid_value", "size", size=size, **model) for size in ("1024x1792", "1792x1024") for model in ({"model": None}, {"model": "sora-2"}, {"seconds": "12"})),
    bad("fields.unknown", "unknown_parameter", "width", width="720"),
    bad("fields.unknown", "unknown_parameter", "mask", mask=fitting("720x1280")),
    bad("fields.unknown", "unknown_parameter", "Seconds", seconds=None, Seconds="4"),
    bad("fields.unknown", "unknown_parameter", "user", user=""),
    bad("fields.unknown", "unknown_parameter", "größe", größe=TEXT),
)
# fmt: on

ALL: tuple[Good | Bad, ...] = (*GOOD, *BAD)
# Bodies of 20 MiB take their time: what says nothing of the limit goes without them.
LIGHT = tuple(case for case in ALL if case.rule != "body.limit")
