"""Reload: a document that is edited while it is served."""

import asyncio
import json
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from signal import SIGTERM
from typing import Any

import httpx
import pytest

from mockserver import Settings
from mockserver.app import build
from mockserver.control.control import Control
from mockserver.jobs.pace import parse_pace
from mockserver.reload import Reloading
from mockserver.spec.document import default_path
from mockserver.web.asgi import Message, Scope
from tests.mock.receiver import SECRET, receiving
from tests.mock.test_cli import served, url
from tests.mock.vocabulary import BOUNDARY, TOKEN, Mock, form, multipart

SECONDS = "enum: ['4', '8', '12']"
LONGER = "enum: ['4', '8', '12', '16']"
ORIGINAL = default_path().read_text("utf-8")


class Edited:
    """A document that can be edited, and a mock that follows it. ``old`` is a time that says: not just now."""

    def __init__(self, folder: Path, dialects: tuple[Path, ...] = ()) -> None:
        self.path = folder / "openapi.yaml"
        self.write(ORIGINAL)
        self.mock = Mock(document=self.path, pace="instant")
        settings = Settings(document=self.path, dialects=dialects, pace=parse_pace("instant"), seed=1)
        self.app = Reloading(self.path, build(settings, self.mock.clock))
        self.mock.app = self.app  # type: ignore[assignment]

    @property
    def control(self) -> Control:
        """That of the document as it is now."""
        return self.app.current.control

    def write(self, text: str) -> None:
        """Write in place."""
        self.path.write_text(text, "utf-8")

    def replace(self, text: str) -> None:
        """Write beside and move there, as most editors do."""
        beside = self.path.with_suffix(".new")
        beside.write_text(text, "utf-8")
        beside.replace(self.path)

    def change(self, old: str, new: str) -> None:
        assert old in self.path.read_text("utf-8")
        self.write(self.path.read_text("utf-8").replace(old, new))

    def accepts(self, seconds: str) -> bool:
        return self.mock.post(form(seconds=seconds)).status_code == 200


@pytest.fixture
def edited(tmp_path: Path) -> Edited:
    return Edited(tmp_path)


def test_edit_is_served_from_the_next_request_on(edited: Edited) -> None:
    assert not edited.accepts("16")
    edited.change(SECONDS, LONGER)
    assert edited.accepts("16")
    edited.change(LONGER, SECONDS)
    assert not edited.accepts("16")


OVERLAY = """overlay: 1.1.0
info: {title: longer, version: '1'}
actions:
  - target: $.components.schemas.CreateVideo.properties.seconds.enum
    update: ['SECONDS']
"""


def test_edit_of_an_overlay_is_served_from_the_next_request_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    overlay = tmp_path / "longer.overlay.yaml"
    overlay.write_text(OVERLAY.replace("SECONDS", "16"))
    edited = Edited(tmp_path, (overlay,))
    assert edited.accepts("16") and not edited.accepts("20")
    overlay.write_text(OVERLAY.replace("SECONDS", "20"))
    assert edited.accepts("20") and not edited.accepts("16")
    overlay.write_text("nonsense: [")
    assert edited.accepts("20")
    assert "the previous rules stay" in caplog.text


def test_control_of_an_edited_document_is_known_to_be_replaced(edited: Edited) -> None:
    before = edited.app.current.control
    edited.change(SECONDS, LONGER)
    assert (edited.app.current.control.is_current, before.is_current) == (True, False)


def test_file_that_is_replaced_is_followed(edited: Edited) -> None:
    edited.replace(ORIGINAL.replace(SECONDS, LONGER))
    assert edited.accepts("16")


