"""The time that a parser takes grows with the length of its input, whatever that is: eight times as long, not 64."""

from collections.abc import Callable
from contextlib import suppress
from time import perf_counter
from typing import Any

import pytest

from mockserver.api.auth import Tokens
from mockserver.control.access import Access
from mockserver.control.record import blotted, harmless, redacted
from mockserver.media.content import Content
from mockserver.scenarios.active import preferences
from mockserver.scenarios.catalogue import ScenarioError, ScenarioParser, directives
from mockserver.scenarios.examples import Examples
from mockserver.spec.compiler import compile_body
from mockserver.spec.document import default_path, read_document
from mockserver.validation.images import DamagedError, read_image
from mockserver.validation.multipart import FormReader, UploadError, media_type
from mockserver.web.bodies import JSONReader, read_query
from mockserver.web.ranges import select

DOCUMENT = read_document(default_path())
OPERATIONS = {operation.id: operation for operation in DOCUMENT.operations}
FORM = compile_body(DOCUMENT, OPERATIONS["createVideo"])
JSON = compile_body(DOCUMENT, OPERATIONS["remixVideo"])
SCENARIOS = ScenarioParser(Examples(DOCUMENT), DOCUMENT.failures)
CONTENT = Content("video/mp4", b"x" * 100, '"tag"')
TIMES = 8
MOST_RATIO = 28
"""Between 8, what is linear, and 64, what is quadratic."""
REFUSALS = (ScenarioError, UploadError, DamagedError)


def ranged(name: bytes) -> Callable[[bytes], Any]:
    return lambda value: select(CONTENT, "GET", [(name, value)])


def controlled(name: bytes) -> Callable[[bytes], Any]:
    access = Access("token")
    return lambda value: access.broken("127.0.0.1", "http", [(b"host", b"localhost"), (name, value)])


def authenticated(value: str) -> Any:
    return Tokens(("secret",), DOCUMENT.security).authenticate(lambda _: value)


def json_in_pieces(text: bytes) -> Any:
    reader = JSONReader(JSON, "application/json")
    for at in range(0, len(text), 8):
        reader.feed(text[at : at + 8])
    return reader.finish()


def form_in_pieces(text: bytes) -> Any:
    reader = FormReader("b", FORM.limits)
    for at in range(0, len(text), 8):
        reader.feed(text[at : at + 8])
    return reader.finish()


def form_of_text(text: bytes) -> Any:
    reader = FormReader("b", FORM.limits)
    reader.feed(text)
    return reader.finish()


def part(name: bytes, content: bytes = b"") -> bytes:
    return b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n--b--\r\n' % (name, content)


