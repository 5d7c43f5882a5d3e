"""The page for people, without a browser: its files, its stream, and what it asks of one request or video."""

import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver import Settings
from mockserver.control.control import VideoError
from mockserver.control.journal import KeptFiles
from mockserver.jobs.pace import OverridablePace, parse_pace
from mockserver.spec.document import default_path
from mockserver.stores import parse_store
from mockserver.testing import VideosMock
from mockserver.ui.details import thumbnail
from mockserver.ui.explain import Subject
from mockserver.ui.files import STATIC
from mockserver.ui.nearest import nearest, reading_of
from mockserver.ui.stream import MOST_AT_ONCE, Follower
from mockserver.validation.checks import Request, verdict_on
from tests.mock.vocabulary import TOKEN, Mock, Part, envelope, file, form, text
from tests.pictures import picture

CONTROL = "control-secret"


@pytest.fixture
def mock() -> Mock:
    return Mock()


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


def test_video_is_finished_failed_stalled_expired_and_deleted() -> None:
    with_hand = VideosMock(Settings(pace=parse_pace("real")))
    ids = [created(with_hand) for _ in range(4)]
    assert with_hand.finish(ids[0])["status"] == "completed"
    failed = with_hand.fail(ids[1], "server_error")
    assert (failed["status"], failed["error"]["code"]) == ("failed", "server_error")
    assert with_hand.stall(ids[2])["id"] == ids[2]
    with_hand.advance(1_000_000)
    states = {job["id"]: (job["status"], job["stalled"]) for job in with_hand.jobs}
    assert states == {
        ids[0]: ("completed", False),
        ids[1]: ("failed", False),
        ids[2]: ("in_progress", True),
        ids[3]: ("completed", False),
    }
    assert with_hand.expire(ids[3])["expired"]
    with_hand.delete(ids[3])
    assert ids[3] not in {job["id"] for job in with_hand.jobs}
    with_hand.close()


@pytest.mark.parametrize("act", ["finish", "fail", "stall", "expire", "delete"])
def test_unknown_video_is_told_of(mock: Mock, act: str) -> None:
    with pytest.raises(VideoError, match=r"Video with id 'video_1' not found\."):
        getattr(mock.control, act)("video_1")


