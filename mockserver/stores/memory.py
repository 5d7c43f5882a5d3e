"""The store in memory."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import ClassVar

import msgspec
from sortedcontainers import SortedDict

from mockserver.jobs.job import Job
from mockserver.stores.base import LOOK, Bounds, Finished, JobPage
from mockserver.validation.storage import StoredChunks, held_by

BOUNDS = Bounds(jobs=100_000, bytes=64 * 2**20)
"""The default bounds. A job takes about a kilobyte beside its picture."""

UNSEARCHED = 24, 100
"""After a fruitless scan for a finished job, so many jobs, or one of so many kept, are evicted in FIFO order. Under a
load that fills the store faster than jobs are finished, each scan would be fruitless."""


class StoredJob(msgspec.Struct, gc=False):
    """A job, its reference in chunks, as they arrived, and its rank among the jobs of its owner."""

    job: Job
    reference: Sequence[bytes]
    rank: tuple[float, int]


class MemoryStore:
    """Keeps jobs as long as the process lives."""

    is_slow: ClassVar[bool] = False

    def __init__(self, bounds: Bounds, finished: Finished) -> None:
        self._bounds = bounds
        self._finished = finished
        self._entries: OrderedDict[str, StoredJob] = OrderedDict()  # by id, in the order of their addition
        self._owners: dict[str, SortedDict] = {}  # ids by rank, of each owner
        self._held = 0
        self._added = 0
        self._unsearched = 0

    def twin(self) -> "MemoryStore":
        """Itself: no call waits, so no other thread calls."""
        return self

    def add(self, job: Job, reference: Sequence[bytes]) -> bool:
        """Keep a new job; ``False`` if its id is taken."""
        if job.id in self._entries:
            return False
        if type(reference) is not StoredChunks:
            reference = (b"".join(reference),)  # each of many small chunks would take forty bytes more than it has
        size = held_by(reference)
        while self._entries and not self._bounds.allow(len(self._entries) + 1, self._held + size):
            self._forget(self._evicted())
        self._held += size
        self._added += 1
        rank = (job.created, self._added)
        self._entries[job.id] = StoredJob(job, reference, rank)
        if job.owner not in self._owners:
            self._owners[job.owner] = SortedDict()
        self._owners[job.owner][rank] = job.id
        return True

    def find(self, video_id: str) -> Job | None:
        """The job, whoever owns it."""
        entry = self._entries.get(video_id)
        return None if entry is None else entry.job

    def get(self, owner: str, video_id: str) -> Job | None:
        """The job, if ``owner`` has it."""
        entry = self._entry(owner, video_id)
        return None if entry is None else entry.job

    def change(self, owner: str, video_id: str, change: Callable[[Job], Job]) -> Job | None:
        """Put ``change(job)`` in its place."""
        entry = self._entry(owner, video_id)
        if entry is None:
            return None
        entry.job = change(entry.job)
        return entry.job

    def page(self, owner: str, *, after: str | None, limit: int, newest_first: bool) -> JobPage | None:
        """Up to ``limit`` jobs after ``after``."""
        first = None if after is None else self._entry(owner, after)
        if after is not None and first is None:
            return None
        ids = self._after(owner, None if first is None else first.rank, newest_first=newest_first)
        jobs = tuple(self._entries[video_id].job for video_id in islice(ids, limit))
        return JobPage(jobs, has_more=next(ids, None) is not None)

    def remove(self, owner: str, video_id: str) -> Job | None:
        """Let go of a job."""
        job = self.get(owner, video_id)
        if job is not None:
            self._forget(job)
        return job

    def latest(self, limit: int) -> list[Job]:
        """The newest by addition."""
        return [entry.job for entry in islice(reversed(self._entries.values()), limit)]

    def reference(self, owner: str, video_id: str) -> bytes | None:
        """The chunks of the reference, joined."""
        entry = self._entry(owner, video_id)
        return None if entry is None else b"".join(entry.reference)

    def state(self) -> None:
        """No other process has this store."""

    def clear(self) -> None:
        """Let go of everything."""
        self._entries.clear()
        self._owners.clear()
        self._held = self._unsearched = 0

    def count(self) -> int:
        """How many jobs there are."""
        return len(self._entries)

    def held(self) -> int:
        """How many bytes the references take up, in memory and in temporary storage."""
        return self._held

    def close(self) -> None:
        """Nothing is open."""

    def _entry(self, owner: str, video_id: str) -> StoredJob | None:
        entry = self._entries.get(video_id)
        return entry if entry is not None and entry.job.owner == owner else None

    def _after(self, owner: str, rank: tuple[float, int] | None, *, newest_first: bool) -> Iterator[str]:
        ids = self._owners.get(owner)
        if ids is None:
            return
        bounds = {"maximum": rank} if newest_first else {"minimum": rank}
        for one in ids.irange(**bounds, inclusive=(False, False), reverse=newest_first):
            yield ids[one]

    def _evicted(self) -> Job:
        """The job that goes next: the first finished one of those that are looked at, otherwise the first."""
        first = next(iter(self._entries.values())).job
        if self._unsearched:
            self._unsearched -= 1
            return first
        for entry in islice(self._entries.values(), LOOK):
            if self._finished(entry.job):
                return entry.job
        if len(self._entries) >= LOOK:
            least, share = UNSEARCHED
            self._unsearched = max(least, len(self._entries) // share)
        return first

    def _forget(self, job: Job) -> None:
        entry = self._entries.pop(job.id)
        self._held -= held_by(entry.reference)
        ids = self._owners[job.owner]
        del ids[entry.rank]
        if not ids:
            del self._owners[job.owner]
