"""A form is the same however it is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.spec.compiler import compile_body
from mockserver.spec.document import default_path, read_document
from mockserver.spec.rules import FormRules
from mockserver.validation.multipart import Form, FormReader, UploadError
from tests.mock.test_properties import PARTS
from tests.mock.vocabulary import BOUNDARY, Part, form, multipart

RULES: FormRules = compile_body(read_document(default_path()), read_document(default_path()).operation("createVideo"))


def read(body: bytes, size: int | None = None, boundary: str = BOUNDARY) -> object:
    """What a form reader makes of a body: in one chunk, or in chunks of ``size`` bytes."""
    reader = FormReader(boundary, RULES.limits)
    size = size or len(body) or 1
    try:
        for start in range(0, len(body), size):
            reader.feed(body[start : start + size])
        return contents(reader.finish())
    except UploadError as error:
        return error.rule


def contents(form: Form) -> object:
    return [[(p.name, p.filename, p.content_type, p.bytes()) for p in parts] for parts in form.values()]


def test_odd_boundary_is_read_as_a_usual_one() -> None:
    odd = "an odd boundary"
    body = multipart(form())
    assert read(body.replace(BOUNDARY.encode(), odd.encode()), boundary=odd) == read(body)


@given(st.lists(PARTS, max_size=5), st.integers(1, 99))
def test_form_is_the_same_however_it_is_cut_into_chunks(parts: list[Part], size: int) -> None:
    body = multipart([*form(), *parts])
    assert read(body) == read(body, size)


def test_bare_line_break_in_a_header_is_refused_however_it_is_cut_into_chunks() -> None:
    body = multipart(form()).replace(b'name="prompt"', b'name="pro\nmpt"')
    assert {read(body, size) for size in (None, 60, 75)} == {"body.well-formed"}


@pytest.mark.parametrize(
    "body",
    [
        b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n--b\r\n\r\n--b--",
        b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--b--",
        b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--b--\r\n--b\r\n",
        b"--b\r\nContent-Disposition: form-data; name=a\r\nContent-Length: 2\r\n\r\nx\r\n--b--",
        b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--bc\r\n\r\n--b--",
        b"--b\r\n\r\n\r\nx\r\n--b--",
        b"--b--",
        b"--b",
        b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--b-",
        b"\r\n--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--b--",
        b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
        b"--b\r\n a: b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--b--",
    ],
)
def test_odd_form_is_read_as_its_pieces_are(body: bytes) -> None:
    assert read(body, boundary="b") == read(body, 1, boundary="b")


def test_most_parts_are_counted_alike() -> None:
    part: Part = ("a", {}, b"")
    for count in (RULES.limits.parts, RULES.limits.parts + 1):
        body = multipart([part] * count)
        assert read(body) == read(body, 7)
