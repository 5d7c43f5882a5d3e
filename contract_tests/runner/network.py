"""The way to the target, the same for every part of a run: proxies, certificates, and the time of one exchange."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # not in the types of the library

import httpcore
import httpx

from contract_tests.errors import MisuseError
from contract_tests.runner.address import is_loopback
from contract_tests.settings import Network

#: Seconds after which an idle connection is no more used: servers drop them, uvicorn after 5.
IDLE = 2.0


def fitted(network: Network, url: str, environment: Mapping[str, str], *, no_proxy: bool) -> Network:
    """The network to a target: its proxy and its authorities may stand in the standard variables.

    Nothing goes through a proxy to this machine, whoever asks for it.
    """
    ca = network.ca or (Path(environment["SSL_CERT_FILE"]) if environment.get("SSL_CERT_FILE") else None)
    leads_here = [address for host, _, address in network.resolve if host == urlsplit(url).hostname]
    if no_proxy or is_loopback(url) or any(is_loopback(f"http://{_in_url(address)}") for address in leads_here):
        return replace(network, ca=ca, proxy=None)
    return replace(network, ca=ca, proxy=network.proxy or _proxy_of(environment, url))


def _in_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _proxy_of(environment: Mapping[str, str], url: str) -> str | None:
    """The proxy that the variables name for this address, as curl reads them."""
    parts = urlsplit(url)
    known = {name.lower(): value for name, value in environment.items() if name.lower().endswith("_proxy")}
    if proxy_bypass_environment(parts.netloc, {"no": known.get("no_proxy", "")}):
        return None
    named = known.get(f"{parts.scheme}_proxy") or known.get("all_proxy")
    return _checked(named if "://" in named else f"http://{named}") if named else None


def _checked(proxy: str) -> str:
    """The address of a proxy. Raises MisuseError for what is none; it may hold a password, and is not told."""
    try:
        url = httpx.Proxy(proxy).url
    except (ValueError, httpx.InvalidURL):
        url = httpx.URL("")
    if not url.host or (url.port or 0) > 65535:
        raise MisuseError("The proxy of the environment is no http:// or https:// address; --no-proxy goes without it.")
    return proxy


def make_ssl_context(network: Network) -> ssl.SSLContext:
    """What trusts the authorities and shows the certificate of the client. Raises MisuseError for a file of neither."""
    if network.ca is None:
        context = httpx.create_ssl_context(trust_env=False)
    else:
        try:
            context = ssl.create_default_context(cafile=str(network.ca))
        except OSError as error:
            raise MisuseError(f"The authorities of {network.ca} (--ca) cannot be read: {_reason(error)}.") from error
    if network.insecure:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if network.client_cert is not None:
        try:
            context.load_cert_chain(str(network.client_cert), password=lambda: "")
        except OSError as error:
            raise MisuseError(
                f"The certificate {network.client_cert} (--client-cert) cannot be read: {_reason(error)}; it must hold "
                "a certificate and its key, without a password, as PEM."
            ) from error
    return context


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


class _Backend(httpcore.SyncBackend):
    """Connects where `resolve` says, and lets no exchange take longer than its time, whatever the server sends."""

    def __init__(self, network: Network, now: Callable[[], float]) -> None:
        self._network = network
        self._now = now
        self._addresses = {(host, port): address for host, port, address in network.resolve}
        self._ends = 0.0
        self.connected = False

    def begin(self, seconds: float) -> None:
        """Let the time of one exchange begin."""
        self._ends = self._now() + seconds
        self.connected = False

    def left(self, error: type[httpcore.TimeoutException]) -> float:
        """Seconds that the exchange has left; raises `error` where it has none."""
        left = self._ends - self._now()
        if left <= 0:
            raise error("timed out")
        return left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002  its own time is the one that counts
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect; raises httpcore.ConnectError or ConnectTimeout."""
        self.connected = True
        seconds = min(self._network.connect_timeout, self.left(httpcore.ConnectTimeout))
        address = self._addresses.get((host.lower(), port), host)
        return _Stream(super().connect_tcp(address, port, seconds, local_address, socket_options), self)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, backend: _Backend) -> None:
        self._stream = stream
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._stream.read(max_bytes, self._backend.left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._stream.write(buffer, self._backend.left(httpcore.WriteTimeout))

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        seconds = self._backend.left(httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, seconds), self._backend)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def close(self) -> None:
        self._stream.close()


class NetworkTransport(httpx.BaseTransport):
    """Follows nothing, retries nothing, keeps no cookies, and reads nothing of its surroundings.

    An exchange, from the connection to the last byte of the answer, takes no longer than its time-out for reading.
    """

    def __init__(self, network: Network, context: ssl.SSLContext, now: Callable[[], float] = time.monotonic) -> None:
        self._network = network
        self._context = context
        self._backend = _Backend(network, now)

    @property
    def reused(self) -> bool:
        """Whether the last exchange went over a connection that an earlier one had opened."""
        return not self._backend.connected

    @cached_property
    def _pool(self) -> httpcore.ConnectionPool:
        make: Callable[..., httpcore.ConnectionPool] = httpcore.ConnectionPool
        if self._network.proxy is not None:
            proxy = httpx.Proxy(self._network.proxy)
            make = partial(httpcore.HTTPProxy, str(proxy.url), proxy_auth=proxy.raw_auth)
        return make(ssl_context=self._context, keepalive_expiry=IDLE, network_backend=self._backend)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, its body not yet read. Raises an error of httpx."""
        self._backend.begin(request.extensions["timeout"]["read"])
        url = request.url
        with _as_errors_of_httpx(request):
            answer = self._pool.handle_request(
                httpcore.Request(
                    request.method,
                    httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                    headers=request.headers.raw,
                    content=request.stream,
                )
            )
        body = _Body(answer, request)
        return httpx.Response(answer.status, headers=answer.headers, stream=body, request=request)

    def renew(self) -> None:
        """Close the connections, so that the next exchange opens one of its own."""
        self.close()
        self.__dict__.pop("_pool", None)

    def close(self) -> None:
        """Close the connections."""
        if "_pool" in self.__dict__:
            self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response, request: httpx.Request) -> None:
        self._answer = answer
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        with _as_errors_of_httpx(self._request):
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


@contextmanager
def _as_errors_of_httpx(request: httpx.Request) -> Iterator[None]:
    try:
        yield
    except (
        httpcore.NetworkError,
        httpcore.TimeoutException,
        httpcore.ProtocolError,
        httpcore.ProxyError,
        httpcore.UnsupportedProtocol,
    ) as error:
        kind: type[httpx.RequestError] = getattr(httpx, type(error).__name__)
        raise kind(str(error), request=request) from error
