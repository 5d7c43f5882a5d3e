"""Negatives of the body as bytes: broken forms, and one that is larger than the limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from contract_tests.cases import images
from contract_tests.cases.builder import Builder
from contract_tests.model.case import Case
from contract_tests.model.request import BOUNDARY, Part, Request, encode, text
from contract_tests.spec.rules import RuleTable

#: The rule of a broken body where the document has none that says it more closely.
RULE = "body.well-formed"
BOUNDARY_RULE, COMPLETE, PART_NAME, PARTS = "body.boundary", "body.complete", "body.part-name", "body.parts"


def cases(builder: Builder, rules: RuleTable) -> Iterator[Case]:
    """All negatives of the body as bytes."""
    good = builder.request(builder.parts(builder.full))
    also = tuple(rules.breach("required", field.name) for field in builder.form.fields.values() if field.required)
    for closely, what, request in _broken(good):
        rule = closely if closely in rules else RULE
        yield Case(rule, what, request, rule, also=(RULE, *also) if RULE in rules else also, wire=True)
    most = builder.form.limits.get("parts")
    if most is not None:
        many = [*builder.parts(builder.full), *(text(f"unknown-{number}", "x") for number in range(most))]
        unknown = (rules.breach("additionalProperties"),) if builder.form.closed else ()
        yield Case(PARTS, f"a form of {len(many)} parts", builder.request(many), PARTS, also=unknown, wire=True)
    limit = builder.form.limits.get("body-bytes")
    if limit is not None:
        yield Case("body.limit", f"a body of {limit + 1} bytes", sized(builder, limit + 1), "body.limit", wire=True)


def sized(builder: Builder, size: int) -> Request:
    """A valid creation of exactly `size` bytes: its picture holds a long comment."""
    parts = builder.parts(builder.full, media_type="image/png")

    def padded(padding: int) -> list[Part]:
        return [
            replace(part, content=images.png(part.facts.width, part.facts.height, padding))
            if part.facts is not None
            else part
            for part in parts
        ]

    # The comment grows by as many bytes as are missing with the smallest one.
    return builder.request(padded(1 + size - len(encode(padded(1)))))


def _broken(good: Request) -> Iterator[tuple[str, str, Request]]:
    body, mark = good.body, f"--{BOUNDARY}".encode()
    head = good.content_type or ""
    yield BOUNDARY_RULE, "no boundary is named", replace(good, content_type=head.partition(";")[0])
    yield BOUNDARY_RULE, "an empty boundary is named", replace(good, content_type=head.partition("=")[0] + "=")
    yield RULE, "another boundary is named", replace(good, content_type=head + "-other")
    yield COMPLETE, "an empty body", replace(good, body=b"")
    yield RULE, "a body of other bytes", replace(good, body=b"no form at all")
    yield COMPLETE, "the body ends in its last part", replace(good, body=body[: body.rindex(mark) - 5])
    yield COMPLETE, "the body ends before the closing boundary", replace(good, body=body[: body.rindex(mark)])
    yield COMPLETE, "the body ends in its first part", replace(good, body=body[: body.index(b"\r\n\r\n") + 6])
    yield COMPLETE, "the body ends within a part's headers", replace(good, body=body[: body.index(b"form-data") + 4])
    yield PART_NAME, "a part without a name", replace(good, body=body.replace(b'; name="', b'; nome="', 1))
    more = f"--{BOUNDARY}\r\n{{}}\r\n\r\nx\r\n".encode()
    nameless = more.replace(b"{}", b"Content-Disposition: form-data")
    yield PART_NAME, "one part more, without a name", replace(good, body=nameless + body)
    undisposed = more.replace(b"{}", b"Content-Type: text/plain")
    yield PART_NAME, "one part more, without Content-Disposition", replace(good, body=undisposed + body)
    attached = body.replace(b"form-data; name", b"attachment; name", 1)
    yield RULE, "a part disposed as an attachment", replace(good, body=attached)
    yield (
        PART_NAME,
        "a part without Content-Disposition",
        replace(good, body=body.replace(b"Content-Disposition", b"X-Disposition", 1)),
    )
