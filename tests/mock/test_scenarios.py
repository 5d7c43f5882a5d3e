"""The unhappy paths: each scenario, by each way to ask for it."""

import json
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.jobs.job import Job, JobOverride
from mockserver.jobs.pace import OverridablePace, parse_pace
from mockserver.scenarios.active import preferences
from mockserver.scenarios.catalogue import SCENARIOS, ScenarioError, ScenarioParser, directives
from mockserver.scenarios.examples import Examples
from mockserver.scenarios.file import ScenarioFileError
from mockserver.spec.document import default_path, read_document
from tests.mock.test_cli import misused, served, url
from tests.mock.vocabulary import DOCUMENT, NOW, TOKEN, Mock, envelope, file, form, refused
from tests.pictures import picture

REPO_DOCUMENT = read_document(default_path())
READER = ScenarioParser(Examples(REPO_DOCUMENT), REPO_DOCUMENT.failures)
ERRORS = DOCUMENT["x-errors"]

Way = Callable[[str], tuple[Mock, httpx.Response]]


def by_header(_folder: Path, scenario: str) -> tuple[Mock, httpx.Response]:
    mock = Mock()
    return mock, mock.post(prefer=f'example="{scenario}"')


def by_prompt(_folder: Path, scenario: str) -> tuple[Mock, httpx.Response]:
    mock = Mock()
    return mock, mock.post(form(prompt=f"A fox. [mock: {scenario}]"))


def by_control(_folder: Path, scenario: str) -> tuple[Mock, httpx.Response]:
    mock = Mock()
    mock.ask(scenario)
    return mock, mock.post()


def by_file(folder: Path, scenario: str) -> tuple[Mock, httpx.Response]:
    mock = Mock(scenario=written(folder, [scenario]))
    return mock, mock.post()


def by_python(_folder: Path, scenario: str) -> tuple[Mock, httpx.Response]:
    mock = Mock()
    mock.control.fail_next(scenario)
    return mock, mock.post()


def written(folder: Path, entries: Any) -> Path:
    path = folder / "scenarios.yaml"
    path.write_text(json.dumps(entries), "utf-8")  # JSON is YAML
    return path


@pytest.fixture(params=[by_header, by_prompt, by_control, by_file, by_python])
def asked(request: pytest.FixtureRequest, tmp_path: Path) -> Way:
    """A creation that asks for a scenario, one way after another."""
    return lambda scenario: request.param(tmp_path, scenario)


def error_of(answer: httpx.Response) -> dict[str, Any]:
    error: dict[str, Any] = answer.json()["error"]
    return error


# What each scenario does to a creation, whichever way it is asked for.


def test_error_is_answered(asked: Way) -> None:
    _, answer = asked("error=rate_limit_exceeded")
    assert (answer.status_code, error_of(answer)["code"]) == (429, "rate_limit_exceeded")
    assert answer.headers["retry-after"] == "1"


def test_error_may_say_when_to_come_back(asked: Way) -> None:
    _, answer = asked("overloaded, retry_after=30")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")


def test_no_job_is_made_where_an_error_is_answered(asked: Way) -> None:
    mock, answer = asked("server_error")
    assert (answer.status_code, mock.control.jobs) == (500, [])


def test_rate_limit_of_none_refuses_at_once(asked: Way) -> None:
    _, answer = asked("rate_limit")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")


def test_flaky_answers_an_error_of_the_server(asked: Way) -> None:
    _, answer = asked("flaky")
    assert answer.status_code in (500, 502, 503)
    assert error_of(answer)["type"] == "server_error"


def test_slow_answer_comes_late(asked: Way) -> None:
    mock, answer = asked("slow=2.5")
    assert (mock.slept, answer.json()["status"]) == ([2.5], "queued")