def test_video_that_another_deletes_meanwhile_is_not_found(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    video = mock.create()["id"]
    monkeypatch.setattr(type(mock.control.service.jobs), "remove", lambda _, __: False)
    with pytest.raises(VideoError, match="not found"):
        mock.control.delete(video)


def test_video_that_is_finished_by_hand_reaches_its_end_then(mock: Mock) -> None:
    video = mock.create()["id"]
    mock.control.finish(video)
    [job] = mock.control.service.jobs.latest(1)
    assert OverridablePace(parse_pace("real")).reaches(job) == mock.clock.now


def test_finished_video_is_not_finished_again(mock: Mock) -> None:
    video = mock.create()["id"]
    mock.control.finish(video)
    for act in (mock.control.finish, mock.control.fail, mock.control.stall):
        with pytest.raises(VideoError, match="is completed"):
            act(video)


def test_unknown_code_of_a_failure_lists_what_there_is(mock: Mock) -> None:
    with pytest.raises(VideoError, match="'moderation_blocked' and 'server_error'"):
        mock.control.fail(mock.create()["id"], "nope")
    with pytest.raises(VideoError, match=r"'server_eror' \(did you mean 'server_error'\?\)\. Supported"):
        mock.control.fail(mock.create()["id"], "server_eror")


def test_code_of_a_failure_may_have_hyphens_as_in_scenarios(mock: Mock) -> None:
    assert mock.control.fail(mock.create()["id"], "server-error")["error"]["code"] == "server_error"


def test_running_video_does_not_expire(mock: Mock) -> None:
    with pytest.raises(VideoError, match="is queued"):
        mock.control.expire(mock.create()["id"])


def test_content_of_an_expired_video_is_gone(mock: Mock) -> None:
    video = mock.create()["id"]
    mock.control.finish(video)
    mock.control.expire(video)
    answer = mock.send("GET", f"/v1/videos/{video}/content")
    assert (answer.status_code, envelope(answer)["code"]) == (410, "video_expired")
    assert mock.get(video).json()["status"] == "completed"


def test_content_needs_no_token_of_the_video(mock: Mock) -> None:
    video = mock.create()["id"]
    mock.control.finish(video)
    answer = mock.tell("GET", f"jobs/{video}/content?variant=thumbnail", {"range": "bytes=0-3"})
    assert (answer.status_code, answer.content) == (206, b"RIFF")


# The cookie of the page.


def login(mock: Mock) -> str:
    """The cookie for the control token, as a browser sends it back."""
    answer = mock.tell("POST", "login", json={"token": CONTROL})
    assert answer.status_code == 200, answer.text
    cookie, *attributes = answer.headers["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Strict"} <= set(attributes)
    return str(cookie)


def test_cookie_opens_the_control_interface_to_its_own_page() -> None:
    mock = Mock(control_token=CONTROL)
    assert mock.tell("GET", "requests").status_code == 401
    cookie = login(mock)
    assert CONTROL not in cookie
    assert (
        mock.tell("GET", "requests", {"cookie": f"other=1; {cookie}", "sec-fetch-site": "same-origin"}).status_code
        == 200
    )


@pytest.mark.parametrize(
    "headers",
    [{"origin": "http://evil.example"}, {"origin": "http://127.0.0.1:9"}, {"sec-fetch-site": "same-site"}, {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}],
)  # fmt: skip
def test_cookie_is_no_use_to_a_page_of_another_origin(headers: dict[str, str]) -> None:
    mock = Mock(control_token=CONTROL)
    assert mock.tell("GET", "requests", {"cookie": login(mock), **headers}).status_code == 403
    assert Mock().tell("GET", "requests", headers).status_code == 403


@pytest.mark.parametrize("token", ["wrong", "control-secreT", CONTROL[:-1]])
def test_wrong_control_token_gets_no_cookie(token: str) -> None:
    answer = Mock(control_token=CONTROL).tell("POST", "login", json={"token": token})
    assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)


def test_cookie_of_another_token_is_refused() -> None:
    cookie = login(Mock(control_token=CONTROL))
    assert Mock(control_token=CONTROL + "!").tell("GET", "requests", {"cookie": cookie}).status_code == 401


def test_page_asks_for_the_token_by_itself() -> None:
    mock = Mock(control_token=CONTROL)
    assert mock.tell("GET", "ui/", {"host": "mock.example"}).status_code == 200
    assert mock.tell("GET", "events").status_code == 401


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


def follow(mock: Mock, events: int = 1) -> list[bytes]:
    """What the stream sends until so many pieces of it have come."""
    sent: list[Any] = []

    async def followed() -> None:
        enough = asyncio.Event()
        messages = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> dict[str, Any]:
            if message := next(messages, None):
                return message
            await enough.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)
            if len(sent) > events:
                enough.set()

        scope = {"type": "http", "method": "GET", "path": "/_mock/events", "query_string": b"", "scheme": "http"}
        await mock.app({**scope, "client": ("127.0.0.1", 9), "headers": [(b"host", b"127.0.0.1")]}, receive, send)

    asyncio.run(asyncio.wait_for(followed(), 10))
    return [message.get("body", b"") for message in sent[1:]]


def test_stream_begins_with_what_the_mock_is_and_what_it_holds(mock: Mock) -> None:
    mock.create()
    [first, *_] = follow(mock)
    hello, state, requests = first.split(b"\n\n")[:3]
    assert json.loads(hello.partition(b"data: ")[2])["title"] == "Image-to-video, Sora format"
    assert state.startswith(b"event: state")
    assert requests.startswith(b"event: requests")


