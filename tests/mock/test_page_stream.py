"""The stream that the page follows."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from mockserver.stores import parse_store
from mockserver.ui.stream import Follower
from tests.mock.test_page import detail, rows
from tests.mock.vocabulary import Mock


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