def test_strict_uploads_refuse_a_file_without_a_name_for_one_request(mock: Mock) -> None:
    unnamed = form(input_reference=file(picture(), filename=None))
    mock.ask("strict_uploads")
    refused(mock.post(unnamed), 400, "invalid_type", "input_reference")
    assert mock.post(unnamed).status_code == 200


def test_dropped_connection_has_no_answer_but_its_job(asked: Way) -> None:
    with pytest.raises(ConnectionResetError):
        asked("drop")


def test_truncated_json_ends_in_the_middle(asked: Way) -> None:
    _, answer = asked("truncate=50")
    assert len(answer.content) == int(answer.headers["content-length"]) > 100
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_failing_job_fails_at_its_progress(asked: Way) -> None:
    mock, answer = asked("fail=moderation_blocked, at=40")
    assert answer.json()["status"] == "queued"
    states = states_of(mock, answer.json(), 0.5, 2, 2.7, 99)
    assert states == [("queued", 0), ("in_progress", 25), ("failed", 40), ("failed", 40)]
    video = mock.poll(answer.json())
    assert video["error"] == {
        "code": "moderation_blocked",
        "message": "Your request was blocked by our moderation system.",
    }
    assert video["completed_at"] is None


def test_stalled_job_never_ends(asked: Way) -> None:
    mock, answer = asked("stall")
    assert states_of(mock, answer.json(), 4.9, 5, 10**9) == [
        ("in_progress", 97),
        ("in_progress", 99),
        ("in_progress", 99),
    ]
    assert mock.get(answer.json()["id"]).headers["openai-poll-after-ms"] == "500"


def test_several_scenarios_are_met_together(asked: Way) -> None:
    mock, answer = asked("slow=1, fail=server_error, at=0, truncate=99")
    assert mock.slept == [1.0]
    assert len(mock.control.jobs) == 1 and mock.control.jobs[0]["fate"]["code"] == "server_error"
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_scenario_of_no_probability_does_nothing(asked: Way) -> None:
    _, answer = asked("error=overloaded, probability=0")
    assert answer.status_code == 200


def test_scenario_of_another_operation_does_nothing(asked: Way) -> None:
    _, answer = asked("error=overloaded, on=retrieveVideo")
    assert answer.status_code == 200


def test_name_of_an_error_or_a_failure_alone_will_do(asked: Way) -> None:
    mock, _ = asked("moderation_blocked")
    assert mock.control.jobs[0]["fate"] == {
        "at": 50, "code": "moderation_blocked", "message": DOCUMENT["x-failures"]["moderation_blocked"], "breaks": None,
        "ended": None, "is_expired": False,
    }  # fmt: skip


def states_of(mock: Mock, video: dict[str, Any], *moments: float) -> list[tuple[str, int]]:
    found = []
    for moment in moments:
        mock.clock.now = NOW + moment
        polled = mock.poll(video)
        found.append((polled["status"], polled["progress"]))
    return found


# Errors by their name.


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_of_the_document_can_be_asked_for(mock: Mock, name: str) -> None:
    answer = mock.post(prefer=f"example={name}")
    error = error_of(answer)
    assert (answer.status_code, error["type"], error["code"]) == tuple(
        ERRORS[name][key] for key in ("status", "type", "code")
    )
    assert "{" not in error["message"].replace("{video_id}", "")
    assert answer.headers.get("retry-after") == (
        str(ERRORS[name]["retry-after"]) if "retry-after" in ERRORS[name] else None
    )


def test_failures_are_those_of_the_document() -> None:
    assert DOCUMENT["components"]["examples"]["FailedVideo"]["value"]["error"] == {
        "code": "moderation_blocked",
        "message": DOCUMENT["x-failures"]["moderation_blocked"],
    }


# The header Prefer.


