"""The store in memory: as quick with a million jobs as with a thousand."""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import ClassVar

import msgspec

from mockserver.jobs.job import Job
from mockserver.stores.base import LOOK, Bounds, Finished, Page, leaving
from mockserver.stores.chain import Chain, Place
from mockserver.validation.spool import size_of

BOUNDS = Bounds(jobs=100_000, bytes=64 * 2**20)
"""What is kept if nothing else is said. A job takes about a kilobyte."""

UNLOOKED = 24, 100
"""So many jobs, or one of so many that are here, go by their turn after a look in vain. Under a load that fills the
store faster than jobs are finished, each look would be in vain, and cost more than all the rest of a creation."""


SMALL = 64 * 1024
"""Bytes of a reference that is compared with those that are here: a load sends the same one over and over."""


class Kept(msgspec.Struct, gc=False):
    """A reference in chunks, as it came: a picture is not copied to be kept. ``count``: of how many jobs it is."""

    chunks: Sequence[bytes]
    count: int = 1
    is_small: bool = False


class Entry(Place, gc=False, kw_only=True):
    """A job and its reference, at its place among those of its owner."""

    job: Job
    kept: Kept


class MemoryStore:
    """Keeps jobs as long as the process lives. Nothing in it is seen by the garbage collector but a few dicts."""

    is_slow: ClassVar[bool] = False

    def __init__(self, bounds: Bounds, finished: Finished) -> None:
        self._bounds = bounds
        self._finished = finished
        self.clear()

    def twin(self) -> "MemoryStore":
        """Itself: no call waits, so no other thread calls."""
        return self

    def add(self, job: Job, reference: Sequence[bytes]) -> bool:
        """Keep a new job; ``False`` if its id is taken."""
        if job.id in self._entries:
            return False
        size = size_of(reference)
        if not self._bounds.allow(len(self._entries) + 1, self._held + size):
            self._make_room(size)
        self._held += size
        self._all.add(job.id, Place())
        chain = self._chains.get(job.owner)
        if chain is None:
            chain = self._chains[job.owner] = Chain(self._entries)
        chain.add(job.id, Entry(job.created, job=job, kept=self._kept(reference, size)))
        return True

    def find(self, video_id: str) -> Job | None:
        """The job, whoever owns it."""
        entry = self._entries.get(video_id)
        return None if entry is None else entry.job

    def get(self, owner: str, video_id: str) -> Job | None:
        """The job, if ``owner`` has it."""
        entry = self._entries.get(video_id)
        return entry.job if entry is not None and entry.job.owner == owner else None

    def change(self, owner: str, video_id: str, change: Callable[[Job], Job]) -> Job | None:
        """Put ``change(job)`` in its place."""
        if self.get(owner, video_id) is None:
            return None
        entry = self._entries[video_id]
        entry.job = change(entry.job)
        return entry.job

    def page(self, owner: str, *, after: str | None, limit: int, newest_first: bool) -> Page | None:
        """Up to ``limit`` jobs after ``after``, found without a search."""
        if after is not None and self.get(owner, after) is None:
            return None
        if owner not in self._chains:
            return Page((), has_more=False)
        ids = self._chains[owner].walk(after, backwards=newest_first)
        jobs = tuple(self._entries[video_id].job for video_id in islice(ids, limit))
        return Page(jobs, has_more=next(ids, None) is not None)

    def remove(self, owner: str, video_id: str) -> Job | None:
        """Let go of a job."""
        job = self.get(owner, video_id)
        if job is not None:
            self._forget(job)
        return job

    def latest(self, limit: int) -> list[Job]:
        """The newest by addition."""
        return [self._entries[video_id].job for video_id in islice(self._all.walk(backwards=True), limit)]

    def reference(self, owner: str, video_id: str) -> bytes | None:
        """The chunks of the reference, joined."""
        return None if self.get(owner, video_id) is None else b"".join(self._entries[video_id].kept.chunks)

    def board(self) -> None:
        """Nobody else has it."""

    def clear(self) -> None:
        """Let go of everything."""
        self._entries: dict[str, Entry] = {}
        self._small: dict[bytes, Kept] = {}
        self._held = 0
        self._unlooked = 0
        # A dict has an order too, but looks long for its first key once many first keys were removed; an OrderedDict
        # does not, but shows each job to the garbage collector.
        self._all = Chain({})
        self._chains: dict[str, Chain] = {}

    def count(self) -> int:
        """How many jobs there are."""
        return len(self._entries)

    def held(self) -> int:
        """How many bytes the references have."""
        return self._held

    def close(self) -> None:
        """Nothing is to be given back."""

    def _kept(self, reference: Sequence[bytes], size: int) -> Kept:
        """The reference as it is kept: a small one that is here already, once for all jobs."""
        if len(reference) != 1 or size > SMALL:
            return Kept(reference)
        kept = self._small.get(reference[0])
        if kept is None:
            kept = self._small[reference[0]] = Kept(reference, 0, is_small=True)
        kept.count += 1
        return kept

    def _make_room(self, size: int) -> None:
        """Let jobs go until one more, of ``size`` bytes, fits."""
        while self._entries and not self._bounds.allow(len(self._entries) + 1, self._held + size):
            self._forget(self._leaving())

    def _leaving(self) -> Job:
        """The job that goes next. Where a whole look found none finished, the next few go unlooked, the first first."""
        first = self._entries[self._all.first or ""].job
        if self._unlooked:
            self._unlooked -= 1
            return first
        if self._finished(first):
            return first
        jobs = (self._entries[video_id].job for video_id in islice(self._all.walk(), LOOK))
        job = next(leaving(jobs, self._finished))
        if len(self._entries) >= LOOK and next(jobs, None) is None and not self._finished(job):
            least, share = UNLOOKED
            self._unlooked = max(least, len(self._entries) // share)
        return job

    def _forget(self, job: Job) -> None:
        kept = self._entries[job.id].kept
        self._held -= size_of(kept.chunks)
        kept.count -= 1
        if kept.is_small and not kept.count:
            del self._small[kept.chunks[0]]
        self._all.remove(job.id)
        chain = self._chains[job.owner]
        chain.remove(job.id)
        if chain.first is None:
            del self._chains[job.owner]
