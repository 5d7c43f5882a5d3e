"""A rule whose breach is told of another rule does not hold, and asked for alone it is told all the same."""

import pytest

from tests.faults import CATALOGUE
from tests.kit.vocabulary import TOKEN, broken, holding, judge, reasons, run

WORDS = ("--token", TOKEN, "--profile", "quick", "--strict")
STATUS = "response.status-code"


@pytest.mark.parametrize("name", ["path-any", "path-without-v1", "path-unknown-200"])
def test_a_second_path_is_told_where_the_path_is_judged_alone(name: str) -> None:
    code, out, _ = run(CATALOGUE[name].build(), *WORDS, "--rule", "path")
    assert (code, "BROKEN            path.only" in out) == (1, True)


def test_what_the_requests_of_a_broken_rule_break_beside_it_is_not_told() -> None:
    out = run(CATALOGUE["seconds-any"].build(), *WORDS, "--rule", "seconds.enum")[1]
    assert "1 broken, 0 broken as a warning" in out


def test_a_refusal_that_is_told_of_a_field_leaves_the_status_unproven() -> None:
    outcome = judge(CATALOGUE["seconds-12-refused"].build())
    assert "seconds.enum" in broken(outcome)
    assert STATUS not in holding(outcome)
    assert reasons(outcome)[STATUS] == "what broke it is told of seconds.enum"


def test_it_is_told_where_the_status_is_judged_alone() -> None:
    code, out, _ = run(CATALOGUE["seconds-12-refused"].build(), *WORDS, "--rule", STATUS)
    assert (code, "BROKEN            seconds.enum" in out) == (1, True)
