"""`contract-tests explain RULE`."""

from functools import cache

import pytest

from contract_tests.cases.contract import load
from contract_tests.report.explain import explain_rule
from contract_tests.spec.document import default_path
from contract_tests.spec.places import Places
from tests.kit.vocabulary import command


def told(rule: str) -> str:
    code, out, _ = command("explain", rule)
    assert code == 0
    return out


def test_a_rule_of_a_field_is_told_with_requests_that_keep_and_break_it() -> None:
    out = told("seconds.enum")
    for line in (
        "  says     The length is 4, 8 or 12.",
        "  why      document: ",
        "  source   Request Parameters / seconds",
        "  place    openapi.yaml:",
        "  checked  ",
        "  keeps    ",
        "  breaks   seconds ",
        "  mend     refuse it with status 400, type 'invalid_request_error', code 'invalid_value', param 'seconds'",
    ):
        assert line in out


def test_a_rule_of_an_answer_is_broken_by_no_request() -> None:
    assert "breaks   an answer, no request" in told("response.id.unique")
    assert "catch what goes wrong" in told("error.no-5xx")


def test_a_rule_beyond_the_document_names_its_operation() -> None:
    assert "keeps    GET /v1/videos, with a token" in told("list.own")


def test_every_rule_can_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "contract_tests.report.explain.Places", cache(Places)
    )  # the document is read once, not once a rule
    contract = load(default_path())
    for rule in contract.rules:
        lines = list(explain_rule(contract, rule.id, default_path().parent))
        assert sum(line.startswith(("  keeps ", "  breaks", "  mend  ")) for line in lines) == 3, rule.id


def test_a_rule_that_there_is_not_is_misuse_with_the_nearest() -> None:
    code, out, err = command("explain", "secnds.enum")
    assert (code, out) == (2, "")
    assert "did you mean 'seconds.enum'?" in err
