"""What a client on a socket meets of scenarios."""

import json
from typing import Any

import httpx
import openai
import pytest

from tests.mock.test_cli import served, url
from tests.mock.vocabulary import TOKEN
from tests.pictures import picture


def post(instant: str, prompt: str = "A fox.", content: bytes | None = None) -> httpx.Response:
    headers = {"authorization": f"Bearer {TOKEN}"}
    files = {"input_reference": content or picture()}
    return httpx.post(f"{instant}/v1/videos", headers=headers, data={"prompt": prompt}, files=files)


@pytest.mark.parametrize("size", [0, 3_000_000])
def test_dropped_connection_is_seen_as_one(instant: str, size: int) -> None:
    httpx.post(f"{instant}/_mock/scenarios", json={"scenario": "drop"})
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)):
        post(instant, content=picture() + bytes(size))
    assert post(instant).status_code == 200


def test_truncated_json_is_a_whole_answer_of_half_an_object(instant: str) -> None:
    answer = post(instant, "[mock: truncate]")
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_content_that_breaks_off_is_shorter_than_it_says(instant: str) -> None:
    video = post(instant, "[mock: break_off=50]").json()
    path = f"{instant}/v1/videos/{video['id']}/content?variant=thumbnail"
    received = b""
    with (
        pytest.raises(httpx.RemoteProtocolError, match="closed"),
        httpx.stream("GET", path, headers={"authorization": f"Bearer {TOKEN}"}) as answer,
    ):
        for chunk in answer.iter_bytes():
            received += chunk
    assert len(received) == int(answer.headers["content-length"]) // 2 > 0


def test_nothing_that_a_scenario_does_is_logged_as_a_failure() -> None:
    with served() as (process, told):
        for scenario in ("drop", "truncate", "error=server_error"):
            httpx.post(f"{url(told)}/_mock/scenarios", json={"scenario": scenario})
            try:
                post(url(told))
            except httpx.HTTPError:
                assert scenario == "drop"
        process.terminate()
        assert "Traceback" not in process.communicate(timeout=10)[1]


@pytest.fixture
def client(instant: str) -> Any:
    with openai.OpenAI(base_url=f"{instant}/v1", api_key=TOKEN, max_retries=0) as client:
        yield client


CALL: Any = {"prompt": "A fox.", "input_reference": ("image.png", picture(), "image/png")}
retired = pytest.mark.filterwarnings("ignore:The Sora API is scheduled:DeprecationWarning")


@retired
@pytest.mark.parametrize(
    ("prefer", "error"),
    [
        ("code=400", openai.BadRequestError),
        ("code=401", openai.AuthenticationError),
        ("code=404", openai.NotFoundError),
        ("code=429", openai.RateLimitError),
        ("code=500", openai.InternalServerError),
        ("example=drop", openai.APIConnectionError),
    ],
)
def test_openai_raises_the_error_of_its_type(client: openai.OpenAI, prefer: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        client.videos.create(**CALL, extra_headers={"prefer": prefer})


@retired
def test_openai_sees_a_job_that_fails(client: openai.OpenAI) -> None:
    video = client.videos.create_and_poll(**{**CALL, "prompt": "[mock: fail=moderation_blocked]"})
    assert (video.status, video.error and video.error.code) == ("failed", "moderation_blocked")


@retired
def test_openai_comes_back_after_the_time_that_it_is_told(
    client: openai.OpenAI, instant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("openai._base_client.time.sleep", slept.append)
    httpx.post(f"{instant}/_mock/scenarios", json={"scenario": "rate_limit, retry_after=7", "times": 2})
    assert client.with_options(max_retries=2).videos.create(**CALL).status == "queued"
    assert slept == [7.0, 7.0]
