"""One request with what is due for it: the unit that is planned, sent, journalled and judged."""

from __future__ import annotations

import base64
import hashlib
import zlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from contract_tests.model.request import Facts, Part, Request


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
    """The bytes that `pack` made text of."""
    return zlib.decompress(base64.b64decode(text))


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
        method=sent["method"],
        path=sent["path"],
        content_type=sent["content_type"],
        body=unpack(sent["body"]),
        credential=sent["credential"],
        parts=None if sent["parts"] is None else tuple(_part_from_json(part) for part in sent["parts"]),
        chunked=sent["chunked"],
        headers=tuple((name, value) for name, value in sent["headers"]),
    )
    return Case(
        rule=data["rule"],
        label=data["label"],
        request=request,
        breach=data["breach"],
        also=tuple(data["also"]),
        wire=data["wire"],
        levels=tuple((factor, level) for factor, level in data["levels"]),
        operation=data.get("operation", ""),
    )


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
        name=data["name"],
        content=unpack(data["content"]),
        filename=data["filename"],
        content_type=data["content_type"],
        facts=None if facts is None else Facts(*facts),
    )
