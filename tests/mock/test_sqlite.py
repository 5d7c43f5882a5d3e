"""A store in a file outlives the process."""

from pathlib import Path

import httpx
import msgspec
import pytest

from mockserver.stores import parse_store
from mockserver.stores.base import LOOK, Bounds
from mockserver.stores.sqlite.store import SqliteStore
from tests.mock.stores import DONE, WIDE, Opened, is_done, job, listed, put, unavailable, write
from tests.mock.test_cli import served, url
from tests.mock.vocabulary import TOKEN, Mock


def test_restart_keeps_jobs_and_references(at: Opened) -> None:
    put(at(), job("a"), job("b", polls=1))
    assert (listed(at()), at().get("me", "b"), at().reference("me", "a")) == (["a", "b"], job("b", polls=1), b"picture")


def test_restart_with_lower_bounds_lets_finished_jobs_go_at_the_next_one(at: Opened) -> None:
    put(at(), *(job(f"{number:03}", polls=DONE * (number % 2)) for number in range(LOOK + LOOK // 2)))
    smaller = at(Bounds(jobs=LOOK * 3 // 4 + 1, bytes=10**6))
    put(smaller, job("new"))
    assert listed(smaller, limit=1000) == [*(f"{number:03}" for number in range(0, LOOK + LOOK // 2, 2)), "new"]


def test_job_of_an_earlier_version_is_read(at: Opened, path: Path) -> None:
    put(at(), job("a"))
    fields = {
        name: value for name, value in msgspec.structs.asdict(job("a")).items() if name not in ("polls", "polled")
    }
    write(path, "UPDATE job SET record = ?", msgspec.msgpack.encode(fields | {"gone": 1}))
    assert at().get("me", "a") == job("a")


def test_job_that_cannot_be_read_is_told_of(at: Opened, path: Path) -> None:
    put(at(), job("a"))
    write(path, "UPDATE job SET record = ?", b"x")
    store = at(Bounds(jobs=1, bytes=100))
    for call in (lambda: store.get("me", "a"), lambda: store.remove("me", "a"), lambda: store.add(job("b"), [])):
        with unavailable(path, "holds a job that this version cannot read: "):
            call()
    assert store.count() == 1


def test_mock_that_starts_again_goes_on_with_its_jobs_and_polls(path: Path) -> None:
    def start() -> Mock:
        return Mock(pace="polls:3", store=parse_store(f"sqlite:{path}"))

    video = start().create()
    assert [start().poll(video)["status"] for _ in range(3)] == ["queued", "in_progress", "completed"]


def test_server_that_is_killed_goes_on_with_its_jobs(path: Path) -> None:
    options = ("--store", f"sqlite:{path}", "--pace", "instant")
    video = Mock(store=parse_store(f"sqlite:{path}")).create()
    with served(*options) as (process, told):
        headers = {"authorization": f"Bearer {TOKEN}"}
        address = f"{url(told)}/v1/videos/{video['id']}"
        assert httpx.get(address, headers=headers).json()["status"] == "completed"
        process.kill()
    with served(*options) as (_, told):
        address = f"{url(told)}/v1/videos/{video['id']}"
        assert httpx.get(address, headers=headers).json()["id"] == video["id"]


def test_seed_that_repeats_an_id_gets_the_next_one(path: Path) -> None:
    videos = [Mock(seed=1, store=parse_store(f"sqlite:{path}")).create()["id"] for _ in range(3)]
    assert len(set(videos)) == 3


def test_colon_in_front_is_part_of_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    SqliteStore(Path(":memory:"), WIDE, is_done).close()
    assert (tmp_path / ":memory:").exists()
