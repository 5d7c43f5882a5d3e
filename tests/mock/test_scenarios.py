"""The unhappy paths: each scenario, by each way to ask for it."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver.jobs.job import JobOverride
from mockserver.scenarios.catalogue import ScenarioParser
from mockserver.scenarios.examples import Examples
from mockserver.spec.document import default_path, read_document
from tests.mock.vocabulary import DOCUMENT, NOW, Mock, envelope, file, form, refused
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
