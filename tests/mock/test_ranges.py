"""Ranges are those of RFC 9110, sections 13 and 14."""

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.media.content import Content
from mockserver.web.ranges import select
from mockserver.web.responses import Response

TEN = Content("video/mp4", b"0123456789", '"tag"')


def get(range_: str | None = None, *, method: str = "GET", content: Content = TEN, **headers: str) -> Response:
    """Ask for a range; an underscore in a header's name is a hyphen."""
    fields = {"range": range_} if range_ is not None else {}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    return select(content, method, [(name.encode(), value.encode("latin-1")) for name, value in fields.items()])


def header(answer: Response, name: str) -> str | None:
    return dict(answer.headers).get(name.encode(), b"").decode() or None


PARTS = {
    "bytes=0-4": "01234",
    "bytes=0-0": "0",
    "bytes=9-9": "9",
    "bytes=5-": "56789",
    "bytes=0-": "0123456789",
    "bytes=-3": "789",
    "bytes=-10": "0123456789",
    "bytes=-11": "0123456789",
    "bytes=7-99": "789",
    "bytes=0-18446744073709551615": "0123456789",
    "bytes=000-004": "01234",
    "Bytes=0-4": "01234",
    "bytes= 0-4 ": "01234",
    "bytes=,0-4,\t,": "01234",
}


@pytest.mark.parametrize(("asked", "body"), PARTS.items())
def test_part_is_what_was_asked_for(asked: str, body: str) -> None:
    answer = get(asked)
    first, last = int(body[0]), int(body[-1])
    assert (answer.status, answer.body) == (206, body.encode())
    assert header(answer, "content-range") == f"bytes {first}-{last}/10"
    assert header(answer, "content-length") == str(len(body))


@pytest.mark.parametrize(
    "asked", ["bytes=10-", "bytes=10-10", "bytes=99-100", "bytes=-0", "bytes=18446744073709551615-"]
)
def test_part_behind_the_end_is_refused_with_the_size(asked: str) -> None:
    answer = get(asked)
    assert (answer.status, answer.body) == (416, b"")
    assert header(answer, "content-range") == "bytes */10"


IGNORED = [
    "", "bytes", "bytes=", "bytes=,", "bytes=-", "bytes=5-4", "bytes=a-b", "bytes=0-4-5", "bytes=0 - 4", "bytes=+1-2",
    "bytes=--1", "bytes=1", "bytes=0x1-2", "bytes=0-4;", "bytes:0-4", "bytes 0-4", "items=0-4", " bytes=0-4", "bytes=²-",
    "bytes=0-1,3-4", "bytes=0-1, -1", "bytes=99-,0-1", "bytes=1-\n2", f"bytes={'9' * 5000}-", "none",
]  # fmt: skip


@pytest.mark.parametrize("asked", IGNORED)
def test_several_ranges_and_what_is_none_get_the_whole(asked: str) -> None:
    answer = get(asked)
    assert (answer.status, answer.body) == (200, TEN.body)
    assert header(answer, "content-range") is None


def test_whole_says_its_type_length_and_tag_and_that_parts_can_be_had() -> None:
    assert dict(get().headers) == {
        b"content-type": b"video/mp4",
        b"content-length": b"10",
        b"accept-ranges": b"bytes",
        b"etag": b'"tag"',
    }


def test_part_says_what_the_whole_says() -> None:
    part = dict(get("bytes=1-2").headers)
    assert (part[b"content-type"], part[b"accept-ranges"], part[b"etag"]) == (b"video/mp4", b"bytes", b'"tag"')


def test_head_knows_no_ranges() -> None:
    assert get("bytes=1-2", method="HEAD") == get("bytes=99-", method="HEAD") == get()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "known", ['"tag"', 'W/"tag"', "*", " * ", '"other", "tag"', '"a,b",W/"tag" ', '"other","tag","last"']
)
def test_what_the_client_has_is_not_sent_again(known: str, method: str) -> None:
    answer = get("bytes=99-", method=method, if_none_match=known)
    assert answer == Response(304, ((b"etag", b'"tag"'),), b"")


