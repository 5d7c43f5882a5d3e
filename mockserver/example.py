"""An example: a picture that fits the document's default size, and the command that sends it."""

import shlex
import struct
import zlib
from pathlib import Path

from mockserver.spec.rules import FormRules
from mockserver.validation.images import PNG_SIGNATURE


def example_dimensions(rules: FormRules) -> str:
    """The size that a picture has to have where the field that decides it is left out, as WIDTHxHEIGHT."""
    deciding = [rules.fields[rule.other] for rule in rules.checks if rule.kind == "x-dimensions-match" and rule.other]
    return str(deciding[0].example) if deciding else "1x1"


def curl_line(rules: FormRules, url: str, token: str, picture: Path) -> str:
    """A command that sends every required field, ready for a shell."""
    words = ["curl", url, "-H", f"Authorization: Bearer {token}"]
    for name in (rule.field for rule in rules.checks if rule.kind == "required" and rule.field in rules.fields):
        field = rules.fields[str(name)]
        words += ["-F", f"{name}=@{picture}"] if field.is_file else ["--form-string", f"{name}={field.example}"]
    return shlex.join(words)


def write_picture(path: Path, dimensions: str) -> None:
    """Write a PNG of WIDTHxHEIGHT to ``path``: a sky that brightens towards the ground."""
    width, height = (int(side) for side in dimensions.split("x"))
    rows = (b"\0" + bytes((40 + 160 * y // height, 90 + 120 * y // height, 200)) * width for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 1)), (b"IEND", b""))
    path.write_bytes(PNG_SIGNATURE + b"".join(_chunk(name, data) for name, data in chunks))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
