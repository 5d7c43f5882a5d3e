"""Node: the document's fetch call, and the openai client of npm, unchanged."""

from pathlib import Path
from typing import Any

import pytest

from tests.clients.vocabulary import NODE_FILES, TOKEN, Server, queued, told


def fetched(server: Server, node: str, seconds: str = "4") -> Any:
    return told(node, NODE_FILES / "fetch.mjs", server.videos, TOKEN, server.picture, seconds)


def test_fetch_call_of_the_document_creates_a_video_from_node(server: Server, node: str) -> None:
    answer = fetched(server, node)
    assert answer["status"] == 200
    queued(answer["body"])


def test_fetch_user_in_node_sees_what_is_wrong_with_seconds(server: Server, node: str) -> None:
    assert fetched(server, node, "10")["body"]["error"]["param"] == "seconds"


@pytest.fixture
def ask(server: Server, node: str, node_modules: Path) -> Any:
    """One call of the openai client of npm."""

    def ask(action: str, token: str = TOKEN) -> Any:
        return told(node, "openai_client.mjs", action, server.base_url, token, server.picture, cwd=node_modules)

    return ask


@pytest.mark.parametrize("source", ["stream", "buffer"])
def test_npm_openai_creates_a_video_from_a(ask: Any, source: str) -> None:
    queued(ask(source))


def test_npm_openai_polls_until_the_video_is_completed(ask: Any) -> None:
    assert ask("poll") == {"seen": ["queued", "queued", "in_progress", "completed"], "progress": 100}


def test_npm_openai_knows_the_id_of_its_request(ask: Any) -> None:
    assert ask("request")["request_id"].startswith("req_")


def test_npm_openai_throws_authentication_error_for_a_wrong_key(ask: Any) -> None:
    error = ask("buffer", "wrong-key")
    assert (error["name"], error["status"], error["code"]) == ("AuthenticationError", 401, "invalid_api_key")


def test_npm_openai_throws_bad_request_error_that_names_the_field(ask: Any) -> None:
    error = ask("bad")
    assert (error["name"], error["param"], error["code"]) == ("BadRequestError", "seconds", "invalid_value")
    assert "Supported values are: '4', '8', and '12'." in error["message"]


def test_npm_openai_throws_not_found_error_for_an_id_that_nobody_has(ask: Any) -> None:
    error = ask("lost")
    assert (error["name"], error["message"]) == ("NotFoundError", "404 Video with id 'video_123' not found.")
