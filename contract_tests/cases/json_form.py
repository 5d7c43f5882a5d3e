"""The same creation in other clothes: as a JSON object, and with its picture as an address in brackets."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

from contract_tests.model.case import Case
from contract_tests.model.request import Part, Request, encode, multipart, text
from contract_tests.spec.form import JSON, Form

#: Behind the label of a case that is sent as JSON.
AS_JSON = "; as JSON"


def as_json(form: Form, request: Request) -> Request | None:
    """The request with its form as a JSON object; None where no object can say the same."""
    parts = request.parts or ()
    values: dict[str, object] = {}
    for part in parts:
        field = form.fields.get(part.name)
        if field is not None and field.schema.get("type", "string") != "string":
            return None
        if not part.is_file:
            values[part.name] = part.text
        elif part.name in form.addresses:
            values[part.name] = {form.addresses[part.name]: data_url(part)}
    # A text that is no UTF-8, a name that comes twice and a file without an address have no place in an object.
    if None in values.values() or len(values) != len(parts):
        return None
    return replace(request, content_type=JSON, body=json.dumps(values, ensure_ascii=False).encode())


def data_url(part: Part) -> str:
    """The file as the address that holds it."""
    return f"data:{part.content_type};base64,{base64.b64encode(part.content).decode()}"


def in_brackets(form: Form, request: Request) -> Request | None:
    """The request with each file as an address in a text part, its name as `field[key]`; None where none can be."""
    parts = request.parts or ()
    files = {part.name for part in parts if part.is_file}
    if not files or not files <= form.addresses.keys():
        return None
    sent = [text(f"{p.name}[{form.addresses[p.name]}]", data_url(p)) if p.is_file else p for p in parts]
    return replace(request, content_type=multipart(), body=encode(sent))


def wrong_as_json(form: Form, cases: Iterable[Case]) -> Iterator[Case]:
    """The first case of each rule once more as JSON, where an object can break it too."""
    seen: set[str] = set()
    for case in cases:
        request = None if case.wire or case.rule in seen else as_json(form, case.request)
        if request is not None:
            seen.add(case.rule)
            yield replace(case, label=case.label + AS_JSON, request=request)
