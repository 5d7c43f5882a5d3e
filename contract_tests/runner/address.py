"""The address of the endpoint under test, as the user gave it."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit, urlunsplit

import httpx

from contract_tests.errors import MisuseError
from contract_tests.model.redaction import Redactor


def base_url(url: str, path: str, token: str | None = None) -> str:
    """The address that `path` of the document is appended to; the path itself or a head of it may stand in `url`.

    Raises MisuseError, naming what is wrong, without the token.
    """
    told = Redactor(token).address(repr(url))
    try:
        parts = urlsplit(url)
        port = parts.port
        # Says no to what no client can send to: control characters, and hosts that IDNA has no form for.
        str(httpx.URL(url).host)
        (parts.hostname or "").encode("idna")
    except (ValueError, httpx.InvalidURL) as error:
        raise MisuseError(f"The URL {told} cannot be read: {reason(error)}.") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise MisuseError(f"The URL {told} is not complete: it must begin with http:// or https:// and name a host.")
    if parts.query or parts.fragment:
        raise MisuseError(f"The URL {told} must end with its path: leave out what follows '?' or '#'.")
    prefix = parts.path.rstrip("/")
    steps = path.strip("/").split("/")
    for count in range(len(steps), 0, -1):
        head = "/" + "/".join(steps[:count])
        if prefix.endswith(head):
            prefix = prefix.removesuffix(head)
            break
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    # A user name and a password in the address would stand in every report.
    return urlunsplit((parts.scheme, host if port is None else f"{host}:{port}", prefix, "", ""))


def is_loopback(url: str) -> bool:
    """Whether the address is this machine, however spelled: nothing costs money there, and no proxy leads there."""
    host = (urlsplit(url).hostname or "").removesuffix(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        try:
            # 127.1 and 2130706433 are addresses too, for whoever connects.
            address = ipaddress.ip_address(socket.inet_aton(host))
        except OSError:
            return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return mapped.is_loopback or mapped.is_unspecified


def reason(error: Exception) -> str:
    """What an error says, in one line."""
    return (" ".join(str(error).split()) or type(error).__name__).rstrip(".")