def test_link_to_another_file_is_followed(edited: Edited, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(ORIGINAL.replace(SECONDS, LONGER), "utf-8")
    edited.path.unlink()
    edited.path.symlink_to(other)
    assert edited.accepts("16")


def test_edit_of_the_same_length_at_the_same_time_is_seen(edited: Edited) -> None:
    edited.accepts("4")
    at = edited.path.stat()
    edited.change("enum: ['4', '8', '12']", "enum: ['4', '8', '16']")
    os.utime(edited.path, ns=(at.st_atime_ns, at.st_mtime_ns))
    assert edited.accepts("16")


def test_file_just_written_may_be_written_again_in_the_same_moment(
    edited: Edited, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mockserver.reload._look", lambda _path: (1000 * 10**9, 1000 * 10**9, 60_000, 7))
    for text, at, known in ((ORIGINAL, 1000.0, 3), (ORIGINAL.replace(SECONDS, LONGER), 1000.05, 4)):
        edited.write(text)
        edited.app.refresh(wall=lambda at=at: at)  # type: ignore[misc]
        assert len(edited.app._app.service.rules["createVideo"].fields["seconds"].allowed) == known


def test_scenarios_stay_and_one_that_the_edit_removes_has_no_effect(
    edited: Edited, caplog: pytest.LogCaptureFixture
) -> None:
    edited.control.fail_next("bad_gateway", 2)
    edited.control.fail_next("slow=1", 2)
    edited.change("  bad_gateway:", "  worse-gateway:")
    assert edited.accepts("4")
    assert [(entry.text, entry.times) for entry in edited.control.scenarios] == [("bad_gateway", 2), ("slow=1", 1)]
    assert "the scenario 'bad_gateway' has no effect" in caplog.text


def test_control_shows_jobs_by_the_new_document(edited: Edited) -> None:
    edited.accepts("4")
    edited.change("        remixed_from_video_id:", "        remixed_from:")
    edited.accepts("4")
    assert [job.get("remixed_from_video_id", "gone") for job in edited.control.jobs] == ["gone", "gone"]


def test_jobs_stay(edited: Edited) -> None:
    video = edited.mock.create()
    edited.change(SECONDS, LONGER)
    assert edited.mock.poll(video) == {
        **video,
        "status": "completed",
        "progress": 100,
        "completed_at": video["created_at"],
    }


def test_jobs_from_before_another_echo_are_still_shown(edited: Edited) -> None:
    video = edited.mock.create(seconds="8")
    edited.change("          x-echo: $request.body#/model\n", "          x-echo: $request.body#/seconds\n")
    edited.change("          x-echo: $request.body#/size\n", "          x-echo: $request.body#/prompt\n")
    found = edited.mock.poll(video)
    assert (found["model"], found["seconds"], found["size"]) == ("8", "8", None)


def test_webhooks_are_told_in_the_words_of_today(tmp_path: Path) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text(ORIGINAL, "utf-8")
    with (
        receiving() as receiver,
        served(
            *("--reload", "--document", str(path), "--pace", "instant"),
            *("--webhook", receiver.url, "--webhook-secret", SECRET),
        ) as (_, told),
    ):
        address = f"{url(told)}/v1/videos"
        post(address, "8")
        assert json.loads(receiver.next().body)["type"] == "video.completed"
        path.write_text(ORIGINAL.replace("const: video.completed", "const: video.done"), "utf-8")
        post(address, "8")
        assert json.loads(receiver.next().body)["type"] == "video.done"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("openapi: [", "not valid YAML: line 2, column 1: "),
        (ORIGINAL.replace("x-errors:", "x-mistakes:"), "x-errors is missing"),
        (ORIGINAL.replace("createVideo", "makeVideo"), "no operation has the operationId 'createVideo'"),
    ],
)
def test_invalid_edit_keeps_the_last_good_one_and_says_why_once(
    edited: Edited, caplog: pytest.LogCaptureFixture, text: str, reason: str
) -> None:
    edited.write(text)
    assert edited.accepts("8") and edited.accepts("12") and not edited.accepts("16")
    [line] = [record.getMessage() for record in caplog.records if str(edited.path) in record.getMessage()]
    assert line.startswith(f"{edited.path}: {reason}") and line.endswith("; the previous rules stay")
    edited.write(ORIGINAL.replace(SECONDS, LONGER))
    assert edited.accepts("16")


def test_file_that_is_gone_for_a_while_harms_nobody(edited: Edited, caplog: pytest.LogCaptureFixture) -> None:
    edited.accepts("8")
    edited.path.unlink()
    assert edited.accepts("8") and edited.accepts("8")
    assert caplog.text.count("No such file or directory; the previous rules stay") == 1
    edited.write(ORIGINAL.replace(SECONDS, LONGER))
    assert edited.accepts("16")


