"""Pictures of a wanted size in bytes: real files of a real encoder, the same in every run."""

from io import BytesIO
from random import Random
from typing import Any

from PIL import Image

WIDTH, HEIGHT = 720, 1280


def picture(noisy_pixels: int, file_format: str, **options: Any) -> bytes:
    """A whole file of 720x1280 pixels, grey but for so many random ones, which are what takes up bytes."""
    noise = Random(1).randbytes(3 * noisy_pixels)  # noqa: S311 - only has to compress badly
    pixels = noise + b"\x5a" * (3 * (WIDTH * HEIGHT - noisy_pixels))
    buffer = BytesIO()
    Image.frombytes("RGB", (WIDTH, HEIGHT), pixels).save(buffer, file_format, **options)
    return buffer.getvalue()