@pytest.mark.parametrize(
    ("prefer", "status", "code"),
    [
        ("code=429", 429, "rate_limit_exceeded"),
        ("code=401", 401, "invalid_api_key"),
        ("code=503", 503, "overloaded"),
        ("code=400, example=prompt.required", 400, "missing_required_parameter"),
        ("example=seconds.enum", 400, "invalid_value"),
        ("CODE = 413", 413, "request_too_large"),
        ('respond-async, code="429"; strict=1, wait=10', 429, "rate_limit_exceeded"),
        ("code=429, code=503", 429, "rate_limit_exceeded"),
    ],
)
def test_header_asks_for_one_answer(mock: Mock, prefer: str, status: int, code: str) -> None:
    answer = mock.post(prefer=prefer)
    assert (answer.status_code, error_of(answer)["code"]) == (status, code)
    assert answer.headers["preference-applied"].startswith(("code=", "example="))
    assert mock.post().status_code == 200


def test_error_that_is_asked_for_has_the_headers_of_a_real_one(mock: Mock) -> None:
    assert mock.post(prefer="code=401").headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("example", ["queued", "in_progress", "completed", "failed"])
def test_header_asks_for_an_example_of_the_operation(mock: Mock, example: str) -> None:
    answer = mock.send("GET", "/v1/videos/video_1", {"prefer": f"example={example}"})
    assert (answer.status_code, answer.json()["status"]) == (200, example)
    assert mock.send("GET", "/v1/videos/video_1", {"prefer": "code=200"}).json()["status"] == "queued"


def test_several_headers_are_one_list(address: str) -> None:
    headers = [("authorization", "Bearer x"), ("prefer", "wait=1"), ("prefer", "code=503")]
    assert httpx.get(f"{address}/v1/videos", headers=headers).status_code == 503


@pytest.mark.parametrize("prefer", ["return=minimal", "wait", "", ",", "code429", '"', "code", "exam ple"])
def test_other_preferences_are_passed_over(mock: Mock, prefer: str) -> None:
    asked = mock.post(prefer=prefer)
    assert asked.status_code == (400 if prefer == "code" else 200)


@pytest.mark.parametrize("prefer", ["code=418", "code=abc", "code=", "code=99999", "code=200.0"])
def test_code_that_there_is_not_is_refused_with_those_that_there_are(mock: Mock, prefer: str) -> None:
    answer = mock.post(prefer=prefer)
    refused(answer, 400, "unknown_preference", "Prefer")
    for status in ("200", "400", "429", "503"):
        assert f"'{status}'" in error_of(answer)["message"]


@pytest.mark.parametrize(
    "prefer", ["example=nope", "example=failed", "code=429, example=seconds.enum", 'example="a, b"']
)
def test_example_that_there_is_not_is_refused_with_those_that_there_are(mock: Mock, prefer: str) -> None:
    answer = mock.post(prefer=prefer)
    refused(answer, 400, "unknown_preference", "Prefer")
    for name in ("queued", "seconds.enum", "rate_limit_exceeded", "moderation_blocked", "drop"):
        assert f"'{name}'" in error_of(answer)["message"]


def test_scenario_that_is_wrong_is_refused_in_the_header(mock: Mock) -> None:
    message = "Invalid scenario in 'Prefer': 'code' is 'x'. Allowed: 'moderation_blocked' and 'server_error'."
    refused(mock.post(prefer='example="fail=x"'), 400, "invalid_scenario", "Prefer", message)


def test_who_has_no_token_asks_for_nothing(mock: Mock) -> None:
    assert mock.post(authorization=None, prefer="code=429").status_code == 401


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("code=1", {"code": "1"}),
        ('a="x\\"y, z" , B', {"a": 'x"y, z', "b": ""}),
        ('a;p=1;q="x,y", b=2', {"a": "", "b": "2"}),
        ("a=1,a=2", {"a": "1"}),
        ("", {}),
        (",,=,", {}),
    ],
)
def test_syntax_of_the_header(header: str, found: dict[str, str]) -> None:
    assert preferences(header) == found


