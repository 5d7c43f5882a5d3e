"""Faults of the reference picture: is it one, is it whole, does it fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from .checks import Checks, Form, Refusal, check_image
from .fault import Fault, fault
from .form import Part
from .picture import Picture, read_picture


def _unless(fine: Callable[[Part], bool]) -> Callable[[Checks, Form], None]:
    """The clean check, but a part that is `fine` is not looked at."""

    def image(b: Checks, form: Form) -> None:
        part = form.find("input_reference")
        if part is not None and not fine(part):
            check_image(b, form)

    return image


def _refusing(bad: Callable[[Part], bool], code: str) -> Callable[[Checks, Form], None]:
    """The clean check, and a refusal where the part is `bad`."""

    def image(b: Checks, form: Form) -> None:
        check_image(b, form)
        part = form.find("input_reference")
        if part is not None and bad(part):
            raise Refusal(400, code, "input_reference", "The picture is refused.")

    return image


def _no_picture(part: Part) -> bool:
    return part.is_file and read_picture(part.data) is None


def _starts_with(*beginnings: str) -> Callable[[Part], bool]:
    return lambda part: not part.is_file and part.data.decode(errors="replace").startswith(beginnings)


def _fits(fine: Callable[[int, int, int, int], bool]) -> Callable[[Picture, str], bool]:
    """Compares a picture's width and height with those of `size`."""

    def fits(picture: Picture, size: str) -> bool:
        width, height = (int(part) for part in size.split("x"))
        return fine(picture.width, picture.height, width, height)

    return fits


def _exactly(picture: Picture, size: str) -> bool:
    return f"{picture.width}x{picture.height}" == size


def _unchecked_where(skip: Callable[[Checks, Form], bool]) -> Callable[[Checks, Form], None]:
    """The clean check, without the dimensions where `skip` holds."""

    def image(b: Checks, form: Form) -> None:
        check_image(replace(b, fits=lambda _picture, _size: True) if skip(b, form) else b, form)

    return image


def _turned(part: Part) -> Picture | None:
    """The picture as its orientation tag would have it shown."""
    picture = read_picture(part.data)
    try:
        width, height = ImageOps.exif_transpose(Image.open(BytesIO(part.data))).size
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return picture
    return picture and replace(picture, width=width, height=height)


def _nearly_whole(part: Part) -> Picture | None:
    """A picture of which no more than its last 12 bytes are missing counts as whole."""
    picture = read_picture(part.data)
    if picture is None or picture.whole:
        return picture
    tails = (b"\0\0\0\0IEND\xaeB`\x82", b"\xff\xd9")
    ends = (read_picture(part.data + tail[at:]) for tail in tails for at in range(len(tail)))
    return next((end for end in ends if end is not None and end.whole), picture)


def _types(*types: str) -> tuple[str, ...]:
    return tuple(f"image/{name}" for name in types)


# fmt: off
IS_IMAGE = (
    fault("image-optional", "input_reference.required", "A request without a picture is accepted.", required=("prompt",)),
    fault("image-text", "input_reference.type", "Any text is accepted as picture.", image=_unless(lambda part: not part.is_file)),
    fault("image-url", "input_reference.type", "The address of a picture is accepted in its place.", image=_unless(_starts_with("http://", "https://"))),
    fault("image-data-url", "input_reference.type", "A data: address is accepted in place of a file.", image=_unless(_starts_with("data:"))),
    fault("image-empty-text", "input_reference.type", "An empty text is accepted as picture.", image=_unless(lambda part: not part.is_file and not part.data)),
    fault("image-nameless-refused", "input_reference.type", "A file part without a file name is refused as text.", is_file=lambda part: part.filename is not None),
    fault("image-any-bytes", "input_reference.is-image", "Any file is accepted as picture.", image=_unless(_no_picture)),
    fault("image-by-name", "input_reference.is-image", "Any file is accepted whose name ends like a picture's.", image=_unless(lambda part: _no_picture(part) and (part.filename or "").lower().endswith((".png", ".jpg", ".jpeg", ".webp")))),
    fault("image-by-declared-type", "input_reference.is-image", "Any file is accepted whose declared type is a picture's.", image=_unless(lambda part: _no_picture(part) and (part.declared_type or "").startswith("image/"))),
    fault("image-empty", "input_reference.is-image", "An empty file is accepted as picture.", image=_unless(lambda part: part.is_file and not part.data)),
    fault("image-gif", "input_reference.is-image.types", "GIF is accepted too.", image_types=_types("png", "jpeg", "webp", "gif")),
    fault("image-png-only", "input_reference.is-image.types", "JPEG and WebP are refused.", image_types=_types("png")),
    fault("image-jpeg-refused", "input_reference.is-image.types", "JPEG is refused.", image_types=_types("png", "webp")),
    fault("image-webp-refused", "input_reference.is-image.types", "WebP is refused.", image_types=_types("png", "jpeg")),
    fault("image-octet-stream-refused", "input_reference.is-image.types", "A picture declared application/octet-stream is refused.", image=_refusing(lambda part: part.declared_type == "application/octet-stream", "unsupported_file_mimetype")),
    fault("image-type-mismatch-refused", "input_reference.is-image.types", "A picture declared to be of another type is refused.", image=_refusing(lambda part: (part.declared_type or "").startswith("image/") and part.declared_type != getattr(read_picture(part.data), "type", ""), "unsupported_file_mimetype")),
    fault("image-extension-needed", "input_reference.is-image.types", "A picture is refused whose file name has no extension.", image=_refusing(lambda part: part.filename is not None and "." not in part.filename, "unsupported_file_mimetype")),
)