def test_silent_stream_says_now_and_then_that_it_is_there(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockserver.ui.stream.LOOK_SECONDS", 0.001)
    monkeypatch.setattr("mockserver.ui.stream.SILENT_SECONDS", 0.002)
    assert follow(mock, 2)[-1] == b": still here\n\n"


def test_stream_ends_where_the_document_was_edited(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockserver.ui.stream.LOOK_SECONDS", 0.001)
    mock.control.is_current = False
    assert follow(mock, 10**9)[0].startswith(b"event: hello")


def test_one_mock_is_followed_by_a_bounded_number_of_pages(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockserver.ui.stream.MOST_STREAMS", 0)
    assert mock.tell("GET", "events").status_code == 503


def test_what_a_stream_remembers_is_bounded(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockserver.ui.stream.MOST_KNOWN", 1)
    follower = Follower(mock.control)
    for _ in range(3):
        mock.send("GET", "/nowhere")
        list(follower.news())
    assert b"".join(follower.news()) == b""


def test_page_of_one_process_tells_of_the_requests_of_another(tmp_path: Path) -> None:
    one, other = (Mock(store=parse_store(f"sqlite:{tmp_path / 'jobs.db'}")) for _ in range(2))
    follower = Follower(one.control)
    other.create()
    [row] = rows(b"".join(follower.news()))
    assert detail(one, row["id"])["fields"]["input_reference"]["kept"]
    one.control.finish(row["video"])
    assert other.get(row["video"]).json()["status"] == "completed"
    for mock in (one, other):
        mock.app.runtime.close()


def test_unknown_video_is_not_found_whatever_is_asked_of_it(mock: Mock) -> None:
    answers = [
        mock.tell("GET", "jobs/video_1"),
        mock.tell("DELETE", "jobs/video_1"),
        mock.tell("GET", "jobs/video_1/content"),
    ]
    answers.append(mock.tell("POST", "jobs/video_1", json={"status": "failed"}))
    assert [answer.status_code for answer in answers] == [404] * 4


def test_unknown_request_has_no_file_and_is_not_sent_again(mock: Mock) -> None:
    assert [mock.tell("GET", "requests/1/files/x").status_code, mock.tell("POST", "requests/1/resend").status_code] == [
        404,
        404,
    ]


def test_picture_whose_pixels_are_damaged_is_not_shown(mock: Mock) -> None:
    whole = picture(720, 1280, "jpeg")
    mock.post([text("prompt", "x"), text("size", "1280x720"), file(whole.replace(whole[300:320], b"\xff\xda" * 10))])
    with pytest.raises(ValueError, match="too many scans"):
        thumbnail(b"\xff\xd8" + b"\xff\xda" * 200, (1, 1))
    with pytest.raises(ValueError, match="not the size"):
        thumbnail(picture(), (1, 1))
    monkey = mock.control.journal.files
    mock.post(form(size="1280x720"))
    number = mock.control.requests[-1]["id"]
    [(_, record)] = mock.control.journal.read(mock.control.journal.notes()[-1:])
    monkey.keep(record.request_id or b"", {"input_reference": [picture()[:100]]})
    answer = mock.tell("GET", f"requests/{number}/files/input_reference")
    assert "pixels are damaged" in answer.text


def test_transparent_picture_stays_transparent(mock: Mock) -> None:
    assert thumbnail(picture(40, 30, mode="RGBA"), (40, 30))[:4] == b"RIFF"


def test_headers_that_are_too_long_are_not_kept(mock: Mock) -> None:
    mock.send("GET", "/v1/videos", {"x-long": "y" * 200_000})
    assert [name for name, _ in detail(mock)["headers"]] == ["x-mockserver-note"]


def test_token_beyond_ascii_is_blotted_out_too(mock: Mock) -> None:
    secret = "schlüssel-ÄÖÜ"
    mock.send("GET", f"/v1/videos/{secret}", {"authorization": f"Bearer {secret}".encode("latin-1")})
    assert secret not in json.dumps(detail(mock), ensure_ascii=False)


def test_request_that_a_scenario_refused_is_right_itself(mock: Mock) -> None:
    mock.ask("rate_limit_exceeded")
    mock.post()
    found = detail(mock)
    assert (found["why"]["rule"], found["why"]["says"]) == ("rate_limit_exceeded", "A scenario asked for this error.")
    assert found["right"]["changes"][0]["field"] == "scenario"


def test_unknown_video_leads_to_one_that_there_is(mock: Mock) -> None:
    video = mock.create()["id"]
    mock.get("video_1")
    found = detail(mock)
    assert video in found["right"]["snippets"][0]["text"]
    assert found["right"]["changes"][0]["field"] == "video_id"


def test_content_that_is_not_there_yet_is_asked_for_later(mock: Mock) -> None:
    video = mock.create()["id"]
    mock.send("GET", f"/v1/videos/{video}/content")
    assert detail(mock)["right"]["changes"] == [
        {"field": "video", "says": "is completed by then: ask for it again until it is"}
    ]


def test_remix_and_deletion_are_shown_as_code(mock: Mock) -> None:
    video = mock.create()["id"]
    mock.control.finish(video)
    mock.send("POST", f"/v1/videos/{video}/remix", json={"prompt": ""})
    curl, python, javascript = (one["text"] for one in detail(mock)["right"]["snippets"])
    assert "Content-Type: application/json" in curl
    assert "json={'prompt': 'The same lighthouse in a storm.'}" in python
    assert 'JSON.stringify({"prompt": "The same lighthouse in a storm."})' in javascript
    assert "json={'prompt': ''}" in detail(mock)["test"]
    mock.send("DELETE", f"/v1/videos/{video}")
    assert detail(mock)["right"]["snippets"][0]["text"].startswith("curl -X DELETE http://127.0.0.1:8000/v1/videos/")


def test_request_without_a_token_is_tested_without_one(mock: Mock) -> None:
    mock.send("GET", "/v1/videos", {"authorization": None})
    assert "Authorization" not in detail(mock)["test"]


def test_query_that_is_no_number_is_made_right(mock: Mock) -> None:
    mock.send("GET", "/v1/videos?limit=ten")
    found = detail(mock)
    assert (found["why"]["sent"], found["why"]["allowed"]) == ("ten", ["integer"])
    assert "limit=20" in found["right"]["snippets"][0]["text"]


def test_form_with_more_faults_than_are_mended_has_no_right_one_near(
    mock: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mockserver.ui.nearest.MOST_CHANGES", 1)
    mock.post(form(seconds="10", model="x"))
    assert detail(mock)["right"] is None


def test_condition_that_no_other_value_fulfils_is_met_by_the_field_itself(tmp_path: Path) -> None:
    document = tmp_path / "openapi.yaml"
    original = default_path().read_text("utf-8")
    document.write_text(
        original.replace("properties: {model: {enum: [sora-2-pro]}}", "properties: {model: {enum: [none-such]}}"),
        "utf-8",
    )
    mock = Mock(document=document)
    mock.post(form(size="1792x1024", input_reference=picture(1792, 1024)))
    assert detail(mock)["right"]["changes"][0]["field"] == "size"


def test_file_and_text_of_one_name_are_both_shown(mock: Mock) -> None:
    mock.post([*form(), text("input_reference", "x")])
    one, other = detail(mock)["fields"]["input_reference"]
    assert (one["kept"], other["kept"]) == (True, True)


def test_file_without_a_name_or_a_type_is_sent_again_as_it_was(mock: Mock) -> None:
    mock.post([text("prompt", "x"), file(picture(), None, "application/octet-stream")])
    mock.post([text("prompt", "x"), file(picture(), "a.png", None)])
    for number in (1, 2):
        assert mock.tell("POST", f"requests/{number}/resend").json()["status"] == 200
    fields = [request["fields"]["input_reference"] for request in mock.control.requests]
    assert fields[:2] == fields[2:]


def test_get_is_sent_again_though_a_scenario_closes_the_connection(mock: Mock) -> None:
    mock.send("GET", "/v1/videos")
    mock.ask("drop")
    assert mock.tell("POST", "requests/1/resend").json()["status"] is None
