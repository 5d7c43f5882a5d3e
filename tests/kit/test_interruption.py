"""Ctrl-C in the middle of a run: one line, exit 2, and a journal from which --resume sends the rest, nothing twice."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.faults import CORRECT
from tests.kit.test_reproduction import served
from tests.kit.vocabulary import TOKEN, command

#: What distinguishes one request from another.
Seen = tuple[str, str, bytes, bytes, bytes]


class Counting:
    """A right server that counts the kit's own requests, and holds the `gate`th of them back until told."""

    def __init__(self, gate: int | None = None) -> None:
        self.app, self.gate = CORRECT["clean"].build(), gate
        self.seen: Counter[Seen] = Counter()
        self.reached, self.open = threading.Event(), threading.Event()
        if gate is None:
            self.open.set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = dict(scope["headers"])
        if headers.get(b"user-agent") == b"contract-tests":
            told = (headers.get(b"content-type", b""), headers.get(b"authorization", b""))
            self.seen[(scope["method"], scope["path"], *told, body)] += 1
        if self.seen.total() == self.gate:
            self.reached.set()
            self.open.wait()

        async def whole() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, whole, send)


@contextmanager
def running(url: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    """`contract-tests run` as a process of its own."""
    argv = [sys.executable, "-m", "contract_tests", "run", url, "--token", TOKEN, *words]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    # What is started where Ctrl-C is ignored, as in the background of a shell, ignores it too.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        try:
            yield process
        finally:
            process.kill()


def interrupted(words: tuple[str, ...], journal: Path, app: Counting) -> tuple[int, str]:
    """Exit code and errors of a run that is interrupted while a request of it is at the gate."""
    with served(app) as url, running(url, *words, "--journal", str(journal)) as process:
        app.reached.wait()
        process.send_signal(signal.SIGINT)
        app.open.set()
        _, err = process.communicate()
        # The next server of the test has another port, unlike one that has been started again.
        journal.write_text(journal.read_text().replace(url, "http://ENDPOINT"))
        return process.returncode, err


def resumed(words: tuple[str, ...], journal: Path, app: Counting) -> int:
    """Exit code of going on with the run of the journal."""
    with served(app) as url:
        journal.write_text(journal.read_text().replace("http://ENDPOINT", url))
        return command("run", url, "--token", TOKEN, *words, "--journal", str(journal), "--resume")[0]


def whole(words: tuple[str, ...]) -> Counter[Seen]:
    """What a run sends that nobody interrupts."""
    app = Counting()
    with served(app) as url:
        assert command("run", url, "--token", TOKEN, *words)[0] == 0
    return app.seen


ENUMS = ("--rule", "seconds.enum", "--rule", "size.enum")
#: What is asked for, the request that is held (from the end where negative), and the parts that are done by then.
CASES: dict[str, tuple[tuple[str, ...], int, list[str]]] = {
    "in its table": ((*ENUMS, "--profile", "quick"), 30, []),
    "in its table, one at a time": ((*ENUMS, "--spend", "3"), 20, []),
    "in its drawn requests": (ENUMS, -4, ["requests"]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_run_goes_on_after_ctrl_c_and_sends_nothing_twice(case: str, tmp_path: Path) -> None:
    words, held, parts = CASES[case]
    expected = whole(words)
    journal, first, second = tmp_path / "j", Counting(held % expected.total()), Counting()
    code, err = interrupted(words, journal, first)
    assert code == 2
    *done, last = err.splitlines()
    assert last == "contract-tests: interrupted; with --resume it goes on where it stopped"
    assert [line.partition(":")[0] for line in done] == parts
    assert resumed(words, journal, second) == 0
    assert first.seen and second.seen
    assert first.seen + second.seen == expected


def test_sigterm_writes_the_reports_as_ctrl_c_does(tmp_path: Path) -> None:
    app = Counting(20)
    with served(app) as url, running(url, *ENUMS, "--profile", "quick", "--report", str(tmp_path)) as process:
        app.reached.wait()
        process.send_signal(signal.SIGTERM)
        app.open.set()
        _, err = process.communicate()
    assert (process.returncode, "interrupted; with --resume" in err) == (2, True)
    assert (tmp_path / "report.json").exists()
