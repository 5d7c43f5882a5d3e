"""Whatever body arrives, a broken one is refused in the envelope and with the reason."""

from collections.abc import AsyncIterator

import pytest

from tests.mock.vocabulary import BOUNDARY, Mock, envelope, file, form, multipart, refused, text
from tests.pictures import noise, picture

LIMIT = 20 * 1024 * 1024
TOO_LARGE = "Request body too large: {} bytes or more. At most 20971520 are allowed."
ENDS_EARLY = "The body ends before its closing boundary."
NO_BOUNDARY = "The Content-Type 'multipart/form-data' names no usable boundary."
RIGHT = multipart(form())


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary=""',
        "multipart/form-data; boundry=x",
    ],
)
def test_missing_boundary_is_refused(mock: Mock, content_type: str) -> None:
    refused(mock.body(RIGHT, content_type), 400, "invalid_multipart_body", None, NO_BOUNDARY)


@pytest.mark.parametrize("kept", [0, 1, len(BOUNDARY), 100, len(RIGHT) // 2, len(RIGHT) - 5])
def test_truncated_body_is_refused(mock: Mock, kept: int) -> None:
    refused(mock.body(RIGHT[:kept]), 400, "invalid_multipart_body", None, ENDS_EARLY)


def test_body_of_another_boundary_is_refused(mock: Mock) -> None:
    refused(mock.body(multipart(form(), "other")), 400, "invalid_multipart_body", None, ENDS_EARLY)


@pytest.mark.parametrize(
    "body",
    [
        b'{"prompt": "x"}',
        b"prompt=x&model=sora-2",
        bytes(1000),
        f"--{BOUNDARY}\n\nbare line feeds".encode(),
        f"--{BOUNDARY}\r\n\r\nno header at all\r\n--{BOUNDARY}--\r\n".encode(),
        f"--{BOUNDARY}\r\nContent-Disposition: attachment; name=prompt\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode(),
        f"--{BOUNDARY}\r\nContent-Disposition: form-data\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode(),
        f"--{BOUNDARY}\r\nContent-Type: text/plain\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode(),
        f"--{BOUNDARY}\r\nno colon\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode(),
        f"--{BOUNDARY}\r\nContent-Length: -1\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode(),
        f"--{BOUNDARY}garbage\r\n\r\n".encode(),
    ],
    ids=ascii,
)
def test_body_that_is_no_form_is_refused(mock: Mock, body: bytes) -> None:
    refused(mock.body(body), 400, "invalid_multipart_body", None)


def test_form_without_parts_lacks_the_first_field(mock: Mock) -> None:
    refused(mock.post([]), 400, "missing_required_parameter", "prompt")


def test_part_with_an_empty_name_is_refused(mock: Mock) -> None:
    refused(mock.post([*form(), text("", "x")]), 400, "invalid_multipart_body", None, "A part of the form has no name.")


@pytest.mark.parametrize(
    "name", ["\0", "na\0me", "%22", "na%0D%0Ame", "a\tb", "ünï", "\N{RIGHT-TO-LEFT OVERRIDE}x", "x" * 5000], ids=ascii
)
def test_odd_field_name_is_an_unknown_field(mock: Mock, name: str) -> None:
    assert envelope(mock.post([*form(), text(name, "1")]))["code"] == "unknown_parameter"


def test_field_name_that_is_no_utf_8_is_told_by_its_bytes(mock: Mock) -> None:
    body = RIGHT.replace(b'name="prompt"', b'name="pr\xffmpt"')
    error = envelope(mock.body(body.replace(b"--" + BOUNDARY.encode() + b"--", multipart([text("prompt", "x")]))))
    assert error["param"] == "pr\\xffmpt"


def test_filename_that_is_no_utf_8_decides_nothing(mock: Mock) -> None:
    assert mock.body(RIGHT.replace(b"image.png", b"im\xffge.png")).status_code == 200


def test_ten_thousand_parts_are_refused(mock: Mock) -> None:
    message = "The form has too many parts: at most 100 are allowed."
    refused(mock.post([text(f"field{n}", "") for n in range(10_000)]), 400, "invalid_multipart_body", None, message)


def test_part_header_of_a_megabyte_is_refused(mock: Mock) -> None:
    refused(mock.post([text("x" * 1_000_000, "1")]), 400, "invalid_multipart_body", None)


def test_part_without_end_of_its_header_is_refused(mock: Mock) -> None:
    body = f"--{BOUNDARY}\r\nContent-Disposition: ".encode() + b"x" * 100_000
    refused(mock.body(body), 400, "invalid_multipart_body", None)


def test_upload_that_says_it_is_too_large_is_refused_unread(mock: Mock) -> None:
    answer = mock.body(_unreadable(), **{"content-length": str(LIMIT + 1)})
    refused(answer, 413, "request_too_large", None, TOO_LARGE.format(LIMIT + 1))


async def _unreadable() -> AsyncIterator[bytes]:
    yield b""


def test_upload_of_the_limit_is_read(mock: Mock) -> None:
    overhead = len(multipart(form(input_reference=file(b""))))
    answer = mock.post(form(input_reference=file(picture().ljust(LIMIT - overhead, b"\0"))))
    assert answer.status_code == 200


def test_upload_over_the_limit_without_a_length_is_refused_before_its_end(mock: Mock) -> None:
    sent = []

    async def endless() -> AsyncIterator[bytes]:
        yield multipart([file(noise())])[:-100]
        while True:
            sent.append(1)
            yield bytes(1024 * 1024)

    refused(mock.body(endless()), 413, "request_too_large", None)
    assert len(sent) < 3 * 20 + 10