INTACT = (
    fault("image-cut", "input_reference.intact", "A picture that ends early is accepted.", whole=lambda _picture: True),
    fault("image-cut-png", "input_reference.intact", "A PNG that ends early is accepted.", whole=lambda picture: picture.whole or picture.type == "image/png"),
    fault("image-cut-jpeg", "input_reference.intact", "A JPEG that ends early is accepted.", whole=lambda picture: picture.whole or picture.type == "image/jpeg"),
    fault("image-cut-webp", "input_reference.intact", "A WebP that ends early is accepted.", whole=lambda picture: picture.whole or picture.type == "image/webp"),
    fault("image-end-missing", "input_reference.intact", "A picture is accepted of which only the end mark is missing.", look=_nearly_whole),
)

FIT = (
    fault("fit-unchecked", "input_reference.matches-size", "The picture's dimensions are not looked at.", fits=_fits(lambda _w, _h, _width, _height: True)),
    fault("fit-width-only", "input_reference.matches-size", "Only the picture's width is compared.", fits=_fits(lambda w, _h, width, _height: w == width)),
    fault("fit-height-only", "input_reference.matches-size", "Only the picture's height is compared.", fits=_fits(lambda _w, h, _width, height: h == height)),
    fault("fit-swapped", "input_reference.matches-size", "Width and height may be swapped.", fits=_fits(lambda w, h, width, height: {w, h} == {width, height})),
    fault("fit-near", "input_reference.matches-size", "One pixel more or less is accepted.", fits=_fits(lambda w, h, width, height: abs(w - width) <= 1 and abs(h - height) <= 1)),
    fault("fit-smaller", "input_reference.matches-size", "A smaller picture is accepted.", fits=_fits(lambda w, h, width, height: w <= width and h <= height)),
    fault("fit-larger", "input_reference.matches-size", "A larger picture is accepted.", fits=_fits(lambda w, h, width, height: w >= width and h >= height)),
    fault("fit-ratio", "input_reference.matches-size", "Every picture of the same proportions is accepted.", fits=_fits(lambda w, h, width, height: w * height == h * width)),
    fault("fit-any-offered", "input_reference.matches-size", "The picture may have any size that is offered.", fits=lambda picture, _size: f"{picture.width}x{picture.height}" in ("720x1280", "1280x720", "1024x1792", "1792x1024")),
    fault("fit-default-only", "input_reference.matches-size", "The picture is compared with the default size, whatever was sent.", fits=lambda picture, _size: _exactly(picture, "720x1280")),
    fault("fit-where-sent", "input_reference.matches-size", "The picture is compared only where a size is sent.", image=_unchecked_where(lambda _b, form: form.find("size") is None)),
    fault("fit-not-pro", "input_reference.matches-size", "The picture is not compared for sora-2-pro.", image=_unchecked_where(lambda b, form: b.value(form, "model") == "sora-2-pro")),
    fault("fit-not-jpeg", "input_reference.matches-size", "The dimensions of a JPEG are not looked at.", fits=lambda picture, size: picture.type == "image/jpeg" or _exactly(picture, size)),
    fault("fit-not-webp", "input_reference.matches-size", "The dimensions of a WebP are not looked at.", fits=lambda picture, size: picture.type == "image/webp" or _exactly(picture, size)),
    fault("fit-as-shown", "input_reference.matches-size", "The picture is turned by its orientation tag before it is compared.", look=_turned),
)
# fmt: on

FAULTS: tuple[Fault, ...] = IS_IMAGE + INTACT + FIT
