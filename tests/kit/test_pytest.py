"""The suite as plain pytest: one test a rule."""

import pytest

from tests.faults import CATALOGUE, CORRECT
from tests.kit.test_reproduction import served

WORDS = (
    "--pyargs",
    "contract_tests",
    "--videos-token",
    "test-token",
    "--videos-profile",
    "quick",
    "-p",
    "no:cacheprovider",
)
pytest_plugins = ["pytester"]


@pytest.mark.filterwarnings("ignore::pytest.PytestAssertRewriteWarning")
def test_each_rule_is_a_test(pytester: pytest.Pytester) -> None:
    with served(CATALOGUE["seconds-any"].build()) as url:
        result = pytester.runpytest_subprocess(
            *WORDS, "--videos-url", url, "-k", "seconds and enum or model and enum", "-rA"
        )
    result.assert_outcomes(failed=1, passed=2, skipped=1, deselected=result.parseoutcomes()["deselected"])
    result.stdout.fnmatch_lines(["*sent seconds*", "*came 200*", "*due  a refusal*"])


def test_a_warning_is_an_expected_failure(pytester: pytest.Pytester) -> None:
    with served(CORRECT["status-422"].build()) as url:
        result = pytester.runpytest_subprocess(*WORDS, "--videos-url", url, "-k", "seconds.enum")
    assert result.parseoutcomes()["xfailed"] == 1
    assert result.ret == 0


def test_misuse_is_one_line(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess(*WORDS, "--videos-url", "localhost:1")
    result.stdout.fnmatch_lines(["*contract-tests: The URL 'localhost:1' is not complete*"])
    assert result.ret == 2
