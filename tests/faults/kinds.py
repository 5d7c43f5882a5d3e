"""Faults of kinds: of files that few writers make, of characters that few keyboards have, of words for a value."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .checks import Checks, Form, Refusal, check_image, check_length
from .fault import CLEAN, Fault, beyond, fault


def _refused_file(bad: Callable[[bytes], bool]) -> dict[str, Callable[[Checks, Form], None]]:
    """A picture is refused whose bytes are `bad`."""

    def image(b: Checks, form: Form) -> None:
        check_image(b, form)
        part = form.find("input_reference")
        if part is not None and bad(part.data):
            raise Refusal(400, "unsupported_file_mimetype", "input_reference", "This kind of picture is refused.")

    return {"image": image}


def _png(at: int, value: int) -> Callable[[bytes], bool]:
    """Whether it is a PNG with this byte in its header chunk."""
    return lambda data: data.startswith(b"\x89PNG") and data[16 + at] == value


def _crash(characters: str) -> dict[str, Callable[[Checks, Form], None]]:
    """The server breaks down over a prompt that has one of these."""

    def length(b: Checks, form: Form) -> None:
        check_length(b, form)
        if re.search(f"[{characters}]", form.text("prompt") or ""):
            raise ValueError(characters)

    return {"length": length}


def _taken(name: str, change: Callable[[str], str]) -> dict[str, Callable[[str, str], str]]:
    """Values of this field are changed before they are looked at."""
    return {"plain": lambda field, value: change(value) if field == name else value}


def _words(name: str, value: str, *words: str) -> dict[str, Callable[[str, str], str]]:
    return _taken(name, lambda sent: value if sent in words else sent)


def _one_less(jobs: list[Any], limit: int) -> list[Any]:
    return jobs[: limit - 1] if 0 < limit < len(jobs) else jobs[:limit]


# fmt: off
FAULTS: tuple[Fault, ...] = (
    fault("png-deep-refused", "input_reference.is-image.types", "A PNG of 16 bits a channel is refused.", **_refused_file(_png(8, 16))),
    fault("png-grey-refused", "input_reference.is-image.types", "A grey PNG is refused.", **_refused_file(_png(9, 0))),
    fault("png-palette-refused", "input_reference.is-image.types", "A PNG with a palette is refused.", **_refused_file(_png(9, 3))),
    fault("png-transparent-refused", "input_reference.is-image.types", "A PNG with transparency is refused.", **_refused_file(_png(9, 6))),
    fault("png-interlaced-refused", "input_reference.is-image.types", "An interlaced PNG is refused.", **_refused_file(_png(12, 1))),
    fault("jpeg-progressive-refused", "input_reference.is-image.types", "A progressive JPEG is refused.", **_refused_file(lambda data: data.startswith(b"\xff\xd8") and b"\xff\xc2" in data)),
    fault("webp-extended-refused", "input_reference.is-image.types", "A WebP with more than its pixels is refused.", **_refused_file(lambda data: data[12:16] == b"VP8X")),
    fault("crash-control", "response.status-code", "A control character in a prompt is answered 500.", **_crash("\x07\x1b")),
    fault("crash-separator", "response.status-code", "A line separator in a prompt is answered 500.", **_crash("\u2028\u2029")),
    fault("crash-byte-order-mark", "response.status-code", "A byte order mark in a prompt is answered 500.", **_crash("\ufeff")),
    fault("size-pixels", "size.enum", "720x1280px is accepted.", **_taken("size", lambda value: value.removesuffix("px"))),
    fault("size-look-alike", "size.enum", "720\u04451280 is accepted, with a letter of Cyrillic.", **_taken("size", lambda value: value.replace("\u0445", "x"))),
    fault("model-hyphenless", "model.enum", "sora2 is accepted for sora-2.", **_words("model", "sora-2", "sora2")),
    fault("model-word-default", "model.enum", "The model default is the default.", **_words("model", "sora-2", "default")),
    fault("model-turbo", "model.enum", "sora-2-turbo is accepted for sora-2.", **_words("model", "sora-2", "sora-2-turbo")),
    fault("seconds-20", "seconds.enum", "20 seconds are accepted too.", seconds=("4", "8", "12", "20")),
    fault("seconds-duration", "seconds.enum", "PT4S is accepted for 4.", **_words("seconds", "4", "PT4S")),
    fault("size-480x854", "size.enum", "480x854 is accepted too.", sizes=(*CLEAN.sizes, "480x854")),
    fault("size-portrait", "size.enum", "portrait is accepted for 720x1280.", **_words("size", "720x1280", "portrait")),
    fault("unknown-user", "fields.unknown", "A field user is ignored.", fields=(*CLEAN.fields, "user")),
    beyond("list-one-less", "list.page", "A page that is not the last has one video less than asked for, which may be none.", cut=_one_less),
)
# fmt: on
