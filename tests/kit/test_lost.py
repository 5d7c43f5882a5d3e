"""A server that goes away, or hangs, in the middle of a run: what it answered is judged, and the run does not wait for long."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract_tests.oracle.verdict import Strictness
from contract_tests.runner import journal
from contract_tests.runner.delivery import RETURNS, SILENCE
from contract_tests.session import Outcome, Surroundings, judge_target
from contract_tests.settings import Settings
from contract_tests.spec.rules import ANSWERS
from tests.faults import CORRECT
from tests.kit.direct import Direct
from tests.kit.vocabulary import HERE, TOKEN, Clock, broken, command, holding, reasons

FATAL, NEVER = b"a" * 32_001, b"none of it"
TIMEOUT = 30.0


class Dying(Direct):
    """A right server that goes away at a request that has the `last` words, and listens again after so many attempts."""

    def __init__(self, last: bytes = FATAL, returns: int | None = None) -> None:
        super().__init__(CORRECT["clean"].build())
        self.last, self.returns, self.asked, self.refused = last, returns, 0, 0
        self.is_gone = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.is_gone:
            self.refused += 1
            if self.returns is None or self.refused % self.returns:
                raise httpx.ConnectError("Connection refused")
            self.is_gone = False
        self.asked += 1
        if self.last in request.read():
            self.is_gone = True
            raise httpx.RemoteProtocolError("Server disconnected without sending a response")
        return super().handle_request(request)


class Hanging(Direct):
    """A right server that is silent to some requests; each takes the whole of the time."""

    def __init__(self, clock: Clock, silent: Callable[[httpx.Request], bool]) -> None:
        super().__init__(CORRECT["clean"].build())
        self.clock, self.silent, self.unanswered = clock, silent, 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        if self.silent(request):
            self.unanswered += 1
            self.clock.sleep(TIMEOUT)
            raise httpx.ReadTimeout("timed out")
        return super().handle_request(request)


def judged(server: httpx.BaseTransport, clock: Clock, **changes: Any) -> Outcome:
    strictness = Strictness(strict=True, extensions=True)
    settings = Settings(token=TOKEN, strictness=strictness, spend=None, profile="quick", **changes)
    return judge_target(HERE, settings, Surroundings(clock.time, clock.sleep, lambda: server))


def test_a_server_that_dies_of_a_request_is_judged_by_what_it_answered() -> None:
    clock = Clock()
    outcome = judged(Dying(), clock)
    assert broken(outcome) == {"prompt.max-length"}
    assert "prompt.required" in holding(outcome)
    assert outcome.stopped == (
        f"stopped: Nothing answers at {HERE}: Connection refused. "
        "The last request without an answer: prompt with 32001 characters 'a'."
    )
    assert reasons(outcome)["retrieve.found"] == outcome.stopped
    assert clock.slept == list(RETURNS)


def test_a_server_that_starts_anew_is_judged_to_the_end() -> None:
    server, clock = Dying(returns=2), Clock()
    outcome = judged(server, clock)
    assert (broken(outcome), outcome.stopped) == ({"prompt.max-length"}, None)
    assert "retrieve.found" in holding(outcome)
    assert RETURNS[0] in clock.slept


def test_what_found_nobody_listening_is_sent_when_the_run_is_resumed(tmp_path: Path) -> None:
    only = frozenset({"prompt.max-length", "seconds.enum"})
    for name, server, resume in (("whole", NEVER, False), ("cut", FATAL, False), ("cut", NEVER, True)):
        judged(Dying(server), Clock(), journal=tmp_path / name, resume=resume, only=only)
    whole, cut = journal.read(tmp_path / "whole"), journal.read(tmp_path / "cut")
    assert set(cut.answers) == set(whole.answers)
    assert len(cut.sent) == len(set(cut.sent)) == len(cut.answers)


def test_a_server_that_hangs_for_good_is_left_after_some_requests() -> None:
    clock = Clock()
    asked = iter(range(10**6))
    server = Hanging(clock, lambda _: next(asked) > 40)
    outcome = judged(server, clock)
    assert server.unanswered == SILENCE + 1
    assert f"answers nothing within {TIMEOUT:g} s" in (outcome.stopped or "")


def test_a_server_that_hangs_and_then_takes_no_connection_is_left_too() -> None:
    class Leaving(Hanging):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if self.unanswered >= SILENCE:
                raise httpx.ConnectError("Connection refused")
            return super().handle_request(request)

    clock = Clock()
    asked = iter(range(10**6))
    outcome = judged(Leaving(clock, lambda _: next(asked) > 40), clock)
    assert f"answers nothing within {TIMEOUT:g} s" in (outcome.stopped or "")


def test_a_server_that_hangs_at_some_requests_alone_is_judged_to_the_end() -> None:
    clock = Clock()
    server = Hanging(clock, lambda request: b'name="width"' in request.content or FATAL[:999] in request.content)
    outcome = judged(server, clock)
    assert outcome.stopped is None
    assert ANSWERS in broken(outcome)
    assert "fields.unknown" not in broken(outcome)


@pytest.mark.parametrize("event", ['{"event":"unsent","id":"none"}'])
def test_a_journal_that_takes_back_what_was_never_sent_is_damaged(event: str, tmp_path: Path) -> None:
    path = tmp_path / "journal"
    judged(Dying(NEVER), Clock(), journal=path, only=frozenset({"seconds.enum"}))
    path.write_text(path.read_text() + event + "\n")
    code, _, err = command("judge", str(path))
    assert (code, "is damaged" in err) == (2, True)
