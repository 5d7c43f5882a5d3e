"""Probes of the faults of kinds."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from PIL import Image

from .ask import Client, File, fitting, form
from .looks import create, page
from .probe import Probe, accepts, answers, refuses


def _picture(mode: str = "RGB", kind: str = "PNG", **options: object) -> File:
    file = BytesIO()
    Image.new(mode, (720, 1280)).save(file, kind, **options)
    return File(file.getvalue())


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _interlaced() -> File:
    """A PNG that says it is interlaced; nobody here looks at its pixels."""
    header = struct.pack(">IIBBBBB", 720, 1280, 8, 0, 0, 0, 1)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(930_000))), (b"IEND", b"")]
    return File(b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks))


async def _first_page(client: Client) -> object:
    await create(client, 3)
    return len((await client.send(page("?limit=1"))).json["data"])


# fmt: off
PROBES = {
    "png-deep-refused": refuses(input_reference=_picture("I;16")),
    "png-grey-refused": refuses(input_reference=_picture("L")),
    "png-palette-refused": refuses(input_reference=_picture("P")),
    "png-transparent-refused": refuses(input_reference=_picture("RGBA")),
    "png-interlaced-refused": refuses(input_reference=_interlaced()),
    "jpeg-progressive-refused": refuses(input_reference=_picture(kind="JPEG", progressive=True)),
    "webp-extended-refused": refuses(input_reference=_picture(kind="WEBP", xmp=b"<x/>")),
    "crash-control": answers(form(prompt="A \x07 cat"), 200, 500),
    "crash-separator": answers(form(prompt="A \u2028 cat"), 200, 500),
    "crash-byte-order-mark": answers(form(prompt="A \ufeff cat"), 200, 500),
    "size-pixels": accepts(size="720x1280px"),
    "size-look-alike": accepts(size="720\u04451280"),
    "model-hyphenless": accepts(model="sora2"),
    "model-word-default": accepts(model="default"),
    "model-turbo": accepts(model="sora-2-turbo"),
    "seconds-20": accepts(seconds="20"),
    "seconds-duration": accepts(seconds="PT4S"),
    "size-480x854": accepts(size="480x854", input_reference=fitting("480x854")),
    "size-portrait": accepts(size="portrait"),
    "unknown-user": accepts(user="ann"),
    "list-one-less": Probe(_first_page, 1, 0),
}
# fmt: on
