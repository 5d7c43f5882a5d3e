"""Where jobs are kept."""

from typing import Protocol

from mockserver.job import Job


class Store(Protocol):
    """Keeps jobs by id."""

    def put(self, job: Job) -> None:
        """Keep ``job``, in place of an earlier one of its id."""

    def get(self, video_id: str) -> Job | None:
        """The job of that id, if there is one."""


class MemoryStore:
    """Keeps jobs as long as the process lives."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}

    def put(self, job: Job) -> None:
        """Keep ``job``, in place of an earlier one of its id."""
        self._jobs[job.id] = job

    def get(self, video_id: str) -> Job | None:
        """The job of that id, if there is one."""
        return self._jobs.get(video_id)
