"""Values beside the valid ones: what a lax comparison lets through."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator


def neighbours(values: Iterable[str], others: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
    """Texts that are near a value and no value themselves, each with how it was made.

    `others` are values from elsewhere in the document.
    """
    values = list(values)
    seen = set(values)
    made = (pair for value in values for pair in _near(value))
    elsewhere = [("a value from elsewhere", other) for other in others]
    for how, near in [*made, ("empty", ""), *elsewhere, *_LITERALS, *_widespread(values)]:
        if near not in seen:
            seen.add(near)
            yield how, near


#: What a loosely typed reader makes of a missing or wrong value.
_LITERALS = (
    ("a literal", "null"),
    ("a literal", "true"),
    ("a literal", "0"),
    ("a word", "auto"),
    ("a word", "default"),
    ("a literal", "[]"),
)


#: Lengths and sizes that other services offer, and their words for sizes.
_LENGTHS = (*map(str, range(1, 17)), "20", "24", "25", "30", "45", "60", "90", "120", "-1")
_SIZES = (
    *("480x480", "512x512", "640x640", "720x720", "768x768", "1024x1024", "1080x1080", "640x360", "360x640"),
    *("854x480", "480x854", "848x480", "480x848", "832x480", "480x832", "1344x768", "768x1344", "1536x1024"),
    *("1024x1536", "1920x1080", "1080x1920", "2560x1440", "3840x2160", "portrait", "landscape", "square", "hd"),
    *("480p", "1080p", "4k", "16:9"),
)


def _widespread(values: list[str]) -> Iterator[tuple[str, str]]:
    """What other services take where these values are all numbers, or all sizes."""
    if all(value.isdecimal() for value in values):
        yield from (("a length of other services", one) for one in _LENGTHS)
    if all(re.fullmatch(r"\d+x\d+", value) for value in values):
        yield from (("a size of other services", one) for one in _SIZES)


#: Letters of Latin, and those of Cyrillic that look the same.
_ALIKE = str.maketrans("aceopsxy", "\u0430\u0441\u0435\u043e\u0440\u0455\u0445\u0443")


def _near(value: str) -> Iterator[tuple[str, str]]:
    yield "upper case", value.upper()
    yield "capitalised", value.capitalize()
    yield "lower case", value.lower()
    yield "white space before", f" {value}"
    yield "white space after", f"{value} "
    yield "a line break after", f"{value}\n"
    yield "a tab before", f"\t{value}"
    yield "one character more", f"{value}x"
    yield "one character less", value[:-1]
    yield "first character missing", value[1:]
    yield "twice", f"{value}{value}"
    yield "quoted", f'"{value}"'
    yield "with a NUL", f"{value}\x00"
    yield "white space of another kind after", f"{value}\u00a0"
    yield "a space without width after", f"{value}\u200b"
    yield "other digits", value.translate({ord("0") + n: 0xFF10 + n for n in range(10)})
    yield "as a list", f"{value},"
    if (alike := value.translate(_ALIKE)) != value:
        yield "letters that look alike", alike
    if "-" in value:
        yield "underscore for hyphen", value.replace("-", "_")
        yield "one hyphen less", value.replace("-", "", 1)
        yield "the first word alone", value.partition("-")[0]
    if value[:1].isalpha():
        yield "behind a provider", f"openai/{value}"
        yield "with a date", f"{value}-2025-10-06"
        for suffix in ("-latest", "-preview", "-turbo", "-mini", "-hd", ":latest", "@1"):
            yield "of another kind", f"{value}{suffix}"
    yield from _numbers(value)


def _numbers(value: str) -> Iterator[tuple[str, str]]:
    for match in re.finditer(r"\d+", value):
        number = int(match.group())
        before, after = value[: match.start()], value[match.end() :]
        yield "off by one", f"{before}{number + 1}{after}"
        if number > 0:
            yield "off by one", f"{before}{number - 1}{after}"
        yield "leading zero", f"{before}0{match.group()}{after}"
        yield "another digit", f"{before}{match.group()}0{after}"
    if re.fullmatch(r"\d+", value):
        yield "as a fraction", f"{value}.0"
        yield "with a sign", f"+{value}"
        yield "with a sign", f"-{value}"
        yield "with a unit", f"{value}s"
        yield "with a unit", f"{value} s"
        yield "with a unit", f"{value}sec"
        yield "as a duration", f"PT{value}S"
        yield "in thousandths", f"{value}000"
        yield "in another base", f"0x{int(value):x}"
        yield "as a power", f"{value}e0"
        yield "with an underscore", f"{value[0]}_{value[1:]}" if len(value) > 1 else f"0_{value}"
        yield "double", str(2 * int(value))
    pair = re.fullmatch(r"(\d+)x(\d+)", value)
    if pair:
        width, height = pair.groups()
        yield "another sign between", f"{width}*{height}"
        yield "another sign between", f"{width}\u00d7{height}"
        yield "another sign between", f"{width}:{height}"
        yield "another sign between", f"{width}-{height}"
        yield "another sign between", f"{width},{height}"
        shared = math.gcd(int(width), int(height)) or 1
        yield "as proportions", f"{int(width) // shared}:{int(height) // shared}"
        yield "by its lines", f"{min(int(width), int(height))}p"
        yield "white space between", f"{width} x {height}"
        yield "with a unit", f"{value}px"
        yield "a square", f"{width}x{width}"
        yield "a square", f"{height}x{height}"
        yield "swapped", f"{height}x{width}"
        yield "half of it", f"{width}x"
        for numerator, denominator in ((1, 2), (3, 2), (2, 1)):
            wide, high = int(width) * numerator // denominator, int(height) * numerator // denominator
            yield "scaled", f"{wide}x{high}"
            yield "a scaled square", f"{wide}x{wide}"
