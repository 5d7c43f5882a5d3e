"""What the reference server asks of a request, rule by rule, each a policy that a fault may replace.

A second, independent reading of the document: every value below is typed by hand, on purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .form import Malformed, Part, read_parts
from .picture import Picture, read_picture
from .wire import Request
from .words import cut, kind, listed

TOKEN = "test-token"


class Refusal(Exception):  # noqa: N818 - it is no error of the server
    """A request that is refused: HTTP status, code, the field at fault, and a message for people."""

    def __init__(self, status: int, code: str | None, param: str | None, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.param, self.message = status, code, param, message


@dataclass(frozen=True)
class Form:
    """The parts of one request, in the order in which they came."""

    parts: list[Part]

    def find(self, name: str) -> Part | None:
        """The first part of that name."""
        return next((part for part in self.parts if part.name == name), None)

    def text(self, name: str) -> str | None:
        """The value of the first part of that name, if there is one."""
        part = self.find(name)
        return None if part is None else part.data.decode(errors="replace")


def check_auth(b: Checks, request: Request) -> None:
    header = request.headers.get("authorization")
    if header is None:
        say = "No API key provided. Send it in the header 'Authorization: Bearer YOUR_TOKEN'."
        raise Refusal(401, "invalid_api_key", None, say)
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or " " in token:
        say = "Malformed Authorization header. Expected 'Authorization: Bearer YOUR_TOKEN' with one token that is not empty."
        raise Refusal(401, "invalid_api_key", None, say)
    if not b.knows(token):
        where = "You can find your API key at https://platform.openai.com/account/api-keys."
        raise Refusal(401, "invalid_api_key", None, f"Incorrect API key provided: {cut(token)}. {where}")


def check_media_type(b: Checks, request: Request) -> None:
    sent = request.headers.get("content-type", "").partition(";")[0].strip()
    if sent.lower() != "multipart/form-data":
        say = f"Unsupported content type: '{cut(sent)}'. Supported is 'multipart/form-data'."
        raise Refusal(415, "unsupported_content_type", None, say)


def check_body_limit(b: Checks, request: Request) -> None:
    if request.size > b.body_limit:
        say = f"Request body too large: {request.size} bytes or more. At most {b.body_limit} are allowed."
        raise Refusal(413, "request_too_large", None, say)


def read_form(b: Checks, request: Request) -> Form:
    try:
        return Form(read_parts(request.headers["content-type"], request.body))
    except Malformed as error:
        say = f"The body is not valid multipart/form-data: {error}."
        raise Refusal(400, "invalid_multipart_body", None, say) from error


def check_repeated(b: Checks, form: Form) -> None:
    names = [part.name for part in form.parts]
    for name in names:
        if names.count(name) > 1:
            say = f"Repeated parameter: '{name}' was sent {names.count(name)} times. It may be sent once."
            raise Refusal(400, "repeated_parameter", name, say)


def check_encoding(b: Checks, form: Form) -> None:
    for part in form.parts:
        if part.is_file:
            continue
        try:
            part.data.decode("utf-8")
        except UnicodeDecodeError as error:
            where = f"byte 0x{part.data[error.start]:02x} at position {error.start} is not UTF-8"
            raise Refusal(400, "invalid_encoding", part.name, f"Invalid encoding of '{part.name}': {where}.") from error


def check_presence(b: Checks, form: Form, name: str) -> None:
    if name in b.required and form.find(name) is None:
        raise Refusal(400, "missing_required_parameter", name, f"Missing required parameter: '{name}'.")


def check_text(b: Checks, form: Form, name: str) -> None:
    part = form.find(name)
    if part is not None and part.is_file:
        say = f"Invalid type for '{name}': expected a string, but got a file instead."
        raise Refusal(400, "invalid_type", name, say)


def check_length(b: Checks, form: Form) -> None:
    count = b.measure(form.text("prompt") or "")
    if count < b.shortest:
        say = f"Invalid 'prompt': {count} characters are too few. At least {b.shortest} is required."
        raise Refusal(400, "string_below_min_length", "prompt", say)
    if count > b.longest:
        say = f"Invalid 'prompt': {count} characters are too many. At most {b.longest} are allowed."
        raise Refusal(400, "string_above_max_length", "prompt", say)


def check_image(b: Checks, form: Form) -> None:
    part = form.find("input_reference")
    if part is None:
        return
    if not b.is_file(part):
        say = "Invalid type for 'input_reference': expected a file, but got a string instead."
        raise Refusal(400, "invalid_type", "input_reference", say)
    picture = b.look(part)
    if picture is None or picture.type not in b.image_types:
        say = f"Invalid file 'input_reference': unsupported mimetype ('{kind(picture, part.data)}')."
        say += f" Supported file formats are {listed(b.image_types)}."
        raise Refusal(400, "unsupported_file_mimetype", "input_reference", say)
    if not b.whole(picture):
        say = f"Invalid file 'input_reference': the {picture.type} is damaged, it ends early."
        raise Refusal(400, "invalid_image_file", "input_reference", f"{say} Supported are complete files.")
    size = b.value(form, "size")
    if size in b.sizes and not b.fits(picture, size):
        say = "Inpaint image must match the requested width and height"
        seen = f"'input_reference' is {picture.width}x{picture.height}, but 'size' is {size}."
        raise Refusal(400, None, "input_reference", f"{say}: {seen}")


def check_choice(b: Checks, form: Form, name: str, allowed: tuple[str, ...]) -> None:
    check_presence(b, form, name)
    b.text(b, form, name)
    value = b.value(form, name)
    if value not in allowed:
        say = f"Invalid value: '{cut(value)}'. Supported values are: {listed(allowed)}."
        raise Refusal(400, "invalid_value", name, say)


def check_pro(b: Checks, form: Form) -> None:
    model, size = b.value(form, "model"), b.value(form, "size")
    if size in b.pro_sizes and model not in b.pro_models:
        small = listed(tuple(size for size in b.sizes if size not in b.pro_sizes))
        say = f"Invalid value: '{size}'. Supported values with 'model' '{model}' are: {small}."
        raise Refusal(400, "invalid_value", "size", say)


def check_unknown(b: Checks, form: Form) -> None:
    for part in form.parts:
        if part.name not in b.fields:
            raise Refusal(400, "unknown_parameter", cut(part.name), f"Unknown parameter: '{cut(part.name)}'.")


@dataclass(frozen=True)
class Checks:
    """The policies by which a request is judged; a fault replaces one of them."""

    knows: Callable[[str], bool] = lambda token: token == TOKEN
    fields: tuple[str, ...] = ("prompt", "input_reference", "model", "seconds", "size")
    required: tuple[str, ...] = ("prompt", "input_reference")
    shortest: int = 1
    longest: int = 32_000
    measure: Callable[[str], int] = len
    is_file: Callable[[Part], bool] = lambda part: part.is_file
    look: Callable[[Part], Picture | None] = lambda part: read_picture(part.data)
    image_types: tuple[str, ...] = ("image/png", "image/jpeg", "image/webp")
    whole: Callable[[Picture], bool] = lambda picture: picture.whole
    fits: Callable[[Picture, str], bool] = lambda picture, size: f"{picture.width}x{picture.height}" == size
    models: tuple[str, ...] = ("sora-2", "sora-2-pro")
    seconds: tuple[str, ...] = ("4", "8", "12")
    sizes: tuple[str, ...] = ("720x1280", "1280x720", "1024x1792", "1792x1024")
    pro_sizes: tuple[str, ...] = ("1024x1792", "1792x1024")
    pro_models: tuple[str, ...] = ("sora-2-pro",)
    defaults: dict[str, str] = field(default_factory=lambda: {"model": "sora-2", "seconds": "4", "size": "720x1280"})
    plain: Callable[[str, str], str] = lambda _name, value: value
    body_limit: int = 20 * 2**20
    auth: Callable[[Checks, Request], None] = check_auth
    media_type: Callable[[Checks, Request], None] = check_media_type
    limit: Callable[[Checks, Request], None] = check_body_limit
    read: Callable[[Checks, Request], Form] = read_form
    repeated: Callable[[Checks, Form], None] = check_repeated
    encoding: Callable[[Checks, Form], None] = check_encoding
    text: Callable[[Checks, Form, str], None] = check_text
    length: Callable[[Checks, Form], None] = check_length
    image: Callable[[Checks, Form], None] = check_image
    pro: Callable[[Checks, Form], None] = check_pro
    unknown: Callable[[Checks, Form], None] = check_unknown

    def value(self, form: Form, name: str) -> str:
        """The value of an optional field, as sent or by default."""
        sent = form.text(name)
        return self.defaults[name] if sent is None else self.plain(name, sent)

    def judge(self, request: Request) -> dict[str, str]:
        """Model, seconds and size of a good creation; raises `Refusal` on the first rule that is broken."""
        self.media_type(self, request)
        self.limit(self, request)
        form = self.read(self, request)
        self.repeated(self, form)
        self.encoding(self, form)
        check_presence(self, form, "prompt")
        self.text(self, form, "prompt")
        self.length(self, form)
        check_presence(self, form, "input_reference")
        self.image(self, form)
        for name, allowed in (("model", self.models), ("seconds", self.seconds), ("size", self.sizes)):
            check_choice(self, form, name, allowed)
        self.pro(self, form)
        self.unknown(self, form)
        return {name: self.value(form, name) for name in ("model", "seconds", "size")}
