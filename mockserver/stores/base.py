"""Where jobs are kept: the interface of every store, its bounds and its errors."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import ClassVar, NamedTuple, Protocol

import msgspec

from mockserver.jobs.job import Job
from mockserver.stores.shared import StateStore, StoreError, StoreUnavailable

__all__ = ["Bounds", "Finished", "JobPage", "Store", "StoreError", "StoreUnavailable", "leaving"]

LOOK = 100
"""Past a bound, so many of the jobs added first are looked at for finished ones: what an addition costs has to end."""

Finished = Callable[[Job], bool]
"""Whether a job is finished by now. Stores ask it only to choose what goes first."""


class Bounds(msgspec.Struct, frozen=True):
    """The most a store keeps: the number of jobs, and the bytes of all their references together."""

    jobs: int
    bytes: int

    def allow(self, jobs: int, held: int) -> bool:
        """Whether so many jobs with so many bytes may be kept."""
        return jobs <= self.jobs and held <= self.bytes


class JobPage(NamedTuple):
    """Some jobs in their order, and whether more follow."""

    jobs: tuple[Job, ...]
    has_more: bool


class Store(Protocol):
    """Keeps jobs, each with its reference: the bytes of the uploaded picture.

    Of a job, a store knows ``id``, ``owner`` and ``created``, which no change may touch. Whoever is not the owner finds
    no job. The order of jobs is that of ``created``, and where that is equal, of their addition.

    Past its bounds a store lets go of the finished jobs that were added first, and where none of the first ``LOOK`` is
    finished, of the first. The newest job always stays, even one whose reference is over the bound by itself.

    ``is_slow`` says whether large references take long; then they are better added through a ``twin``, in a thread.

    Every call may raise ``StoreUnavailable``. One call at a time; what the calls give may go to any thread.
    """

    is_slow: ClassVar[bool]

    def twin(self) -> "Store":
        """Another way to the same jobs, for the calls of one more thread. Who asks for it closes it."""

    def add(self, job: Job, reference: Sequence[bytes]) -> bool:
        """Keep ``job`` and its reference, given in chunks. Acknowledged is durable, as far as the store is.

        ``False``, and nothing is changed, where there is a job of that id already, whoever owns it.
        """

    def get(self, owner: str, video_id: str) -> Job | None:
        """The job of that id, if ``owner`` has one."""

    def find(self, video_id: str) -> Job | None:
        """The job of that id, whoever owns it."""

    def change(self, owner: str, video_id: str, change: Callable[[Job], Job]) -> Job | None:
        """Put ``change(job)`` in the place of the job, as one step, and give it; ``None`` if ``owner`` has none.

        ``change`` is pure: where others change the same job it is called again, on theirs. The same object as it was
        given means no change.
        """

    def page(self, owner: str, *, after: str | None, limit: int, newest_first: bool) -> JobPage | None:
        """Up to ``limit`` jobs of ``owner`` that come after the one of id ``after``, or from the first.

        ``None`` if ``after`` is no job of this owner.
        """

    def remove(self, owner: str, video_id: str) -> Job | None:
        """Let go of a job and its reference, and give the job; ``None`` if ``owner`` has none."""

    def latest(self, limit: int) -> list[Job]:
        """Up to ``limit`` jobs of all owners, the one added last first."""

    def reference(self, owner: str, video_id: str) -> bytes | None:
        """The reference of a job in one piece; ``None`` if ``owner`` has no such job."""

    def state(self) -> StateStore | None:
        """Where its processes share their state; ``None`` where there is one process alone."""

    def clear(self) -> None:
        """Let go of every job of every owner."""

    def count(self) -> int:
        """How many jobs are kept, of all owners."""

    def held(self) -> int:
        """How many bytes of references are kept."""

    def close(self) -> None:
        """Give back what the machine lent. A later call takes it again."""


def leaving(first: Iterable[Job], finished: Finished) -> Iterator[Job]:
    """Which of the ``first`` jobs go, in this order: those that are finished, or where none is, the first alone."""
    running: Job | None = None
    any_finished = False
    for job in first:
        if finished(job):
            any_finished = True
            yield job
        elif running is None:
            running = job
    if running is not None and not any_finished:
        yield running
