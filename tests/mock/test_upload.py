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


@pytest.mark.parametrize("size", [None, 1, 2, 3, 7, 61])
@pytest.mark.parametrize("padding", [b" ", b"\t", b" \t  ", b" " * 200])
def test_padding_behind_a_boundary_changes_nothing(padding: bytes, size: int | None) -> None:
    body = multipart(form())
    line = b"--" + BOUNDARY.encode()
    padded = body.replace(line + b"\r\n", line + padding + b"\r\n").replace(line + b"--", line + b"--" + padding)
    assert read(padded, size) == read(body)


@given(st.binary(max_size=40), st.integers(1, 50))
def test_bytes_that_look_like_a_boundary_are_kept(content: bytes, size: int) -> None:
    content += b"\r\n--" + BOUNDARY[:-1].encode() + b" \t\r\n" + content + b"\r\n--"
    body = multipart([("input_reference", {"filename": "x"}, content)])
    assert read(body, size) == [[("input_reference", "x", None, content)]]


FILE_AS_SENT_BY = {
    "a browser": 'Content-Disposition: form-data; name="input_reference"; filename="a %22b%22.png"\r\n'
    "Content-Type: image/png",
    "Go": 'Content-Disposition: form-data; name="input_reference"; filename="a \\"b\\".png"\r\nContent-Type: image/png',
    ".NET": "Content-Type: image/png\r\nContent-Disposition: form-data; name=input_reference; filename=a.png; "
    "filename*=utf-8''a.png",
    "urllib3 1.24": "Content-Disposition: form-data; name=\"input_reference\"; filename*=utf-8''%C3%A9.png",
    "Dart": 'content-type: image/png\r\ncontent-disposition: form-data; name="input_reference"; filename="a.png"',
    "OkHttp 3": 'Content-Disposition: form-data; name="input_reference"; filename="a.png"\r\n'
    "Content-Type: image/png\r\nContent-Length: 5",
    "Apache HttpClient": 'Content-Disposition: form-data; name="input_reference"; filename="a.png"\r\n'
    "Content-Type: image/png\r\nContent-Transfer-Encoding: binary",
    "a mail library": "MIME-Version: 1.0\r\nContent-Type: image/png\r\nContent-Disposition: form-data;\r\n"
    ' name="input_reference";\r\n\tfilename="a.png"',
    "tabs": 'Content-Disposition: form-data;\tname="input_reference";\tfilename="a.png"\r\nContent-Type: image/png',
    "the file name first": 'Content-Disposition: form-data; filename="a.png"; name="input_reference"',
    "no blanks": "Content-Disposition:form-data;name=input_reference;filename=a.png",
    "many blanks": 'Content-Disposition:   form-data  ;  name = "input_reference" ; filename = "a.png"',
    "a path of Windows": 'Content-Disposition: form-data; name="input_reference"; filename="C:\\images\\a.png"',
}


@pytest.mark.parametrize("headers", FILE_AS_SENT_BY.values(), ids=FILE_AS_SENT_BY)
def test_file_is_read_as_clients_send_it(headers: str) -> None:
    body = b"--b\r\n" + headers.encode() + b"\r\n\r\nbytes\r\n--b--\r\n"
    reader = FormReader("b", RULES.limits)
    reader.feed(body)
    [part] = reader.finish()["input_reference"]
    assert part.filename is not None
    assert part.bytes() == b"bytes"


@pytest.mark.parametrize("around", [(b"", b""), (b"\r\n", b"\r\n"), (b"This is MIME.\r\n", b"The end.\r\n\r\n")])
def test_text_around_the_parts_is_passed_over(around: tuple[bytes, bytes]) -> None:
    body = multipart(form())
    assert read(around[0] + body + around[1]) == read(body)


def test_header_of_a_part_that_is_continued_without_end_is_refused() -> None:
    header = b"Content-Disposition: form-data; name=a" + b"\r\n x" * 1000
    assert read(b"--b\r\n" + header + b"\r\n\r\n\r\n--b--", boundary="b") == "body.well-formed"