@given(st.text(max_size=60))
def test_any_header_is_read(header: str) -> None:
    assert all(name == name.lower() for name in preferences(header))


# The directive in a prompt.


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("A fox.", None),
        ("A [mock up] of a fox", None),
        ("[mock: drop", None),
        ("[mock: drop] A fox.", " drop"),
        ("A [mock: slow=1] fox [mock:drop].", " slow=1,drop"),
    ],
)
def test_directive_is_found_in_a_prompt(prompt: str, found: str | None) -> None:
    assert directives(prompt) == found


@pytest.mark.parametrize("directive", ["", " ", "x", "fail=moderation", "drop=1", "fail", "at=5", "drop, at=5"])
def test_directive_that_is_wrong_is_refused(mock: Mock, directive: str) -> None:
    refused(mock.post(form(prompt=f"[mock:{directive}]")), 400, "invalid_scenario", "prompt")


def test_directive_in_a_bad_form_does_not_count(mock: Mock) -> None:
    refused(mock.post(form(prompt="[mock: slow=5]", seconds="10")), 400, "invalid_value", "seconds")
    assert mock.slept == []


def test_directive_works_in_the_prompt_of_a_remix() -> None:
    mock = Mock(pace="instant")
    video = remixed(mock, mock.create()["id"], "[mock: stall=80]")
    assert mock.poll(video)["progress"] == 80
    refused(
        mock.send("POST", f"/v1/videos/{mock.create()['id']}/remix", json={"prompt": "[mock:]"}),
        400,
        "invalid_scenario",
        "prompt",
    )


def test_remix_does_not_inherit_a_fate() -> None:
    mock = Mock(pace="instant")
    source = mock.create(prompt="[mock: break_off]")
    assert mock.poll(remixed(mock, source["id"], "x"))["status"] == "completed"
    assert mock.control.jobs[-1]["fate"] is None


def remixed(mock: Mock, video_id: str, prompt: str) -> dict[str, Any]:
    answer = mock.send("POST", f"/v1/videos/{video_id}/remix", json={"prompt": prompt})
    assert answer.status_code == 200, answer.text
    video: dict[str, Any] = answer.json()
    return video


# What stands for the next requests, or for all.


def test_scenario_is_met_as_often_as_it_was_asked_for(mock: Mock) -> None:
    mock.ask("error=overloaded", times=2)
    assert [mock.post().status_code for _ in range(3)] == [503, 503, 200]


def test_one_scenario_is_met_after_the_other(mock: Mock) -> None:
    mock.ask("error=overloaded")
    mock.ask("error=bad_gateway")
    assert [mock.post().status_code for _ in range(3)] == [503, 502, 200]


def test_scenario_waits_for_a_request_that_it_concerns(mock: Mock) -> None:
    mock.ask("fail=moderation_blocked")
    mock.ask("error=overloaded, on=listVideos")
    assert mock.send("GET", "/v1/videos/x").status_code == 404
    assert mock.send("GET", "/v1/videos").status_code == 503
    mock.create()
    assert mock.control.jobs[0]["fate"]["code"] == "moderation_blocked"
    assert mock.control.scenarios == ()


def test_request_that_asks_itself_uses_up_nothing(mock: Mock) -> None:
    mock.ask("error=overloaded")
    assert [mock.post(prefer="code=429").status_code, mock.post().status_code] == [429, 503]


def test_standing_scenarios_are_met_beside_the_next_one(tmp_path: Path) -> None:
    mock = Mock(scenario=written(tmp_path, ["slow=1", {"scenario": "slow=2"}, {"scenario": "slow=4", "times": 1}]))
    mock.create()
    mock.create()
    assert mock.slept == [7.0, 3.0]


