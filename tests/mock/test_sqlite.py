"""A store in a file outlives the process, and tells what is wrong with the file."""

import os
import resource
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from mockserver.database import APPLICATION, VERSION
from mockserver.sqlite import SqliteStore
from mockserver.store import LOOK, Bounds
from mockserver.stores import parse_store
from tests.mock.stores import DONE, WIDE, Opened, is_done, job, listed, poll, put, unavailable
from tests.mock.test_cli import misused, served, url
from tests.mock.vocabulary import Mock


def test_restart_keeps_jobs_and_references(at: Opened) -> None:
    put(at(), job("a"), job("b", polls=1))
    assert (listed(at()), at().get("me", "b"), at().reference("me", "a")) == (["a", "b"], job("b", polls=1), b"picture")


def test_restart_with_lower_bounds_lets_jobs_go_at_the_next_one(at: Opened) -> None:
    put(at(), *(job(f"{number:03}", polls=DONE * (number % 2)) for number in range(3 * LOOK)))
    smaller = at(Bounds(jobs=4, bytes=1000))
    put(smaller, job("new"))
    assert listed(smaller) == ["294", "296", "298", "new"]


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
    with unavailable(path, "holds a job that this version cannot read: "):
        at().get("me", "a")


def write(path: Path, query: str, *values: Any) -> None:
    """Change a file behind a store's back."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(query, values)
    connection.close()


def test_text_file_is_refused_and_left_alone(at: Opened, path: Path) -> None:
    path.write_text("my notes, which are long enough to be no empty file " * 50)
    with unavailable(path, "is no SQLite file"):
        at()
    assert path.read_text().startswith("my notes")


def test_file_of_another_program_is_refused_and_left_alone(at: Opened, path: Path) -> None:
    write(path, "CREATE TABLE note (text)")
    before = path.read_bytes()
    with unavailable(path, "is the SQLite file of another program"):
        at()
    assert path.read_bytes() == before and [each.name for each in path.parent.iterdir()] == [path.name]


def test_file_of_a_newer_version_is_refused_and_left_alone(at: Opened, path: Path) -> None:
    at().close()
    write(path, f"PRAGMA user_version = {VERSION + 1}")
    with unavailable(path, f"has version {VERSION + 1} of the schema; this mockserver reads version {VERSION}"):
        at()


def test_file_says_whose_it_is(at: Opened, path: Path) -> None:
    at().close()
    assert path.read_bytes()[68:72] == APPLICATION.to_bytes(4) == b"mock"


def test_folder_that_is_not_there_is_told() -> None:
    assert misused("--store", "sqlite:/no/such/jobs.db") == "store /no/such/jobs.db: there is no folder /no/such"


def test_folder_in_place_of_a_file_is_told(tmp_path: Path) -> None:
    assert misused("--store", f"sqlite:{tmp_path}") == f"store {tmp_path}: is a folder"


def test_damaged_file_is_told(at: Opened, path: Path) -> None:
    store = at()
    put(store, *(job(str(number)) for number in range(100)))
    store.close()
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with unavailable(path, "is damaged"):
        put(at(), job("a"))


@contextmanager
def unprivileged() -> Iterator[None]:
    """As a user whom folders can keep out: root is kept out by none."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.fixture
def locked_folder() -> Iterator[Path]:
    """A folder that can be read and not written to."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        yield Path(folder)


def test_read_only_folder_is_told_and_taken_once_it_is_not(locked_folder: Path) -> None:
    path = locked_folder / "jobs.db"
    with unprivileged(), unavailable(path, "cannot be opened, or its folder cannot be written to"):
        SqliteStore(path, WIDE, is_done)
    locked_folder.chmod(0o777)
    with unprivileged():
        SqliteStore(path, WIDE, is_done).close()


def test_read_only_file_is_told_at_once(locked_folder: Path) -> None:
    path = locked_folder / "jobs.db"
    SqliteStore(path, WIDE, is_done).close()
    path.chmod(0o444)
    with unprivileged(), unavailable(path, "cannot be "):
        SqliteStore(path, WIDE, is_done)


def test_full_disk_is_told_and_works_again_with_room(at: Opened, path: Path) -> None:
    store = at()
    put(store, job("a"))
    store._connection.execute("PRAGMA max_page_count = 20")  # type: ignore[attr-defined]
    with unavailable(path, "has no room left, the disk is full"):
        store.add(job("big"), [bytes(100_000)])
    assert (listed(store), store.held(), store.change("me", "a", poll)) == (["a"], 7, job("a", polls=1))
    store._connection.execute("PRAGMA max_page_count = 2000")  # type: ignore[attr-defined]
    put(store, job("big"), reference=bytes(100_000))
    assert listed(store) == ["a", "big"]


def test_failing_disk_is_told_and_works_again(at: Opened, path: Path) -> None:
    store = at()
    put(store, job("a"))
    with file_limit(200_000):
        for _ in range(2):
            with unavailable(path, "cannot be read or written, the disk fails"):
                store.add(job("big"), [bytes(500_000)])
    assert (listed(store), store.held()) == (["a"], 7)
    put(store, job("big"), reference=bytes(500_000))
    assert (listed(at()), at().held()) == (["a", "big"], 500_007)


@contextmanager
def file_limit(size: int) -> Iterator[None]:
    """No file of this process grows beyond ``size`` bytes: what is written fails, as on a disk that does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_locked_file_is_read_still_and_written_once_it_is_free(at: Opened, path: Path) -> None:
    store = at(busy_seconds=0)
    put(store, job("a"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for write in (lambda: store.add(job("b"), []), lambda: store.change("me", "a", poll), store.clear):
        with unavailable(path, "is locked by another program"):
            write()
    assert listed(store) == ["a"]
    other.execute("ROLLBACK")
    other.close()
    put(store, job("b"))
    assert listed(store) == ["a", "b"]


def test_file_that_was_replaced_by_another_is_told_and_opened_once_it_is_ours(at: Opened, path: Path) -> None:
    store = at()
    put(store, job("a"))
    store.close()
    ours = path.read_bytes()
    path.write_bytes(b"x" * 5000)
    for _ in range(2):
        with unavailable(path, "is no SQLite file"):
            store.count()
    path.write_bytes(ours)
    assert listed(store) == ["a"]


def test_mock_that_starts_again_goes_on_with_its_jobs_and_polls(path: Path) -> None:
    def start() -> Mock:
        return Mock(pace="polls:3", store=parse_store(f"sqlite:{path}"))

    video = start().create()
    assert [start().poll(video)["status"] for _ in range(3)] == ["queued", "in_progress", "completed"]


def test_server_that_is_killed_goes_on_with_its_jobs(path: Path) -> None:
    options = ("--store", f"sqlite:{path}", "--pace", "instant")
    video = Mock(store=parse_store(f"sqlite:{path}")).create()
    with served(*options) as (process, told):
        headers = {"authorization": "Bearer any"}
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
