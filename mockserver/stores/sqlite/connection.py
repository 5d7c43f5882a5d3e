"""The database: one SQLite file, opened, found to be ours, and its errors in words."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

from mockserver.stores.base import StoreUnavailable

APPLICATION = 0x6D6F636B
"""Marks a file as ours: what ``PRAGMA application_id`` gives."""

VERSION = 1
"""Of the schema. A job's own fields are no part of it: one that is added needs a default and nothing more."""

SCHEMA = (
    """CREATE TABLE job (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    created REAL NOT NULL,
    record BLOB NOT NULL,
    size INTEGER NOT NULL
)""",
    "CREATE INDEX job_by_owner ON job (owner, created, number)",
    "CREATE TABLE reference (number INTEGER PRIMARY KEY, content BLOB NOT NULL)",
    "CREATE TABLE total (jobs INTEGER NOT NULL, bytes INTEGER NOT NULL)",
    "INSERT INTO total VALUES (0, 0)",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
)
"""``number`` counts the additions, ``record`` is the job in MessagePack, ``size`` the bytes of its reference, ``total``
the sums over all jobs."""

_TEXTS = {
    sqlite3.SQLITE_BUSY: "is locked by another program",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened, or its folder cannot be written to",
    sqlite3.SQLITE_CORRUPT: "is damaged",
    sqlite3.SQLITE_FULL: "has no room left, the disk is full",
    sqlite3.SQLITE_IOERR: "cannot be read or written, the disk fails",
    sqlite3.SQLITE_NOTADB: "is no SQLite file",
    sqlite3.SQLITE_PERM: "may not be opened",
    sqlite3.SQLITE_READONLY: "cannot be written to",
}


class FileError(Exception):
    """The file cannot be a store of this version. Its text says why, without the file's name."""


NO_ROOM = frozenset((sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN))
"""What SQLite says of a full disk: the file, its log or its index cannot grow."""

RESERVE_SUFFIX = "-reserve"
RESERVE_BYTES = 4 * 2**20
"""To delete everything from a store of 4 GiB, SQLite writes about as much to its log."""

Result = TypeVar("Result")


class NoRoomError(StoreUnavailable):
    """A write failed, perhaps because the disk is full."""


class Reserve:
    """A file beside the store of ``path`` that takes up room: it is given up for what has to work on a full disk."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute().with_name(path.name + RESERVE_SUFFIX)

    def hold(self) -> None:
        """Take up the room, if there is some."""
        allocate = getattr(os, "posix_fallocate", None)
        if allocate is None:
            return
        with suppress(OSError):
            file = os.open(self._path, os.O_CREAT | os.O_WRONLY, 0o600)
            try:
                if os.fstat(file).st_size < RESERVE_BYTES:
                    allocate(file, 0, RESERVE_BYTES)
            finally:
                os.close(file)

    def spend(self, act: Callable[[], Result], tidy: Callable[[], None]) -> Result:
        """Run ``act``; where it lacks room, once more in the room of this file. ``tidy`` then frees what it can."""
        try:
            return act()
        except NoRoomError:
            if not self._release():
                raise
            try:
                return act()
            finally:
                tidy()
                self.hold()

    def _release(self) -> bool:
        try:
            size = self._path.stat().st_size
            os.truncate(self._path, 0)
        except OSError:
            return False
        return size > 0


def identity(path: Path) -> tuple[int, int] | None:
    """Which file that is, whatever its name; ``None`` if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def shorten_log(connection: sqlite3.Connection | None) -> None:
    """Write the log into the file and empty it, if nobody reads it."""
    with suppress(sqlite3.Error):
        if connection is not None:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def open_database(path: Path, busy_seconds: float, *, may_create: bool = True) -> sqlite3.Connection:
    """A connection that any thread may use, one at a time; transactions begin and end where they are told to.

    The file is made if it is not there and that is allowed. ``busy_seconds`` is how long to wait for another process
    that writes.
    """
    if not may_create and not path.exists():
        raise FileError("was removed while it was in use; put it back, or start the mock anew")
    if not path.parent.is_dir():
        raise FileError(f"there is no folder {path.parent}")
    if path.is_dir():
        raise FileError("is a folder")
    # Absolute, because a name that starts with a colon means no file to SQLite.
    connection = sqlite3.connect(path.absolute(), timeout=busy_seconds, isolation_level=None, check_same_thread=False)
    try:
        # A commit is in the log file, written by the system call and not by this process later, before it returns:
        # kill -9 cannot undo it. NORMAL leaves out only the wait for the disk itself. After a power failure the last
        # commits may be missing, the file is sound. FULL would make every commit as slow as the disk.
        connection.execute("PRAGMA synchronous = NORMAL")
        # Taking the lock says now, and not at the first job, that the file cannot be written to.
        connection.execute("BEGIN IMMEDIATE")
        if _is_empty(connection):
            for statement in SCHEMA:
                connection.execute(statement)
        _check(connection)
        connection.execute("COMMIT")
        log_ahead(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    with closing(connection.execute(f"PRAGMA {pragma}")) as rows:
        return int(rows.fetchone()[0])


def _is_empty(connection: sqlite3.Connection) -> bool:
    with closing(connection.execute("SELECT 1 FROM sqlite_master")) as rows:
        return rows.fetchone() is None and _number(connection, "application_id") == 0


def _check(connection: sqlite3.Connection) -> None:
    """Expect a file of ours."""
    if _number(connection, "application_id") != APPLICATION:
        raise FileError("is the SQLite file of another program")
    version = _number(connection, "user_version")
    if version != VERSION:
        raise FileError(f"has version {version} of the schema; this mockserver reads version {VERSION}")


def log_ahead(connection: sqlite3.Connection) -> None:
    """Write ahead to a log: readers never wait, and a commit is one write at the log's end."""
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if primary_code(error) != sqlite3.SQLITE_BUSY:
                raise
            # SQLite does not wait here while others have the file open as it was; for this lock it does, and in vain
            # no longer than for any other.
            connection.execute("BEGIN EXCLUSIVE").execute("ROLLBACK")
        else:
            return


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's result code without its details; 0 for an error that SQLite itself did not give."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def told(error: sqlite3.Error) -> str:
    """What an error means to whoever runs the store."""
    return _TEXTS.get(primary_code(error), f"fails: {error}")
