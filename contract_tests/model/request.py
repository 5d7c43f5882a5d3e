"""A request as exact bytes, together with what is known about the parts that it was made of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

#: One boundary for all, so that the same request has the same bytes in every run.
BOUNDARY = "contract-tests-5c1e0d7b9a4f4e63"


@dataclass(frozen=True)
class Facts:
    """What a file is, known because it was made here. `type` is a media type, None for what is no picture."""

    type: str | None
    width: int = 0
    height: int = 0
    intact: bool = True


@dataclass(frozen=True)
class Part:
    """One part of a form. Without a filename it is text."""

    name: str
    content: bytes
    filename: str | None = None
    content_type: str | None = None
    facts: Facts | None = None

    @property
    def is_file(self) -> bool:
        """Whether it arrives as a file."""
        return self.filename is not None

    @property
    def text(self) -> str | None:
        """The text of a part that is text; None where it is a file or no UTF-8."""
        if self.is_file:
            return None
        try:
            return self.content.decode()
        except UnicodeDecodeError:
            return None


@dataclass(frozen=True)
class Request:
    """One HTTP request. `credential` names an entry of CREDENTIALS; `content_type` None sends no such header."""

    method: str
    path: str
    content_type: str | None = None
    body: bytes = b""
    credential: str = "right"
    parts: tuple[Part, ...] | None = None
    chunked: bool = False
    headers: tuple[tuple[str, str], ...] = field(default=())

    def part(self, name: str) -> Part | None:
        """The first part of that name."""
        return next((part for part in self.parts or () if part.name == name), None)


def text(name: str, value: str | bytes) -> Part:
    """A text part."""
    return Part(name, value.encode() if isinstance(value, str) else value)


def escape_name(name: str) -> str:
    """A name as it stands between quotes in Content-Disposition (the HTML standard's way of escaping)."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def encode(parts: Sequence[Part], boundary: str = BOUNDARY) -> bytes:
    """The parts as multipart/form-data (RFC 7578)."""
    lines: list[bytes] = []
    for part in parts:
        disposition = f'form-data; name="{escape_name(part.name)}"'
        if part.filename is not None:
            disposition += f'; filename="{escape_name(part.filename)}"'
        lines += [f"--{boundary}".encode(), f"Content-Disposition: {disposition}".encode()]
        if part.content_type is not None:
            lines.append(f"Content-Type: {part.content_type}".encode())
        lines += [b"", part.content]
    lines += [f"--{boundary}--".encode(), b""]
    return b"\r\n".join(lines)


def multipart(boundary: str = BOUNDARY) -> str:
    """The content type of a form with this boundary; quoted where RFC 2045 asks for it."""
    plain = re.fullmatch(r"[A-Za-z0-9'+_.-]+", boundary)
    return f"multipart/form-data; boundary={boundary}" if plain else f'multipart/form-data; boundary="{boundary}"'
