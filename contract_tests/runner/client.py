"""The endpoint under test: its address, the token, and how one request is sent to it."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

import httpx

from contract_tests.errors import StoppedError, UnreachableError
from contract_tests.model.credential import CREDENTIALS, SECOND
from contract_tests.model.redaction import Redactor
from contract_tests.model.request import Request
from contract_tests.model.response import Response
from contract_tests.runner.address import reason
from contract_tests.runner.compression import Uncompressor
from contract_tests.runner.nesting import nested_deeper
from contract_tests.runner.network import NetworkTransport, make_ssl_context
from contract_tests.settings import Network

#: Sent where the user gave no token: a server that takes any token is content with it.
PLACEHOLDER = "contract-tests"
_CHUNK = 1000
#: What real clients send along, whatever they ask for.
_HEADERS = (
    (b"Accept", b"*/*"),
    (b"Accept-Encoding", b"gzip, deflate"),
    (b"Connection", b"keep-alive"),
    (b"User-Agent", b"contract-tests"),
)


class TransportSource(Protocol):
    """What has a transport for the thread that asks."""

    @property
    def network(self) -> Network:
        """How the target is reached, and what one answer may cost."""

    @property
    def here(self) -> httpx.BaseTransport:
        """The transport of this thread."""


class Transports:
    """One for each thread that asks: a pool that threads share may close a connection that one just took.

    `given` carries all requests where it is not the network. Raises MisuseError for certificates that cannot be read.
    """

    def __init__(self, network: Network, given: httpx.BaseTransport | None = None) -> None:
        self.network = network
        self._given = given
        self._local = threading.local()
        self._all: list[httpx.BaseTransport] = [] if given is None else [given]
        self._context = make_ssl_context(network) if given is None else None

    @property
    def here(self) -> httpx.BaseTransport:
        """The transport of this thread."""
        if self._given is not None:
            return self._given
        transport: httpx.BaseTransport | None = getattr(self._local, "transport", None)
        if transport is None:
            assert self._context is not None
            transport = self._local.transport = NetworkTransport(self.network, self._context)
            self._all.append(transport)
        return transport

    def close(self) -> None:
        """Close those of all threads, which ask no more."""
        for transport in self._all:
            transport.close()


@dataclass
class Target:
    """Sends requests to `url`. `clock` gives seconds since 1970. A request is sent once, whatever happens.

    `transported`: something else than the network carries requests, as where the application runs in this process.
    `pace` waits until a request may begin. Nothing is sent, and nothing waited for, after `ends`.
    """

    url: str
    token: str | None
    transports: TransportSource
    clock: Callable[[], float]
    transported: bool = False
    pace: Callable[[], None] = lambda: None
    second_token: str | None = None
    ends: float = math.inf

    @property
    def sent_token(self) -> str:
        """The token that is sent, the placeholder where none was given."""
        return self.token or PLACEHOLDER

    @property
    def shown(self) -> str:
        """The address as it may be told and written down: without the token, which a path may hold."""
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(path=Redactor(self.token).address(parts.path)))

    def send(self, request: Request) -> Response:
        """The answer; one with status 0 where none came.

        Raises UnreachableError where nothing listens, StoppedError where it is too late to send anything.
        """
        own = [(name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in request.headers]
        headers = [*self._standing(frozenset(name.lower() for name, _ in request.headers)), *own]
        if request.content_type is not None:
            headers.append((b"Content-Type", request.content_type.encode()))
        authorization = CREDENTIALS[request.credential].render(
            self.second_token if request.credential == SECOND and self.second_token else self.sent_token
        )
        if authorization is not None:
            headers.append((b"Authorization", authorization.encode()))
        content: Iterator[bytes] | bytes | None = _chunks(request.body) if request.chunked else request.body
        if request.method == "GET":
            content = None if not request.body else content
        self.pace()
        started = self.clock()
        seconds = min(self.transports.network.timeout, self.ends - started)
        if seconds <= 0:
            raise StoppedError("the time of the run is over")
        transport = self.transports.here
        try:
            asked = httpx.Request(
                request.method,
                self.url + request.path,
                headers=headers,
                content=content,
                extensions={"timeout": httpx.Timeout(seconds).as_dict()},
            )
            response, body = exchange(transport, asked, self.transports.network)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.ProxyError) as error:
            raise UnreachableError(self._unreachable(error)) from error
        except UnreadableError as error:
            found = tuple((name.lower(), value) for name, value in error.response.headers.multi_items())
            return Response(error.response.status_code, found, b"", started, self.clock(), failure=str(error))
        except (httpx.RequestError, TooLargeError) as error:
            timed_out = isinstance(error, httpx.TimeoutException)
            reused = getattr(transport, "reused", False) and not (timed_out or isinstance(error, TooLargeError))
            return Response(
                0,
                sent_at=started,
                received_at=self.clock(),
                failure=reason(error),
                timed_out=timed_out,
                reused=reused,
            )
        found = tuple((name.lower(), value) for name, value in response.headers.multi_items())
        return Response(response.status_code, found, body, started, self.clock())

    def send_alone(self, request: Request) -> Response:
        """The answer over a connection that nothing has been sent on before."""
        transport = self.transports.here
        if isinstance(transport, NetworkTransport):
            transport.renew()
        return self.send(request)

    def _standing(self, own: frozenset[str]) -> Iterator[tuple[bytes, bytes]]:
        """The headers of every request but its `own`: those of any client, and what the user adds or puts there."""
        given = [(name, value) for name, value in self.transports.network.headers if name.lower() not in own]
        named = own | {name.lower() for name, _ in given}
        yield from ((name, value) for name, value in _HEADERS if name.decode().lower() not in named)
        yield from ((name.encode(), value.encode("latin-1")) for name, value in given)

    def _unreachable(self, error: httpx.TransportError) -> str:
        told = reason(error)
        network = self.transports.network
        if "WRONG_VERSION_NUMBER" in told or "RECORD_LAYER_FAILURE" in told.upper().replace(" ", "_"):
            return f"What listens at {self.shown} speaks no TLS: give an address that begins with http://."
        untrusted = re.search(r"certificate verify failed: (.*?)\.? \(_ssl", told)
        if untrusted is not None:
            return (
                f"The certificate of {self.shown} is not trusted: {untrusted[1]}. --ca FILE names the authority that "
                "signed it; --insecure trusts any."
            )
        if network.proxy is not None:
            return f"The proxy does not lead to {self.shown}: {told}. --no-proxy goes without it."
        return f"Nothing answers at {self.shown}: {told}."


class TooLargeError(Exception):
    """An answer is larger than allowed: its body, its headers, or how deep its JSON is nested."""


class UnreadableError(Exception):
    """The body of an answer is not in the coding that its headers name."""

    def __init__(self, response: httpx.Response, why: str) -> None:
        super().__init__(why)
        self.response = response


def exchange(transport: httpx.BaseTransport, asked: httpx.Request, bounds: Network) -> tuple[httpx.Response, bytes]:
    """The answer and its body, uncompressed. Raises an error of httpx, UnreadableError, TooLargeError.

    Both what arrives and what it is uncompressed to are counted, and nothing is read past the bound.
    """
    most = bounds.max_bytes
    try:
        response = transport.handle_request(asked)
    except httpx.RemoteProtocolError as error:
        # What the library holds of a head that has not ended is more than any bound on it.
        if "Receive buffer too long" not in str(error):
            raise
        raise _head_error(bounds) from error
    body, arrived = bytearray(), 0
    with closing(response):
        _check_head(response, bounds)
        if response.is_stream_consumed:
            return response, response.content
        try:
            uncompress = Uncompressor(response.headers.get("content-encoding", ""))
            for piece in response.iter_raw():
                arrived += len(piece)
                body += uncompress.feed(piece, most + 1 - len(body))
                if max(len(body), arrived) > most:
                    raise TooLargeError(f"the answer is larger than {most} bytes")
        except httpx.DecodingError as error:
            raise UnreadableError(response, f"the body cannot be read: {reason(error)}") from error
    if nested_deeper(body, bounds.max_depth):
        raise UnreadableError(response, f"the answer is JSON that is nested deeper than {bounds.max_depth}")
    return response, bytes(body)


def _head_error(bounds: Network) -> TooLargeError:
    return TooLargeError(f"the head of the answer is larger than {bounds.max_head_bytes} bytes")


def _check_head(response: httpx.Response, bounds: Network) -> None:
    headers = response.headers.raw
    if len(headers) > bounds.max_headers:
        raise TooLargeError(f"the answer has more than {bounds.max_headers} headers")
    # A colon, a blank and a line break stand with each.
    if sum(len(name) + len(value) + 4 for name, value in headers) > bounds.max_head_bytes:
        raise _head_error(bounds)


def _chunks(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), _CHUNK):
        yield body[start : start + _CHUNK]
