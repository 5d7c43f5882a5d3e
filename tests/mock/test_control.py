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

from mockserver.api.context import RequestContext
from mockserver.control.access import Access, is_loopback
from mockserver.control.journal import FILTERS, Journal, LocalRecords
from mockserver.control.record import MOST_TEXT
from mockserver.jobs.clock import MovableClock
from mockserver.validation.multipart import Part
from tests.mock.test_cli import served, url
from tests.mock.vocabulary import (
    BOUNDARY,
    CONTROL_DOCUMENT,
    DOCUMENT,
    NOW,
    TOKEN,
    Clock,
    Mock,
    envelope,
    file,
    form,
    text,
)
from tests.pictures import picture

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


def test_journal_has_every_field_the_image_and_the_verdict(mock: Mock) -> None:
    video = mock.create(prompt="A füchsin.", seconds="8")
    asked = last(mock)
    assert asked | {"duration_ms": 0, "request_id": ""} == {
        "id": 1,
        "request_id": "",
        "at": NOW,
        "method": "POST",
        "path": "/v1/videos",
        "query": "",
        "operation": "createVideo",
        "fields": {
            "prompt": "A füchsin.",
            "seconds": "8",
            "input_reference": {
                "filename": "image.png",
                "content_type": "image/png",
                "bytes": len(picture()),
                "type": "image/png",
                "width": 720,
                "height": 1280,
            },
        },
        "verdict": "accepted",
        "status": 200,
        "rule": None,
        "video": video["id"],
        "scenarios": [],
        "duration_ms": 0,
    }
    assert asked["duration_ms"] > 0


@pytest.mark.parametrize(
    ("parts", "rule", "field", "value"),
    [
        (
            form(input_reference=picture(1280, 720)),
            "input_reference.matches-size",
            "input_reference",
            {"width": 1280, "height": 720},
        ),
        (
            form(input_reference=b"text"),
            "input_reference.is-image",
            "input_reference",
            {"type": "text/plain", "width": None},
        ),
        (form(seconds="10"), "seconds.enum", "seconds", "10"),
        (form(width="1"), "fields.unknown", "width", "1"),
        (form(extra=file(b"abc", name="extra")), "fields.unknown", "extra", {"bytes": 3, "filename": "image.png"}),
        (form(prompt=text("prompt", b"a\xff")), "fields.text-encoding", "prompt", "a\\xff"),
        (
            [*form(), text("seconds", "4"), text("seconds", "8"), text("seconds", "12")],
            "fields.repeated",
            "seconds",
            ["4", "8", "12"],
        ),
    ],
)
def test_journal_has_the_rule_that_refused_and_what_broke_it(
    mock: Mock, parts: Any, rule: str, field: str, value: Any
) -> None:
    mock.post(parts)
    asked = last(mock)
    assert (asked["verdict"], asked["status"], asked["rule"], asked["video"]) == ("refused", 400, rule, None)
    found = asked["fields"][field]
    assert value.items() <= found.items() if isinstance(value, dict) else found == value


def test_journal_names_the_request_as_its_answer_did(mock: Mock) -> None:
    assert mock.get("x").headers["x-request-id"] == last(mock)["request_id"]


@pytest.mark.parametrize(
    ("method", "path", "headers", "rule"),
    [
        ("GET", "/nowhere?a=b", {}, "path"),
        ("PUT", "/v1/videos", {}, "method"),
        ("GET", "/v1/videos", {"authorization": None}, "auth.required"),
        ("POST", "/v1/videos", {}, "media-type"),
        ("GET", "/v1/videos?limit=x", {}, "list.limit.type"),
        ("GET", "/v1/videos", {"prefer": "code=9"}, "prefer.code"),
        ("POST", "/v1/videos", {"prefer": "example=seconds.enum"}, "seconds.enum"),
    ],
)
def test_journal_has_what_never_came_to_an_operation(
    mock: Mock, method: str, path: str, headers: Any, rule: str
) -> None:
    answer = mock.send(method, path, headers)
    asked = last(mock)
    assert (asked["method"], asked["status"], asked["fields"]) == (method, answer.status_code, {})
    assert asked["path"] + ("?" if asked["query"] else "") + asked["query"] == path
    assert asked["rule"] == rule


