"""Pictures for the tests, drawn by Pillow: real files of real encoders, not of the reader under test."""

from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image


@cache
def picture(width: int = 720, height: int = 1280, file_format: str = "png", **options: Any) -> bytes:
    """A small picture of one colour, as a whole file."""
    mode = options.pop("mode", "RGB")
    buffer = BytesIO()
    Image.new(mode, (width, height), 90).save(buffer, file_format, **options)
    return buffer.getvalue()


@cache
def noise(width: int = 720, height: int = 1280, file_format: str = "png", **options: Any) -> bytes:
    """A picture that hardly compresses: many chunks, long scans."""
    buffer = BytesIO()
    Image.effect_noise((width, height), 80).convert("RGB").save(buffer, file_format, **options)
    return buffer.getvalue()


def animation(width: int, height: int, file_format: str) -> bytes:
    """Three frames in one file."""
    frames = [Image.new("RGB", (width, height), shade) for shade in ("red", "green", "blue")]
    buffer = BytesIO()
    frames[0].save(buffer, file_format, save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def fitting(size: str, file_format: str = "png") -> bytes:
    """A picture of WIDTHxHEIGHT."""
    width, height = size.split("x")
    return picture(int(width), int(height), file_format)
