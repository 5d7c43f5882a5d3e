"""Carries the requests of schemathesis, which are those of `requests`, by the transports of the run."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import httpx
import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from contract_tests.runner.client import Target, TooLargeError, UnreadableError, exchange

#: Headers of a body as it arrived, which is handed on uncompressed and whole.
_AS_SENT = frozenset({"content-encoding", "content-length", "transfer-encoding"})


class TargetAdapter(BaseAdapter):
    """Sends by the transport of the thread that asks. What `requests` says of time-outs and proxies is not read."""

    def __init__(self, target: Target) -> None:
        super().__init__()
        self._target = target

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002  as requests calls it
        timeout: Any = None,  # noqa: ARG002
        verify: Any = True,  # noqa: ARG002, FBT002
        cert: Any = None,  # noqa: ARG002
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> requests.Response:
        """The answer. Raises an error of requests."""
        network = self._target.transports.network
        headers = {**dict(network.headers), **dict(request.headers)}
        body = request.body.encode() if isinstance(request.body, str) else request.body
        asked = httpx.Request(
            str(request.method),
            str(request.url),
            headers=[(_bytes(name), _bytes(value)) for name, value in headers.items()],
            content=body or b"",
        )
        self._target.pace()
        try:
            answer, content = exchange(self._target.transports.here, asked, network.max_bytes)
        except httpx.TimeoutException as error:
            raise requests.ReadTimeout(str(error), request=request) from error
        except (httpx.RequestError, TooLargeError, UnreadableError) as error:
            raise requests.ConnectionError(str(error), request=request) from error
        kept = [(name, value) for name, value in answer.headers.multi_items() if name.lower() not in _AS_SENT]
        raw = HTTPResponse(
            BytesIO(content),
            HTTPHeaderDict(kept),
            answer.status_code,
            version=11,
            preload_content=False,
            decode_content=False,
        )
        return HTTPAdapter().build_response(request, raw)

    def close(self) -> None:
        """Nothing: the transports are those of the run."""


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")
