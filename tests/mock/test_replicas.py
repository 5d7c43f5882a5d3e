"""Two mocks behind a load balancer, with one Redis, are one mock."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.mock.test_cli import served, url
from tests.pictures import picture
from tests.redis_server import needs_redis, shared_redis

pytestmark = needs_redis

VIDEOS = "/v1/videos"


class Replica:
    """One of the mocks, as a client of it."""

    def __init__(self, address: str, token: str) -> None:
        self.address = address
        self.http = httpx.Client(base_url=address, headers={"authorization": f"Bearer {token}"})

    def create(self) -> str:
        answer = self.http.post(VIDEOS, data={"prompt": "A lighthouse."}, files={"input_reference": picture()})
        assert answer.status_code == 200, answer.text
        video_id: str = answer.json()["id"]
        return video_id

    def status(self, video_id: str) -> str:
        status: str = self.http.get(f"{VIDEOS}/{video_id}").json()["status"]
        return status

    def page(self, **query: str | int) -> tuple[list[str], bool]:
        page = self.http.get(VIDEOS, params=query).json()
        return [video["id"] for video in page["data"]], page["has_more"]


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Two processes with one Redis. The same seed: what they draw is the same, what they make is not."""
    name = shared_redis().url(tmp_path_factory.mktemp("replicas"))
    options = ("--store", name, "--pace", "polls:3", "--seed", "1")
    with served(*options) as (_, one), served(*options) as (_, other):
        yield url(one), url(other)


@pytest.fixture
def replicas(addresses: tuple[str, str], tmp_path: Path) -> Iterator[tuple[Replica, Replica]]:
    """The two, with a token that nobody else has."""
    one, other = (Replica(address, tmp_path.name) for address in addresses)
    yield one, other
    one.http.close()
    other.http.close()


def completed(one: Replica, other: Replica) -> str:
    video_id = one.create()
    assert [each.status(video_id) for each in (other, one, other)] == ["queued", "in_progress", "completed"]
    return video_id


def test_what_one_creates_the_other_retrieves_and_both_count_polls(replicas: tuple[Replica, Replica]) -> None:
    one, other = replicas
    completed(one, other)


def test_what_one_creates_the_other_lists_and_pages_through(replicas: tuple[Replica, Replica]) -> None:
    one, other = replicas
    made = [each.create() for each in (one, other, other, one, one)]
    assert one.page(order="asc") == other.page(order="asc") == (made, False)
    found, more = one.page(limit=2)
    while more:
        page, more = (other if len(found) == 2 else one).page(limit=2, after=found[-1])
        found += page
    assert found == made[::-1]


def test_content_of_what_one_created_is_the_same_from_the_other(replicas: tuple[Replica, Replica]) -> None:
    one, other = replicas
    video_id = completed(one, other)
    answers = [each.http.get(f"{VIDEOS}/{video_id}/content", params={"variant": "thumbnail"}) for each in replicas]
    assert answers[0].status_code == 200 and answers[0].content == answers[1].content
    assert answers[0].headers["etag"] == answers[1].headers["etag"]


def test_remix_of_what_one_created_is_made_by_the_other(replicas: tuple[Replica, Replica]) -> None:
    one, other = replicas
    video_id = completed(one, other)
    remix = other.http.post(f"{VIDEOS}/{video_id}/remix", json={"prompt": "At night."}).json()
    assert one.http.get(f"{VIDEOS}/{remix['id']}").json()["remixed_from_video_id"] == video_id


def test_what_one_created_the_other_deletes(replicas: tuple[Replica, Replica]) -> None:
    one, other = replicas
    video_id = completed(one, other)
    assert one.http.get(f"{VIDEOS}/{video_id}/content", params={"variant": "thumbnail"}).status_code == 200
    assert other.http.delete(f"{VIDEOS}/{video_id}").status_code == 200
    for path in (f"{VIDEOS}/{video_id}", f"{VIDEOS}/{video_id}/content"):
        assert one.http.get(path).status_code == other.http.get(path).status_code == 404
    assert one.page() == other.page() == ([], False)


def test_owners_are_separate_on_both(replicas: tuple[Replica, Replica]) -> None:
    one, _ = replicas
    video_id = one.create()
    for replica in replicas:
        stranger = Replica(replica.address, "another")
        answers = [stranger.http.get(f"{VIDEOS}/{video_id}"), stranger.http.delete(f"{VIDEOS}/{video_id}")]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert video_id not in stranger.page(limit=100)[0]
        stranger.http.close()


def test_creations_on_both_at_once_are_all_listed_once_and_in_order(replicas: tuple[Replica, Replica]) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda number: replicas[number % 2].create(), range(60)))
    found, more = replicas[0].page(limit=7, order="asc")
    while more:
        page, more = replicas[len(found) % 2].page(limit=7, order="asc", after=found[-1])
        found += page
    assert sorted(found) == sorted(made) and len(set(made)) == 60
    moments = [int(video_id.removeprefix("video_")[:8], 16) for video_id in found]
    assert moments == sorted(moments)
