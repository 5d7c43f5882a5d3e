"""Carries the requests of schemathesis, which are those of `requests`, as all others of the run are carried."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from contract_tests.model.request import Request
from contract_tests.model.response import Response

#: Headers of a body as it arrived, which is handed on uncompressed and whole.
_AS_SENT = frozenset({"content-encoding", "content-length", "transfer-encoding"})
#: The header by which schemathesis tells its cases apart.
CASE_ID = "X-Schemathesis-TestCaseId"


class RunAdapter(BaseAdapter):
    """Asks by `ask`, and keeps each answer under the id of its case.

    What `requests` says of time-outs and proxies is not read.
    """

    def __init__(self, url: str, ask: Callable[[Request], Response], answers: dict[str, Response]) -> None:
        super().__init__()
        self._url = url
        self._ask = ask
        self._answers = answers

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002  as requests calls it
        timeout: Any = None,  # noqa: ARG002
        verify: Any = True,  # noqa: ARG002, FBT002
        cert: Any = None,  # noqa: ARG002
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> requests.Response:
        """The answer. Raises an error of requests where there is none that can be read."""
        answer = self._ask(self._request(request))
        self._answers[str(request.headers.get(CASE_ID))] = answer
        if answer.failure:
            kind = requests.ReadTimeout if answer.timed_out else requests.ConnectionError
            raise kind(answer.failure, request=request)
        kept = [(name, value) for name, value in answer.headers if name not in _AS_SENT]
        raw = HTTPResponse(
            BytesIO(answer.body),
            HTTPHeaderDict(kept),
            answer.status,
            version=11,
            preload_content=False,
            decode_content=False,
        )
        return HTTPAdapter().build_response(request, raw)

    def _request(self, asked: requests.PreparedRequest) -> Request:
        body = asked.body.encode() if isinstance(asked.body, str) else asked.body or b""
        headers = tuple(
            (_text(name), _text(value))
            for name, value in asked.headers.items()
            if _text(name).lower() != "content-length"
        )
        path = str(asked.url).removeprefix(self._url)
        return Request(str(asked.method), path, body=body, credential="none", headers=headers)

    def close(self) -> None:
        """Nothing: the transports are those of the run."""


def _text(value: str | bytes) -> str:
    """What is sent as these bytes again, whatever they are."""
    return (value if isinstance(value, bytes) else value.encode("latin-1")).decode("utf-8", "surrogateescape")
