"""A file that cannot be used is told of in one line, and used again as soon as it can be."""

import os
import resource
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from mockserver.stores.sqlite.connection import APPLICATION, VERSION, log_ahead
from mockserver.stores.sqlite.store import SqliteStore
from tests.mock.stores import WIDE, Opened, is_done, job, listed, poll, put, unavailable, write
from tests.mock.test_cli import misused


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
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for call in (
            lambda: at(busy_seconds=0),
            lambda: store.add(job("b"), []),
            lambda: store.change("me", "a", poll),
        ):
            with unavailable(path, "is locked by another program"):
                call()
        assert listed(store) == ["a"]
    put(store, job("b"))
    assert listed(store) == ["a", "b"]


def test_file_that_others_hold_as_it_was_is_opened_once_they_let_go(at: Opened, path: Path) -> None:
    at().close()
    write(path, "PRAGMA journal_mode = DELETE")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN").execute("SELECT * FROM job")
        with unavailable(path, "is locked by another program"):
            at(busy_seconds=0)
    put(at(busy_seconds=0), job("a"))


def test_start_waits_for_another_that_holds_the_file(at: Opened, path: Path) -> None:
    at().close()
    write(path, "PRAGMA journal_mode = DELETE")
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as other,
        closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as ours,
    ):
        other.execute("BEGIN").execute("SELECT * FROM job").fetchall()
        ours.set_trace_callback(lambda query: query == "BEGIN EXCLUSIVE" and other.execute("ROLLBACK"))
        log_ahead(ours)
        assert ours.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_start_that_fails_otherwise_does_not_wait(at: Opened, path: Path) -> None:
    at().close()
    write(path, "PRAGMA journal_mode = DELETE")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="within a transaction"):
            log_ahead(connection)


def test_connection_that_is_lost_is_made_again(at: Opened, path: Path) -> None:
    store = at()
    put(store, job("a"))
    store._connection.close()  # type: ignore[attr-defined]
    with unavailable(path, "fails: "):
        store.count()
    assert listed(store) == ["a"]


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
