"""Correct servers pass, faulty ones do not: a sample of the catalogue; the whole of it is in tests/power."""

import pytest

from tests.faults import CATALOGUE, CORRECT
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
