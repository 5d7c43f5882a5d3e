"""429: waited for, one request at a time, in the server's words, and given up where waiting does not help."""

import json
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract_tests.model.response import Response
from contract_tests.oracle.verdict import Strictness
from contract_tests.runner import journal
from contract_tests.runner.rate_limit import Pace, Waiting, reason, retry_after
from contract_tests.session import Outcome, Surroundings, judge_target
from contract_tests.settings import Settings
from tests.faults import CORRECT
from tests.kit.direct import Direct
from tests.kit.test_spending import Counted
from tests.kit.vocabulary import HERE, TOKEN, Clock, broken, command, holding, judge

LIMITED = {"error": {"message": "Too many running tasks", "type": "rate_limit_error", "code": "rate_limit_exceeded"}}
QUOTA = {"error": {"message": "No money left.", "type": "insufficient_quota", "code": "insufficient_quota"}}
FOR_EVER = 10**6


class Limiting(Direct):
    """A right server that answers 429 to some requests, by their number; it notes how many are under way at once."""

    def __init__(self, numbers: range, body: Any = LIMITED, **headers: str) -> None:
        super().__init__(CORRECT["clean"].build())
        self.numbers, self.body = numbers, json.dumps(body).encode()
        self.headers = {"content-type": "application/json"} | headers
        self.asked = self.under_way = self.most = 0
        self._counting, self._serving = threading.Lock(), threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self._counting:
            self.asked += 1
            number = self.asked
            # Those of other threads, which had begun before, may take a while.
            late = number > self.numbers.stop + 8
            self.under_way += late
            self.most = max(self.most, self.under_way)
        try:
            if number in self.numbers:
                return httpx.Response(429, headers=self.headers, content=self.body)
            with self._serving:
                return super().handle_request(request)
        finally:
            with self._counting:
                self.under_way -= late


def judged(server: Limiting, clock: Clock, **changes: Any) -> tuple[Outcome, list[str]]:
    said: list[str] = []
    settings: dict[str, Any] = {"token": TOKEN, "spend": None, "profile": "quick", **changes}
    around = Surroundings(clock.time, clock.sleep, lambda: server, say=said.append)
    return judge_target(HERE, Settings(**settings), around), said


def test_429_is_waited_for_and_sent_again() -> None:
    app, clock = Counted(CORRECT["clean"].build(), [(429, {"retry-after": "7"})]), Clock()
    outcome = judge(app, clock=clock, only=frozenset({"seconds.enum"}))
    assert (clock.slept[0], outcome.waits, broken(outcome)) == (7, 1, set())


def test_a_date_to_wait_for_is_waited_for() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    app, clock = Counted(CORRECT["clean"].build(), [(429, {"retry-after": date})]), Clock()
    judge(app, clock=clock, only=frozenset({"seconds.enum"}), extensions=False)
    assert 15 < sum(clock.slept) <= 20


