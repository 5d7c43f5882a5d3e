"""Correct servers pass, faulty ones do not: a sample of the catalogue; the whole of it is in tests/power."""

from dataclasses import replace

import pytest

from tests.faults import CATALOGUE, CORRECT
from tests.faults.server import CLEAN, app
from tests.faults.wire import Answer
from tests.kit.vocabulary import broken, failing, judge

#: One fault of each kind of evidence: an acceptance, a refusal, a body, a header, an id, a life.
SAMPLE = sorted(CATALOGUE)[:: max(1, len(CATALOGUE) // 12)]


@pytest.mark.parametrize("name", SAMPLE)
def test_a_faulty_server_is_found_out(name: str) -> None:
    assert broken(judge(CATALOGUE[name].build(), profile="standard" if "limit" in name else "quick"))


@pytest.mark.parametrize("name", [name for name in CORRECT if name != "slow"])
def test_a_correct_server_passes(name: str) -> None:
    server = CORRECT[name]
    assert failing(judge(server.build(), strict=server.strict)) == set()


@pytest.mark.parametrize("name", [name for name, server in CORRECT.items() if not server.strict])
def test_what_the_document_leaves_open_is_a_warning(name: str) -> None:
    assert broken(judge(CORRECT[name].build(), strict=False))


def test_a_server_without_retrieval_is_not_at_fault() -> None:
    outcome = judge(CORRECT["create-only"].build())
    reasons = {v.rule.id: v.reason for v in outcome.verdicts}
    assert "lacks the operation" in reasons["retrieve.found"]


def test_a_breach_of_the_document_fails_without_strict() -> None:
    assert "seconds.enum" in failing(judge(CATALOGUE["seconds-any"].build(), strict=False))


def test_the_same_seed_sends_the_same_requests(tmp_path: object) -> None:
    first, second = (
        judge(CORRECT["clean"].build(), profile="standard", only=frozenset({"seconds.enum"}), seed=7) for _ in range(2)
    )
    assert (first.requests, first.accepted) == (second.requests, second.accepted)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("crash-model", "model.enum"),
        ("crash-missing-prompt", "prompt.required"),
        ("crash-file-name", "response.status-code"),
    ],
)
def test_a_5xx_is_neither_a_refusal_nor_an_answer_and_breaks_the_rule_of_the_document(name: str, rule: str) -> None:
    assert rule in failing(judge(CATALOGUE[name].build(), strict=False))


def test_a_finished_video_is_asked_for_again() -> None:
    forgetful = replace(CLEAN, stages=(("completed", 100), ("completed", 100), ("queued", 0)))
    assert "retrieve.answer" in broken(judge(app(forgetful)))


def test_a_server_that_lists_a_method_and_refuses_it_does_not_lack_it() -> None:
    def refusing(answer: Answer) -> Answer:
        video = b'"status": "' in answer.body and answer.status == 200 and b'"queued"' not in answer.body
        return replace(answer, status=405, headers=answer.headers | {"allow": "GET"}) if video else answer

    shown = replace(CLEAN, stages=(("completed", 100),), finish=refusing)
    assert "retrieve.found" in broken(judge(app(shown)))


def test_a_wrong_method_at_a_video_lists_the_right_one() -> None:
    def silent(answer: Answer) -> Answer:
        return (
            replace(answer, headers={"content-type": "application/json"})
            if answer.headers.get("allow") == "GET"
            else answer
        )

    assert "method.error" in broken(judge(app(replace(CLEAN, finish=silent))))
