"""Right answers in unusual HTTP are right answers."""

import gzip

import httpx
import pytest

from tests.kit.unstable import Handler, Unstable
from tests.kit.vocabulary import TOKEN, command


def lines(answer: httpx.Response, *more: str) -> bytes:
    headers = [f"{name}: {value}" for name, value in answer.headers.items() if name != "content-length"]
    return "\r\n".join([*headers, *more, "", ""]).encode()


class Closing(Handler):
    """HTTP/1.0: no length, the end of the connection is the end of the answer."""

    def write(self, answer: httpx.Response, how: str) -> None:  # noqa: ARG002
        self.wfile.write(f"HTTP/1.0 {answer.status_code} \r\n".encode() + lines(answer) + answer.content)
        self.close_connection = True


class Chunking(Handler):
    """Early hints, then chunks with extensions, and trailers; header names in lower case, no reason."""

    def write(self, answer: httpx.Response, how: str) -> None:  # noqa: ARG002
        first, rest = answer.content[:7], answer.content[7:]
        chunks = [b'%x;a="b"\r\n%b\r\n' % (len(one), one) for one in (first, rest) if one]
        self.wfile.write(b"HTTP/1.1 103 \r\nlink: </a>\r\n\r\n" + f"HTTP/1.1 {answer.status_code} \r\n".encode())
        self.wfile.write(lines(answer, "transfer-encoding: chunked", "trailer: x-sum"))
        self.wfile.write(b"".join(chunks) + b"0\r\nx-sum: 1\r\n\r\n")


class Zipping(Handler):
    """Everything compressed, names in capitals, the media type too, and cookies."""

    def write(self, answer: httpx.Response, how: str) -> None:  # noqa: ARG002
        body = gzip.compress(answer.content)
        more = (f"Content-Length: {len(body)}", "Content-Encoding: GZIP", "Set-Cookie: a=b", "Set-Cookie: c=d")
        head = lines(answer, *more).replace(b"application/json", b"Application/JSON; Charset=UTF-8")
        self.wfile.write(f"HTTP/1.1 {answer.status_code} OK\r\n".encode() + head + body)


@pytest.mark.parametrize("handler", [Closing, Chunking, Zipping])
def test_a_right_server_with_odd_http_raises_no_alarm(handler: type[Handler]) -> None:
    with Unstable(lambda *_: None, handler=handler).serving() as url:
        words = ("--token", TOKEN, "--profile", "quick", "--strict", "--extensions")
        code, out, _ = command("run", url, *words)
    assert code == 0, out
