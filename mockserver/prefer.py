"""The header Prefer (RFC 7240), by which a request asks for its own answer: ``code=429``, ``example=NAME``."""

import re

_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_PREFERENCE = re.compile(rf'\s*({_NAME})(?:\s*=\s*({_QUOTED}|[^\s,;"]*))?(?:[^,"]|{_QUOTED})*(?:,|$)')


def preferences(header: str) -> dict[str, str]:
    """What a header asks for, by name in lower case; several headers are joined by commas beforehand.

    Of a preference that stands there twice the first counts; parameters and what is no preference are passed over.
    """
    found: dict[str, str] = {}
    for name, value in _PREFERENCE.findall(header):
        found.setdefault(name.lower(), _unquoted(value))
    return found


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
