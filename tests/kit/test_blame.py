"""A rule is blamed for silence only where its request, sent alone on a fresh connection, gets no answer either."""

from collections import Counter
from typing import Any

import pytest

from contract_tests.cases.positives import SPELLING
from contract_tests.model.case import Case
from contract_tests.model.request import Request
from contract_tests.model.response import Response
from contract_tests.oracle.silence import silence
from contract_tests.oracle.verdict import Strictness
from contract_tests.session import Outcome, Surroundings, judge_target
from contract_tests.settings import Network, Settings
from contract_tests.spec.rules import ANSWERS
from tests.kit.unstable import MADE, Fails, Unstable
from tests.kit.vocabulary import TOKEN, broken, holding

CULPRIT = b"a" * 32_001
WIDTH = b'name="width"'


def judged(fails: Fails, **changes: Any) -> tuple[Outcome, Unstable]:
    server = Unstable(fails)
    with server.serving() as url:
        settings: dict[str, Any] = {"token": TOKEN, "spend": None, "profile": "quick", "workers": 4}
        strictness = Strictness(strict=True, extensions=False)
        settings = {"strictness": strictness, **settings, **changes}
        outcome = judge_target(url, Settings(**settings), Surroundings(sleep=lambda _: None))
    return outcome, server


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("how", ["reset", "close", "die"])
def test_the_request_that_a_server_crashes_on_is_the_only_culprit(how: str, workers: int) -> None:
    outcome, _ = judged(lambda body, _: how if CULPRIT in body else None, workers=workers)
    assert broken(outcome) == {"prompt.max-length"}


@pytest.mark.parametrize("workers", [1, 4])
def test_a_connection_that_is_closed_silently_after_an_answer_blames_nobody(workers: int) -> None:
    outcome, _ = judged(lambda body, _: "after" if len(body) % 3 == 0 else None, workers=workers)
    assert broken(outcome) == set()


def test_a_connection_that_is_reset_once_blames_nobody() -> None:
    asked: Counter[bytes] = Counter()

    def first_time(body: bytes, _: str) -> str | None:
        asked[body] += 1
        return "reset" if asked[body] == 1 and len(body) % 5 == 0 else None

    outcome, _ = judged(first_time)
    assert broken(outcome) == set()


def test_a_gateway_whose_server_restarts_blames_nobody() -> None:
    asked: Counter[bytes] = Counter()

    def first_time(body: bytes, _: str) -> str | None:
        asked[body] += 1
        return "502" if asked[body] == 1 and len(body) % 5 == 0 else None

    outcome, _ = judged(first_time)
    assert broken(outcome) == set()


def test_time_outs_break_no_rule_but_their_own() -> None:
    outcome, _ = judged(lambda body, _: "hang" if WIDTH in body else None, network=Network(timeout=0.5))
    assert broken(outcome) == {ANSWERS}
    [verdict] = [one for one in outcome.verdicts if one.rule.id == ANSWERS]
    assert len(verdict.findings) > 1


def test_a_server_in_time_keeps_that_rule() -> None:
    outcome, _ = judged(lambda *_: None)
    assert ANSWERS in holding(outcome)


@pytest.mark.parametrize("cap", [1, 3])
@pytest.mark.parametrize("how", ["reset", "close", "die"])
def test_a_good_request_that_is_dropped_is_spent_and_not_sent_again(how: str, cap: int) -> None:
    outcome, server = judged(lambda *_: f"{MADE}{how}", spend=cap, workers=1)
    assert (outcome.unclear, server.accepted) == (cap, cap)
    assert broken(outcome) == {"response.status-code", *({SPELLING} if cap > 1 else ())}


def test_silence_is_a_verdict_only_where_it_is_confirmed() -> None:
    case = Case("a", "a", Request("POST", "/v1/videos"), "a")
    assert silence(case, Response(400)) is silence(case, Response(0, confirmed=True)) is None
    assert silence(case, Response(0)) is not None
