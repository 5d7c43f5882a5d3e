"""The suite as plain pytest: one test a rule."""

from pathlib import Path

import httpx
import pytest

from contract_tests.runner import delivery
from contract_tests.runner.network import NetworkTransport
from tests.faults import CATALOGUE, CORRECT
from tests.kit.test_reproduction import served
from tests.kit.vocabulary import HERE

WORDS = "--pyargs contract_tests --videos-token test-token --videos-profile quick -p no:cacheprovider".split()
pytest_plugins = ["pytester"]
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestAssertRewriteWarning")


def test_each_rule_is_a_test(pytester: pytest.Pytester) -> None:
    with served(CATALOGUE["seconds-any"].build()) as url:
        result = pytester.runpytest_inprocess(
            *WORDS, "--videos-url", url, "-k", "seconds and enum or model and enum", "-rA"
        )
    result.assert_outcomes(failed=1, passed=3, skipped=1, xfailed=1, deselected=result.parseoutcomes()["deselected"])
    result.stdout.fnmatch_lines(["*sent seconds*", "*expected a refusal*", "*actual 200*"])


def test_a_warning_is_an_expected_failure(pytester: pytest.Pytester) -> None:
    with served(CORRECT["status-422"].build()) as url:
        result = pytester.runpytest_inprocess(*WORDS, "--videos-url", url, "-k", "seconds.enum")
    assert result.parseoutcomes()["xfailed"] == 1
    assert result.ret == 0


def test_a_report_is_written_where_it_is_asked_for(pytester: pytest.Pytester, tmp_path: Path) -> None:
    with served(CORRECT["clean"].build()) as url:
        words = ("--videos-url", url, "--videos-report", str(tmp_path), "--videos-strict", "-k", "seconds.enum")
        assert pytester.runpytest_inprocess(*WORDS, *words).ret == 0
    assert (tmp_path / "junit.xml").exists()


MISUSE = {
    "no scheme": ("--videos-url localhost:1", "The URL 'localhost:1' is not complete"),
    "a bad cap": (f"--videos-url {HERE} --videos-spend -1", "--spend: '-1' is neither a whole number"),
    "a bad seed": (f"--videos-url {HERE} --videos-seed x", "--seed: 'x' is no whole number"),
    "a bad profile": (f"--videos-url {HERE} --videos-profile x", "'x' is no profile"),
    "no document": (f"--videos-url {HERE} --videos-document /none", "The document /none cannot be read"),
    "no folder": (
        f"--videos-url {HERE} --videos-report /proc/x -k path",
        "The report folder /proc/x cannot be written",
    ),
    "several processes": (f"--videos-url {HERE} -p xdist -n 1", "runs in one process"),
}


@pytest.mark.parametrize("case", MISUSE)
def test_misuse_is_one_line_and_exit_2(case: str, capfd: pytest.CaptureFixture[str]) -> None:
    words, told = MISUSE[case]
    assert pytest.main([*WORDS, *words.split()]) == 2
    out, err = capfd.readouterr()
    assert [told in line for line in (out + err).splitlines() if "contract-tests: " in line] == [True]
    assert "Traceback" not in out + err


def test_an_endpoint_that_does_not_answer_ends_it_with_one_line_and_exit_2(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess(*WORDS, "--videos-url", HERE, "-k", "path")
    assert result.ret == 2
    assert ["Nothing answers at" in line for line in result.outlines if "contract-tests: " in line] == [True]


def test_an_endpoint_that_goes_away_while_all_holds_ends_it_with_one_line_and_exit_2(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, send = iter(range(10**6)), NetworkTransport.handle_request

    def leaving(transport: NetworkTransport, request: httpx.Request) -> httpx.Response:
        if next(asked) > 5:
            raise httpx.ConnectError("Connection refused")
        return send(transport, request)

    monkeypatch.setattr(NetworkTransport, "handle_request", leaving)
    monkeypatch.setattr(delivery, "RETURNS", ())
    with served(CORRECT["clean"].build()) as url:
        result = pytester.runpytest_inprocess(*WORDS, "--videos-url", url, "-k", "seconds.enum")
    assert result.ret == 2
    assert ["stopped: Nothing answers" in line for line in result.outlines if "contract-tests: " in line] == [True]


def test_without_an_address_it_is_a_misuse_and_not_green(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess(*WORDS)
    assert result.ret == 4
    result.stdout.fnmatch_lines(["*no endpoint to judge: give its address by --videos-url*"])
