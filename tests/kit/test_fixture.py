"""The fixture and the marker `videos_contract`, in other people's tests."""

import pytest

from tests.faults import CATALOGUE, CORRECT
from tests.kit.test_reproduction import served

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestAssertRewriteWarning")
QUICK = "token='test-token', profile='quick', rule=['seconds.enum', 'model.enum']"
FAULTY, CLEAN = CATALOGUE["seconds-any"], CORRECT["clean"]


def outcome_of(pytester: pytest.Pytester, text: str, *words: str) -> pytest.RunResult:
    pytester.makepyfile(f"import pytest\n{text}")
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", *words)


def test_an_endpoint_is_judged_and_fails_the_test_by_what_is_broken(pytester: pytest.Pytester) -> None:
    with served(FAULTY.build()) as url:
        text = f"@pytest.mark.videos_contract(url='{url}', spend=9, {QUICK})\ndef test_it(videos_contract): videos_contract.check()"
        result = outcome_of(pytester, text)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["seconds.enum: The length is 4, 8 or 12.", "sent seconds*", "expected a refusal*", "actual 200*"]
    )


def test_one_run_serves_every_test_of_the_same_marker(pytester: pytest.Pytester) -> None:
    with served(CLEAN.build()) as url:
        text = (
            f"pytestmark = pytest.mark.videos_contract(url='{url}', spend=0, {QUICK})\n"
            "seen = []\n"
            "def test_one(videos_contract): seen.append(videos_contract.check())\n"
            "def test_two(videos_contract): assert videos_contract.judge() is seen[0]\n"
            "def test_three(videos_contract): assert videos_contract.judge(seed=1) is not seen[0]\n"
        )
        outcome_of(pytester, text).assert_outcomes(passed=3)


def test_an_application_is_judged_without_a_socket(pytester: pytest.Pytester) -> None:
    text = (
        "from tests.faults import CATALOGUE, CORRECT\n"
        f"@pytest.mark.videos_contract({QUICK}, strict=False)\n"
        "def test_right(videos_contract):\n"
        "    outcome = videos_contract.check(app=CORRECT['clean'].build(), strict=True)\n"
        "    assert outcome.settings.strictness.strict\n"
        f"@pytest.mark.videos_contract({QUICK})\n"
        "def test_wrong(videos_contract):\n"
        "    outcome = videos_contract.judge(app=CATALOGUE['seconds-any'].build())\n"
        "    assert [one.rule.id for one in outcome.failing] == ['seconds.enum']\n"
    )
    outcome_of(pytester, text).assert_outcomes(passed=2)


def test_the_address_and_the_options_may_be_given_to_the_call(pytester: pytest.Pytester) -> None:
    with served(CLEAN.build()) as url:
        text = f"def test_it(videos_contract, tmp_path):\n    videos_contract.check('{url}', {QUICK}, report=tmp_path)\n    assert (tmp_path / 'junit.xml').exists()"
        outcome_of(pytester, text).assert_outcomes(passed=1)


#: A call, and the line that it fails with.
WRONG = {
    "no address": ("judge()", "videos_contract: nothing to judge: give url or app"),
    "no such option": ("judge('http://127.0.0.1:1', colour=1)", "videos_contract: *No such option*--colour*"),
    "a bad value": ("judge('http://127.0.0.1:1', spend=-1)", "videos_contract: --spend: '-1' is neither*"),
    "no server": ("judge('http://127.0.0.1:1')", "videos_contract: Nothing answers at*"),
}


@pytest.mark.parametrize("case", WRONG)
def test_misuse_fails_the_test_with_one_line(case: str, pytester: pytest.Pytester) -> None:
    call, told = WRONG[case]
    result = outcome_of(pytester, f"def test_it(videos_contract): videos_contract.{call}")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([told])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_run_that_tests_no_rule_is_not_green(pytester: pytest.Pytester) -> None:
    with served(CLEAN.build()) as url:
        text = f"def test_it(videos_contract): videos_contract.check('{url}', token='test-token', profile='quick', rule='body.limit', spend=0)"
        result = outcome_of(pytester, text)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["videos_contract: not all could be judged: no rule"])


def test_the_marker_is_known(pytester: pytest.Pytester) -> None:
    pytester.runpytest_inprocess("--markers").stdout.fnmatch_lines(["@pytest.mark.videos_contract(url=*"])
