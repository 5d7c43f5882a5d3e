"""Examples: pictures that fit the document, one that does not, and the command that sends one."""

import math
import shlex
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from mockserver.spec.rules import FormRules
from mockserver.validation.images import PNG_SIGNATURE

HORIZON = 0.6
"""Where the sky ends, of the height."""


def example_dimensions(rules: FormRules) -> str:
    """The size that a picture has to have where the field that decides it is left out, as WIDTHxHEIGHT."""
    deciding = [rules.fields[rule.other] for rule in rules.checks if rule.kind == "x-dimensions-match" and rule.other]
    return str(deciding[0].example) if deciding else "1x1"


def curl_line(rules: FormRules, url: str, token: str, picture: Path, authority: Path | None = None) -> str:
    """A command that sends every required field, ready for a shell; ``authority`` is trusted, where there is one."""
    words = ["curl", *(("--cacert", str(authority)) if authority else ()), url, "-H", f"Authorization: Bearer {token}"]
    for name in (rule.field for rule in rules.checks if rule.kind == "required" and rule.field in rules.fields):
        field = rules.fields[str(name)]
        words += ["-F", f"{name}=@{picture}"] if field.is_file else ["--form-string", f"{name}={field.example}"]
    return shlex.join(words)


def write_examples(rules: FormRules, folder: Path) -> Iterator[tuple[Path, str]]:
    """Write a picture for each size that the document names, and one that fits none; each with its size.

    ``image.png`` fits where the size is left out. ``OSError`` where they cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    default = example_dimensions(rules)
    sizes = dict.fromkeys((default, *_named_sizes(rules)))
    pictures = {"image.png": default} | {f"image-{size}.png": size for size in sizes}
    width, height = (int(side) for side in default.split("x"))
    pictures["does-not-fit.png"] = f"{width + 1}x{height + 1}"
    for name, size in pictures.items():
        write_picture(folder / name, size)
        yield folder / name, size


def _named_sizes(rules: FormRules) -> Iterator[str]:
    for rule in rules.checks:
        if rule.kind == "x-dimensions-match" and rule.other:
            yield from map(str, rules.fields[rule.other].allowed)


def write_picture(path: Path, dimensions: str) -> None:
    """Write a PNG of WIDTHxHEIGHT to ``path``: a lighthouse by the sea at dusk."""
    width, height = (int(side) for side in dimensions.split("x"))
    rows = (b"\0" + _row(y, width, height) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 1)), (b"IEND", b""))
    path.write_bytes(PNG_SIGNATURE + b"".join(_chunk(name, data) for name, data in chunks))


def _row(y: int, width: int, height: int) -> bytes:
    """One row of the picture: what lies behind first, each shape from its left to its right side."""
    down, unit = y / height, min(width, height)
    sky = (int(40 + 215 * down), int(60 + 90 * down), int(120 - 40 * down))
    sea = (int(20 + 25 * (1 - down)), 60, int(90 + 40 * (1 - down)))
    row = bytearray(bytes(sky if down < HORIZON else sea) * width)
    for colour, middle, half in _shapes(y, width, height, unit):
        left, right = max(0, int(middle - half)), min(width, int(middle + half))
        if right > left:
            row[3 * left : 3 * right] = bytes(colour) * (right - left)
    return bytes(row)


def _shapes(y: int, width: int, height: int, unit: int) -> Iterator[tuple[tuple[int, int, int], float, float]]:
    """Colour, middle and half the width of each shape that this row cuts."""
    sun = 0.12 * unit
    off = y - HORIZON * height
    if -sun < off < 0:
        yield (255, 214, 120), 0.7 * width, math.sqrt(sun * sun - off * off)
    if off >= 0 and int(off / (0.02 * unit) + 0.5) % 2:
        yield (230, 170, 110), 0.7 * width, max(0.0, sun - off / 2)
    ground, top = 0.78 * height, 0.32 * height
    if y > ground:
        yield (30, 34, 38), 0.3 * width, 0.26 * unit + (y - ground)
    if top < y <= ground:
        band = int((y - top) / (0.075 * height)) % 2
        yield ((200, 50, 45), (240, 236, 225))[band], 0.3 * width, unit * (0.05 + 0.04 * (y - top) / (ground - top))
    if top - 0.07 * unit < y <= top:
        yield (255, 240, 170), 0.3 * width, 0.035 * unit
    if top - 0.1 * unit < y <= top - 0.07 * unit:
        yield (90, 30, 30), 0.3 * width, 1.5 * (y - top + 0.1 * unit)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
