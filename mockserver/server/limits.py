"""The bounds of the connections of one server, each an option of the command."""

import msgspec

from mockserver.settings import Settings


class ConnectionLimits(msgspec.Struct, frozen=True):
    """Bounds of the connections of one server; 0 seconds are no bound.

    ``head_seconds``: for a head to arrive. ``body_seconds``: for the rest of a body whose request is answered already.
    ``write_seconds``: for a client that reads nothing of its response. ``idle_seconds``: for the next request on a
    connection. ``grace_seconds``: for the requests under way once the server is told to stop. ``connections``: how many
    are open at once. ``headers``, ``head_bytes``, ``url_bytes``: of one request. ``discarded_bytes``: of a body that
    are read and discarded after its request was answered; then the connection is closed.
    """

    head_seconds: float
    body_seconds: float
    write_seconds: float
    idle_seconds: float
    grace_seconds: float
    connections: int
    headers: int
    head_bytes: int
    url_bytes: int
    discarded_bytes: int

    def words(self, rule: str) -> str:
        """The bound that ``rule`` is about, for its message; empty for any other rule."""
        match rule:
            case "http.url-limit":
                return f"{self.url_bytes}"
            case "http.head-limit":
                return f"{self.head_bytes} bytes and {self.headers} headers"
        return ""


def limits_of(settings: Settings) -> ConnectionLimits:
    """The bounds that the options ask for."""
    return ConnectionLimits(
        head_seconds=settings.head_timeout,
        body_seconds=settings.upload_timeout,
        write_seconds=settings.write_timeout,
        idle_seconds=settings.idle_timeout,
        grace_seconds=settings.grace_timeout,
        connections=settings.max_connections,
        headers=settings.max_headers,
        head_bytes=settings.max_head_bytes,
        url_bytes=settings.max_url_bytes,
        discarded_bytes=settings.max_discarded_bytes,
    )
