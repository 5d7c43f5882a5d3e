"""Processes that share a store lose nothing, even those that are killed."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import islice
from pathlib import Path

import pytest

from mockserver.jobs.job import Job
from mockserver.stores import parse_store
from mockserver.stores.base import Store
from tests.mock.stores import NAMES, PERSISTENT, Opened, is_done, job, listed, opening, poll, put
from tests.redis_server import DURABLE, RedisServer, needs_redis


@pytest.fixture(params=PERSISTENT)
def name(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The name of a store of each kind that outlives its process."""
    return NAMES[request.param](tmp_path)


@pytest.fixture
def at(name: str) -> Iterator[Opened]:
    """Opens the same store again and again."""
    with opening(lambda bounds: parse_store(name).open(is_done, bounds.jobs, bounds.bytes)) as give:
        yield give


def test_change_by_another_in_between_is_changed_again(at: Opened) -> None:
    store, other = at(), at()
    put(store, job("a"))
    seen = []

    def slow_poll(found: Job) -> Job:
        seen.append(found.polls)
        if len(seen) == 1:
            other.change("me", "a", poll)
        return poll(found)

    assert store.change("me", "a", slow_poll) == job("a", polls=2)
    assert seen == [0, 1]


def test_job_removed_by_another_in_between_is_not_changed(at: Opened) -> None:
    store, other = at(), at()
    put(store, job("a"))

    def slow_poll(found: Job) -> Job:
        other.remove("me", "a")
        return poll(found)

    assert store.change("me", "a", slow_poll) is None


WRITER = """
import sys
import msgspec
from mockserver.jobs.job import Job
from mockserver.stores import parse_store

text, name, count = sys.argv[1:]
store = parse_store(text).open(lambda job: False, 10**6, 10**9)
print("open", flush=True)
for number in range(int(count)):
    video_id = f"{name}-{number}"
    assert store.add(Job(video_id, name, float(number), 4.0, 720, 1280, (), 0.0), [video_id.encode() * 1000])
    store.change("all", "shared", lambda job: msgspec.structs.replace(job, polls=job.polls + 1))
    print(video_id, flush=True)
"""


@contextmanager
def writing(store: str, names: str, count: int) -> Iterator[dict[str, "subprocess.Popen[str]"]]:
    """Processes that add jobs, poll a shared one after each, and tell each that was acknowledged."""
    with ExitStack() as stack:
        command = [sys.executable, "-c", WRITER, store]
        yield {
            name: stack.enter_context(subprocess.Popen([*command, name, str(count)], stdout=subprocess.PIPE, text=True))
            for name in names.split()
        }


def told(process: "subprocess.Popen[str]", count: int) -> list[str]:
    """The next lines that a process tells."""
    assert process.stdout is not None
    return [line.strip() for line in islice(process.stdout, count)]


def finish(process: "subprocess.Popen[str]") -> list[str]:
    """The rest of what a process tells. A last line that was cut short does not count."""
    rest = process.communicate()[0].splitlines(keepends=True)
    return [line.strip() for line in rest if line.endswith("\n")]


def test_processes_that_start_and_write_at_once_lose_nothing(at: Opened, name: str) -> None:
    with writing(name, "a b c", 40) as processes:
        acknowledged = {name: finish(process)[1:] for name, process in processes.items()}
    store = at()
    assert store.count() == 120
    for owner, ids in acknowledged.items():
        assert ids == listed(store, owner) == [f"{owner}-{number}" for number in range(40)]


def test_polls_of_several_processes_are_each_counted_once(at: Opened, name: str) -> None:
    put(at(), job("shared", owner="all"))
    with writing(name, "a b", 50) as processes:
        assert [len(finish(process)) for process in processes.values()] == [51, 51]
    shared = at().get("all", "shared")
    assert shared is not None and shared.polls == 100


def killed(processes: dict[str, "subprocess.Popen[str]"], count: int) -> dict[str, list[str]]:
    """What was acknowledged by processes that are killed once each has added so many."""
    acknowledged = {name: told(process, count + 1)[1:] for name, process in processes.items()}
    for process in processes.values():
        process.kill()
    for name, process in processes.items():
        acknowledged[name] += finish(process)
    return acknowledged


def assert_whole(store: Store, acknowledged: dict[str, list[str]]) -> None:
    """Expect every job that was acknowledged, at most one more of each writer, and nothing of any job missing."""
    for name, ids in acknowledged.items():
        kept = listed(store, name, limit=10**6)
        assert kept[: len(ids)] == ids and len(kept) <= len(ids) + 1
        assert all(store.reference(name, video_id) == video_id.encode() * 1000 for video_id in kept)
        assert all(store.get(name, video_id) is not None for video_id in kept)
    kept = [video_id for name in acknowledged for video_id in listed(store, name, limit=10**6)]
    assert store.count() == 1 + len(kept)
    assert store.held() == len(b"picture") + sum(len(video_id) * 1000 for video_id in kept)


def test_writers_killed_in_the_middle_leave_all_that_was_acknowledged(at: Opened, name: str) -> None:
    put(at(), job("shared", owner="all"))
    acknowledged: dict[str, list[str]] = {}
    for turn in range(2):
        with writing(name, " ".join(f"{letter}{turn}" for letter in "abc"), 10**6) as processes:
            acknowledged |= killed(processes, 8 * (turn + 1))
    assert_whole(at(), acknowledged)
    if name.startswith("sqlite:"):
        with closing(sqlite3.connect(name.removeprefix("sqlite:"))) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@needs_redis
def test_redis_killed_in_the_middle_has_all_that_was_acknowledged() -> None:
    server = RedisServer(*DURABLE)
    with opening(lambda bounds: parse_store(server.url()).open(is_done, bounds.jobs, bounds.bytes)) as at:
        put(at(), job("shared", owner="all"))
        with writing(server.url(), "a b", 10**6) as processes:
            acknowledged = {name: told(process, 9)[1:] for name, process in processes.items()}
            server.kill()
            for name, process in processes.items():
                acknowledged[name] += finish(process)
        server.start()
        assert_whole(at(), acknowledged)
    server.close()