@pytest.mark.parametrize("asked", ["soon", "", "-5", "nan", "0", "1e-9", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_time_to_wait_that_is_none_is_a_second(asked: str) -> None:
    app, clock = Counted(CORRECT["clean"].build(), [(429, {"retry-after": asked})]), Clock()
    judge(app, clock=clock, only=frozenset({"seconds.enum"}), extensions=False)
    assert clock.slept == [1]


def test_once_limited_requests_are_sent_one_at_a_time() -> None:
    server = Limiting(range(30, 33))
    outcome, _ = judged(server, Clock(), workers=4)
    assert (outcome.waits > 0, server.most, broken(outcome)) == (True, 1, set())


def test_what_the_server_says_stands_in_the_report() -> None:
    outcome, _ = judged(Limiting(range(5, 7)), Clock())
    assert outcome.notices == ["The server limited the rate (429) 2 times: Too many running tasks"]


def test_a_quota_that_is_used_up_ends_the_run_at_once() -> None:
    server, clock = Limiting(range(20, FOR_EVER), QUOTA), Clock()
    outcome, _ = judged(server, clock, workers=4)
    assert server.asked <= 20 + 4
    assert clock.slept == []
    assert outcome.stopped == "stopped: the server says 429, which no wait mends: No money left."
    assert outcome.limited_out
    assert "seconds.enum" not in holding(outcome)


def test_a_wait_over_the_bound_ends_the_run_at_once() -> None:
    server, clock = Limiting(range(20, FOR_EVER), **{"retry-after": "3600"}), Clock()
    outcome, _ = judged(server, clock)
    assert (server.asked, clock.slept) == (20, [])
    assert outcome.stopped == (
        "stopped: the server says 429 and wants 3600 s of waiting, more than 60 s: Too many running tasks"
    )


def test_a_server_that_keeps_saying_429_is_left_after_the_bound() -> None:
    server, clock = Limiting(range(20, FOR_EVER), **{"retry-after": "7"}), Clock()
    outcome, _ = judged(server, clock, max_wait=20.0)
    assert sum(clock.slept) == 14
    assert outcome.stopped == "stopped: the server kept answering 429: Too many running tasks"


def test_a_run_that_is_limited_out_is_no_success() -> None:
    app = Counted(CORRECT["clean"].build(), [(429, {"retry-after": "61"})] * 2)
    code, out, err = command("run", HERE, "--token", TOKEN, "--workers", "1", app=app)
    assert (code, "wants 61 s of waiting" in out) == (2, True)
    assert err.splitlines()[-1] == "contract-tests: not all could be judged: the server limits the rate"


@pytest.mark.parametrize("start", [250, 600, 700])
def test_videos_are_not_blamed_for_the_limit(start: int) -> None:
    strictness = Strictness(strict=True, extensions=True)
    outcome, _ = judged(Limiting(range(start, FOR_EVER), QUOTA), Clock(), strictness=strictness)
    assert broken(outcome) == set()


def test_what_is_waited_for_is_said_every_ten_seconds() -> None:
    _, said = judged(Limiting(range(20, 22), **{"retry-after": "25"}), Clock())
    assert [line.partition("; ")[2] for line in said] == [f"{n} s to the next attempt" for n in (15, 5, 20, 10, 0)]
    assert said[0].startswith("waiting: the server limits the rate (Too many running tasks); ")


def test_no_wait_is_longer_than_the_run_may_be() -> None:
    clock = Clock()
    outcome, _ = judged(Limiting(range(20, FOR_EVER), **{"retry-after": "50"}), clock, max_time=30.0)
    assert sum(clock.slept) == pytest.approx(30, abs=2)
    assert "--max-time" in (outcome.stopped or "")


def test_what_was_never_answered_is_sent_when_the_run_is_resumed(tmp_path: Path) -> None:
    path, only = tmp_path / "journal", frozenset({"seconds.enum"})
    judged(Limiting(range(20, FOR_EVER), QUOTA), Clock(), journal=path, only=only)
    outcome, _ = judged(Limiting(range(0)), Clock(), journal=path, resume=True, only=only)
    record = journal.read(path)
    assert (outcome.stopped, set(record.sent)) == (None, set(record.answers))


@pytest.mark.parametrize("workers", [1, 4])
def test_the_rate_is_kept(workers: int) -> None:
    clock = Clock()
    outcome, _ = judged(Limiting(range(0)), clock, rate=10.0, workers=workers, only=frozenset({"seconds.enum"}))
    assert sum(clock.slept) >= (outcome.requests - 1) / 10 - 1
    assert not outcome.waits


def test_requests_begin_no_closer_than_the_rate_allows() -> None:
    now, slept = [100.0], list[float]()
    pace = Pace(4.0, lambda: now[0], slept.append)
    for _ in range(3):
        pace()
    now[0] += 10
    pace()
    assert slept == [0.25, 0.5]


def test_short_waits_are_said_together() -> None:
    said: list[str] = []
    waiting = Waiting(lambda _: None, said.append)
    for _ in range(25):
        waiting.wait(1.0, "why")
    assert len(said) == 2


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"error": {"message": "in\\n an error"}}', "in an error"),
        (b'{"message": "flat"}', "flat"),
        (b'{"error": "text"}', "text"),
        (b"<p>busy</p>", "429 <p>busy</p>"),
        (b'{"message": "' + b"x" * 200 + b'"}', "x" * 120 + "…"),
    ],
)
def test_the_reason_is_found_in_any_shape(body: bytes, told: str) -> None:
    assert reason(Response(429, body=body)) == told


@pytest.mark.parametrize("value", ["0.0001", "0", "-1", "x", "nan", "inf"])
def test_a_rate_that_is_none_is_refused(value: str) -> None:
    code, _, err = command("run", HERE, "--rate", value)
    assert (code, "rate" in err, "0.001" in err) == (2, True, True)


def test_a_wait_without_a_number_is_a_second() -> None:
    assert retry_after(Response(429)) == 1.0