CASES: dict[str, tuple[Callable[[Any], Any], Callable[[int], Any], int]] = {
    "Prefer of spaces": (preferences, lambda n: "a=b;" + " " * n, 2000),
    "Prefer of commas": (preferences, lambda n: "," * n, 1000),
    "Prefer of semicolons": (preferences, lambda n: "example=a" + "; " * n + "x", 1000),
    "Prefer of quotes": (preferences, lambda n: 'a="' + '\\"' * n, 1000),
    "Prefer of open quotes": (preferences, lambda n: 'a"' * n, 500),
    "Prefer of names": (preferences, lambda n: "a" * n, 20_000),
    "prompt of [mock:": (directives, lambda n: "[mock:" * n, 2000),
    "prompt of [mock:]": (directives, lambda n: "[mock:]" * n, 1000),
    "prompt of brackets": (directives, lambda n: "[" * n, 20_000),
    "scenario of commas": (SCENARIOS.read, lambda n: "," * n, 5000),
    "scenario of equals signs": (SCENARIOS.read, lambda n: "slow" + "=" * n, 50_000),
    "scenario of digits": (SCENARIOS.read, lambda n: "rate_limit=" + "9" * n, 4000),
    "range of digits": (ranged(b"range"), lambda n: b"bytes=" + b"1" * n, 20_000),
    "range of commas": (ranged(b"range"), lambda n: b"bytes=" + b"," * n, 2000),
    "range of blanks": (ranged(b"range"), lambda n: b"bytes=" + b" " * n + b"x", 20_000),
    "range of ranges": (ranged(b"range"), lambda n: b"bytes=" + b"0-0," * n, 1000),
    "If-None-Match of quotes": (ranged(b"if-none-match"), lambda n: b'"' * n, 2000),
    "If-None-Match of tags": (ranged(b"if-none-match"), lambda n: b'W/"a",' * n, 1000),
    "If-None-Match of one open tag": (ranged(b"if-none-match"), lambda n: b'"' + b"a" * n, 20_000),
    "Authorization of blanks": (authenticated, lambda n: "bearer" + " " * n, 20_000),
    "Authorization of blanks and more": (authenticated, lambda n: "bearer" + " " * n + "a b", 20_000),
    "Authorization of words": (authenticated, lambda n: "bearer " + "a" * n, 20_000),
    "control token of blanks": (controlled(b"authorization"), lambda n: b"bearer" + b" " * n + b"a b", 20_000),
    "cookie of semicolons": (controlled(b"cookie"), lambda n: b"a=b;" * n, 500),
    "Origin of dots": (controlled(b"origin"), lambda n: b"http://" + b"1." * n, 5000),
    "query of ampersands": (read_query, lambda n: b"&" * n, 1000),
    "query of one name": (read_query, lambda n: b"a&" * n, 500),
    "query of percent signs": (read_query, lambda n: b"a=" + b"%4" * n, 1000),
    "query as it is kept": (redacted, lambda n: b"api_key=%61&" * n, 500),
    "query of semicolons as it is kept": (redacted, lambda n: b";" * n, 2000),
    "headers as they are kept": (harmless, lambda n: [(b"x-a", b"y")] * n, 500),
    "token that is repeated": (lambda text: blotted(text, b"Bearer aaaaaaaa"), lambda n: b"a" * n, 20_000),
    "Content-Type of semicolons": (media_type, lambda n: "multipart/form-data" + ";" * n, 2000),
    "Content-Type of blanks": (media_type, lambda n: "multipart/form-data;" + " " * n + "x", 10_000),
    "Content-Type of quotes": (media_type, lambda n: 'multipart/form-data; boundary="' + '\\"' * n, 2000),
    "JSON in small pieces": (json_in_pieces, lambda n: b'{"prompt": "%s"}' % (b"a" * n), 40_000),
    "JSON of brackets": (json_in_pieces, lambda n: b"[" * n, 40_000),
    "form in small pieces": (form_in_pieces, lambda n: part(b"prompt", b"a" * n), 20_000),
    "form of line ends in small pieces": (form_in_pieces, lambda n: part(b"prompt", b"\r\n" * n), 5000),
    "form of half boundaries": (form_of_text, lambda n: part(b"prompt", b"\r\n--" * n), 5000),
    "form of a name of backslashes": (form_of_text, lambda n: part(b"\\" * n), 500),
    "prologue of a form": (form_in_pieces, lambda n: b"\r\n" * n + part(b"prompt"), 5000),
    "epilogue of a form": (form_in_pieces, lambda n: part(b"prompt") + b"x" * n, 20_000),
    "JPEG of fill bytes": (read_image, lambda n: [b"\xff\xd8" + b"\xff" * n], 20_000),
    "JPEG of junk": (read_image, lambda n: [b"\xff\xd8\xff\xe0\x00\x02" + b"\0" * n], 20_000),
    "JPEG of comments": (read_image, lambda n: [b"\xff\xd8" + b"\xff\xfe\x00\x02" * n], 500),
    "JPEG in small chunks": (read_image, lambda n: [b"\xff\xd8", *[b"\xff\xfe\x00\x02"] * n], 500),
    "PNG of empty chunks": (read_image, lambda n: [b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0tEXt\0\0\0\0" * n], 500),
    "WebP of empty chunks": (
        read_image,
        lambda n: [b"RIFF" + (8 * n + 4).to_bytes(4, "little") + b"WEBP" + b"ABCD\0\0\0\0" * n],
        500,
    ),
}


def seconds(parse: Callable[[Any], Any], text: Any) -> float:
    """How long it takes, at best."""
    best = float("inf")
    for _ in range(5):
        begun = perf_counter()
        with suppress(*REFUSALS):
            parse(text)
        best = min(best, perf_counter() - begun)
    return best


@pytest.mark.parametrize("name", CASES)
def test_time_of_a_parser_grows_with_the_length_of_its_input(name: str) -> None:
    parse, make, size = CASES[name]
    short, long = make(size), make(TIMES * size)
    ratio = min(seconds(parse, long) / max(seconds(parse, short), 20e-6) for _ in range(2))
    assert ratio < MOST_RATIO


def test_measure_tells_what_is_quadratic() -> None:
    assert seconds(_squared, 100 * TIMES) / seconds(_squared, 100) > MOST_RATIO


def _squared(count: int) -> int:
    return sum(1 for _ in range(count * count))
