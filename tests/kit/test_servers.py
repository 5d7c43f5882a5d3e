"""Correct servers pass, however they differ in what the document leaves open."""

from dataclasses import replace
from typing import Any

import pytest

from tests.faults import CORRECT
from tests.faults.wire import Response
from tests.kit.vocabulary import broken, clean, failing, judge, reasons

#: The slow one differs in nothing but time.
QUICK = {name: server for name, server in CORRECT.items() if name != "slow"}


@pytest.mark.parametrize("name", [name for name, server in QUICK.items() if server.strict])
def test_a_correct_server_passes(name: str) -> None:
    assert broken(judge(QUICK[name].build())) == set()


@pytest.mark.parametrize("name", [name for name, server in QUICK.items() if not server.strict])
def test_what_the_document_leaves_open_is_a_warning(name: str) -> None:
    outcome = judge(QUICK[name].build(), strict=False)
    assert failing(outcome) == set()
    # A server that takes any token leaves nothing to be tested of it.
    assert broken(outcome) or "takes any token" in reasons(outcome)["auth.key"]


def test_a_server_without_retrieval_is_not_at_fault() -> None:
    outcome = judge(CORRECT["create-only"].build(), only=frozenset({"retrieve.found"}))
    assert "lacks the operation" in reasons(outcome)["retrieve.found"]


def test_the_same_seed_sends_the_same_requests() -> None:
    chosen: dict[str, Any] = {"profile": "standard", "only": frozenset({"seconds.enum"}), "seed": 7}
    first, second = (judge(CORRECT["clean"].build(), **chosen) for _ in range(2))
    assert (first.requests, first.accepted) == (second.requests, second.accepted)


def test_a_server_that_lists_a_method_and_refuses_it_does_not_lack_it() -> None:
    def refusing(answer: Response) -> Response:
        video = b'"status": "' in answer.body and answer.status == 200 and b'"queued"' not in answer.body
        return replace(answer, status=405, headers=answer.headers | {"allow": "GET"}) if video else answer

    server = clean(stages=(("completed", 100),), finish=refusing)
    assert "retrieve.found" in broken(judge(server, only=frozenset({"retrieve.found"})))
