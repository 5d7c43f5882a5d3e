"""The control interface: time, journal, jobs; and who may use it."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.jobs.clock import MovableClock
from tests.mock.test_access import FOREIGN
from tests.mock.test_cli import served, url
from tests.mock.vocabulary import (
    CONTROL_DOCUMENT,
    DOCUMENT,
    NOW,
    TOKEN,
    Clock,
    Mock,
    envelope,
    form,
)

CONTROLS = [
    (method.upper(), path.removeprefix("/_mock/"), node)
    for path, item in CONTROL_DOCUMENT["paths"].items()
    for method, node in item.items()
]
BODIES: dict[str, Any] = {
    "clock": {"advance": 1},
    "scenarios": {"scenario": "drop"},
    "login": {"token": "control-secret"},
}
BODIES["jobs/{video_id}"] = {"status": "completed"}


def told(mock: Mock, path: str, method: str = "GET", **request: Any) -> dict[str, Any]:
    """What the control interface tells."""
    answer = mock.tell(method, path, **request)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def last(mock: Mock, query: str = "") -> dict[str, Any]:
    """The newest request that the journal finds."""
    found: dict[str, Any] = told(mock, f"requests?{query}")["data"][0]
    return found


# Every operation.


@pytest.mark.parametrize(("method", "path", "node"), CONTROLS, ids=[f"{method} {path}" for method, path, _ in CONTROLS])
def test_every_control_operation_answers_what_its_schema_says(mock: Mock, method: str, path: str, node: Any) -> None:
    mock.ask("slow=1")
    video = mock.create()["id"]
    if path.endswith("/content"):
        mock.tell("POST", "clock", json={"advance": 100})
    [(media_type, media)] = node["responses"]["200"]["content"].items()
    place = path.format(video_id=video, request=1, field="input_reference")
    body: dict[str, Any] = {"json": BODIES[path]} if method == "POST" and path in BODIES else {}
    if path == "login" and method == "POST":
        mock = Mock(control_token=BODIES["login"]["token"])
    if media_type != "application/json":
        assert mock.tell(method, place, **body).headers["content-type"].startswith(media_type)
        return
    answer = told(mock, place, method, **body)
    schema = media["schema"]
    jsonschema_rs.Draft202012Validator({**schema, "components": CONTROL_DOCUMENT["components"]}).validate(answer)


@pytest.mark.parametrize(("method", "path", "node"), CONTROLS, ids=[f"{method} {path}" for method, path, _ in CONTROLS])
def test_no_control_operation_answers_another_machine(mock: Mock, method: str, path: str, node: Any) -> None:
    answer = mock.tell(method, path, {"host": "mock.example"}, json=BODIES.get(path))
    assert (answer.status_code, envelope(answer)["code"]) == (403, "control_forbidden")
    assert answer.headers["x-request-id"]


def test_control_is_no_part_of_the_contract(mock: Mock) -> None:
    assert "_mock" not in mock.send("GET", "/nowhere").text


def test_start_names_the_paths_of_the_control_interface() -> None:
    with served() as (_, told_at_start):
        for path in ("/_mock/ui\n", "/_mock/clock,", "/_mock/scenarios\n"):
            assert path in told_at_start


def test_other_method_of_a_control_path_is_refused(mock: Mock) -> None:
    answer = mock.tell("PUT", "clock")
    assert (envelope(answer)["code"], answer.headers["allow"]) == ("method_not_supported", "GET, HEAD, POST")


# Health, rules, jobs, reset.


def test_health_tells_how_much_there_is(mock: Mock) -> None:
    mock.create()
    mock.get("x")
    mock.ask("drop, on=listVideos")
    assert told(mock, "health") == {"status": "ok", "jobs": 1, "requests": 2, "scenarios": 1}


def test_rules_are_those_of_the_document(mock: Mock) -> None:
    rules = {rule["id"]: rule for rule in told(mock, "rules")["data"]}
    assert rules.keys() == DOCUMENT["x-rules"].keys() | CONTROL_DOCUMENT["x-rules"].keys()
    assert rules["seconds.enum"] == {
        "id": "seconds.enum",
        "says": "The length is 4, 8 or 12.",
        "source": "document",
        "from": "Request Parameters / seconds / Description",
        "status": 400,
        "code": "invalid_value",
    }
    assert rules["model.default"]["status"] is None


def test_jobs_are_those_of_every_token_and_looking_is_no_poll() -> None:
    mock = Mock(tokens=(), pace="polls:2")
    first = mock.create()
    second = mock.post(authorization="Bearer another").json()
    for _ in range(3):
        jobs = told(mock, "jobs")["data"]
    assert [job["id"] for job in jobs] == [second["id"], first["id"]]
    assert {key: jobs[1][key] for key in first} == first
    assert jobs[0]["owner"] != jobs[1]["owner"] and jobs[0]["polls"] == 0 and jobs[0]["fate"] is None
    assert "another" not in json.dumps(jobs)
    assert len(told(mock, "jobs?limit=1")["data"]) == 1


def test_reset_makes_everything_as_it_was(tmp_path: Any) -> None:
    path = tmp_path / "scenarios.yaml"
    path.write_text("- slow=1\n- {scenario: overloaded, times: 1}")
    mock = Mock(scenario=path)
    answers = []
    for _ in range(2):
        answers.append((mock.post().json(), mock.create(), told(mock, "health"), told(mock, "clock")["now"]))
        told(mock, "clock", "POST", json={"advance": 100, "frozen": True})
        mock.ask("drop")
        assert told(mock, "reset", "POST") == {"status": "ok", "jobs": 0, "requests": 0, "scenarios": 2}
    assert answers[0] == answers[1]
    assert [mock.get(answers[0][1]["id"]).status_code for _ in range(2)] == [503, 404]


# Time.


def test_ten_minute_render_takes_no_time() -> None:
    mock = Mock(pace="queue=60,render=540")
    video = mock.create()
    states = []
    for seconds in (60, 270, 270):
        told(mock, "clock", "POST", json={"advance": seconds})
        states.append((mock.poll(video)["status"], mock.poll(video)["progress"]))
    assert states == [("in_progress", 0), ("in_progress", 50), ("completed", 100)]


def test_frozen_clock_stands_still_until_it_is_resumed(mock: Mock) -> None:
    video = mock.create()
    told(mock, "clock", "POST", json={"frozen": True})
    mock.clock.advance(100)
    assert mock.poll(video)["status"] == "queued"
    assert told(mock, "clock") == {"now": NOW, "frozen": True, "offset": -100}
    told(mock, "clock", "POST", json={"advance": 3})
    assert mock.poll(video)["progress"] == 50
    assert told(mock, "clock", "POST", json={"frozen": False}) == {"now": NOW + 3, "frozen": False, "offset": -97}
    mock.clock.advance(2)
    assert mock.poll(video)["status"] == "completed"


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"advance": -1}, "invalid_value", "advance"),
        ({"advance": 1e9}, "invalid_value", "advance"),
        ({"advance": "1"}, "invalid_type", "advance"),
        ({"advance": None}, "invalid_type", "advance"),
        ({"frozen": 1}, "invalid_type", "frozen"),
        ({"freeze": True}, "unknown_parameter", "freeze"),
        ([], "invalid_json_body", None),
    ],
)
def test_clock_that_is_moved_wrongly_stays(mock: Mock, body: Any, code: str, param: str) -> None:
    error = envelope(mock.tell("POST", "clock", json=body))
    assert (error["code"], error["param"]) == (code, param)
    assert told(mock, "clock")["now"] == NOW


def test_body_of_another_type_is_refused(mock: Mock) -> None:
    answer = mock.tell("POST", "clock", {"content-type": "text/plain"}, content=b"advance=1")
    assert (answer.status_code, envelope(answer)["code"]) == (415, "unsupported_content_type")


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_clock_goes_forward_alone(mock: Mock, seconds: float) -> None:
    with pytest.raises(ValueError, match="cannot advance"):
        mock.control.advance(seconds)


@given(st.lists(st.tuples(st.sampled_from(["advance", "freeze", "resume", "pass"]), st.floats(0, 1000)), max_size=12))
def test_clock_never_goes_back(steps: list[tuple[str, float]]) -> None:
    base = Clock()
    clock = MovableClock(base)
    now = clock()
    for step, seconds in steps:
        match step:
            case "advance":
                clock.advance(seconds)
            case "pass":
                base.advance(seconds)
            case _:
                getattr(clock, step)()
        assert clock() >= now - 1e-6
        now = clock()
    clock.reset()
    assert (clock(), clock.offset, clock.is_frozen) == (base.now, 0, False)


def test_offset_is_exactly_what_the_clock_was_advanced_by_on_a_clock_that_runs() -> None:
    clock = MovableClock(iter([1.1 + 0.1 * tick for tick in range(99)]).__next__)
    clock.advance(60)
    assert clock.offset == 60
    clock.reset()
    assert clock.offset == 0


# The journal.


def test_scenarios_are_listed_and_deleted_one_by_one(mock: Mock) -> None:
    first, second = mock.ask("drop", times=3), mock.ask("slow=1, truncate")
    found = told(mock, "scenarios")
    assert found["data"] == [first, second] == [
        {"id": first["id"], "scenario": "drop", "times": 3},
        {"id": second["id"], "scenario": "slow=1, truncate", "times": 1},
    ]  # fmt: skip
    assert {
        "name": "fail",
        "says": found["available"][6]["says"],
        "parameters": ["code", "at", "probability", "on"],
    } in found["available"]
    assert told(mock, f"scenarios?id={first['id']}", "DELETE") == {"deleted": 1}
    assert (
        envelope(mock.tell("DELETE", f"scenarios?id={first['id']}"))["message"]
        == f"Scenario with id '{first['id']}' not found."
    )
    assert told(mock, "scenarios", "DELETE") == {"deleted": 1}
    assert mock.post().status_code == 200


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "missing_required_parameter", "scenario"),
        ({"scenario": ""}, "string_below_min_length", "scenario"),
        ({"scenario": "x" * 1001}, "string_above_max_length", "scenario"),
        ({"scenario": "nope"}, "invalid_scenario", "scenario"),
        ({"scenario": "drop", "times": 0}, "invalid_value", "times"),
        ({"scenario": "drop", "times": "2"}, "invalid_type", "times"),
        ({"scenario": "drop", "time": 2}, "unknown_parameter", "time"),
    ],
)
def test_scenario_that_is_wrong_is_refused(mock: Mock, body: Any, code: str, param: str) -> None:
    error = envelope(mock.tell("POST", "scenarios", json=body))
    assert (error["code"], error["param"]) == (code, param)
    assert told(mock, "scenarios")["data"] == []


# From Python.


def test_control_in_python_does_what_http_does(mock: Mock) -> None:
    control = mock.control
    control.fail_next("rate_limit", times=2)
    assert [mock.post().status_code for _ in range(3)] == [429, 429, 200]
    control.freeze()
    control.advance(60)
    assert control.jobs[0]["status"] == "completed"
    control.resume()
    assert [asked["status"] for asked in control.requests] == [429, 429, 200]
    control.reset()
    assert (control.jobs, control.requests) == ([], [])


# Who may.


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served("--control-token", "control-secret") as (_, closed), served() as (_, told_at_start):
        yield f"{url(told_at_start)} {url(closed)}"


def test_control_answers_on_the_loopback(address: str) -> None:
    opened, _ = address.split()
    assert httpx.get(f"{opened}/_mock/health").json()["status"] == "ok"


@pytest.mark.parametrize(
    "headers", [{"host": "rebound.example"}, {"origin": "http://evil.example"}, {"origin": "null"}]
)
def test_control_refuses_what_a_page_can_send(address: str, headers: dict[str, str]) -> None:
    opened, _ = address.split()
    answer = httpx.post(f"{opened}/_mock/reset", headers=headers)
    assert (answer.status_code, envelope(answer)["code"]) == (403, FOREIGN)


def test_control_token_of_the_command_line_is_asked_for(address: str) -> None:
    _, closed = address.split()
    assert httpx.get(f"{closed}/_mock/health").status_code == 401
    headers = {"authorization": "Bearer control-secret"}
    assert httpx.get(f"{closed}/_mock/health", headers=headers).status_code == 200


def test_control_client_that_goes_away_harms_nobody(mock: Mock) -> None:
    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def nothing(message: Any) -> None:
        raise AssertionError(message)

    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/_mock/clock", "query_string": b"", "headers": headers}
    peer = {"client": ("127.0.0.1", 1), "root_path": "", "scheme": "http"}
    asyncio.run(mock.app({**scope, **peer}, gone, nothing))
    assert told(mock, "clock")["now"] == NOW


@pytest.mark.parametrize("before", [65_400, 65_522, 65_526, 65_530, 65_536])
def test_token_that_the_cut_of_a_long_text_divides_is_not_kept(mock: Mock, before: int) -> None:
    mock.post(form(prompt="a" * before + TOKEN + "b" * 5_000_000))
    kept = mock.control.requests[-1]["fields"]["prompt"]
    assert len(kept) <= 65_537 and TOKEN[:4] not in kept


def test_path_of_the_control_interface_that_is_not_there_is_answered_with_those_that_are() -> None:
    answer = Mock().send("GET", "/_mock/cloc")
    assert (answer.status_code, envelope(answer)["code"]) == (404, "unknown_url")
    assert "did you mean '/_mock/clock'?" in envelope(answer)["message"]
    assert "'POST /_mock/scenarios'" in envelope(answer)["message"]


def test_json_as_curl_sends_it_is_taken_by_the_control_interface(mock: Mock) -> None:
    as_curl = {"content-type": "application/x-www-form-urlencoded"}
    answer = mock.send("POST", "/_mock/clock", {**as_curl, "host": "localhost"}, content=b'{"advance": 60}')
    assert (answer.status_code, answer.json()["offset"]) == (200, 60)


@pytest.mark.parametrize("media_type", ["text/xml", "multipart/form-data; boundary=x"])
def test_another_content_type_is_refused_by_the_control_interface(mock: Mock, media_type: str) -> None:
    headers = {"content-type": media_type, "host": "localhost"}
    assert mock.send("POST", "/_mock/clock", headers, content=b'{"advance": 60}').status_code == 415


def test_json_without_a_content_type_is_taken_by_the_control_interface() -> None:
    mock = Mock()
    mock.tell("POST", "clock", content=b'{"advance": 60}')
    assert told(mock, "clock")["offset"] == 60


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("clock", {"advanc": 60}, "Unknown parameter: 'advanc' (did you mean 'advance'?)."),
        ("clock", {"xyz": 60}, "Unknown parameter: 'xyz'."),
        ("scenarios", {"scenario": "drop", "tims": 2}, "Unknown parameter: 'tims' (did you mean 'times'?)."),
        ("jobs/video_1", {"status": "fail"}, "and 'expired' (did you mean 'failed'?)."),
        ("requests?limt=3", None, "Unknown parameter: 'limt' (did you mean 'limit'?)."),
    ],
)
def test_control_tells_the_name_that_was_meant(path: str, body: dict[str, Any] | None, message: str) -> None:
    answer = Mock().tell("GET" if body is None else "POST", path, json=body)
    assert envelope(answer)["message"].endswith(message)
