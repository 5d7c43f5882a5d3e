"""Processes that share a file lose nothing, even those that are killed."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import islice
from pathlib import Path

from mockserver.job import Job
from tests.mock.stores import Opened, job, listed, poll, put


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
from pathlib import Path
import msgspec
from mockserver.job import Job
from mockserver.sqlite import SqliteStore
from mockserver.store import Bounds

path, name, count = sys.argv[1:]
store = SqliteStore(Path(path), Bounds(10**6, 10**9), lambda job: False)
print("open", flush=True)
for number in range(int(count)):
    video_id = f"{name}-{number}"
    assert store.add(Job(video_id, name, float(number), 4.0, 720, 1280, (), 0.0), [video_id.encode() * 1000])
    store.change("all", "shared", lambda job: msgspec.structs.replace(job, polls=job.polls + 1))
    print(video_id, flush=True)
"""


@contextmanager
def writing(path: Path, names: str, count: int) -> Iterator[dict[str, "subprocess.Popen[str]"]]:
    """Processes that add jobs, poll a shared one after each, and tell each that was acknowledged."""
    with ExitStack() as stack:
        command = [sys.executable, "-c", WRITER, str(path)]
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


def test_processes_that_start_and_write_at_once_lose_nothing(at: Opened, path: Path) -> None:
    with writing(path, "a b c", 40) as processes:
        acknowledged = {name: finish(process)[1:] for name, process in processes.items()}
    store = at()
    assert store.count() == 120
    for name, ids in acknowledged.items():
        assert ids == listed(store, name) == [f"{name}-{number}" for number in range(40)]


def test_polls_of_several_processes_are_each_counted_once(at: Opened, path: Path) -> None:
    put(at(), job("shared", owner="all"))
    with writing(path, "a b", 50) as processes:
        assert [len(finish(process)) for process in processes.values()] == [51, 51]
    shared = at().get("all", "shared")
    assert shared is not None and shared.polls == 100


def test_writers_killed_in_the_middle_leave_all_that_was_acknowledged(at: Opened, path: Path) -> None:
    put(at(), job("shared", owner="all"))
    acknowledged: dict[str, list[str]] = {}
    for turn in range(5):
        with writing(path, f"a{turn} b{turn}", 10**6) as processes:
            for name, process in processes.items():
                acknowledged[name] = told(process, 8 * (turn + 1))[1:]
            for process in processes.values():
                process.kill()
            for name, process in processes.items():
                acknowledged[name] += finish(process)
    store = at()
    for name, ids in acknowledged.items():
        kept = listed(store, name, limit=10**6)
        assert kept[: len(ids)] == ids and len(kept) <= len(ids) + 1
        assert all(store.reference(name, video_id) == video_id.encode() * 1000 for video_id in kept)
    assert store.count() == 1 + sum(len(listed(store, name, limit=10**6)) for name in acknowledged)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