@pytest.mark.parametrize(
    ("text", "operation", "found"),
    [
        ("stall=10, stall=20", "createVideo", lambda plan: plan.fate.at == 10),
        ("stall=10, fail=server_error", "createVideo", lambda plan: plan.fate == JobOverride(10)),
        ("break_off=10, stall=20, break_off=30", "remixVideo", lambda plan: plan.fate == JobOverride(20, breaks=10)),
        ("break_off=10, break_off=20", "downloadContent", lambda plan: plan.breaks == 10 and plan.fate is None),
        ("truncate=10, truncate=20", "listVideos", lambda plan: plan.truncate == 10),
        ("overloaded, bad_gateway, rate_limit, flaky", "listVideos", lambda plan: plan.answer.status == 503),
    ],
)
def test_first_of_two_scenarios_that_say_the_same_counts(
    mock: Mock, text: str, operation: str, found: Callable[[Any], bool]
) -> None:
    assert found(mock.control.service.scenarios.play(READER.read(text), operation, "owner"))


@pytest.mark.parametrize(("limit", "answers"), [(0, [429, 429]), (1, [200, 429]), (3, [200, 200, 200, 429, 429])])
def test_rate_limit_lets_so_many_requests_through_a_minute(tmp_path: Path, limit: int, answers: list[int]) -> None:
    mock = Mock(scenario=written(tmp_path, [f"rate_limit={limit}"]))
    assert [mock.post().status_code for _ in answers] == answers


def test_rate_limit_says_how_long_to_wait_and_keeps_its_word(tmp_path: Path) -> None:
    mock = Mock(scenario=written(tmp_path, ["rate_limit=2"]))
    for _ in range(2):
        mock.create()
        mock.clock.advance(10)
    wait = int(mock.post().headers["retry-after"])
    assert wait == 40
    mock.clock.advance(wait - 1)
    assert mock.post().status_code == 429
    mock.clock.advance(1)
    assert [mock.post().status_code, mock.post().status_code] == [200, 429]


def test_rate_limit_is_of_each_token(tmp_path: Path) -> None:
    mock = Mock(scenario=written(tmp_path, ["rate_limit=1"]), tokens=())
    for token in ("a", "b"):
        answers = [mock.post(authorization=f"Bearer {token}").status_code for _ in range(2)]
        assert answers == [200, 429]


def test_rates_of_many_tokens_are_forgotten_one_by_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("mockserver.scenarios.effects.MOST_WINDOWS", 2)
    mock = Mock(scenario=written(tmp_path, ["rate_limit=1"]), tokens=())
    answers = [mock.post(authorization=f"Bearer {token}").status_code for token in "aabcda"]
    assert answers == [200, 429, 200, 200, 200, 200]


def test_probability_is_what_it_says_and_repeats_with_the_seed(tmp_path: Path) -> None:
    path = written(tmp_path, ["error=overloaded, probability=0.25"])
    first, second = (
        [mock.get("x").status_code for _ in range(200)] for mock in (Mock(scenario=path), Mock(scenario=path))
    )
    assert first == second
    assert 30 < Counter(first)[503] < 70


# Content that breaks off.


def test_content_breaks_off_in_the_middle() -> None:
    mock = Mock(pace="instant")
    path = f"/v1/videos/{mock.create()['id']}/content?variant=thumbnail"
    mock.ask("break_off")
    with pytest.raises(ConnectionResetError):
        mock.send("GET", path)
    assert mock.send("GET", path).status_code == 200


def test_content_of_a_video_whose_prompt_says_so_breaks_off_each_time() -> None:
    mock = Mock(pace="instant")
    path = f"/v1/videos/{mock.create(prompt='[mock: break_off=10]')['id']}/content?variant=thumbnail"
    for _ in range(2):
        with pytest.raises(ConnectionResetError):
            mock.send("GET", path)


def test_refused_content_does_not_break_off(mock: Mock) -> None:
    mock.ask("break_off")
    assert envelope(mock.send("GET", "/v1/videos/x/content"))