def test_journal_has_the_fields_of_json(mock: Mock) -> None:
    mock.send("POST", "/v1/videos/x/remix", json={"prompt": 5, "other": "x"})
    assert last(mock)["fields"] == {"prompt": "5", "other": "x"}


def test_journal_has_the_scenarios_that_were_met(mock: Mock) -> None:
    mock.ask("slow=1")
    mock.post(form(prompt="[mock: stall]"))
    with pytest.raises(ConnectionResetError):
        mock.post(prefer="example=drop")
    dropped, met = told(mock, "requests")["data"]
    assert (met["scenarios"], met["verdict"]) == (["slow", "stall"], "accepted")
    assert (dropped["scenarios"], dropped["verdict"], dropped["status"], dropped["request_id"]) == (
        ["drop"],
        "refused",
        None,
        None,
    )
    assert dropped["video"] == mock.control.jobs[-1]["id"]


def test_journal_has_a_client_that_went_away(mock: Mock) -> None:
    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def nothing(message: Any) -> None:
        raise AssertionError(message)

    headers = [
        (b"authorization", f"Bearer {TOKEN}".encode()),
        (b"content-type", f"multipart/form-data; boundary={BOUNDARY}".encode()),
    ]
    scope = {"type": "http", "method": "POST", "path": "/v1/videos", "query_string": b"", "headers": headers}
    asyncio.run(mock.app({**scope, "root_path": "", "scheme": "http"}, gone, nothing))
    assert (last(mock)["status"], last(mock)["verdict"]) == (None, "refused")


SECRET = "sk-verysecret-0123456789"


def test_journal_never_tells_a_token() -> None:
    mock, bearer = Mock(tokens=()), {"authorization": f"Bearer {SECRET}"}
    mock.post(form(prompt=f"My key is {SECRET}.", extra=text(SECRET, SECRET), x=file(b"x", SECRET, name="x")), **bearer)
    mock.send("GET", f"/v1/videos/{SECRET}?key={SECRET}", bearer)
    mock.send("GET", f"/{SECRET}", bearer)
    mock.send("POST", "/v1/videos/x/remix", bearer, json={"prompt": SECRET})
    told_of = json.dumps(told(mock, "requests"))
    assert SECRET not in told_of and told_of.count("***") == 8


def test_short_token_is_no_secret_that_could_be_blotted_out() -> None:
    mock = Mock(tokens=())
    mock.post(authorization="Bearer a")
    assert last(mock)["fields"]["prompt"] == "A lighthouse at dusk."


def test_journal_tells_nothing_of_control(mock: Mock) -> None:
    told(mock, "health")
    mock.tell("PUT", "clock")
    mock.tell("GET", "jobs", {"host": "evil.example"})
    assert told(mock, "requests")["data"] == []


def test_journal_is_bounded_and_forgets_the_oldest() -> None:
    mock = Mock(keep_requests=3)
    for name in "abcde":
        mock.get(name)
    assert [asked["path"][-1] for asked in told(mock, "requests")["data"]] == ["e", "d", "c"]
    assert [asked["id"] for asked in mock.control.requests] == [3, 4, 5]


def test_journal_of_none_keeps_nothing() -> None:
    mock = Mock(keep_requests=0)
    mock.create()
    assert told(mock, "requests")["data"] == [] == mock.control.requests


def test_journal_keeps_no_picture_and_cuts_what_is_long(mock: Mock) -> None:
    mock.post(form(prompt="ü" * 500_000, **{"n" * 5000: "x"}))
    mock.post(form(input_reference=picture() + bytes(10_000_000)))
    assert len(json.dumps(mock.control.requests, ensure_ascii=False).encode()) < 2 * MOST_TEXT
    prompt = mock.control.requests[0]["fields"]["prompt"]
    assert prompt.endswith("…") and len(prompt) > 30_000
    assert "input_reference" not in mock.control.requests[0]["fields"]


