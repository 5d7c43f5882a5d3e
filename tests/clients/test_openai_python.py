"""The openai client for Python, unchanged."""

import asyncio
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.clients.vocabulary import PROMPT, TOKEN, Server, queued

# The vendor retires its own service; the format and the client's calls live on.
pytestmark = pytest.mark.filterwarnings("ignore:The Sora API is scheduled:DeprecationWarning")


@pytest.fixture
def client(server: Server) -> Iterator[openai.OpenAI]:
    """A client that repeats nothing."""
    with openai.OpenAI(base_url=server.base_url, api_key=TOKEN, max_retries=0) as client:
        yield client


@pytest.fixture
def call(server: Server) -> dict[str, Any]:
    """The arguments of a creation, with the picture as a file."""
    return {"prompt": PROMPT, "input_reference": server.picture, "model": "sora-2", "seconds": "4", "size": "720x1280"}


def test_openai_creates_a_video(client: openai.OpenAI, call: dict[str, Any]) -> None:
    queued(client.videos.create(**call).model_dump(exclude_unset=True))


def test_openai_takes_an_open_file_and_bytes_with_a_name(
    client: openai.OpenAI, call: dict[str, Any], server: Server
) -> None:
    with server.picture.open("rb") as file:
        assert client.videos.create(**{**call, "input_reference": file}).status == "queued"
    named = ("image.png", server.picture.read_bytes(), "image/png")
    assert client.videos.create(**{**call, "input_reference": named}).status == "queued"


def test_openai_create_and_poll_ends_with_a_completed_video(client: openai.OpenAI, call: dict[str, Any]) -> None:
    video = client.videos.create_and_poll(**call)
    assert (video.status, video.progress, video.error) == ("completed", 100, None)
    assert (video.completed_at or 0) >= video.created_at


def test_openai_retrieves_the_video_it_created(client: openai.OpenAI, call: dict[str, Any]) -> None:
    video = client.videos.create(**call)
    assert client.videos.retrieve(video.id).id == video.id


def test_openai_knows_the_id_of_each_request(client: openai.OpenAI, call: dict[str, Any]) -> None:
    first, second = client.videos.create(**call), client.videos.create(**call)
    assert first._request_id
    assert first._request_id != second._request_id


def test_openai_raises_authentication_error_for_a_wrong_key(client: openai.OpenAI, call: dict[str, Any]) -> None:
    with pytest.raises(openai.AuthenticationError, match="Incorrect API key provided: wrong-key") as caught:
        client.with_options(api_key="wrong-key").videos.create(**call)
    assert caught.value.code == "invalid_api_key"


def test_openai_raises_bad_request_error_that_names_the_field(client: openai.OpenAI, call: dict[str, Any]) -> None:
    with pytest.raises(openai.BadRequestError, match="Supported values are: '4', '8', and '12'") as caught:
        client.videos.create(**{**call, "seconds": "10"})
    assert (caught.value.param, caught.value.code, caught.value.type) == (
        "seconds",
        "invalid_value",
        "invalid_request_error",
    )
    assert caught.value.request_id


def test_openai_raises_not_found_error_for_an_id_that_nobody_has(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="Video with id 'video_123' not found"):
        client.videos.retrieve("video_123")


async def _create(server: Server, call: dict[str, Any]) -> str:
    async with openai.AsyncOpenAI(base_url=server.base_url, api_key=TOKEN, max_retries=0) as client:
        return (await client.videos.create_and_poll(**call)).status


def test_async_openai_create_and_poll_ends_with_a_completed_video(server: Server, call: dict[str, Any]) -> None:
    assert asyncio.run(_create(server, call)) == "completed"