def test_truncation_is_of_json_alone() -> None:
    mock = Mock(pace="instant")
    path = f"/v1/videos/{mock.create()['id']}/content?variant=thumbnail"
    mock.ask("truncate")
    assert mock.send("GET", path).content == mock.send("GET", path).content


# The table, its texts and its file.


def test_every_scenario_has_a_test() -> None:
    text = Path(__file__).read_text("utf-8")
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


@pytest.fixture(scope="module")
def address() -> Any:
    with served("--pace", "instant") as (_, told):
        yield url(told)


def post(address: str, prompt: str = "A fox.", content: bytes | None = None) -> httpx.Response:
    headers = {"authorization": f"Bearer {TOKEN}"}
    files = {"input_reference": content or picture()}
    return httpx.post(f"{address}/v1/videos", headers=headers, data={"prompt": prompt}, files=files)


@pytest.mark.parametrize("size", [0, 3_000_000])
def test_dropped_connection_is_seen_as_one(address: str, size: int) -> None:
    httpx.post(f"{address}/_mock/scenarios", json={"scenario": "drop"})
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)):
        post(address, content=picture() + bytes(size))
    assert post(address).status_code == 200


def test_truncated_json_is_a_whole_answer_of_half_an_object(address: str) -> None:
    answer = post(address, "[mock: truncate]")
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_content_that_breaks_off_is_shorter_than_it_says(address: str) -> None:
    video = post(address, "[mock: break_off=50]").json()
    path = f"{address}/v1/videos/{video['id']}/content?variant=thumbnail"
    received = b""
    with (
        pytest.raises(httpx.RemoteProtocolError, match="closed"),
        httpx.stream("GET", path, headers={"authorization": f"Bearer {TOKEN}"}) as answer,
    ):
        for chunk in answer.iter_bytes():
            received += chunk
    assert len(received) == int(answer.headers["content-length"]) // 2 > 0


def test_nothing_that_a_scenario_does_is_logged_as_a_failure() -> None:
    with served() as (process, told):
        for scenario in ("drop", "truncate", "error=server_error"):
            httpx.post(f"{url(told)}/_mock/scenarios", json={"scenario": scenario})
            try:
                post(url(told))
            except httpx.HTTPError:
                assert scenario == "drop"
        process.terminate()
        assert "Traceback" not in process.communicate(timeout=10)[1]


@pytest.fixture
def client(address: str) -> Any:
    with openai.OpenAI(base_url=f"{address}/v1", api_key=TOKEN, max_retries=0) as client:
        yield client


CALL: Any = {"prompt": "A fox.", "input_reference": ("image.png", picture(), "image/png")}
retired = pytest.mark.filterwarnings("ignore:The Sora API is scheduled:DeprecationWarning")


@retired
@pytest.mark.parametrize(
    ("prefer", "error"),
    [
        ("code=400", openai.BadRequestError),
        ("code=401", openai.AuthenticationError),
        ("code=404", openai.NotFoundError),
        ("code=429", openai.RateLimitError),
        ("code=500", openai.InternalServerError),
        ("example=drop", openai.APIConnectionError),
    ],
)
def test_openai_raises_the_error_of_its_type(client: openai.OpenAI, prefer: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        client.videos.create(**CALL, extra_headers={"prefer": prefer})


@retired
def test_openai_sees_a_job_that_fails(client: openai.OpenAI) -> None:
    video = client.videos.create_and_poll(**{**CALL, "prompt": "[mock: fail=moderation_blocked]"})
    assert (video.status, video.error and video.error.code) == ("failed", "moderation_blocked")


@retired
def test_openai_comes_back_after_the_time_that_it_is_told(
    client: openai.OpenAI, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("openai._base_client.time.sleep", slept.append)
    httpx.post(f"{address}/_mock/scenarios", json={"scenario": "rate_limit, retry_after=7", "times": 2})
    assert client.with_options(max_retries=2).videos.create(**CALL).status == "queued"
    assert slept == [7.0, 7.0]
