"""Creations cost money: what is accepted is counted, capped, and never paid for twice."""

from pathlib import Path
from typing import Any

import pytest

from contract_tests.model.case import Case
from contract_tests.model.request import Request
from contract_tests.model.response import Response
from contract_tests.runner import journal
from contract_tests.runner.budget import Budget
from tests.faults import CATALOGUE, CORRECT
from tests.kit.vocabulary import TOKEN, broken, judge, run

FREE = "https://api.example.com"


class Counted:
    """An ASGI application that notes what it answers to a creation; `answer` takes the place of one of its answers."""

    def __init__(self, app: Any, first: list[tuple[int, dict[str, str]]] | None = None) -> None:
        self.app, self.first = app, first or []
        self.asked = self.accepted = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        if self.first:
            status, headers = self.first.pop(0)
            raw = [(name.encode(), value.encode()) for name, value in headers.items()]
            await send({"type": "http.response.start", "status": status, "headers": raw})
            await send({"type": "http.response.body", "body": b""})
            return

        async def counted(message: Any) -> None:
            if message["type"] == "http.response.start" and scope["method"] not in {"GET", "DELETE"}:
                self.accepted += 200 <= message["status"] < 300
            await send(message)

        await self.app(scope, receive, counted)


def test_elsewhere_nothing_may_be_accepted_by_default() -> None:
    app = Counted(CORRECT["clean"].build())
    assert run(app, "--token", TOKEN, url=FREE)[0] == 0
    assert app.accepted == 0


@pytest.mark.parametrize("cap", [0, 1, 3])
def test_a_correct_server_accepts_no_more_than_the_cap(cap: int) -> None:
    app = Counted(CORRECT["clean"].build())
    outcome = judge(app, spend=cap, profile="standard")
    assert app.accepted == outcome.accepted == cap


@pytest.mark.parametrize("name", ["seconds-any", "auth-missing", "size-any", "unknown-ignored"])
def test_a_faulty_server_is_left_at_its_first_wrong_acceptance(name: str) -> None:
    app = Counted(CATALOGUE[name].build())
    outcome = judge(app, spend=0)
    assert app.accepted == outcome.accepted == 1
    assert "had to be refused" in (outcome.stopped or "")
    assert broken(outcome)


def test_what_is_accepted_at_the_very_first_is_told_where_nothing_may_be() -> None:
    outcome = judge(CATALOGUE["seconds-any"].build(), spend=0, only=frozenset({"seconds.enum"}))
    assert (outcome.accepted, broken(outcome)) == (1, {"seconds.enum"})


@pytest.mark.parametrize("spend", [0, 1])
def test_a_right_server_is_asked_nothing_twice(spend: int, tmp_path: Path) -> None:
    judge(CORRECT["clean"].build(), spend=spend, extensions=False, journal=tmp_path / "j")
    sent = journal.read(tmp_path / "j").sent
    assert len(sent) == len(set(sent)) > 300


def test_no_request_is_repeated_where_there_is_a_cap() -> None:
    app = Counted(CATALOGUE["seconds-any"].build())
    outcome = judge(app, spend=2, profile="standard")
    assert app.asked == outcome.requests


def test_a_run_that_was_interrupted_goes_on_without_paying_twice(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    app = Counted(CORRECT["clean"].build())
    judge(app, spend=3, journal=path, extensions=False)
    whole, lines = app.asked, path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[: len(lines) // 2]))
    already = len(journal.read(path).sent)
    again = Counted(CORRECT["clean"].build())
    outcome = judge(again, spend=3, journal=path, resume=True, extensions=False)
    assert again.asked == whole - already
    assert outcome.accepted == 3
    assert app.accepted + again.accepted <= 3 + 3


def test_a_request_without_a_known_answer_is_not_sent_again(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    judge(CORRECT["clean"].build(), spend=1, journal=path, extensions=False)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:3]))  # the head, the first case planned and sent
    app = Counted(CORRECT["clean"].build())
    outcome = judge(app, spend=1, journal=path, resume=True, extensions=False)
    assert (app.accepted, outcome.accepted, outcome.unclear) == (0, 0, 1)


@pytest.mark.parametrize("name", [name for name in CORRECT if name != "slow"])
def test_a_correct_server_accepts_nothing_where_nothing_may_be(name: str) -> None:
    assert judge(CORRECT[name].build(), spend=0, strict=CORRECT[name].strict).accepted == 0


@pytest.mark.parametrize("status", [302, 307, 500, 502, 504])
@pytest.mark.parametrize("cap", [1, 3, 5])
def test_what_may_have_been_made_behind_an_unclear_answer_is_spent(status: int, cap: int) -> None:
    made = []

    async def gateway(scope: Any, receive: Any, send: Any) -> None:
        async def told(message: Any) -> None:
            if scope["method"] == "POST" and message.get("status") == 200:
                made.append(scope["path"])
                message = {**message, "status": status}
            await send(message)

        await CORRECT["clean"].build()(scope, receive, told)

    outcome = judge(gateway, spend=cap)
    assert len(made) <= cap
    assert (outcome.accepted, outcome.unclear) == (0, len(made))


@pytest.mark.parametrize("cap", [1, 3])
@pytest.mark.parametrize("name", [name for name, server in CORRECT.items() if not server.strict and name != "slow"])
def test_cap_is_spent_on_good_requests_before_what_the_document_leaves_open(
    name: str, cap: int, tmp_path: Path
) -> None:
    app, path = Counted(CORRECT[name].build()), tmp_path / "journal.jsonl"
    outcome = judge(app, spend=cap, strict=False, extensions=False, journal=path)
    record = journal.read(path)
    accepted = [record.cases[one] for one, answer in record.answers.items() if answer.accepted]
    assert (outcome.stopped, app.accepted, len(accepted)) == (None, cap, cap)
    assert not any(case.refusal_due for case in accepted)


def test_doubtful_acceptance_ends_a_run_only_over_the_cap() -> None:
    request = Request("POST", "/v1/videos")
    doubtful, bad = Case("a", "a", request, "a"), Case("b", "b", request, "b")
    budget, stops = Budget(1, frozenset({"a"})), []
    for _ in range(2):
        budget.count(doubtful, Response(200))
        stops.append(budget.stopped is not None)
    assert stops == [False, True]
    strict = Budget(1, frozenset({"a"}))
    strict.count(bad, Response(200))
    assert strict.stopped is not None