def test_journal_is_bounded_in_the_number_of_names_too() -> None:
    kept = LocalRecords()
    journal = Journal(1, kept)
    names = [f"{number}{'x' * 8000}" for number in range(100)]
    context = RequestContext("POST", "/", b"", (), form={name: [Part(name, "f", None, [b"x"])] for name in names})
    journal.add(context, 0, 0, 200, None)
    assert MOST_TEXT < len(kept.notes(1)[0][1]) < 2 * MOST_TEXT


@pytest.mark.parametrize(
    ("query", "paths"),
    [
        ("method=get", ["nowhere", "x", "videos"]),
        ("path=/v1/videos", ["videos", "videos", "videos"]),
        ("operation=retrieveVideo", ["x"]),
        ("status=404", ["nowhere", "x"]),
        ("verdict=accepted", ["videos", "videos"]),
        ("verdict=refused&method=POST", ["videos"]),
        ("rule=seconds.enum", ["videos"]),
        ("video=x", ["x"]),
        ("scenario=slow", ["videos"]),
        ("limit=1", ["nowhere"]),
        ("limit=1&status=200&method=POST", ["videos"]),
        ("rule=", ["videos", "videos"]),
        ("path=/none", []),
    ],
)
def test_journal_is_filtered(mock: Mock, query: str, paths: list[str]) -> None:
    mock.post(form(seconds="10"))
    mock.post(form(prompt="[mock: slow=1]"))
    mock.send("GET", "/v1/videos")
    mock.get("x")
    mock.send("GET", "/nowhere")
    assert [asked["path"].rpartition("/")[2] for asked in told(mock, f"requests?{query}")["data"]] == paths


def test_journal_finds_what_made_a_video_and_what_spoke_of_it(mock: Mock) -> None:
    video, _ = mock.create(), mock.create()
    mock.poll(video)
    assert len(told(mock, f"requests?video={video['id']}")["data"]) == 2


def test_every_filter_of_the_document_is_one_of_the_journal() -> None:
    [parameters] = [node["parameters"] for method, path, node in CONTROLS if (method, path) == ("GET", "requests")]
    assert {parameter["name"] for parameter in parameters} == FILTERS.keys() | {"limit"}


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "status=x", "verdict=maybe", "colour=red"])
def test_filter_that_is_wrong_is_refused(mock: Mock, query: str) -> None:
    assert envelope(mock.tell("GET", f"requests?{query}"))["param"] == query.partition("=")[0]


def test_journal_is_emptied(mock: Mock) -> None:
    mock.get("x")
    assert told(mock, "requests", "DELETE") == {"deleted": 1}
    assert told(mock, "requests")["data"] == []


def test_journal_that_fails_does_not_take_the_answer_away(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mock.control.journal, "add", None)
    assert mock.create()["status"] == "queued"


# Scenarios over HTTP.


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

CONTROL = "control-secret"
OURS = {"host": "localhost:8000"}
FOREIGN = "control_forbidden"


@pytest.mark.parametrize(
    ("peer", "headers", "passes"),
    [
        ("127.0.0.1", OURS, True),
        ("127.9.9.9", {"host": "127.0.0.1"}, True),
        ("::1", {"host": "[::1]:8000"}, True),
        ("::ffff:127.0.0.1", {"host": "LOCALHOST"}, True),
        ("127.0.0.1", {**OURS, "origin": "http://localhost:8000"}, True),
        ("192.0.2.1", OURS, False),
        (
            "10.0.0.1",
            {**OURS, "x-forwarded-for": "127.0.0.1", "forwarded": "for=127.0.0.1", "x-real-ip": "127.0.0.1"},
            False,
        ),
        ("::ffff:192.0.2.1", OURS, False),
        ("fe80::1%eth0", OURS, False),
        ("no address", OURS, False),
        ("127.0.0.1", {"host": "evil.example"}, False),
        ("127.0.0.1", {"host": "127.0.0.1.evil.example:8000"}, False),
        ("127.0.0.1", {"host": "localhost.evil.example"}, False),
        ("127.0.0.1", {"host": "192.0.2.1:8000"}, False),
        ("127.0.0.1", {"host": "[::1"}, False),
        ("127.0.0.1", {"host": ""}, False),
        ("127.0.0.1", {**OURS, "origin": "http://evil.example"}, False),
        ("127.0.0.1", {**OURS, "origin": "null"}, False),
        ("127.0.0.1", {**OURS, "origin": "http://localhost:3000"}, False),
        ("127.0.0.1", {**OURS, "origin": "https://localhost:8000"}, False),
        ("127.0.0.1", {**OURS, "authorization": "Bearer anything"}, True),
    ],
)
def test_control_answers_this_machine_alone(peer: str, headers: dict[str, str], passes: bool) -> None:  # noqa: FBT001
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]
    broken = Access(None).broken(peer, "http", sent)
    assert (broken is None) == passes
    assert passes or broken[0] == "control.peer"  # type: ignore[index]


