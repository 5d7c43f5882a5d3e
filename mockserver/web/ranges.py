"""Ranges: which part of a file a GET asks for, by RFC 9110. Pure."""

import re
from collections.abc import Iterable

from mockserver.media.content import Content
from mockserver.web.responses import Header, Response

_UNIT = re.compile(rb"bytes=(.*)", re.IGNORECASE | re.DOTALL)
_RANGE = re.compile(rb"([0-9]{0,30})-([0-9]{0,30})")
_TAG = re.compile(rb'"[\x21\x23-\x7e\x80-\xff]*"')


class UnsatisfiableError(Exception):
    """The range begins behind the end of the file."""


def select(content: Content, method: str, headers: Iterable[Header]) -> Response:
    """What a GET or HEAD of ``content`` with ``headers`` answers, names in lower case.

    200 with the whole, 206 with a part, 304 where the client has it, 416 without a body where the part lies outside.
    Several ranges, and what is no range, get the whole, as section 14.2 allows. HEAD knows no ranges; its answer has
    the body that a GET would have.
    """
    fields = _fields(headers)
    size = len(content.body)
    tag: Header = (b"etag", content.etag.encode())
    if _is_known(fields.get(b"if-none-match"), tag[1]):
        return Response(304, (tag,), b"")
    asked = fields.get(b"range") if method == "GET" and fields.get(b"if-range", tag[1]) == tag[1] else None
    try:
        part = _part(asked, size)
    except UnsatisfiableError:
        return Response(416, (ACCEPT, (b"content-range", b"bytes */%d" % size), (b"content-length", b"0")), b"")
    if part is None:
        return _answer(200, content, content.body, tag)
    span = b"bytes %d-%d/%d" % (part.start, part.stop - 1, size)
    return _answer(206, content, memoryview(content.body)[part.start : part.stop], tag, (b"content-range", span))


ACCEPT: Header = (b"accept-ranges", b"bytes")


def _fields(headers: Iterable[Header]) -> dict[bytes, bytes]:
    """Headers by name; of one that came several times, the values as one list."""
    fields: dict[bytes, bytes] = {}
    for name, value in headers:
        fields[name] = fields[name] + b", " + value if name in fields else value
    return fields


def _answer(status: int, content: Content, body: bytes | memoryview, *headers: Header) -> Response:
    first = ((b"content-type", content.media_type.encode()), (b"content-length", b"%d" % len(body)), ACCEPT)
    return Response(status, (*first, *headers), body)


def _is_known(if_none_match: bytes | None, tag: bytes) -> bool:
    """Whether the tag is one that the client has: by the weak comparison, in which W/ tells nothing apart."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == b"*" or tag in _TAG.findall(if_none_match)


def _part(asked: bytes | None, size: int) -> range | None:
    """The bytes asked for, all of them within ``size``; ``None`` for the whole; ``UnsatisfiableError`` for none."""
    unit = _UNIT.fullmatch(asked or b"")
    ranges = [text for item in unit[1].split(b",") if (text := item.strip(b" \t"))] if unit else []
    bounds = _RANGE.fullmatch(ranges[0]) if len(ranges) == 1 else None
    if bounds is None:
        return None
    first, last = bounds.groups()
    if not first:
        return _suffix(last, size)
    if last and int(last) < int(first):
        return None
    return _satisfiable(range(int(first), min(int(last) + 1, size) if last else size))


def _suffix(length: bytes, size: int) -> range | None:
    return _satisfiable(range(max(0, size - int(length)), size)) if length else None


def _satisfiable(part: range) -> range:
    if not part:
        raise UnsatisfiableError
    return part
