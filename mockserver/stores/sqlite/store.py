"""The store in an SQLite file: it outlives the process, and several processes may share it."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from mockserver.jobs.job import Job
from mockserver.stores.base import LOOK, Bounds, Finished, JobPage, StoreUnavailable, leaving
from mockserver.stores.sqlite.connection import (
    NO_ROOM,
    FileError,
    NoRoomError,
    Reserve,
    identity,
    open_database,
    primary_code,
    shorten_log,
    told,
)
from mockserver.stores.sqlite.shared import SqliteStateStore

BOUNDS = Bounds(jobs=1_000_000, bytes=4 * 2**30)
"""What is kept if nothing else is said."""

BUSY_SECONDS = 5.0
"""How long a call waits for other processes that write."""

PASSING = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL)
"""Errors that leave a connection as good as it was. After any other the file is opened anew."""

_OLDER = "AND (created, number) < (SELECT created, number FROM job WHERE id = ?)"
_NEWER = "AND (created, number) > (SELECT created, number FROM job WHERE id = ?)"

encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Job).decode


class SqliteStore:
    """Keeps jobs in the file ``path``; ``StoreUnavailable`` at once where that cannot be."""

    is_slow: ClassVar[bool] = True

    def __init__(
        self,
        path: Path,
        bounds: Bounds,
        finished: Finished,
        busy_seconds: float = BUSY_SECONDS,
        *,
        may_create: bool = True,
    ) -> None:
        self._path = path
        self._bounds = bounds
        self._finished = finished
        self._busy_seconds = busy_seconds
        self._connection: sqlite3.Connection | None = None
        self._may_create = may_create
        self._identity: tuple[int, int] | None = None
        self._reserve = Reserve(path)
        with self._connected():
            pass  # it is said now, and not at the first job, if the file cannot be used
        self._reserve.hold()

    def __del__(self) -> None:
        # An application that a test drives without a server is never told of its end.
        self.close()

    def twin(self) -> "SqliteStore":
        """The file, opened once more."""
        return SqliteStore(self._path, self._bounds, self._finished, self._busy_seconds, may_create=False)

    def add(self, job: Job, reference: Sequence[bytes]) -> bool:
        """Keep a new job; ``False`` if its id is taken."""
        content = b"".join(reference)
        row = (job.id, job.owner, job.created, encode(job), len(content))
        with self._writing() as database:
            if _row(database, "SELECT 1 FROM job WHERE id = ?", job.id):
                return False
            jobs, held = self._make_room(database, len(content))
            added = database.execute("INSERT INTO job (id, owner, created, record, size) VALUES (?, ?, ?, ?, ?)", row)
            database.execute("INSERT INTO reference VALUES (?, ?)", (added.lastrowid, content))
            database.execute("UPDATE total SET jobs = ?, bytes = ?", (jobs + 1, held + len(content)))
        return True

    def get(self, owner: str, video_id: str) -> Job | None:
        """The job, if ``owner`` has it."""
        record = self._record(owner, video_id)
        return None if record is None else self._job(record)

    def find(self, video_id: str) -> Job | None:
        """The job, whoever owns it."""
        record = self._value("SELECT record FROM job WHERE id = ?", video_id)
        return None if record is None else self._job(record)

    def change(self, owner: str, video_id: str, change: Callable[[Job], Job]) -> Job | None:
        """Put ``change(job)`` in its place. A change that comes to nothing takes no lock."""
        while (record := self._record(owner, video_id)) is not None:
            job = self._job(record)
            changed = change(job)
            if changed is job or self._replace(video_id, record, encode(changed)):
                return changed
        return None

    def page(self, owner: str, *, after: str | None, limit: int, newest_first: bool) -> JobPage | None:
        """Up to ``limit`` jobs after ``after``, found by the index."""
        beyond = "" if after is None else _OLDER if newest_first else _NEWER
        order = "DESC" if newest_first else "ASC"
        query = f"SELECT record FROM job WHERE owner = ? {beyond} ORDER BY created {order}, number {order} LIMIT ?"  # noqa: S608 - its own words
        values = (owner, limit + 1) if after is None else (owner, after, limit + 1)
        with self._connected() as database:
            if after is not None and not _row(database, "SELECT 1 FROM job WHERE id = ? AND owner = ?", after, owner):
                return None
            records = database.execute(query, values).fetchall()
            jobs = tuple(self._job(record) for (record,) in records)
        return JobPage(jobs[:limit], has_more=len(jobs) > limit)

    def remove(self, owner: str, video_id: str) -> Job | None:
        """Let go of a job. On a full disk too."""
        return self._reserve.spend(lambda: self._removed(owner, video_id), self._tidy)

    def _removed(self, owner: str, video_id: str) -> Job | None:
        with self._writing() as database:
            record = self._record(owner, video_id)
            if record is None:
                return None
            job = self._job(record)
            size = _forget(database, job)
            database.execute("UPDATE total SET jobs = jobs - 1, bytes = bytes - ?", (size,))
        return job

    def latest(self, limit: int) -> list[Job]:
        """The newest by addition, whichever process added it."""
        with self._connected() as database:
            records = database.execute("SELECT record FROM job ORDER BY number DESC LIMIT ?", (limit,)).fetchall()
            return [self._job(record) for (record,) in records]

    def reference(self, owner: str, video_id: str) -> bytes | None:
        """The reference, read from the file."""
        query = "SELECT content FROM reference JOIN job USING (number) WHERE id = ? AND owner = ?"
        content: bytes | None = self._value(query, video_id, owner)
        return content

    def state(self) -> SqliteStateStore:
        """In a file beside this one."""
        return SqliteStateStore(self._path)

    def clear(self) -> None:
        """Let go of everything. On a full disk too."""
        self._reserve.spend(self._clear, self._tidy)

    def _clear(self) -> None:
        with self._writing() as database:
            database.execute("DELETE FROM job")
            database.execute("DELETE FROM reference")
            database.execute("UPDATE total SET jobs = 0, bytes = 0")

    def count(self) -> int:
        """How many jobs there are, by all processes."""
        return int(self._value("SELECT jobs FROM total"))

    def held(self) -> int:
        """How many bytes the references have."""
        return int(self._value("SELECT bytes FROM total"))

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def _record(self, owner: str, video_id: str) -> bytes | None:
        record: bytes | None = self._value("SELECT record FROM job WHERE id = ? AND owner = ?", video_id, owner)
        return record

    def _value(self, query: str, *values: str) -> Any:
        with self._connected() as database:
            row = _row(database, query, *values)
        return None if row is None else row[0]

    def _replace(self, video_id: str, old: bytes, new: bytes) -> bool:
        """Change a record, if nobody else did in the meantime."""
        with self._connected() as database:
            query = "UPDATE job SET record = ? WHERE id = ? AND record = ?"
            return database.execute(query, (new, video_id, old)).rowcount == 1

    def _make_room(self, database: sqlite3.Connection, size: int) -> tuple[int, int]:
        """Let jobs go until one more, of ``size`` bytes, fits; how many jobs and bytes are left then."""
        jobs, held = database.execute("SELECT jobs, bytes FROM total").fetchone()
        while jobs and not self._bounds.allow(jobs + 1, held + size):
            records = database.execute("SELECT record FROM job ORDER BY number LIMIT ?", (LOOK,)).fetchall()
            for job in leaving((self._job(record) for (record,) in records), self._finished):
                jobs, held = jobs - 1, held - _forget(database, job)
                if self._bounds.allow(jobs + 1, held + size):
                    break
        return jobs, held

    def _job(self, record: bytes) -> Job:
        try:
            return decode(record)
        except msgspec.DecodeError as error:
            raise self._unavailable(f"holds a job that this version cannot read: {error}") from None

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it or nothing, and no other process writes in between."""
        with self._connected() as database:
            database.execute("BEGIN IMMEDIATE")
            yield database
            database.execute("COMMIT")

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        """The open file. Whatever goes wrong undoes the transaction; what SQLite says becomes the store's own error."""
        try:
            if self._connection is not None and identity(self._path) != self._identity:
                self.close()  # removed or replaced: what is written to it now would be lost
            if self._connection is None:
                self._connection = open_database(self._path, self._busy_seconds, may_create=self._may_create)
                self._identity, self._may_create = identity(self._path), False
            yield self._connection
        except FileError as error:
            raise self._unavailable(str(error)) from None
        except sqlite3.Error as error:
            self._undo()
            if primary_code(error) not in PASSING:
                self.close()
            kind = NoRoomError if primary_code(error) in NO_ROOM else StoreUnavailable
            raise self._unavailable(told(error), kind) from None
        except BaseException:
            self._undo()
            raise

    def _undo(self) -> None:
        with suppress(sqlite3.Error):
            if self._connection is not None and self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _tidy(self) -> None:
        shorten_log(self._connection)

    def _unavailable(self, why: str, kind: type[StoreUnavailable] = StoreUnavailable) -> StoreUnavailable:
        return kind(f"store {self._path}: {why}")


def _row(database: sqlite3.Connection, query: str, *values: str) -> Any:
    return database.execute(query, values).fetchone()


def _forget(database: sqlite3.Connection, job: Job) -> int:
    """Take out a job and its reference; of how many bytes that was."""
    number, size = _row(database, "SELECT number, size FROM job WHERE id = ?", job.id)
    database.execute("DELETE FROM job WHERE number = ?", (number,))
    database.execute("DELETE FROM reference WHERE number = ?", (number,))
    return int(size)
