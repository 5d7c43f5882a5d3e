"""Faults of the body as a form: its boundary, its end, its parts and their names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from multipart import parse_options_header

from .checks import Checks, Form, Refusal, check_encoding, check_repeated, read_form
from .fault import fault
from .form import Part, read_parts
from .wire import Request


def read_by_sniffing(b: Checks, request: Request) -> Form:
    """Where no boundary is told it is the first line of the body."""
    if "boundary=" in request.headers.get("content-type", ""):
        return read_form(b, request)
    boundary = request.body.partition(b"\r\n")[0][2:].decode("latin-1")
    return read_form(b, replace(request, headers={"content-type": f"multipart/form-data; boundary={boundary}"}))


def _read_unfinished(b: Checks, request: Request) -> Form:
    """A body that ends early is ended here, if it holds anything."""
    try:
        return read_form(b, request)
    except Refusal:
        boundary = parse_options_header(request.headers["content-type"])[1].get("boundary", "")
        form = read_form(b, replace(request, body=request.body + f"\r\n--{boundary}--\r\n".encode()))
        if not form.parts:
            raise
        return form


def _read_nameless(b: Checks, request: Request) -> Form:
    """Parts without a name are skipped."""
    named = request.body.replace(b"form-data\r\n", b'form-data; name="nameless"\r\n')
    named = named.replace(b'name=""', b'name="nameless"')
    form = read_form(b, replace(request, body=named))
    return Form([part for part in form.parts if part.name != "nameless"])


def _segments(b: Checks, request: Request, change: Callable[[bytes], bytes | None]) -> Form:
    """The form with each raw part changed, or left out where `change` gives None."""
    boundary = parse_options_header(request.headers["content-type"])[1].get("boundary", "")
    delimiter = f"--{boundary}\r\n".encode()
    first, *segments = request.body.split(delimiter)
    last = f"--{boundary}--\r\n".encode()
    kept = [new for segment in segments if (new := change(segment.removesuffix(last))) is not None]
    return read_form(b, replace(request, body=first + b"".join(delimiter + segment for segment in kept) + last))


def _is_disposed(segment: bytes) -> bool:
    return b"content-disposition" in segment.partition(b"\r\n\r\n")[0].lower()


def _read_undisposed(b: Checks, request: Request) -> Form:
    """Parts without a Content-Disposition are skipped."""
    if all(map(_is_disposed, request.body.split(b"\r\n--")[:-1])):
        return read_form(b, request)
    return _segments(b, request, lambda segment: segment if _is_disposed(segment) else None)


def _read_attached(b: Checks, request: Request) -> Form:
    """Parts disposed as an attachment are fields all the same."""
    if b"Content-Disposition: attachment;" not in request.body:
        return read_form(b, request)
    return _segments(b, request, lambda segment: segment.replace(b"n: attachment;", b"n: form-data;"))


def _read_many(b: Checks, request: Request) -> Form:
    return Form(read_parts(request.headers["content-type"], request.body, most=10**6))


def _crash_of_many(b: Checks, request: Request) -> Form:
    """The limit of parts ends the server's patience, not the client's request."""
    if request.body.count(b"Content-Disposition") > 100:
        raise Refusal(503, None, None, "Busy.")
    return read_form(b, request)


def _refuse_quoted(b: Checks, request: Request) -> Form:
    if '"' in request.headers["content-type"]:
        raise Refusal(400, "invalid_multipart_body", None, "The boundary is not in the body.")
    return read_form(b, request)


def _repeated_unless(fine: Callable[[list[Part]], bool], keep: int) -> dict[str, Callable[..., object]]:
    """Repeated parts that are `fine` pass, and the one at `keep` counts."""

    def read(b: Checks, request: Request) -> Form:
        parts = read_form(b, request).parts
        same = {part.name: [other for other in parts if other.name == part.name] for part in parts}
        return Form([part for name, group in same.items() for part in ([group[keep]] if fine(group) else group)])

    return {"read": read}


def _encoding(b: Checks, form: Form) -> None:
    """Only fields with few values are looked at."""
    check_encoding(b, Form([part for part in form.parts if part.name != "prompt"]))


def _knows_field(name: str) -> bool:
    return name in ("prompt", "input_reference", "model", "seconds", "size")


def _drop(unwanted: Callable[[Part], bool]) -> Callable[[Checks, Request], Form]:
    """Unknown fields that are `unwanted` are left out in silence."""

    def read(b: Checks, request: Request) -> Form:
        parts = read_form(b, request).parts
        return Form([part for part in parts if _knows_field(part.name) or not unwanted(part)])

    return read


def _lower_names(b: Checks, request: Request) -> Form:
    return Form([replace(part, name=part.name.lower()) for part in read_form(b, request).parts])


# fmt: off
FAULTS = (
    fault("quoted-boundary-refused", "response.status-code", "A boundary in quotes is refused.", read=_refuse_quoted),
    fault("body-unlimited", "body.limit", "A body over the limit is accepted.", body_limit=2**40),
    fault("body-limit-low", "body.limit", "A body of a little more than 1 MiB is refused.", body_limit=2**20),
    fault("boundary-guessed", "body.boundary", "A boundary that is not told is guessed from the body.", read=read_by_sniffing),
    fault("body-unfinished", "body.complete", "A body that lacks its last boundary is accepted.", read=_read_unfinished),
    fault("part-nameless", "body.part-name", "A part without a name is skipped in silence.", read=_read_nameless),
    fault("part-undisposed", "body.well-formed", "A part without a Content-Disposition is skipped in silence.", read=_read_undisposed),
    fault("part-attached", "body.well-formed", "A part disposed as an attachment is taken for a field.", read=_read_attached),
    fault("parts-unlimited", "body.parts", "A form may have any number of parts; its fields are judged instead.", read=_read_many),
    fault("parts-busy", "error.no-5xx", "A form of too many parts is answered 503.", read=_crash_of_many),
    fault("repeated-first", "fields.repeated", "Of a repeated field the first value is taken.", repeated=lambda _b, _form: None),
    fault("repeated-last", "fields.repeated", "Of a repeated field the last value is taken.", **_repeated_unless(lambda _group: True, -1)),
    fault("repeated-equal", "fields.repeated", "A repeated field is accepted when its values are equal.", **_repeated_unless(lambda group: len({part.data for part in group}) == 1, 0)),
    fault("repeated-file", "fields.repeated", "Two pictures are accepted.", repeated=lambda b, form: check_repeated(b, Form([part for part in form.parts if not part.is_file]))),
    fault("latin-1-prompt", "fields.text-encoding", "A prompt that is not UTF-8 is accepted.", encoding=_encoding),
    fault("unknown-ignored", "fields.unknown", "Unknown fields are ignored.", unknown=lambda _b, _form: None),
    fault("unknown-file-ignored", "fields.unknown", "Unknown files are ignored.", read=_drop(lambda part: part.is_file)),
    fault("unknown-empty-ignored", "fields.unknown", "Unknown fields are ignored when they are empty.", read=_drop(lambda part: not part.data)),
    fault("name-case", "fields.unknown", "The names of fields are accepted in any letter case.", read=_lower_names),
)
# fmt: on
