"""What the tests of the stores say: every store, jobs to keep in it, and what to expect of it."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mockserver.jobs.job import Job
from mockserver.stores import parse_store
from mockserver.stores.base import Bounds, JobPage, Store, StoreUnavailable
from tests.redis_server import needs_redis, shared_redis

WIDE = Bounds(jobs=1000, bytes=10**6)
DONE = 2
"""A job of these tests is finished once it was polled so often."""

Opened = Callable[..., Store]


def is_done(job: Job) -> bool:
    return job.polls >= DONE


NAMES: dict[str, Callable[[Path], str]] = {
    "memory": lambda _: "memory",
    "sqlite": lambda folder: f"sqlite:{folder}/jobs.db",
    "redis": lambda folder: shared_redis().url(f"{folder}:"),
}
"""The name of a store of each kind; the same one for the same folder."""

KINDS = ["memory", "sqlite", pytest.param("redis", marks=needs_redis)]
PERSISTENT = KINDS[1:]


def open_store(kind: str, folder: Path, bounds: Bounds) -> Store:
    return parse_store(NAMES[kind](folder)).open(is_done, bounds.jobs, bounds.bytes)


@contextmanager
def opening(make: Callable[..., Store]) -> Iterator[Opened]:
    given: list[Store] = []

    def give(bounds: Bounds = WIDE, **options: Any) -> Store:
        given.append(make(bounds, **options))
        return given[-1]

    yield give
    for each in given:
        each.close()


def job(video_id: str = "a", created: float = 1.0, owner: str = "me", polls: int = 0) -> Job:
    return Job(video_id, owner, created, 4.0, 720, 1280, ("sora-2", None, "A lighthouse. \U0001f305"), 0.5, polls=polls)


def put(store: Store, *jobs: Job, reference: bytes = b"picture") -> None:
    for each in jobs:
        assert store.add(each, [reference])


def poll(job: Job) -> Job:
    return msgspec.structs.replace(job, polls=job.polls + 1)


def ids(page: JobPage | None) -> list[str]:
    assert page is not None
    return [job.id for job in page.jobs]


def listed(store: Store, owner: str = "me", after: str | None = None, limit: int = 100) -> list[str]:
    return ids(store.page(owner, after=after, limit=limit, newest_first=False))


@contextmanager
def unavailable(path: Path | str, message: str) -> Iterator[None]:
    with pytest.raises(StoreUnavailable) as told:
        yield
    assert str(told.value).startswith(f"store {path}: {message}") and "\n" not in str(told.value)


def write(path: Path, query: str, *values: Any) -> None:
    """Change a file behind a store's back."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(query, values)
    connection.close()