def test_failure_of_the_reader_keeps_the_last_good_one(
    edited: Edited, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_path: Path) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr("mockserver.reload.read_document", broken)
    edited.change(SECONDS, LONGER)
    assert edited.accepts("8")
    assert "cannot be used" in caplog.text


def test_comment_is_no_new_version(edited: Edited, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "mockserver")
    service = edited.app.current.service
    edited.write(ORIGINAL + "# a comment\n")
    assert edited.accepts("8") and edited.app.current.service is service
    assert "apply from now on" not in caplog.text


def test_file_that_rests_is_not_read_again(edited: Edited, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_path: Path) -> bytes:
        raise AssertionError("read again")

    edited.app.refresh(wall=lambda: 9e9)
    monkeypatch.setattr("mockserver.reload._read", broken)
    assert edited.accepts("8")


def test_request_under_way_ends_by_the_rules_that_it_began_with(edited: Edited) -> None:
    body = multipart(form(seconds="16"))
    sent: list[Message] = []

    async def receive() -> Message:
        if edited.path.read_text("utf-8") == ORIGINAL:  # the first half of the body is in: now the edit
            edited.change(SECONDS, LONGER)
            edited.app.refresh()
            return {"type": "http.request", "body": body[:500], "more_body": True}
        return {"type": "http.request", "body": body[500:], "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    content_type = f"multipart/form-data; boundary={BOUNDARY}".encode()
    headers = [(b"authorization", b"Bearer x"), (b"content-type", content_type)]
    scope: Scope = {"type": "http", "method": "POST", "path": "/v1/videos", "query_string": b"", "headers": headers}
    asyncio.run(edited.app(scope, receive, send))
    assert sent[0]["status"] == 400
    assert edited.accepts("16")


@pytest.fixture
def process(tmp_path: Path) -> Iterator[tuple[Any, str, Path]]:
    path = tmp_path / "openapi.yaml"
    path.write_text(ORIGINAL, "utf-8")
    with served("--reload", "--document", str(path), "--pace", "polls:3") as (process, told):
        yield process, f"{url(told)}/v1/videos", path


def post(address: str, seconds: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    return httpx.post(address, headers=headers, content=multipart(form(seconds=seconds)))


def test_process_follows_its_document_and_keeps_its_jobs(process: tuple[Any, str, Path]) -> None:
    running, address, path = process
    video = post(address, "8").json()
    assert post(address, "16").status_code == 400
    path.write_text(ORIGINAL.replace(SECONDS, LONGER), "utf-8")
    assert post(address, "16").json()["seconds"] == "16"
    path.write_text("openapi: [", "utf-8")
    assert post(address, "16").status_code == 200
    shown = httpx.get(f"{address}/{video['id']}", headers={"authorization": f"Bearer {TOKEN}"})
    assert (shown.json()["id"], shown.json()["seconds"]) == (video["id"], "8")
    running.send_signal(SIGTERM)
    _, stderr = running.communicate(timeout=10)
    assert running.returncode == 0
    lines = [line for line in stderr.splitlines() if str(path) in line]
    assert [re.sub(r".*yaml: ", "", line)[:20] for line in lines] == ["its rules apply from", "not valid YAML: line"]


def test_verdict_on_an_edit_is_told_without_a_request(process: tuple[Any, str, Path]) -> None:
    running, _, path = process
    path.write_text("openapi: [", "utf-8")
    assert "the previous rules stay" in running.stderr.readline()


def test_bad_http_is_answered_by_the_rules_of_today(process: tuple[Any, str, Path]) -> None:
    _, address, path = process
    code = ORIGINAL.replace("code: invalid_http_request", "code: no_http")
    assert code != ORIGINAL
    path.write_text(code, "utf-8")
    post(address, "8")
    host, port = address.split("/")[2].split(":")
    assert exchange_bad_http(host, int(port)) == "no_http"


def exchange_bad_http(host: str, port: int) -> str:
    with socket.create_connection((host, port), timeout=10) as client, client.makefile("rb") as received:
        client.sendall(b"GARBAGE\r\n\r\n")
        answer = received.read()
    return re.search(rb'"code":"(\w+)"', answer)[1].decode()  # type: ignore[index]
