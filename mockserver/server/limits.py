"""The bounds of the connections of one server, each an option of the command."""

import msgspec


class ConnectionLimits(msgspec.Struct, frozen=True):
    """Bounds of the connections of one server; 0 seconds are no bound.

    ``head_seconds``: for a head to arrive. ``body_seconds``: for the rest of a body whose request is answered already.
    ``write_seconds``: for a client that reads nothing of its response. ``idle_seconds``: for the next request on a
    connection. ``grace_seconds``: for the requests under way once the server is told to stop. ``connections``: how many
    are open at once. ``headers``, ``head_bytes``, ``url_bytes``: of one request. ``discarded_bytes``: of a body that
    are read and discarded after its request was answered; then the connection is closed.
    """

    head_seconds: float = 10
    body_seconds: float = 60
    write_seconds: float = 60
    idle_seconds: float = 5
    grace_seconds: float = 8
    connections: int = 2000
    headers: int = 100
    head_bytes: int = 64 * 1024
    url_bytes: int = 16 * 1024
    discarded_bytes: int = 64 * 1024 * 1024

    def words(self, rule: str) -> str:
        """The bound that ``rule`` is about, for its message; empty for any other rule."""
        match rule:
            case "http.url-limit":
                return f"{self.url_bytes}"
            case "http.head-limit":
                return f"{self.head_bytes} bytes and {self.headers} headers"
        return ""
