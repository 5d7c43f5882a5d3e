"""The last bodies are remembered, each with what it was found to be and no other."""

import pytest

from mockserver.api.creation import LARGEST_REMEMBERED, MOST_REMEMBERED, Remembered

FORM = "multipart/form-data; boundary=x"


@pytest.fixture
def last() -> Remembered[str]:
    """One that remembers a body."""
    made = Remembered[str]()
    made.keep(FORM, b"body", "made of body")
    return made


def test_the_same_body_is_known_again(last: Remembered[str]) -> None:
    assert last.find(FORM, bytes(bytearray(b"body"))) == "made of body"


@pytest.mark.parametrize(
    ("content_type", "body"), [(FORM, b"bode"), (FORM, b"body "), ("multipart/form-data; boundary=y", b"body")]
)
def test_another_body_and_another_type_are_not_known(last: Remembered[str], content_type: str, body: bytes) -> None:
    assert last.find(content_type, body) is None


def test_a_body_takes_the_place_of_one_of_its_length(last: Remembered[str]) -> None:
    last.keep(FORM, b"bode", "made of bode")
    assert (last.find(FORM, b"body"), last.find(FORM, b"bode")) == (None, "made of bode")


def test_the_first_of_too_many_is_forgotten(last: Remembered[str]) -> None:
    for size in range(10, 10 + MOST_REMEMBERED):
        last.keep(FORM, bytes(size), str(size))
    assert last.find(FORM, b"body") is None
    assert [last.find(FORM, bytes(size)) for size in (10, 9 + MOST_REMEMBERED)] == ["10", str(9 + MOST_REMEMBERED)]


def test_a_large_body_is_not_remembered(last: Remembered[str]) -> None:
    large = bytes(LARGEST_REMEMBERED + 1)
    assert last.keep(FORM, large, "made") == "made"
    assert last.find(FORM, large) is None
