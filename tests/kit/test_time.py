"""When a server says that it made a video: by its own clock, which goes on as ours does."""

from collections.abc import Callable
from dataclasses import replace
from email.utils import formatdate
from typing import Any

import httpx
import pytest

from contract_tests.oracle.verdict import Strictness
from contract_tests.session import Surroundings, judge_target
from contract_tests.settings import Settings
from tests.faults.fault import CLEAN
from tests.faults.server import app
from tests.kit.direct import Direct
from tests.kit.vocabulary import HERE, TOKEN, broken

NOW = "response.created_at.now"
STEP = 0.1


class Ticking(Direct):
    """Each request takes a tenth of a second, by a clock that nothing else moves."""

    def __init__(self, told: Callable[[float], float]) -> None:
        self.now = 1_760_592_434.0
        super().__init__(app(replace(CLEAN, clock=lambda: told(self.now))))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.now += STEP
        return super().handle_request(request)


class Slow(Ticking):
    """Each request takes 20 s; Date is from its beginning, the creation from its end."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        begun, self.now = self.now, self.now + 20
        answer = Direct.handle_request(self, request)
        answer.headers["date"] = formatdate(begun, usegmt=True)
        return answer


class Proxied(Ticking):
    """A proxy writes Date, and its clock is an hour late."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        answer.headers["date"] = formatdate(self.now - 3600, usegmt=True)
        return answer


def found(told: Callable[[float], float], kind: type[Ticking] = Ticking) -> set[str]:
    """The rules found broken by a server that tells the time so."""
    strictness = Strictness(strict=True, extensions=True)
    server, settings = kind(told), Settings(token=TOKEN, strictness=strictness, spend=None)
    around: Any = Surroundings(lambda: server.now, lambda _: None, lambda: server)
    return broken(judge_target(HERE, replace(settings, profile="quick"), around))


@pytest.mark.parametrize("ahead", [-4.0, 0.0, 0.7, 4.0])
def test_a_clock_that_is_ahead_or_behind_and_goes_on_is_right(ahead: float) -> None:
    assert found(lambda now: now + ahead) == set()


def test_a_time_that_never_changes_is_found() -> None:
    start = 1_760_592_434.0
    # Within the seconds that two clocks may be apart it looks right at each creation.
    assert NOW in found(lambda now: min(now, start + 3))


def test_times_to_and_fro_are_found() -> None:
    assert NOW in found(lambda now: now + (4 if round(now / STEP) % 2 else -4))


def test_a_date_from_the_beginning_of_a_slow_request_is_right() -> None:
    assert NOW not in found(lambda now: now, Slow)


def test_a_date_of_another_clock_than_that_of_the_creation_is_right() -> None:
    assert found(lambda now: now, Proxied) == set()


def test_a_time_of_long_ago_is_found_beside_such_a_date() -> None:
    assert NOW in found(lambda now: now - 60, Slow)
