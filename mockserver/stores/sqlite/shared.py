"""Shared state of an SQLite store: a file beside that of the jobs, so that neither waits for the other's writers."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from mockserver.stores.base import StoreUnavailable
from mockserver.stores.sqlite.connection import (
    NO_ROOM,
    NoRoomError,
    Reserve,
    identity,
    log_ahead,
    primary_code,
    shorten_log,
    told,
)

SUFFIX = "-control"
"""Behind the name of the store's file."""

BUSY_SECONDS = 1.0
"""How long a call waits for other processes that write. They take microseconds."""

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS state (only INTEGER PRIMARY KEY CHECK (only = 1), version INTEGER, content BLOB)",
    "CREATE TABLE IF NOT EXISTS request (turn INTEGER PRIMARY KEY, record BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS report (name TEXT PRIMARY KEY, content BLOB, at REAL)",
)


class SqliteStateStore:
    """Shared state of the store in the file ``store``, in a file of its own that is not forced to the disk."""

    def __init__(self, store: Path) -> None:
        self.path = store.with_name(store.name + SUFFIX)
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._reserve = Reserve(store)
        self.version()  # it is said now if the file cannot be used

    def __del__(self) -> None:
        # An application that a test drives without a server is never told of its end.
        self.close()

    def version(self) -> int:
        """One row, of a file that the system holds in memory."""
        with self._connected() as database:
            row = database.execute("SELECT version FROM state").fetchone()
        return row[0] if row else 0

    def read(self) -> tuple[int, bytes]:
        """Both in one look."""
        with self._connected() as database:
            row = database.execute("SELECT version, content FROM state").fetchone()
        return (row[0], row[1]) if row else (0, b"")

    def replace(self, version: int, new: int, state: bytes) -> bool:
        """One statement, so that nobody comes in between."""
        query = "INSERT INTO state VALUES (1, ?, ?) ON CONFLICT DO NOTHING"
        values: tuple[object, ...] = (new, state)
        if version:
            query = "UPDATE state SET version = ?, content = ? WHERE version = ?"
            values = (new, state, version)
        return self._reserve.spend(lambda: self._execute(query, values) == 1, self._tidy)

    def write(self, records: Sequence[tuple[int, bytes]], most: int) -> None:
        """One transaction."""
        with self._connected() as database:
            database.execute("BEGIN IMMEDIATE")
            for turn, record in records:
                free = turn
                while database.execute("INSERT OR IGNORE INTO request VALUES (?, ?)", (free, record)).rowcount == 0:
                    free += 1
            beyond = "SELECT turn FROM request ORDER BY turn DESC LIMIT 1 OFFSET ?"
            database.execute(f"DELETE FROM request WHERE turn <= ({beyond})", (most,))  # noqa: S608 - its own words
            database.execute("COMMIT")

    def written(self, most: int) -> list[tuple[int, bytes]]:
        """Read from the end."""
        with self._connected() as database:
            return database.execute("SELECT * FROM request ORDER BY turn DESC LIMIT ?", (most,)).fetchall()[::-1]

    def forget(self, most: int) -> int:
        """All rows at once."""
        return min(most, self._reserve.spend(lambda: self._execute("DELETE FROM request"), self._tidy))

    def report(self, name: str, report: bytes) -> None:
        """One row a process. Those of yesterday's processes are deleted."""

        def act() -> None:
            self._execute("DELETE FROM report WHERE at < julianday('now') - 1")
            self._execute("REPLACE INTO report VALUES (?, ?, julianday('now'))", (name, report))

        self._reserve.spend(act, self._tidy)

    def reports(self) -> dict[str, bytes]:
        """All rows."""
        with self._connected() as database:
            return dict(database.execute("SELECT name, content FROM report").fetchall())

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def _execute(self, query: str, values: tuple[object, ...] = ()) -> int:
        """Run one statement; how many rows it changed."""
        with self._connected() as database:
            return database.execute(query, values).rowcount

    def _tidy(self) -> None:
        shorten_log(self._connection)

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            if self._connection is not None and identity(self.path) != self._identity:
                self.close()  # removed or replaced: the other processes do not see what is written to it
            if self._connection is None:
                self._connection = self._opened()
                self._identity = identity(self.path)
            yield self._connection
        except sqlite3.Error as error:
            self.close()
            kind = NoRoomError if primary_code(error) in NO_ROOM else StoreUnavailable
            raise kind(f"store {self.path}: {told(error)}") from None

    def _opened(self) -> sqlite3.Connection:
        path = self.path.absolute()
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            log_ahead(connection)
            # What the process has written survives its end; a power failure may damage what nobody misses then.
            connection.execute("PRAGMA synchronous = OFF")
            for statement in SCHEMA:
                connection.execute(statement)
        except BaseException:
            connection.close()
            raise
        return connection