@pytest.mark.parametrize("known", ['"other"', 'W/"other"', "tag", '"Tag"', '"a"tag', '"tag', '""', "", '"*"', "w"])
def test_what_the_client_lacks_is_sent(known: str) -> None:
    assert get(if_none_match=known) == get()


@pytest.mark.parametrize(("if_range", "status"), [
    ('"tag"', 206),
    ('W/"tag"', 200),  # a range wants the very same bytes
    ('"other"', 200),
    ("Sun, 22 Nov 2026 16:51:36 GMT", 200),  # no date is ever sent that could be it
    ("", 200),
])  # fmt: skip
def test_part_of_other_bytes_is_not_sent(if_range: str, status: int) -> None:
    assert get("bytes=1-2", if_range=if_range).status == status


def test_tag_without_a_range_asks_for_nothing() -> None:
    assert get(if_range='"other"') == get(if_range='"tag"') == get()


def test_part_of_other_bytes_is_not_even_refused() -> None:
    assert get("bytes=99-", if_range='"other"') == get()


def test_range_sent_twice_is_no_range() -> None:
    assert select(TEN, "GET", [(b"range", b"bytes=0-1"), (b"range", b"bytes=3-4")]) == get()


def test_tags_sent_in_two_headers_are_one_list() -> None:
    twice = [(b"if-none-match", b'"tag"'), (b"if-none-match", b'"other"')]
    assert select(TEN, "GET", twice).status == select(TEN, "GET", twice[::-1]).status == 304


SIZES = st.binary(min_size=1, max_size=40)
POSITIONS = st.integers(0, 50)


@given(SIZES, POSITIONS, st.none() | POSITIONS)
def test_any_range_is_cut_as_it_says(body: bytes, first: int, last: int | None) -> None:
    answer = get(f"bytes={first}-{'' if last is None else last}", content=Content("a/b", body, '"t"'))
    if last is not None and last < first:
        assert (answer.status, answer.body) == (200, body)
    elif first >= len(body):
        assert answer.status == 416
    else:
        stop = len(body) if last is None else last + 1
        assert (answer.status, answer.body) == (206, body[first:stop])


@given(SIZES, POSITIONS)
def test_any_suffix_is_cut_as_it_says(body: bytes, length: int) -> None:
    answer = get(f"bytes=-{length}", content=Content("a/b", body, '"t"'))
    assert (answer.status, answer.body) == ((206, body[-length:]) if length else (416, b""))


@given(SIZES, st.lists(POSITIONS, max_size=6))
def test_parts_that_meet_make_the_whole(body: bytes, cuts: list[int]) -> None:
    edges = sorted({0, len(body), *(cut for cut in cuts if cut < len(body))})
    content = Content("a/b", body, '"t"')
    parts = [get(f"bytes={start}-{stop - 1}", content=content) for start, stop in pairwise(edges)]
    assert b"".join(part.body for part in parts) == body
    assert {part.status for part in parts} == {206}


@given(
    st.binary(max_size=40),
    st.text(st.characters(codec="latin-1"), max_size=30) | st.from_regex(r"\Abytes=[0-9,\- ]{0,9}\Z"),
)
def test_any_header_is_answered_and_the_answer_holds_together(body: bytes, asked: str) -> None:
    answer = get(asked, content=Content("a/b", body, '"t"'))
    assert answer.status in (200, 206, 416)
    assert header(answer, "content-length") == str(len(answer.body))
    assert (header(answer, "content-range") is None) == (answer.status == 200)


@pytest.mark.parametrize(("method", "asked"), [*product(["GET", "HEAD"], [None, "bytes=0-", "bytes=-1"])])
def test_no_part_of_nothing_can_be_had(method: str, asked: str | None) -> None:
    answer = get(asked, method=method, content=Content("a/b", b"", '"t"'))
    assert answer.status == (416 if asked and method == "GET" else 200)
