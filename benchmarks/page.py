"""What the page for people costs a creation: closed, by what the journal keeps for it; open, by its stream beside.

``python -m benchmarks.page`` is, for the comparison, a mock whose journal keeps none of that.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from threading import Thread
from urllib.parse import urlsplit

from benchmarks.servers import Server
from mockserver.web.responses import Header

WITHOUT = ("benchmarks.page", "--port", "0")


@contextmanager
def following(server: Server) -> Iterator[None]:
    """Read the live stream meanwhile, as an open page does."""
    connection = HTTPConnection(urlsplit(server.url).netloc)
    connection.request("GET", "/_mock/events")
    answer = connection.getresponse()

    def read() -> None:
        with suppress(OSError, HTTPException):  # it is cut when the measurement is over
            while answer.read1(1 << 20):
                pass

    reader = Thread(target=read, daemon=True)
    reader.start()
    yield
    connection.sock.shutdown(2)
    reader.join()
    connection.close()


def serve_without() -> int:
    """Be a mock whose journal keeps no headers and no answers."""
    from mockserver import cli  # noqa: PLC0415
    from mockserver.control import journal  # noqa: PLC0415

    def token_of(headers: Sequence[Header]) -> tuple[tuple[Header, ...], bytes]:
        return (), next((value for name, value in headers if name == b"authorization"), b"")

    vars(journal).update(harmless=token_of, body_of=lambda _answer: None)
    return cli.main()


if __name__ == "__main__":
    sys.exit(serve_without())
