"""Negatives outside the form: path, method, authorisation, content type."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode

from contract_tests.cases.builder import Builder
from contract_tests.model.case import Case
from contract_tests.model.credential import CREDENTIALS, WRONG_TOKENS
from contract_tests.model.request import Request, encode
from contract_tests.spec.document import Document
from contract_tests.spec.form import JSON
from contract_tests.spec.rules import ONLY

#: Which rule each wrong Authorization header breaks, and which it may be said to break too.
_AUTHORIZATION = {
    "none": ("auth.required", ()),
    "empty": ("auth.required", ("auth.scheme",)),
    "word": ("auth.scheme", ("auth.required",)),
    "bare": ("auth.scheme", ()),
    "basic": ("auth.scheme", ()),
    "token": ("auth.scheme", ()),
    "glued": ("auth.scheme", ()),
    **dict.fromkeys(WRONG_TOKENS, ("auth.key", ())),
}


def cases(document: Document, builder: Builder) -> Iterator[Case]:
    """All negatives that leave the form as it is."""
    good = builder.request(builder.parts(builder.full))
    yield from _authorization(good)
    yield from _paths(document, good)
    yield from _methods(document, good)
    yield from _media_types(builder, good)


def _authorization(good: Request) -> Iterator[Case]:
    for name, (rule, also) in _AUTHORIZATION.items():
        request = replace(good, credential=name)
        yield Case(rule, f"authorisation: {CREDENTIALS[name].says}", request, rule, also=tuple(also), wire=True)


def _paths(document: Document, good: Request) -> Iterator[Case]:
    known = document.paths
    head, _, last = good.path.rpartition("/")
    near = (
        f"{head}/{last.upper()}",
        f"{head}/{last}x",
        f"{head}/{last[:-1]}",
        f"/v0{head}/{last}",
        f"{head}/{last}-{last}",
        f"/{last}",
    )
    below = (f"{good.path}/", f"{good.path}/contract-tests")
    for path in (*near, *below, f"{good.path}/contract-tests/none"):
        if path not in known:
            # Below the path the document may have another operation, which then lacks this method.
            also = ("method",) if path in below else ()
            yield Case(f"path{ONLY}", f"the path {path}", replace(good, path=path), "path", also=also, wire=True)


def _methods(document: Document, good: Request) -> Iterator[Case]:
    known = {operation.method.upper() for operation in document.operations() if operation.path == good.path}
    # GET, HEAD and OPTIONS create nothing, and servers that offer more than this document answer them.
    for method in ("PUT", "PATCH", "DELETE"):
        if method not in known:
            request = replace(good, method=method)
            yield Case("method", f"the method {method}", request, "method", also=("path",), wire=True)


def _media_types(builder: Builder, good: Request) -> Iterator[Case]:
    texts = {part.name: part.text for part in good.parts or () if part.text is not None}
    pictured = {**texts, **{field.name: "data:image/png;base64,iVBORw0KGgo=" for field in builder.form.files}}
    bodies = (
        ("JSON", JSON, json.dumps(pictured).encode()),
        ("JSON without the picture", JSON, json.dumps(texts).encode()),
        ("a form of another kind", "application/x-www-form-urlencoded", urlencode(pictured).encode()),
        ("plain text", "text/plain", b"a prompt"),
        ("a form called JSON", JSON, good.body),
        ("a form called bytes", "application/octet-stream", good.body),
        ("a form called text", "text/plain", good.body),
    )
    for what, content_type, body in bodies:
        if content_type == JSON and builder.form.takes_json:
            continue
        request = replace(good, content_type=content_type, body=body)
        yield Case("media-type", f"the body is {what}", request, "media-type", wire=True)
    boundary = (good.content_type or "").partition(";")[2]
    for subtype in ("mixed", "related", "form-data-x"):
        request = replace(good, content_type=f"multipart/{subtype};{boundary}")
        yield Case("media-type", f"the body is multipart/{subtype}", request, "media-type", wire=True)
    request = replace(good, content_type=None, body=encode(good.parts or ()))
    yield Case("media-type", "the body has no type", request, "media-type", also=("body.well-formed",), wire=True)
