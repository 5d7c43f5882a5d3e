"""Scenarios asked for by the header Prefer and in prompts."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.scenarios.active import preferences
from mockserver.scenarios.catalogue import directives
from tests.mock.test_scenarios import error_of, remixed
from tests.mock.vocabulary import Mock, form, refused


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


def test_several_headers_are_one_list(instant: str) -> None:
    headers = [("authorization", "Bearer x"), ("prefer", "wait=1"), ("prefer", "code=503")]
    assert httpx.get(f"{instant}/v1/videos", headers=headers).status_code == 503


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
