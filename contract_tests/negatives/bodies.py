"""Negatives of the body as bytes: broken forms, and one that is larger than the limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from contract_tests import images
from contract_tests.builder import Builder
from contract_tests.case import Case
from contract_tests.request import BOUNDARY, Part, Request, encode
from contract_tests.rules import RuleTable

RULE = "body.well-formed"


def cases(builder: Builder, rules: RuleTable) -> Iterator[Case]:
    """All negatives of the body as bytes."""
    good = builder.request(builder.parts(builder.full))
    also = tuple(rules.breach("required", field.name) for field in builder.form.fields.values() if field.required)
    for what, request in _broken(good):
        yield Case(RULE, what, request, RULE, also=also, wire=True)
    limit = builder.form.limits.get("body-bytes")
    if limit is not None:
        yield Case("body.limit", f"a body of {limit + 1} bytes", sized(builder, limit + 1), "body.limit", wire=True)


def sized(builder: Builder, size: int) -> Request:
    """A valid creation of exactly `size` bytes: its picture holds a long comment."""
    parts = [part for part in builder.parts(builder.full, media_type="image/png")]

    def padded(padding: int) -> list[Part]:
        return [
            replace(part, content=images.png(part.facts.width, part.facts.height, padding))
            if part.facts is not None
            else part
            for part in parts
        ]

    # The comment grows by as many bytes as are missing with the smallest one.
    return builder.request(padded(1 + size - len(encode(padded(1)))))


def _broken(good: Request) -> Iterator[tuple[str, Request]]:
    body, mark = good.body, f"--{BOUNDARY}".encode()
    head = good.content_type or ""
    yield "no boundary is named", replace(good, content_type=head.partition(";")[0])
    yield "an empty boundary is named", replace(good, content_type=head.partition("=")[0] + "=")
    yield "another boundary is named", replace(good, content_type=head + "-other")
    yield "an empty body", replace(good, body=b"")
    yield "a body of other bytes", replace(good, body=b"no form at all")
    yield "the body ends in its last part", replace(good, body=body[: body.rindex(mark) - 5])
    yield "the body ends before the closing boundary", replace(good, body=body[: body.rindex(mark)])
    yield "the body ends in its first part", replace(good, body=body[: body.index(b"\r\n\r\n") + 6])
    yield "the body ends within a part's headers", replace(good, body=body[: body.index(b"form-data") + 4])
    yield "a part without a name", replace(good, body=body.replace(b'; name="', b'; nome="', 1))
    yield "a part without Content-Disposition", replace(good, body=body.replace(b"Content-Disposition", b"X-Disposition", 1))
