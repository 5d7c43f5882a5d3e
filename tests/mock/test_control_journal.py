"""The journal of the control interface."""

import asyncio
import json
from typing import Any

import pytest

from mockserver.api.context import RequestContext
from mockserver.control.journal import FILTERS, Journal, LocalRecords
from mockserver.control.record import MOST_TEXT
from mockserver.validation.multipart import Part
from tests.mock.test_control import CONTROLS, last, told
from tests.mock.vocabulary import (
    BOUNDARY,
    NOW,
    TOKEN,
    Mock,
    envelope,
    file,
    form,
    text,
)
from tests.pictures import picture


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
