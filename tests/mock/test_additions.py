"""A large picture on its way into a store holds nobody up."""

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from mockserver.jobs.job import Job
from mockserver.stores import parse_store
from mockserver.stores.offload import LARGE, Offload
from tests.mock.stores import KINDS, NAMES, is_done, job, open_store
from tests.mock.stores import WIDE as BOUNDS
from tests.mock.vocabulary import Mock, form
from tests.pictures import picture


class Slow:
    """A store that notes which thread adds what, and adds large references only once it is told to."""

    is_slow = True

    def __init__(self) -> None:
        self.added: list[tuple[str, bool]] = []
        self.go_on = threading.Event()
        self.is_closed = False

    def twin(self) -> "Slow":
        return self

    def add(self, job: Job, reference: Sequence[bytes]) -> bool:
        if sum(map(len, reference)) >= LARGE:
            assert self.go_on.wait(10)
        self.added.append((job.id, threading.current_thread() is threading.main_thread()))
        return True

    def close(self) -> None:
        self.is_closed = True


def test_small_reference_does_not_wait_for_the_thread() -> None:
    additions = Offload(Slow())  # type: ignore[arg-type]
    assert (additions.waits(LARGE - 1), additions.waits(LARGE)) == (False, True)


def test_large_reference_leaves_the_loop_free_and_others_queue_behind_it() -> None:
    store = Slow()
    additions = Offload(store)  # type: ignore[arg-type]

    async def add() -> None:
        large = asyncio.create_task(additions.add(job("large"), [bytes(LARGE)]))
        await asyncio.sleep(0)
        assert additions.waits(0)
        small = asyncio.create_task(additions.add(job("small"), []))
        await asyncio.sleep(0)
        assert store.added == []
        store.go_on.set()
        assert [await large, await small] == [True, True]
        assert not additions.waits(0)

    asyncio.run(add())
    assert store.added == [("large", False), ("small", False)]
    additions.close()
    assert store.is_closed


@pytest.mark.parametrize("kind", KINDS)
def test_large_reference_is_kept_in_every_store(kind: str, tmp_path: Path) -> None:
    store = open_store(kind, tmp_path, BOUNDS)
    additions = Offload(store)
    picture = [bytes(LARGE), b"end"]
    assert [asyncio.run(additions.add(job("a"), picture)) for _ in range(2)] == [True, False]
    assert (store.get("me", "a"), store.reference("me", "a")) == (job("a"), b"".join(picture))
    additions.close()
    store.close()


def test_video_of_a_large_picture_is_created_in_a_store_on_disk(tmp_path: Path) -> None:
    mock = Mock(store=parse_store(NAMES["sqlite"](tmp_path)))
    large = ("input_reference", {"filename": "large.png"}, picture(compress_level=0))
    assert len(large[2]) > LARGE
    video = mock.post([part for part in form() if part[0] != large[0]] + [large]).json()
    assert (video["status"], mock.get(video["id"]).json()["id"]) == ("queued", video["id"])
    mock.app.runtime.close()


@pytest.mark.parametrize("kind", KINDS)
def test_twin_is_another_way_to_the_same_jobs(kind: str, tmp_path: Path) -> None:
    store = open_store(kind, tmp_path, BOUNDS)
    assert store.twin().add(job("a"), [])
    assert store.get("me", "a") == job("a")
    store.close()


def test_video_that_another_deletes_meanwhile_is_deleted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = NAMES["sqlite"](tmp_path)
    mock = Mock(store=parse_store(name), pace="instant")
    path = f"/v1/videos/{mock.create()['id']}"
    jobs = mock.app.state.control.service.jobs
    finds = jobs.get

    def get(owner: str, video_id: str) -> Job | None:
        found: Job | None = finds(owner, video_id)
        other = parse_store(name).open(is_done)
        assert other.remove(owner, video_id)
        other.close()
        return found

    monkeypatch.setattr(type(jobs), "get", lambda _, owner, video_id: get(owner, video_id))
    assert mock.send("DELETE", path).status_code == 404
