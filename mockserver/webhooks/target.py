"""The target of webhooks: where they may go. Nowhere but to this machine, unless the user names the host."""

import socket
from collections.abc import Collection, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

import msgspec

PORTS = {"http": 80, "https": 443}


class TargetError(Exception):
    """The target may not be reached. Its text is one line that says why and what would allow it."""


class Target(msgspec.Struct, frozen=True):
    """Where webhooks are posted: ``url`` as given, and the ``host`` and ``port`` in it."""

    url: str
    host: str
    port: int

    def reachable(self, addresses: Sequence[str], allowed: Collection[str]) -> Sequence[str]:
        """The addresses that the host has, if they may be connected to; ``TargetError`` if one may not.

        Judged by address, each time anew: a name says nothing of where it leads.
        """
        if self.host in allowed:
            return addresses
        for address in addresses:
            if not ip_address(address.partition("%")[0]).is_loopback:
                found = address if address == self.host else f"{self.host} ({address})"
                raise TargetError(f"{found} is not this machine; --webhook-allow {self.host} allows it")
        return addresses


def check_target(target: Target, allowed: Collection[str]) -> None:
    """Refuse, before anything is served, a target that is not to be reached; ``TargetError``."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except OSError as error:
        if target.host not in allowed:  # one that is named may come up later
            raise TargetError(f"--webhook: {target.host}: {error.strerror}") from None
    else:
        target.reachable([str(address[0]) for *_, address in found], allowed)


def parse_target(text: str) -> Target:
    """The target that a URL names; ``ValueError`` that says what is allowed."""
    try:
        parts = urlsplit(text)
        port = parts.port if parts.port is not None else PORTS[parts.scheme]
    except (ValueError, KeyError):
        port = 0
    if not port or not parts.hostname or "@" in parts.netloc or not text.isascii() or text.split() != [text]:
        raise ValueError(f"'{text}' is no URL to post to; allowed: http:// or https://, a host, a port and a path")
    return Target(text, parts.hostname, port)


def parse_host(text: str) -> str:
    """A host as it stands in a URL; ``ValueError`` that says what is allowed."""
    host = text.lower().removeprefix("[").removesuffix("]")
    if not host or set(host) & set("/@*[] ") or not host.isascii() or (":" in host and host.count(":") < 2):
        raise ValueError(f"'{text}' is no host; allowed: a name or an address, without scheme and port")
    return host