@pytest.mark.parametrize(
    "host",
    [
        "me@127.0.0.1",
        "127.0.0.1/x",
        "127.0.0.1?x",
        "127.0.0.1#x",
        "127.0.0.1:x",
        "127.0.0.1:123456",
        "127.0.0.1:1:2",
        "[::1",
        "::1",
        "[::1%25eth0]",
        "[::1]x",
        "%31%32%37.0.0.1",
        "localhost,evil.example",
        "evil.example:80@localhost",
        "localhost\\evil.example",
        " localhost",
        "127.1",
        "2130706433",
        "0177.0.0.1",
        "\u0661\u0662\u0667.0.0.1",
        "",
    ],
)
def test_host_of_another_form_is_no_name_of_this_machine(host: str) -> None:
    assert Access(None).broken("127.0.0.1", "http", [(b"host", host.encode())]) is not None


@pytest.mark.parametrize("host", ["localhost", "LocalHost:8000", "127.0.0.1", "127.0.0.1:80", "127.9.9.9", "[::1]:80"])
def test_host_that_names_the_loopback_passes(host: str) -> None:
    assert Access(None).broken("127.0.0.1", "http", [(b"host", host.encode())]) is None


@pytest.mark.parametrize(
    "headers", [[], [(b"host", b"localhost"), (b"host", b"evil.example")], [(b"host", b"localhost")] * 2]
)
def test_host_that_is_not_there_once_is_refused(headers: list[tuple[bytes, bytes]]) -> None:
    assert Access(None).broken("127.0.0.1", "http", headers) is not None


def test_sender_without_an_address_is_refused() -> None:
    assert Access(None).broken(None, "http", [(b"host", b"localhost")]) == (
        "control.peer",
        {"reason": "the sender is another"},
    )


@given(st.ip_addresses())
def test_loopback_is_what_the_address_space_says(address: Any) -> None:
    assert is_loopback(str(address)) == (
        address.is_loopback or bool(getattr(address, "ipv4_mapped", None) and address.ipv4_mapped.is_loopback)
    )


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (None, 401),
        ("Bearer wrong", 401),
        ("Basic control-secret", 401),
        (f"Bearer {TOKEN}", 401),
        ("Bearer control-secre", 401),
        ("Bearer control-secret", 200),
        ("bearer  control-secret", 200),
    ],
)
@pytest.mark.parametrize("host", ["localhost", "mock.example"])
def test_control_token_is_all_that_counts_where_there_is_one(sent: str | None, status: int, host: str) -> None:
    mock = Mock(control_token=CONTROL)
    answer = mock.tell("GET", "health", {"authorization": sent, "host": host})
    assert answer.status_code == status
    if status == 401:
        assert (envelope(answer)["code"], answer.headers["www-authenticate"]) == ("invalid_control_token", "Bearer")
        assert "secre" not in answer.text


def test_control_token_is_no_token_of_the_api() -> None:
    assert Mock(control_token=CONTROL).post(authorization="Bearer control-secret").status_code == 401


@pytest.mark.parametrize("token", [None, "control-secret"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST"])
def test_page_of_another_site_is_let_into_the_api_and_never_into_control(token: str | None, method: str) -> None:
    mock = Mock(control_token=token)
    page = {
        "origin": "http://evil.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
    }
    controlled = mock.tell(method, "clock", page)
    assert controlled.status_code in (401, 403, 405)
    assert [name for name in controlled.headers if name.startswith("access-control")] == []
    assert mock.send(method, "/v1/videos", page).headers["access-control-allow-origin"] == "*"


# Over a real socket.


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
