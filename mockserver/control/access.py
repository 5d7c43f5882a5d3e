"""The gate: who may control the mock. This machine alone; or, where a control token is set, who sends it."""

import hmac
import re
from collections.abc import Iterable
from hmac import compare_digest
from ipaddress import IPv6Address, ip_address

from mockserver.api.context import RequestContext
from mockserver.validation.checks import MessageValues
from mockserver.web.responses import Header

_HOST = re.compile(r"(?:\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<name>[0-9A-Za-z.-]+))(?::[0-9]{1,5})?")
"""A host and a port: no user, no path, no zone, nothing in percent (RFC 9110 section 7.2)."""

_BEARER = re.compile(rb"bearer +(\S+)", re.IGNORECASE)


class Access:
    """Judges a control request by the address of its sender and by headers that a web page cannot choose."""

    def __init__(self, token: str | None) -> None:
        self._token = None if token is None else token.encode()
        name, value = (self._derived(word) for word in (b"name", b"value"))
        self._cookie = (b"mockserver_" + name[:8], value)

    @property
    def has_token(self) -> bool:
        """Whether who controls the mock needs a token."""
        return self._token is not None

    def broken_by(self, context: RequestContext, *, is_open: bool = False) -> tuple[str, MessageValues] | None:
        """As ``broken``, of a request. ``is_open``: what it asks for holds no data, and needs no token."""
        if is_open and self.has_token:
            return None
        return self.broken(context.client, context.scheme, context.headers)

    def broken(self, peer: str | None, scheme: str, headers: Iterable[Header]) -> tuple[str, MessageValues] | None:
        """The id of the rule that a request breaks, with words for its message; ``None`` if it may pass.

        ``peer`` is the address at the other end of the socket, whatever headers say. A page of another site reaches the
        loopback too, through the browser: under a Host of its own by DNS rebinding, or with an Origin that is not ours.
        The same holds for the cookie of the page, which a browser sends with requests that others make it send.
        """
        values: dict[bytes, list[bytes]] = {}
        for name, value in headers:
            values.setdefault(name, []).append(value)
        if self._token is not None:
            if self._knows(values.get(b"authorization", [])):
                return None
            if not self._has_cookie(values.get(b"cookie", [])):
                return "control.token", {}
            return _foreign(scheme, values)
        if peer is None or not is_loopback(peer):
            return "control.peer", {"reason": f"{peer or 'the sender'} is another"}
        hosts = [host.decode("latin-1") for host in values.get(b"host", [])]
        foreign = [host for host in hosts if not _is_ours(host)]
        if foreign or len(hosts) != 1:
            return "control.peer", {"reason": f"the Host '{', '.join(foreign or hosts)}' is not it"}
        return _foreign(scheme, values)

    def cookie_for(self, token: str, *, is_secure: bool) -> bytes | None:
        """The Set-Cookie header for who knows the control token; ``None`` for who does not."""
        if self._token is None or not compare_digest(token.encode(), self._token):
            return None
        return b"=".join(self._cookie) + ATTRIBUTES + (b"; Secure" if is_secure else b"")

    @property
    def no_cookie(self) -> bytes:
        """The Set-Cookie header that takes the cookie back."""
        return self._cookie[0] + b"=; Max-Age=0" + ATTRIBUTES

    def _knows(self, sent: list[bytes]) -> bool:
        bearer = _BEARER.fullmatch(sent[0]) if len(sent) == 1 else None
        return compare_digest(bearer[1] if bearer else b"", self._token or b"")

    def _has_cookie(self, sent: list[bytes]) -> bool:
        name, value = self._cookie
        cookies = [pair.strip().partition(b"=") for header in sent for pair in header.split(b";")]
        return any([compare_digest(given, value) for key, _, given in cookies if key == name])  # noqa: C419

    def _derived(self, word: bytes) -> bytes:
        """A word that follows from the token and does not tell it, the same in all processes."""
        return hmac.digest(self._token or b"", b"mockserver cookie " + word, "sha256").hex().encode()


ATTRIBUTES = b"; Path=/; HttpOnly; SameSite=Strict"


def _foreign(scheme: str, values: dict[bytes, list[bytes]]) -> tuple[str, MessageValues] | None:
    """The rule that a request breaks which a page of another origin made, as the browser says."""
    host = values.get(b"host", [b""])[0].decode("latin-1")
    for origin in values.get(b"origin", []):
        if origin.decode("latin-1").lower() != f"{scheme}://{host}".lower():
            return "control.peer", {"reason": f"a page of {origin.decode('latin-1')} is another"}
    site, mode = (values.get(name, [b""])[0] for name in (b"sec-fetch-site", b"sec-fetch-mode"))
    # To follow a link to the page is harmless: the page that links sees nothing of the answer.
    if site in (b"cross-site", b"same-site") and mode != b"navigate":
        return "control.peer", {"reason": "a page of another origin is another"}
    return None


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
    form = _HOST.fullmatch(host)
    if form is None:
        return False
    name = form["address"] or form["name"]
    return name.lower() == "localhost" or is_loopback(name)
