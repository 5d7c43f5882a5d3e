"""One request with what is due for it: the unit that is planned, sent, journalled and judged."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from contract_tests.model.credential import CREDENTIALS
from contract_tests.model.request import Facts, Part, Request

#: Bytes of a body in a journal; a request may be as large as an answer.
MOST_UNPACKED = 1 << 30


@dataclass(frozen=True)
class Case:
    """A request and why it is sent.

    `rule` is the rule that its verdict belongs to. `breach` is the rule that the request breaks, None for a good
    one; `also` lists rules that it may be said to break as well, so that either error is due. `wire` tells that
    the breach lies outside the form, where reading the form again cannot find it. `levels` are the choices of a
    good request, from which the cause of a refusal is found. `operation` is the id of an operation beyond the creation,
    empty for a creation.
    """

    rule: str
    label: str
    request: Request
    breach: str | None = None
    also: tuple[str, ...] = ()
    wire: bool = False
    levels: tuple[tuple[str, str], ...] = field(default=())
    operation: str = ""

    @property
    def refusal_due(self) -> bool:
        """Whether the request must be refused."""
        return self.breach is not None

    @cached_property
    def id(self) -> str:
        """The same in every run that sends the same thing for the same reason."""
        request = self.request
        head = "\x00".join(
            (self.rule, self.label, request.method, request.path, request.content_type or "", request.credential)
        )
        return hashlib.sha256(head.encode("utf-8", "surrogatepass") + b"\x00" + request.body).hexdigest()[:16]


def pack(data: bytes) -> str:
    """Bytes as text for JSON: compressed, then Base64."""
    return base64.b64encode(zlib.compress(data, 6)).decode()


def unpack(text: str) -> bytes:
    """The bytes that `pack` made text of. Raises ValueError for anything else, and for more than MOST_UNPACKED."""
    try:
        reader = zlib.decompressobj()
        data = reader.decompress(base64.b64decode(text), MOST_UNPACKED)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if not reader.eof:
        raise ValueError(f"a body of more than {MOST_UNPACKED} bytes, or one that was cut")
    return data


def checked(kind: Any, value: Any) -> Any:
    """The value where it is of the kind. Raises TypeError for another one."""
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"{type(value).__name__} where another kind of value is due")
    return value


def to_json(case: Case) -> dict[str, Any]:
    """The case as JSON; the token is in none of it, because a credential is only named."""
    request = case.request
    return {
        "id": case.id,
        "rule": case.rule,
        "label": case.label,
        "breach": case.breach,
        "also": list(case.also),
        "wire": case.wire,
        "levels": [list(level) for level in case.levels],
        "operation": case.operation,
        "request": {
            "method": request.method,
            "path": request.path,
            "content_type": request.content_type,
            "credential": request.credential,
            "chunked": request.chunked,
            "headers": [list(header) for header in request.headers],
            "body": pack(request.body),
            "parts": None if request.parts is None else [_part_to_json(part) for part in request.parts],
        },
    }


def from_json(data: dict[str, Any]) -> Case:
    """The case that `to_json` wrote. Raises KeyError, TypeError or ValueError for anything else."""
    sent = data["request"]
    request = Request(
        method=_token(sent["method"]),
        path=checked(str, sent["path"]),
        content_type=checked(str | None, sent["content_type"]),
        body=unpack(sent["body"]),
        credential=_credential(sent["credential"]),
        parts=None if sent["parts"] is None else tuple(_part_from_json(part) for part in sent["parts"]),
        chunked=checked(bool, sent["chunked"]),
        headers=tuple((_token(name), checked(str, value)) for name, value in sent["headers"]),
    )
    return Case(
        rule=checked(str, data["rule"]),
        label=checked(str, data["label"]),
        request=request,
        breach=checked(str | None, data["breach"]),
        also=tuple(checked(str, rule) for rule in data["also"]),
        wire=checked(bool, data["wire"]),
        levels=tuple((checked(str, factor), checked(str, level)) for factor, level in data["levels"]),
        operation=checked(str, data.get("operation", "")),
    )


def _token(text: Any) -> str:
    """A method or the name of a header (RFC 9110 section 5.6.2)."""
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", checked(str, text)):
        raise ValueError(f"{text!r} is no method and no name of a header")
    return str(text)


def _credential(name: Any) -> str:
    if name not in CREDENTIALS:
        raise ValueError(f"{name!r} is no credential")
    return str(name)


def _part_to_json(part: Part) -> dict[str, Any]:
    facts = part.facts
    return {
        "name": part.name,
        "filename": part.filename,
        "content_type": part.content_type,
        # A picture's facts say all that judging needs; its bytes stand in the body.
        "content": pack(part.content if facts is None else b""),
        "facts": None if facts is None else [facts.type, facts.width, facts.height, facts.intact],
    }


def _part_from_json(data: dict[str, Any]) -> Part:
    facts = data["facts"]
    return Part(
        name=checked(str, data["name"]),
        content=unpack(data["content"]),
        filename=checked(str | None, data["filename"]),
        content_type=checked(str | None, data["content_type"]),
        facts=None if facts is None else Facts(*facts),
    )
