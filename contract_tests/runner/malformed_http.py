"""Bytes that are no HTTP, sent over a socket of their own: what a server answers to them, and the verdict on it."""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import urlsplit

from contract_tests.cases.contract import Contract
from contract_tests.model.case import Case
from contract_tests.model.finding import Judgement
from contract_tests.model.request import BOUNDARY, Request, multipart
from contract_tests.model.response import Response
from contract_tests.oracle.refusal import judge_refusal
from contract_tests.runner.client import Target
from contract_tests.runner.journal import Record
from contract_tests.runner.run import Run

RULE = "http.well-formed"
#: Seconds to wait for an answer: a server may as well wait for more of what it takes for the beginning of a request.
_PATIENCE = 2.0
_MOST = 65536


@dataclass(frozen=True)
class Bytes:
    """What goes out, without the line of the token where `token` says so; none of it can create anything."""

    name: str
    label: str
    head: str
    rest: str = ""
    token: bool = True

    def render(self, host: str, path: str, token: str, headers: Iterable[tuple[str, str]] = ()) -> bytes:
        """The bytes for this host, path of the creation, token, and headers of every request."""
        known = "".join(f"{name}: {value}\r\n" for name, value in headers)
        known += f"Authorization: Bearer {token}\r\n"
        return (self.head.format(host=host, path=path) + (known if self.token else "") + self.rest + "\r\n").encode()


_CHUNKED = f"Content-Type: {multipart(BOUNDARY)}\r\nTransfer-Encoding: chunked\r\n\r\nno-size"
BYTES = (
    Bytes("line", "bytes: this is no request line", "this is no request line\r\n", token=False),
    Bytes(
        "header",
        "bytes: a request with the header line 'no colon' and no body",
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n",
        "no colon\r\n",
    ),
    Bytes(
        "chunk",
        "bytes: a request in chunks, the first of size 'no-size'",
        "POST {path} HTTP/1.1\r\nHost: {host}\r\n",
        _CHUNKED,
    ),
)


def malformed(run: Run, record: Record | None = None) -> None:
    """Send what is no HTTP to a target that listens at a socket of plain HTTP; each once, also over a resumption."""
    reason = _unwanted(run)
    if reason is not None:
        run.skipped |= {RULE: reason}
        return
    done = {} if record is None else record.malformed
    for one in BYTES:
        answer = done.get(one.name)
        if answer is None:
            run.delivery.requests += 1
            target = run.delivery.target
            target.pace()
            answer = _send(one, target, run.contract)
            clean = run.delivery.journal.clean(answer)
            run.delivery.journal.write("malformed", name=one.name, answer=clean.to_json())
        run.judgement.add(judge_malformed(run.contract, one, answer))
    if RULE not in run.judgement.judged:
        run.skipped |= {RULE: "the server closes the connection without an answer, as RFC 9112 lets it"}
    run.skipped |= {
        f"{RULE}.error": "what refuses it is no part of the application: it answers in no JSON, or for less"
    }


def _unwanted(run: Run) -> str | None:
    if RULE not in run.contract.rules:
        return "no rule of this document"
    if run.settings.only is not None and not run.settings.only & {RULE, f"{RULE}.error"}:
        return "not among the rules asked for"
    if run.delivery.target.transported:
        return "bytes that are no HTTP need a socket; this target runs in the same process"
    if urlsplit(run.delivery.target.url).scheme != "http":
        return "bytes that are no HTTP are sent to an address of http:// alone"
    if run.delivery.target.transports.network.proxy is not None:
        return "bytes that are no HTTP are not sent to a proxy"
    return run.delivery.stopped


def judge_malformed(contract: Contract, one: Bytes, answer: Response) -> Judgement:
    """The verdict on one answer.

    No answer shows nothing, nor does a redirect. The shape is judged where an application has answered: in JSON, with
    the documented status or code; what stands before it, an HTTP server or a proxy, knows no envelope.
    """
    if RULE not in contract.rules or not answer.status or 300 <= answer.status < 400:
        return Judgement()
    form = contract.form.operation
    case = Case(RULE, one.label, Request(form.method.upper(), form.path), RULE, wire=True)
    found = judge_refusal(contract, case, answer)
    own = {RULE, f"{RULE}.error"} if _shaped(contract, answer) else {RULE}
    # curl and httpx can send nothing of the kind, so there is no request to reproduce.
    findings = [replace(finding, case=None) for finding in found.findings if finding.rule in own]
    return Judgement(found.judged & own, findings)


def _shaped(contract: Contract, answer: Response) -> bool:
    expected = contract.rules.error(RULE) or {}
    error = (answer.object or {}).get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return answer.is_json and (answer.status == expected.get("status") or code == expected.get("code"))


def _send(one: Bytes, target: Target, contract: Contract) -> Response:
    """The answer; one with status 0 where none came that is HTTP."""
    parts, network = urlsplit(target.url), target.transports.network
    host, port = parts.hostname or "", parts.port or 80
    addresses = {(name, number): address for name, number, address in network.resolve}
    data = one.render(parts.netloc, f"{parts.path}{contract.form.operation.path}", target.sent_token, network.headers)
    try:
        with socket.create_connection((addresses.get((host, port), host), port), network.connect_timeout) as connection:
            connection.sendall(data)
            bounded = cast("socket.socket", _Bounded(connection, min(_PATIENCE, network.timeout)))
            response = _answer(bounded)
            # Interim answers, as early hints are, come before the final one, which alone may close what all read from.
            while 100 <= response.status < 200:
                response.fp = None  # type: ignore[assignment]
                response = _answer(bounded)
            headers = tuple((name.lower(), value) for name, value in response.getheaders())
            return Response(response.status, headers, response.read(_MOST))
    except (OSError, http.client.HTTPException) as error:
        return Response(0, failure=" ".join(str(error).split()) or type(error).__name__)


def _answer(connection: socket.socket) -> http.client.HTTPResponse:
    response = http.client.HTTPResponse(connection, method="POST")
    response.begin()
    return response


class _Bounded(io.RawIOBase):
    """What a connection receives within so many seconds; `http.client` reads from it as from a socket."""

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        self._connection = connection
        self._ends = time.monotonic() + seconds
        self._reader: io.BufferedReader = io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return self._reader


def judge_again(contract: Contract, record: Record) -> Iterator[Judgement]:
    """The verdicts on the answers that a journal has."""
    for one in BYTES:
        if one.name in record.malformed:
            yield judge_malformed(contract, one, record.malformed[one.name])
