"""The endpoint under test: its address, the token, and how one request is sent to it."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

import httpx

from contract_tests.errors import MisuseError, UnreachableError
from contract_tests.model.credential import CREDENTIALS
from contract_tests.model.redaction import Redactor
from contract_tests.model.request import Request
from contract_tests.model.response import Response

#: Sent where the user gave no token: a server that takes any token is content with it.
PLACEHOLDER = "contract-tests"
#: Seconds after which an idle connection is no more used: servers drop them, uvicorn after 5.
IDLE = 2.0
_CHUNK = 1000
#: What real clients send along, whatever they ask for.
_HEADERS = (
    (b"Accept", b"*/*"),
    (b"Accept-Encoding", b"gzip, deflate"),
    (b"Connection", b"keep-alive"),
    (b"User-Agent", b"contract-tests"),
)


def base_url(url: str, path: str, token: str | None = None) -> str:
    """The address that `path` of the document is appended to; the path itself or a head of it may stand in `url`.

    Raises MisuseError, naming what is wrong, without the token.
    """
    told = Redactor(token).text(repr(url))
    try:
        parts = urlsplit(url)
        port = parts.port
        # Says no to what no client can send to: control characters, and hosts that IDNA has no form for.
        str(httpx.URL(url).host)
        (parts.hostname or "").encode("idna")
    except (ValueError, httpx.InvalidURL) as error:
        raise MisuseError(f"The URL {told} cannot be read: {_reason(error)}.") from error
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
    """Whether the address is this machine, where nothing costs money."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class TransportSource(Protocol):
    """What has a transport for the thread that asks, and the seconds that a step of it may take."""

    @property
    def timeout(self) -> float:
        """Seconds for connecting, and for each piece sent or received."""

    @property
    def here(self) -> httpx.BaseTransport:
        """The transport of this thread."""


class Transports:
    """One for each thread that asks: a pool that threads share may close a connection that one just took.

    A transport follows nothing, retries nothing, keeps no cookies and reads no settings of its surroundings, as a
    client of httpx would. `given` carries all requests where it is not the network.
    """

    def __init__(self, timeout: float, given: httpx.BaseTransport | None = None) -> None:
        self.timeout = timeout
        self._given = given
        self._local = threading.local()
        self._all: list[httpx.BaseTransport] = [] if given is None else [given]

    @property
    def here(self) -> httpx.BaseTransport:
        """The transport of this thread."""
        if self._given is not None:
            return self._given
        transport: httpx.BaseTransport | None = getattr(self._local, "transport", None)
        if transport is None:
            limits = httpx.Limits(keepalive_expiry=IDLE)
            transport = self._local.transport = httpx.HTTPTransport(limits=limits, trust_env=False)
            self._all.append(transport)
        return transport

    def close(self) -> None:
        """Close those of all threads, which ask no more."""
        for transport in self._all:
            transport.close()


@dataclass
class Target:
    """Sends requests to `url`. `clock` gives seconds since 1970. A request is sent once, whatever happens.

    `transported`: something else than the network carries requests, as where the ASGI application `app` behind it runs
    in this process.
    """

    url: str
    token: str | None
    transports: TransportSource
    clock: Callable[[], float]
    app: Any = None
    transported: bool = False

    @property
    def sent_token(self) -> str:
        """The token that is sent, the placeholder where none was given."""
        return self.token or PLACEHOLDER

    @property
    def shown(self) -> str:
        """The address as it may be told and written down: without the token, which a path may hold."""
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(path=Redactor(self.token).text(parts.path)))

    def send(self, request: Request) -> Response:
        """The answer; one with status 0 where none came. Raises UnreachableError where nothing listens."""
        headers = [*_HEADERS, *((name.encode(), value.encode()) for name, value in request.headers)]
        if request.content_type is not None:
            headers.append((b"Content-Type", request.content_type.encode()))
        authorization = CREDENTIALS[request.credential].render(self.sent_token)
        if authorization is not None:
            headers.append((b"Authorization", authorization.encode()))
        content: Iterator[bytes] | bytes | None = _chunks(request.body) if request.chunked else request.body
        if request.method == "GET":
            content = None if not request.body else content
        started = self.clock()
        try:
            asked = httpx.Request(
                request.method,
                self.url + request.path,
                headers=headers,
                content=content,
                extensions={"timeout": httpx.Timeout(self.transports.timeout).as_dict()},
            )
            response = self.transports.here.handle_request(asked)
            response.read()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as error:
            if "WRONG_VERSION_NUMBER" in str(error) or "RECORD_LAYER_FAILURE" in str(error).upper().replace(" ", "_"):
                told = "speaks no TLS: give an address that begins with http://"
                raise UnreachableError(f"What listens at {self.shown} {told}.") from error
            raise UnreachableError(f"Nothing answers at {self.shown}: {_reason(error)}.") from error
        except httpx.RequestError as error:
            return Response(0, sent_at=started, received_at=self.clock(), failure=_reason(error))
        found = tuple((name.lower(), value) for name, value in response.headers.multi_items())
        return Response(response.status_code, found, response.content, started, self.clock())


def _chunks(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), _CHUNK):
        yield body[start : start + _CHUNK]


def _reason(error: Exception) -> str:
    return (" ".join(str(error).split()) or type(error).__name__).rstrip(".")
