"""Where jobs are kept."""

from collections.abc import Callable

import msgspec

from mockserver.job import Job


class Page(msgspec.Struct, frozen=True):
    """Some jobs of an owner, and whether more follow."""

    jobs: list[Job]
    has_more: bool


class MemoryStore:
    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._refs: dict[str, bytes] = {}

    def add(self, job: Job, reference: bytes) -> None:
        self._jobs[job.id] = job
        self._refs[job.id] = reference

    def get(self, owner: str, video_id: str) -> Job | None:
        job = self._jobs.get(video_id)
        return job if job and job.owner == owner else None

    def change(self, owner: str, video_id: str, change: Callable[[Job], Job]) -> Job | None:
        job = self.get(owner, video_id)
        if job:
            job = self._jobs[video_id] = change(job)
        return job

    def page(self, owner: str, *, after: str | None, limit: int, newest_first: bool) -> Page | None:
        jobs = [job for job in self._jobs.values() if job.owner == owner]
        if newest_first:
            jobs.reverse()
        start = 0
        if after is not None:
            ids = [job.id for job in jobs]
            if after not in ids:
                return None
            start = ids.index(after) + 1
        return Page(jobs[start : start + limit], len(jobs) > start + limit)

    def remove(self, owner: str, video_id: str) -> Job | None:
        job = self.get(owner, video_id)
        if job:
            del self._jobs[video_id]
        return job

    def latest(self, limit: int) -> list[Job]:
        return list(self._jobs.values())[::-1][:limit]

    def clear(self) -> None:
        self._jobs.clear()
        self._refs.clear()

    def count(self) -> int:
        return len(self._jobs)

    def reference(self, owner: str, video_id: str) -> bytes | None:
        return self._refs.get(video_id)


Store = MemoryStore
