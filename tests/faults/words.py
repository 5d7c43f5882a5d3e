"""Words for people in error messages; no rule says how they are chosen."""

from __future__ import annotations

from .picture import Picture


def listed(values: tuple[str, ...]) -> str:
    """The values as people write a list: 'a', 'b', and 'c'."""
    quoted = [f"'{value}'" for value in values]
    return " and ".join(quoted) if len(quoted) < 3 else ", ".join(quoted[:-1]) + f", and {quoted[-1]}"


def cut(value: str) -> str:
    """No more of a value than a reader wants to see."""
    return value[:100]


def kind(picture: Picture | None, data: bytes) -> str:
    """The media type of a file, as far as its bytes tell."""
    if picture is not None:
        return picture.type
    return "application/octet-stream" if b"\0" in data else "text/plain"
