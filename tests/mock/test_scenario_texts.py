"""Scenarios as text, in the words of the command and of files."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.jobs.job import Job, JobOverride
from mockserver.jobs.pace import OverridablePace, parse_pace
from mockserver.scenarios.catalogue import SCENARIOS, ScenarioError
from mockserver.scenarios.file import ScenarioFileError
from tests.mock.test_cli import misused
from tests.mock.test_scenarios import READER
from tests.mock.vocabulary import NOW, Mock


def test_every_scenario_has_a_test() -> None:
    text = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_scenario*.py"))
    assert [scenario.name for scenario in SCENARIOS if f'"{scenario.name}' not in text] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there is no ''; allowed: error, rate_limit,"),
        ("x", "there is no 'x'; allowed: error, rate_limit,"),
        ("x=1", "there is no 'x'; allowed: error"),
        ("rate_limt=1", "there is no 'rate_limt' (did you mean 'rate_limit'?); allowed: error"),
        ("fail=server_eror", "'code' is 'server_eror' (did you mean 'server_error'?); allowed: moderation_blocked"),
        ("drop, x=1", "'x' is no scenario, nor does 'drop' have it; allowed: probability, on, error"),
        ("error", "'error' lacks its error; allowed: invalid_http"),
        ("fail", "'fail' lacks its code; allowed: moderation_blocked, server_error"),
        ("fail=x", "'code' is 'x'; allowed: moderation_blocked, server_error"),
        ("error=moderation_blocked", "'error' is 'moderation_blocked'; allowed: invalid_http"),
        ("error=invalid-scenario", "'error' is 'invalid-scenario'; allowed: invalid_http"),
        ("drop=1", "'drop' takes no value; allowed: drop"),
        ("stall=100", "'at' is '100'; allowed: 0 to 99"),
        ("stall=-1", "'at' is '-1'; allowed: 0 to 99"),
        ("stall=1.5", "'at' is '1.5'; allowed: 0 to 99"),
        ("stall=", "'at' is ''; allowed: 0 to 99"),
        ("slow=nan", "'seconds' is 'nan'; allowed: 0 to 3600"),
        ("slow=inf", "'seconds' is 'inf'; allowed: 0 to 3600"),
        ("drop, probability=1.1", "'probability' is '1.1'; allowed: 0 to 1"),
        (
            "drop, on=createAudio",
            "'on' is 'createAudio' (did you mean 'createVideo'?); allowed: createVideo, listVideos",
        ),
        ("rate_limit=1, retry_after=x", "'retry_after' is 'x'; allowed: 0 to 86400"),
    ],
)
def test_text_that_is_wrong_is_told_with_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(ScenarioError) as raised:
        READER.read(text)
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(
    "text", ["rate-limit=1", "break-off", "bad-gateway", "error=bad-gateway", "overloaded, retry-after=1"]
)
def test_hyphens_and_underscores_are_alike_in_names(text: str) -> None:
    assert READER.read(text) == READER.read(text.replace("-", "_"))


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ScenarioError):
        assert READER.read(text)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("- drop\n- {scenario: [}", "not valid YAML: line 2"),
        ("drop", "the top level is not a list"),
        ("- scenario: drop\n  often: 1", "entry 1 is wrong, the file is a list"),
        ("- 5", "entry 1 is wrong"),
        ("- drop\n- {scenario: drop, times: 0}", "entry 2: times is '0'; allowed: a whole number from 1"),
        ("- {scenario: drop, times: true}", "entry 1: times is 'True'; allowed"),
        ("- fail", "entry 1: 'fail' lacks its code; allowed: moderation_blocked, server_error"),
        (b"- \xff", "not UTF-8: invalid start byte at byte 2"),
    ],
)
def test_file_that_is_wrong_is_told_in_one_line(tmp_path: Path, content: str | bytes, message: str) -> None:
    path = tmp_path / "scenarios.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert misused("--scenario", str(path)).startswith(f"{path}: {message}")
    with pytest.raises(ScenarioFileError):
        Mock(scenario=path)


def test_file_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    assert misused("--scenario", str(tmp_path / "x")) == f"{tmp_path / 'x'}: No such file or directory"


@given(at=st.integers(0, 99), fails=st.booleans(), steps=st.lists(st.floats(0, 20), min_size=1, max_size=8))
def test_state_of_a_fated_job_is_a_matter_of_job_pace_and_time(*, at: int, fails: bool, steps: list[float]) -> None:
    pace, now = OverridablePace(parse_pace("fast")), NOW
    job = Job("x", "", NOW, 4.0, 0, 0, (), 0.0, fate=JobOverride(at, "code" if fails else None, "message"))
    ended = False
    for step in steps:
        now += step
        state = pace.state(job, now)
        assert state == pace.state(job, now) and state.progress <= at
        assert state.status != "completed" and not (ended and state.progress != at)
        ended = state.status == "failed"


# Over a real socket, and with a real client.
