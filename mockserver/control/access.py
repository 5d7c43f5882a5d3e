"""The gate: who may control the mock. This machine alone; or, where a control token is set, who sends it."""

import re
from collections.abc import Iterable
from hmac import compare_digest
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from mockserver.validation.checks import Words
from mockserver.web.asgi import Scope
from mockserver.web.responses import Header

_BEARER = re.compile(rb"bearer +(\S+)", re.IGNORECASE)


class Gate:
    """Judges a control request by the address of its sender and by headers that a web page cannot choose."""

    def __init__(self, token: str | None) -> None:
        self._token = None if token is None else token.encode()

    @property
    def has_token(self) -> bool:
        """Whether who controls the mock needs a token."""
        return self._token is not None

    def broken_by(self, scope: Scope, *, is_open: bool = False) -> tuple[str, Words] | None:
        """The same of an ASGI request. ``is_open``: what it asks for holds no data, and needs no token."""
        if is_open and self.has_token:
            return None
        peer = scope.get("client")
        return self.broken(peer[0] if peer else None, scope["scheme"], scope["headers"])

    def broken(self, peer: str | None, scheme: str, headers: Iterable[Header]) -> tuple[str, Words] | None:
        """The id of the rule that a request breaks, with words for its message; ``None`` if it may pass.

        ``peer`` is the address at the other end of the socket, whatever headers say. A page of another site reaches the
        loopback too, through the browser: under a Host of its own by DNS rebinding, or with an Origin that is not ours.
        """
        values: dict[bytes, list[bytes]] = {}
        for name, value in headers:
            values.setdefault(name, []).append(value)
        if self._token is not None:
            return None if self._knows(values.get(b"authorization", [])) else ("control.token", {})
        if peer is None or not is_loopback(peer):
            return "control.peer", {"reason": f"{peer or 'the sender'} is another"}
        hosts = [host.decode("latin-1") for host in values.get(b"host", [])]
        foreign = [host for host in hosts if not _is_ours(host)]
        if foreign or len(hosts) != 1:
            return "control.peer", {"reason": f"the Host '{', '.join(foreign or hosts)}' is not it"}
        for origin in values.get(b"origin", []):
            if origin.decode("latin-1").lower() != f"{scheme}://{hosts[0]}".lower():
                return "control.peer", {"reason": f"a page of {origin.decode('latin-1')} is another"}
        return None

    def _knows(self, sent: list[bytes]) -> bool:
        bearer = _BEARER.fullmatch(sent[0]) if len(sent) == 1 else None
        return compare_digest(bearer[1] if bearer else b"", self._token or b"")


def is_loopback(address: str) -> bool:
    """Whether an address, as text, leads to this machine and never leaves it."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return found.is_loopback


def _is_ours(host: str) -> bool:
    """Whether a Host header names the loopback: by an address, or by the one name that no resolver may change."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or is_loopback(name)
