"""Bytes that are no HTTP: sent over a socket, refused with any 4xx, in the document's shape where an application does it."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from contract_tests.cases.contract import load
from contract_tests.model.redaction import Redactor
from contract_tests.runner.budget import Budget
from contract_tests.runner.client import Target, Transports
from contract_tests.runner.delivery import Delivery
from contract_tests.runner.journal import Journal
from contract_tests.runner.malformed_http import malformed
from contract_tests.runner.run import Run
from contract_tests.settings import Network, Settings
from contract_tests.spec.document import default_path
from tests.faults import CORRECT
from tests.kit.test_reproduction import served as served_by_uvicorn
from tests.kit.vocabulary import TOKEN, command, judge
from tests.mock.test_cli import served, url

RULE = "http.well-formed"
ONE = ("--token", TOKEN, "--rule", RULE, "--rule", f"{RULE}.error", "--strict", "-v")
ENVELOPE = b'{"error":{"message":"No.","type":"invalid_request_error","param":null,"code":"invalid_http_request"}}'


def row(out: str, rule: str = RULE) -> str:
    """The mark of a rule in the table, and where it was not tested the reason below it."""
    lines = out.splitlines()
    at = next(at for at, line in enumerate(lines) if f" {rule} " in line)
    mark = lines[at].split()[0]
    return mark if mark == "holds" else f"{mark} {next(line for line in lines[at:] if line.startswith(' ')).strip()}"


def refusal(data: bytes) -> bytes:
    """What an API that takes nothing answers: it tells a request without a token from the others."""
    line = b"404 Not Found" if b"\r\nauthorization:" in data.lower() else b"401 Unauthorized"
    return b"HTTP/1.1 " + line + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


@contextmanager
def listening(reply: Callable[[bytes], bytes]) -> Iterator[str]:
    """A server that sends what `reply` makes of the first bytes of a connection, and closes it."""

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.sendall(reply(connection.recv(10**6)))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def speaking(raw: bytes) -> AbstractContextManager[str]:
    """A server that answers everything with these bytes."""
    return listening(lambda _: raw)


def no_http(data: bytes) -> bool:
    return data.startswith(b"this") or b"\r\nno colon" in data or b"\r\nno-size" in data


@contextmanager
def answering(raw: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that answers what is no HTTP with these bytes, all else with 404; it notes what came."""
    seen: list[bytes] = []

    def reply(data: bytes) -> bytes:
        seen.append(data)
        return raw if no_http(data) else refusal(data)

    with listening(reply) as address:
        yield address, seen


def answer(status: bytes, body: bytes = b"", kind: bytes = b"application/json") -> bytes:
    return b"HTTP/1.1 %s\r\ncontent-type: %s\r\ncontent-length: %d\r\n\r\n%s" % (status, kind, len(body), body)


RAW = {
    "refused in the documented shape": (answer(b"400 Bad Request", ENVELOPE), "holds", "holds"),
    "refused in another shape": (answer(b"400 Bad Request", b"{}"), "holds", "BROKEN"),
    "refused with another status": (answer(b"418 Teapot", ENVELOPE), "holds", "BROKEN"),
    "refused below the application": (answer(b"400 Bad Request", b"No.", b"text/plain"), "holds", "untested"),
    "refused for something else": (answer(b"401 Unauthorized", b'{"error":{"code":"invalid_api_key"}}'), "holds", "untested"),
    "sent elsewhere": (answer(b"308 Permanent Redirect"), "untested", "untested"),
    "accepted": (answer(b"200 OK", b"{}"), "BROKEN", "untested"),
    "failed": (answer(b"500 Internal Server Error"), "BROKEN", "untested"),
    "closed without an answer": (b"", "untested the server closes the connection", "untested"),
    "answered with no HTTP": (b"What?\r\n\r\n", "untested the server closes the connection", "untested"),
}  # fmt: skip


@pytest.mark.parametrize("case", RAW)
def test_what_is_no_http_is_judged_by_its_answer(case: str) -> None:
    raw, whole, shape = RAW[case]
    with answering(raw) as (address, _):
        _, out, _ = command("run", address, *ONE)
    assert row(out).startswith(whole)
    assert row(out, f"{RULE}.error").startswith(shape)


def test_a_line_a_header_and_a_chunk_are_sent_once_each(tmp_path: Path) -> None:
    with answering(answer(b"400 Bad Request", ENVELOPE)) as (address, seen):
        words = ("run", address, *ONE, "--journal", str(tmp_path / "j"))
        command(*words)
        command(*words, "--resume")
    bad = [data for data in seen if no_http(data)]
    assert len(bad) == 3
    assert b"Bearer" not in bad[0]


@pytest.mark.parametrize("raw", [answer(b"400 Bad Request", ENVELOPE), answer(b"200 OK", b"{}")])
def test_a_journal_tells_it_too(raw: bytes, tmp_path: Path) -> None:
    path = str(tmp_path / "j")
    with answering(raw) as (address, _):
        _, out, _ = command("run", address, *ONE, "--journal", path)
    assert row(command("judge", path, "--strict", "-v")[1]) == row(out)


def test_the_mock_refuses_it_in_the_documented_shape() -> None:
    with served("--token", TOKEN) as (_, told):
        code, out, _ = command("run", url(told), *ONE)
    assert code == 0
    assert (row(out)[:5], row(out, f"{RULE}.error")[:5]) == ("holds", "holds")


def test_a_correct_server_behind_another_http_server_passes() -> None:
    with served_by_uvicorn(CORRECT["clean"].build()) as address:
        code, out, _ = command("run", address, *ONE)
    assert code == 0
    assert row(out).startswith("holds")


UNSENT: dict[str, Callable[[], Any]] = {
    "in this process": lambda: judge(CORRECT["clean"].build()),
    "where other rules are asked for": lambda: judge(CORRECT["clean"].build(), only=frozenset({"seconds.enum"})),
}


@pytest.mark.parametrize("case", UNSENT)
def test_it_is_not_sent(case: str) -> None:
    verdict = next(one for one in UNSENT[case]().verdicts if one.rule.id == RULE)
    assert verdict.verdict == "untested"
    assert verdict.reason


def test_it_is_not_sent_over_tls() -> None:
    chosen = Settings(only=frozenset({RULE}))
    target = Target("https://localhost", None, Transports(Network()), time.time)
    run = Run(load(default_path()), chosen, Delivery(target, Budget(None), Journal(None, Redactor(None)), time.sleep))
    malformed(run)
    assert "http:// alone" in run.skipped[RULE]
    assert run.delivery.requests == 0
