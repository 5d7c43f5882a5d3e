"""What a finding shows: the request that convinces most, and why a body is no JSON."""

from dataclasses import replace

import pytest

from contract_tests.model.response import Response
from tests.faults import CATALOGUE
from tests.faults.fault import CLEAN
from tests.faults.server import app
from tests.faults.wire import Response as Sent
from tests.kit.vocabulary import TOKEN, judge, run

JSON = (("content-type", "application/json"),)
FLAWS = {
    b'{"progress": NaN}': "NaN is no JSON",
    b'{"progress": -Infinity}': "-Infinity is no JSON",
    b'\xef\xbb\xbf{"id": "a"}': "a byte order mark before the JSON",
    b'{"id": "\xff"}': "no UTF-8 at byte 8",
    b'{"id": "a"': "no JSON at character 10",
    b"": "no JSON at character 0",
    b"[" * 100_000: "JSON that is nested too deep",
}


@pytest.mark.parametrize("body", FLAWS, ids=FLAWS.values())
def test_a_body_that_is_no_json_is_said_to_be_none_and_why(body: bytes) -> None:
    assert Response(200, JSON, body).flaw == FLAWS[body]
    assert Response(200, JSON, body).summary().startswith(f"200 ({FLAWS[body]})")


def test_what_is_json_or_not_called_so_has_no_flaw() -> None:
    assert Response(200, JSON, b'{"id": "a"}').summary() == '200 {"id": "a"}'
    assert Response(200, (("content-type", "text/html"),), b"<p>").summary() == "200 <p>"


def test_the_flaw_of_a_body_stands_in_the_output() -> None:
    def marked(answer: Sent) -> Sent:
        return replace(answer, body=b"\xef\xbb\xbf" + answer.body) if answer.status == 200 else answer

    out = run(app(replace(CLEAN, finish=marked)), "--token", TOKEN, "--profile", "quick")[1]
    assert "200 (a byte order mark before the JSON)" in out


def test_the_evidence_is_a_value_that_is_clearly_another_one() -> None:
    outcome = judge(CATALOGUE["seconds-any"].build(), only=frozenset({"seconds.enum"}))
    [verdict] = [one for one in outcome.verdicts if one.rule.id == "seconds.enum"]
    labels = [finding.label for finding in verdict.findings]
    assert labels[0] == "seconds off by one: '5'"
    assert labels.index("seconds white space before: ' 4'") > labels.index("seconds a word: 'default'")
