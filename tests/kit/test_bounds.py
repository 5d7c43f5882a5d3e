"""Bounds of one answer and of a run: options with stated defaults, held over a socket by every part that sends."""

import re
import time
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from contract_tests.oracle.verdict import Strictness
from contract_tests.runner.nesting import nested_deeper
from contract_tests.runner.rate_limit import LEAST
from contract_tests.session import Surroundings, judge_target
from contract_tests.settings import Settings
from contract_tests.spec.rules import ANSWERS, GENERIC
from contract_tests.testing import _why
from tests.faults import CORRECT
from tests.kit.direct import Direct
from tests.kit.test_hostile_servers import RULES, Hostile, Send, deep, piece, started
from tests.kit.test_reproduction import served
from tests.kit.unstable import MADE, Unstable
from tests.kit.vocabulary import HERE, TOKEN, Clock, broken, command, judge

WORDS = ("--token", TOKEN, "--strict", *RULES)
ALONE = ("--token", TOKEN, "--rule", GENERIC, "--strict")


async def many(send: Send) -> None:
    await send(started(*((f"x-{number}".encode(), b"a" * 100) for number in range(60))))
    await send(piece(b"{}", more=False))


#: An option, what answers at a path that is unknown, and what is said of it.
BOUNDED = {
    "headers": (("--max-headers", "50"), many, "the answer has more than 50 headers"),
    "head": (
        ("--max-head-bytes", "4000"),
        many,
        "the head of the answer is larger than 4000",
    ),
    "depth": (("--max-depth", "7"), deep, "JSON that is nested deeper than 7"),
}


@pytest.mark.parametrize("case", BOUNDED)
def test_a_bound_can_be_set(case: str) -> None:
    words, answer, told = BOUNDED[case]
    with served(Hostile(answer)) as url:
        code, out, _ = command("run", url, *WORDS, *words)
    assert (code, told in " ".join(out.split())) == (1, True)


@pytest.mark.parametrize("option", ["--max-headers", "--max-head-bytes", "--max-depth"])
@pytest.mark.parametrize("value", ["0", "-1", "x", "9" * 30])
def test_a_bound_is_a_number_of_which_the_most_is_told(option: str, value: str) -> None:
    code, _, err = command("run", "http://127.0.0.1:1", option, value)
    assert (code, err.count("\n"), option in err, "from 1 to" in err) == (2, 1, True, True)


@pytest.mark.parametrize(
    ("body", "most", "deeper"),
    [
        (b"[[]]", 2, False),
        (b"[[[]]]", 2, True),
        (b' \n{"a": [{}]}', 2, True),
        (b'["[[[[", "\\"[[["]', 2, False),
        (b"[[][][]]", 2, False),
        (b'["\\"[[[[', 2, False),
        (b'["\\', 0, True),
        (b"\x00[[[[", 2, False),
    ],
)
def test_depth_is_counted_outside_of_strings(body: bytes, most: int, *, deeper: bool) -> None:
    assert nested_deeper(body, most) is deeper


def test_depth_is_counted_in_linear_time() -> None:
    began = time.process_time()
    assert not nested_deeper(b'["' + b'\\"[' * 1_000_000, 100)
    assert time.process_time() - began < 2


class Telling(Direct):
    """A right server; it notes by a clock when each request came, and answers 429 to some, by their number."""

    def __init__(self, clock: Clock, limited: range = range(0)) -> None:
        super().__init__(CORRECT["clean"].build())
        self.clock, self.limited = clock, limited
        self.came: list[float] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.came.append(self.clock.time())
        if len(self.came) - 1 in self.limited:
            return httpx.Response(429, json={"error": {"message": "slow down"}})
        return super().handle_request(request)


def test_good_requests_that_all_time_out_are_no_success(tmp_path: Path) -> None:
    server, told = Unstable(lambda *_: f"{MADE}hang"), "the server answers no good request in time"
    with server.serving() as url:
        words = ("--token", TOKEN, "--profile", "quick", "--timeout", "0.3", "--report", str(tmp_path))
        code, out, err = command("run", url, *words)
    assert (code, told in err.splitlines()[-1]) == (2, True)
    assert f"broken (warning)  {ANSWERS}" in out
    code, _, err = command("judge", str(tmp_path / "journal.jsonl"))
    assert (code, told in err) == (2, True)


def test_schemathesis_ends_with_the_time_of_the_run_and_does_not_hold() -> None:
    # The server answers nothing of it, so that the time is over in the midst of it.
    seen: list[bytes] = []

    def hanging(body: bytes, _: str) -> str | None:
        seen.append(body)
        return "hang" if len(seen) > 1 else None

    with Unstable(hanging).serving() as url:
        code, out, _ = command("run", url, *ALONE, "--max-time", "1.5", "-v")
    took = re.search(r"creations accepted.*, ([0-9.]+) s, seed", out)
    assert took is not None
    assert float(took[1]) < 15  # one request alone has 30
    assert (code, "untested" in out, f"holds  {GENERIC}" in out) == (2, True, False)
    assert "stopped: the 1.5 s of --max-time are over" in out


def test_a_request_that_the_end_of_the_run_cuts_off_is_no_time_out() -> None:
    with Unstable(lambda *_: "hang").serving() as url:
        began = time.monotonic()
        code, out, err = command("run", url, "--token", TOKEN, "--max-time", "0.5")
    assert time.monotonic() - began < 15  # one request alone has 30
    assert (code, ANSWERS in out) == (2, False), err


def test_a_429_to_schemathesis_is_waited_for_and_breaks_nothing() -> None:
    clock = Clock()

    server = Telling(clock, range(3, 60, 4))
    settings = Settings(token=TOKEN, strictness=Strictness(strict=True), spend=None, only=frozenset({GENERIC}))
    outcome = judge_target(HERE, settings, Surroundings(clock.time, clock.sleep, lambda: server))
    assert broken(outcome) == set()
    assert outcome.waits > 10
    assert min(clock.slept) >= LEAST


def test_a_request_whose_turn_comes_after_the_end_of_the_run_is_not_sent() -> None:
    clock = Clock()
    server = Telling(clock)
    settings = Settings(token=TOKEN, spend=None, profile="quick", rate=0.01, max_time=150)
    outcome = judge_target(HERE, settings, Surroundings(clock.time, clock.sleep, lambda: server))
    assert (len(server.came), outcome.stopped) == (2, "stopped: the 150 s of --max-time are over")


def test_the_fixture_tells_that_no_good_request_was_answered() -> None:
    outcome = judge(CORRECT["clean"].build(), only=frozenset({"path"}))
    assert _why(replace(outcome, mute=True)) == "the server answers no good request in time"
    assert _why(outcome) == "no rule"
