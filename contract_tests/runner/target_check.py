"""Whether what answers is the API at all: a page or a proxy refuses everything too, and no rule holds by that."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit

from contract_tests.model.case import Case
from contract_tests.model.response import Response

#: What a gateway says whose server is down (RFC 9110).
_UPSTREAM = frozenset({502, 503, 504})
#: Seconds for one TLS handshake.
_HANDSHAKE = 3.0

Exchange = tuple[Case, Response]


def not_the_api(exchanges: Sequence[Exchange], target: str) -> str | None:
    """What the target looks like where one answer serves all these requests; None where it tells them apart.

    The requests must differ in kind: an unknown path, a missing token, a bad field.
    """
    answers = [answer for _, answer in exchanges if answer.status]
    if len(answers) < len(exchanges) or len({case.rule for case, _ in exchanges}) < 3:
        return None
    statuses = {answer.status for answer in answers}
    first = answers[0]
    if not alike(answers):
        return None
    if all(300 <= status < 400 for status in statuses):
        return _redirect(exchanges, target)
    if first.accepted and first.object is not None:
        # An API that takes everything: its rules are broken, which is a verdict.
        return None
    return f"{target} {_looks(first)}"


def _looks(answer: Response) -> str:
    """What a server looks like whose every answer is this one."""
    if answer.status in _UPSTREAM:
        return f"answers {answer.status} to every request: a proxy whose server is down"
    if answer.accepted:
        return f"answers {answer.status} to every request, without JSON: a web page, not the API"
    if b"https port" in answer.body.lower():
        return "is a port for TLS: give an address that begins with https://"
    looks = {
        401: "a login in front of the API, or a path that only another token opens",
        403: "a firewall or an access rule in front of the API",
        404: "a wrong base path or another server; the address is what stands before the path of the document",
        407: "a proxy that asks for a login",
        500: "a server that fails before it reads a request",
    }
    what = looks.get(answer.status, "something other than the API, or a missing header that it wants of every request")
    return f"gives the same answer ({answer.status}) to an unknown path, a missing token and a bad field: {what}"


def alike(answers: Sequence[Response]) -> bool:
    """Whether all answers have one status and one shape, or all are redirects, or all say that an upstream is down."""
    statuses = {answer.status for answer in answers}
    if all(300 <= status < 400 for status in statuses) or statuses <= _UPSTREAM:
        return True
    return len({(answer.status, shape(answer)) for answer in answers}) == 1


def shape(answer: Response) -> Any:
    """What stays the same of an answer whatever its texts say: its media type, and the keys of its JSON."""
    try:
        keys = _keys(answer.json)
    except (ValueError, RecursionError):
        keys = None
    return (answer.header("content-type") or "").partition(";")[0].strip().lower(), keys


def speaks_tls(url: str) -> bool:
    """Whether a TLS handshake succeeds at the host and port of an http address."""
    parts = urlsplit(url)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Nothing is sent: it only matters that the other side answers in TLS, whoever it is.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((parts.hostname or "", parts.port or 80), _HANDSHAKE) as plain,
            context.wrap_socket(plain, server_hostname=parts.hostname),
        ):
            return True
    except OSError:
        return False


def _redirect(exchanges: Sequence[Exchange], target: str) -> str:
    # The unknown path may lead elsewhere than the path of the document.
    case, answer = next(((c, a) for c, a in exchanges if c.breach != "path"), exchanges[0])
    location = answer.header("location")
    if location is None:
        return f"{target} redirects every request ({answer.status}) without saying where"
    whole = urljoin(f"{target}{case.request.path}", location)
    path = case.request.path
    bare = urlsplit(whole)._replace(query="", fragment="").geturl()
    give = f"; give {bare.removesuffix(path)}" if bare.endswith(path) else "; it is not the path of the API"
    return f"{target} redirects every request ({answer.status}) to {whole}, which the kit does not follow{give}"


def _keys(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple(sorted((key, _keys(one)) for key, one in value.items()))
    return type(value).__name__ if isinstance(value, list) else None
