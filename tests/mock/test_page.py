"""The page for people, without a browser: its files, its stream, and what it asks of one request or video."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver.control.journal import KeptFiles
from mockserver.testing import VideosMock
from mockserver.ui.explain import Subject
from mockserver.ui.files import STATIC
from mockserver.ui.nearest import nearest, reading_of
from mockserver.ui.stream import MOST_AT_ONCE, Follower
from mockserver.validation.checks import Request, verdict_on
from tests.mock.vocabulary import TOKEN, Mock, Part, envelope, file, form, text
from tests.pictures import picture

CONTROL = "control-secret"


def detail(mock: Mock, number: int | None = None) -> dict[str, Any]:
    """One request of the journal in full, by default the newest."""
    number = mock.control.requests[-1]["id"] if number is None else number
    answer = mock.tell("GET", f"requests/{number}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


# Files.


@pytest.mark.parametrize("name", sorted(str(path.relative_to(STATIC)) for path in STATIC.rglob("*") if path.is_file()))
def test_every_file_of_the_page_is_served_with_a_strict_policy(mock: Mock, name: str) -> None:
    answer = mock.tell("GET", f"ui/{name}")
    assert (answer.status_code, answer.content) == (200, (STATIC / name).read_bytes())
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    if name.endswith(".js"):
        assert answer.headers["content-type"].startswith("text/javascript")


def test_page_without_a_slash_leads_to_the_page(mock: Mock) -> None:
    answer = mock.tell("GET", "ui")
    assert (answer.status_code, answer.headers["location"]) == (307, "ui/")
    assert "<title>mockserver</title>" in mock.tell("GET", "ui/").text


@pytest.mark.parametrize("path", ["ui/nothing.js", "ui/../../app.py", "ui/%2e%2e/files.py", "ui//etc/passwd"])
def test_no_other_file_is_served(mock: Mock, path: str) -> None:
    assert mock.tell("GET", path).status_code == 404


def test_page_is_no_request_of_the_journal(mock: Mock) -> None:
    mock.tell("GET", "ui/")
    assert mock.control.requests == []


def test_page_and_stream_are_refused_to_another_machine(mock: Mock) -> None:
    for path in ("ui/", "events"):
        answer = mock.tell("GET", path, {"host": "mock.example"})
        assert (answer.status_code, envelope(answer)["code"]) == (403, "control_forbidden")


def test_start_imports_nothing_of_the_page() -> None:
    code = "import sys, mockserver.cli; from mockserver import create_app; create_app(); print([n for n in sys.modules if 'mockserver.ui' in n or n == 'PIL'])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


# Why a request was refused.


REFUSALS: list[tuple[str, list[Part], str]] = [
    (
        "prompt.required",
        form(prompt=None),
        "prompt is 'A lighthouse at dusk; the lamp comes on and gulls lift off the rocks.'",
    ),
    (
        "prompt.min-length",
        form(prompt=""),
        "prompt is 'A lighthouse at dusk; the lamp comes on and gulls lift off the rocks.'",
    ),
    ("prompt.max-length", form(prompt="x" * 32001), "prompt is cut to 32000 characters"),
    ("input_reference.required", form(input_reference=None), "input_reference is a picture of 720x1280 pixels"),
    (
        "input_reference.type",
        [text("prompt", "x"), text("input_reference", "x")],
        "input_reference is a picture of 720x1280 pixels",
    ),
    (
        "input_reference.is-image",
        [text("prompt", "x"), file(b"hello", "notes.txt")],
        "input_reference is a picture of 720x1280 pixels",
    ),
    (
        "input_reference.intact",
        [text("prompt", "x"), file(picture()[:200])],
        "input_reference is a picture of 720x1280 pixels",
    ),
    ("input_reference.matches-size", form(size="1280x720"), "size is '720x1280', as the picture is"),
    (
        "input_reference.matches-size",
        [text("prompt", "x"), file(picture(10, 20))],
        "input_reference is a picture of 720x1280 pixels",
    ),
    ("model.enum", form(model="sora-2-max"), "model is 'sora-2'"),
    ("seconds.enum", form(seconds="10"), "seconds is '12'"),
    ("size.enum", form(size="720x1281"), "size is '720x1280'"),
    ("size.needs-pro", form(size="1792x1024", input_reference=picture(1792, 1024)), "model is 'sora-2-pro'"),
    ("fields.repeated", [*form(), text("seconds", "4"), text("seconds", "8")], "seconds is sent once"),
    (
        "fields.text-encoding",
        form(prompt=b"\xff"),
        "prompt is 'A lighthouse at dusk; the lamp comes on and gulls lift off the rocks.'",
    ),
    ("fields.unknown", [*form(), text("width", "3")], "width is left out"),
    ("fields.unknown", [*form(), text("second", "4")], "second is named 'seconds'"),
]


@pytest.mark.parametrize(("rule", "parts", "change"), REFUSALS)
def test_every_refused_form_is_explained_and_made_right(mock: Mock, rule: str, parts: list[Part], change: str) -> None:
    answer = mock.post(parts)
    found = detail(mock)
    why, [changed] = found["why"], found["right"]["changes"]
    assert (why["rule"], why["field"]) == (rule, envelope(answer)["param"])
    assert why["says"]
    assert why["allowed"]
    assert f"{changed['field']} {changed['says']}" == change
    assert found["answer"]["body"] == answer.text


@pytest.mark.parametrize(("rule", "parts", "change"), REFUSALS)
def test_nearest_request_is_right(mock: Mock, rule: str, parts: list[Part], change: str) -> None:
    mock.post(parts)
    [(_, record)] = mock.control.journal.read(mock.control.journal.notes())
    rules = mock.control.service.rules["createVideo"]
    fields, _ = nearest(rules, Subject(record, mock.control.service.document, {}, "").fields) or ([], [])
    assert isinstance(verdict_on(reading_of(rules, fields)), Request)


@pytest.mark.parametrize(
    ("method", "path", "headers", "field", "sent", "change"),
    [
        ("POST", "/v1/videos", {"authorization": None}, "Authorization", None, "is 'Bearer' and a token that the mock accepts"),
        ("POST", "/v1/videos", {"authorization": "Bearer wrong-token-1234"}, "Authorization", "Bearer ***", "is 'Bearer' and a token that the mock accepts"),
        ("POST", "/v1/videos", {"content-type": "text/plain"}, "Content-Type", "text/plain", "is multipart/form-data"),
        ("PUT", "/v1/videos", {}, "method", "PUT", "is POST /v1/videos"),
        ("POST", "/v1/video", {}, "path", "POST /v1/video", "is POST /v1/videos"),
        ("GET", "/v1/videos?limit=1000", {}, "limit", "1000", "is 100"),
    ],
)  # fmt: skip
def test_every_other_refusal_is_explained(
    mock: Mock, method: str, path: str, headers: Any, field: str, sent: str | None, change: str
) -> None:
    mock.send(method, path, headers)
    found = detail(mock)
    assert (found["why"]["field"], found["why"]["sent"]) == (field, sent)
    assert found["right"]["changes"][0]["says"] == change


def test_refused_size_shows_both_rectangles(mock: Mock) -> None:
    mock.post([text("prompt", "x"), text("size", "1280x720"), file(picture())])
    why = detail(mock)["why"]
    assert why["picture"] == {"sent": {"width": 720, "height": 1280}, "allowed": [{"width": 1280, "height": 720}]}
    assert (why["field"], why["sent"]) == ("input_reference", "image/png, 720x1280")


def test_accepted_request_is_shown_as_code(mock: Mock) -> None:
    mock.create(prompt='it\'s "quoted"')
    found = detail(mock)
    assert found["why"] is None
    assert [one["name"] for one in found["right"]["snippets"]] == ["curl", "Python", "JavaScript"]
    assert """--form-string 'prompt=it'"'"'s "quoted"'""" in found["right"]["snippets"][0]["text"]


def test_python_of_every_snippet_is_python(mock: Mock) -> None:
    for _, parts, _ in REFUSALS:
        mock.post(parts)
        found = detail(mock)
        compile(found["right"]["snippets"][1]["text"], "snippet", "exec")
        compile(found["test"], "test", "exec")


def test_copied_test_passes_where_the_mock_answers_as_it_did(mock: Mock, tmp_path: Path) -> None:
    for _, parts, _ in REFUSALS:
        mock.post(parts)
    mock.create()
    mock.send("GET", "/v1/videos/video_1")
    numbers = [one["id"] for one in mock.control.requests]
    files = {f"test_{number}.py": detail(mock, number)["test"] for number in numbers}
    assert all(files.values())
    for name, code in files.items():
        (tmp_path / name).write_text(code, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert f"{len(files)} passed" in run.stdout, run.stdout


# What came.


def test_headers_are_shown_without_any_credential(mock: Mock) -> None:
    mock.send("GET", "/v1/videos", {"cookie": "session=abcdefgh", "x-api-key": "secret-key-1", "x-trace": "t1"})
    headers = dict(detail(mock)["headers"])
    assert (headers["authorization"], headers["cookie"], headers["x-api-key"]) == ("Bearer ***", "***", "***")
    assert headers["x-trace"] == "t1"


def test_token_stands_nowhere_in_what_is_kept(mock: Mock) -> None:
    mock.post(form(prompt=f"my token is {TOKEN}"), **{"x-echo": TOKEN})
    mock.send("GET", f"/v1/{TOKEN}")
    for number in (1, 2):
        assert TOKEN not in mock.tell("GET", f"requests/{number}").text
    assert TOKEN.encode() not in b"".join(record for _, record in mock.control.journal.notes())
    assert TOKEN not in b"".join(Follower(mock.control).backlog()).decode()


@pytest.mark.parametrize("size", ["720x1280", "1280x720"])
def test_picture_is_shown_small_whether_accepted_or_refused(mock: Mock, size: str) -> None:
    mock.post([text("prompt", "x"), text("size", size), file(picture())])
    number = mock.control.requests[-1]["id"]
    assert detail(mock)["fields"]["input_reference"]["kept"]
    answer = mock.tell("GET", f"requests/{number}/files/input_reference")
    assert (answer.headers["content-type"], answer.content[8:12]) == ("image/webp", b"WEBP")


def test_file_that_is_no_picture_is_not_shown(mock: Mock) -> None:
    mock.post([text("prompt", "x"), file(b"<script>alert(1)</script>", "x.html")])
    assert mock.tell("GET", "requests/1/files/input_reference").status_code == 404


def test_pictures_of_refused_requests_are_bounded(mock: Mock) -> None:
    mock.app.runtime.journal.files = KeptFiles(2 * len(picture()) + 10)
    for _ in range(4):
        mock.post(form(size="1280x720"))
    kept = [detail(mock, number)["fields"]["input_reference"]["kept"] for number in (1, 2, 3, 4)]
    assert kept == [False, False, True, True]


def test_unknown_request_is_not_found(mock: Mock) -> None:
    for number in ("7", "x", "-1", "9" * 30):
        assert mock.tell("GET", f"requests/{number}").status_code == 404


# Once more.


@pytest.mark.parametrize("size", ["720x1280", "1280x720"])
def test_request_is_sent_again_as_the_same_token(mock: Mock, size: str) -> None:
    first = mock.post([text("prompt", "x"), text("size", size), file(picture(), 'a "quoted".png')])
    again = mock.tell("POST", "requests/1/resend")
    assert again.json() == {"status": first.status_code, "id": 2}
    one, two = mock.control.requests
    assert (one["fields"], one["rule"]) == (two["fields"], two["rule"])
    assert detail(mock, 1)["owner"] == detail(mock, 2)["owner"]


def test_remix_is_sent_again(mock: Mock) -> None:
    video = mock.create()
    mock.tell("POST", "clock", json={"advance": 100})
    mock.send("POST", f"/v1/videos/{video['id']}/remix", json={"prompt": "x"})
    assert mock.tell("POST", "requests/2/resend").json() == {"status": 200, "id": 3}


def test_request_whose_token_or_body_is_not_known_is_not_sent_again(mock: Mock) -> None:
    mock.send("GET", "/v1/videos", {"authorization": "Bearer wrong-token-1234"})
    mock.body(b"nothing")
    for number in (1, 2):
        assert mock.tell("POST", f"requests/{number}/resend").status_code == 409


# The stream.


def rows(events: bytes) -> list[dict[str, Any]]:
    """The requests that these events tell of."""
    lines = [line[6:] for line in events.decode().splitlines() if line.startswith("data: [")]
    return [row for line in lines for row in json.loads(line)]


def test_stream_tells_of_each_request_once(mock: Mock) -> None:
    mock.create()
    follower = Follower(mock.control)
    assert [row["id"] for row in rows(b"".join(follower.backlog()))] == [1]
    mock.send("GET", "/v1/videos")
    assert [(row["id"], row["operation"]) for row in rows(b"".join(follower.news()))] == [(2, "listVideos")]
    assert b"".join(follower.news()) == b""


def test_stream_sends_the_newest_of_a_flood_and_makes_up_for_the_rest(mock: Mock) -> None:
    follower = Follower(mock.control)
    for _ in range(MOST_AT_ONCE + 3):
        mock.send("GET", "/nowhere")
    first, second, third = (rows(b"".join(follower.news())) for _ in range(3))
    assert (first[0]["id"], len(first)) == (MOST_AT_ONCE + 3, MOST_AT_ONCE)
    assert ([row["id"] for row in second], third) == ([3, 2, 1], [])


def test_stream_tells_that_the_journal_was_emptied(mock: Mock) -> None:
    mock.create()
    follower = Follower(mock.control)
    list(follower.backlog())
    mock.tell("DELETE", "requests")
    assert b"".join(follower.news()).startswith(b"event: cleared\n")


def test_stream_tells_of_clock_and_scenarios_when_they_change(mock: Mock) -> None:
    follower = Follower(mock.control)
    assert b"".join(follower.state())
    assert b"".join(follower.state()) == b""
    mock.ask("slow=1")
    assert b'"scenario":"slow=1"' in b"".join(follower.state())


# Videos by hand.


def created(mock: VideosMock) -> str:
    """The id of a new video, made over the socket."""
    files = {"input_reference": ("a.png", picture(), "image/png")}
    headers = {"authorization": f"Bearer {mock.token}"}
    answer = httpx.post(f"{mock.url}/v1/videos", headers=headers, data={"prompt": "x"}, files=files)
    return str(answer.json()["id"])


# The root, and the reference.


def test_browser_at_the_root_is_led_to_the_page_and_a_program_is_told_the_routes(mock: Mock) -> None:
    browser = mock.send("GET", "/", {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "authorization": None})
    assert (browser.status_code, browser.headers["location"]) == (303, "_mock/ui/")
    assert "POST /v1/videos" in mock.send("GET", "/").json()["error"]["message"]


def test_reference_is_served_with_scripts_from_here_alone(mock: Mock) -> None:
    answer = mock.tell("GET", "docs/")
    assert answer.status_code == 200
    assert "script-src 'self'; " in answer.headers["content-security-policy"]


def test_vendored_code_names_no_place_that_it_would_load_from() -> None:
    code = (STATIC / "reference" / "redoc.js").read_text("utf-8")
    assert re.findall(r'src:"https?:[^"]*"', code) == []


# Odd ones.
