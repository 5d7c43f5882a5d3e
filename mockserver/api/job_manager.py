"""Jobs: how they are made, kept, asked for and told of, and how far each is by now."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from mockserver.jobs.clock import Clock
from mockserver.jobs.job import QUEUED, Job, JobMaker, JobOverride, JobState
from mockserver.jobs.pace import Pace
from mockserver.stores.base import Finished, JobPage, Store, StoreUnavailable
from mockserver.stores.offload import Offload
from mockserver.validation.storage import size_of
from mockserver.webhooks.dispatcher import Dispatcher
from mockserver.webhooks.events import EventSchema

DRAWS = 100
"""How often an id is drawn that may be taken: a seed repeats those of an earlier run in the same second."""


def finished(pace: Pace, clock: Clock) -> Finished:
    """Whether a job is finished by now."""
    return lambda job: pace.state(job, clock()).is_finished


def drawn(make: Callable[[], Job]) -> Iterator[Job]:
    """A job with one id after the other, for as long as it takes; ``StoreUnavailable`` where it takes too long."""
    for _ in range(DRAWS):
        yield make()
    raise StoreUnavailable(f"no free id was found in {DRAWS} draws")


class JobSnapshot(NamedTuple):
    """A job, how far it is, and how many seconds a client best waits before it asks again."""

    job: Job
    state: JobState
    wait: float


def outcome_of(store: Store, pace: Pace, clock: Clock) -> Callable[[str, str], JobState | None]:
    """How far the job of an owner and an id is by now; ``None`` if it is gone."""

    def outcome(owner: str, video_id: str) -> JobState | None:
        job = store.get(owner, video_id)
        return None if job is None else pace.state(job, clock())

    return outcome


class JobManager:
    """All jobs of one mock. New ones are made by ``maker``.

    Where there is a ``dispatcher``, it is told when each job is due, and sends an event of ``event_shape`` then.
    """

    def __init__(
        self,
        store: Store,
        offload: Offload,
        pace: Pace,
        clock: Clock,
        maker: JobMaker,
        dispatcher: Dispatcher | None = None,
        event_shape: EventSchema | None = None,
    ) -> None:
        self._store = store
        self._offload = offload
        self._pace = pace
        self._clock = clock
        self._maker = maker
        self._dispatcher = dispatcher
        self._event_shape = event_shape

    def make(
        self, owner: str, values: Mapping[str, Any], reference: Sequence[bytes], fate: JobOverride | None
    ) -> Job | Awaitable[Job]:
        """A new job of ``owner``, kept with the chunks of its reference; ``StoreUnavailable`` where it cannot be.

        Where the store takes long for it, an awaitable that gives the job.
        """
        now = self._clock()
        return self._keep(lambda: self._maker.make(owner, values, now, fate), reference)

    def remix(self, source: Job, values: Mapping[str, Any], fate: JobOverride | None) -> Job | Awaitable[Job] | None:
        """A new job from ``source`` with other ``values``; ``None`` where that is gone meanwhile."""
        now, reference = self._clock(), self.reference(source)
        if reference is None:
            return None
        return self._keep(lambda: self._maker.remix(source, values, now, fate), [reference])

    def get(self, owner: str, video_id: str) -> Job | None:
        """The job of that id, if ``owner`` has one. That is no poll."""
        return self._store.get(owner, video_id)

    def poll(self, owner: str, video_id: str) -> JobSnapshot | None:
        """Ask for a job once more; ``None`` if ``owner`` has none of that id."""
        now = self._clock()
        before: Job | None = None

        def polled(job: Job) -> Job:
            nonlocal before
            before = job
            return self._pace.polled(job, now)

        job = self._store.change(owner, video_id, polled)
        if job is None:
            return None
        state = self._pace.state(job, now)
        if self._dispatcher and before and state.is_finished and not self._pace.state(before, now).is_finished:
            # It ended by this poll, and not at a time that the dispatcher knew of.
            self._expect(job, now)
        return JobSnapshot(job, state, self._pace.wait(job, now))

    def find(self, video_id: str) -> Job | None:
        """The job of that id, whoever owns it. That is no poll."""
        return self._store.find(video_id)

    def finish(self, job: Job) -> Job | None:
        """Complete a job now; ``None`` where it is gone. One that is finished stays as it is."""
        return self._end(job, {"at": None, "code": None, "message": None})

    def fail(self, job: Job, code: str, message: str) -> Job | None:
        """Let a job fail now; ``None`` where it is gone. One that is finished stays as it is."""
        return self._end(job, {"at": self.state(job).progress, "code": code, "message": message})

    def stall(self, job: Job) -> Job | None:
        """Let a job come no further than it is; ``None`` where it is gone. One that is finished stays as it is."""
        return self._decide(job, {"at": self.state(job).progress, "code": None, "message": None})

    def expire(self, job: Job) -> Job | None:
        """Let the content of a job be gone; ``None`` where the job is."""
        return self._store.change(job.owner, job.id, lambda found: _fated(found, {"is_expired": True}))

    def _end(self, job: Job, fate: dict[str, Any]) -> Job | None:
        now = self._clock()
        changed = self._decide(job, {**fate, "ended": now})
        if changed is not None and changed.fate is not None and changed.fate.ended == now:
            self._expect(changed, now)
        return changed

    def _decide(self, job: Job, fate: dict[str, Any]) -> Job | None:
        """Change what will become of a job, unless it is finished."""
        return self._store.change(
            job.owner, job.id, lambda found: found if self.state(found).is_finished else _fated(found, fate)
        )

    def new(self, job: Job) -> JobSnapshot:
        """A job that was just made: queued, however fast the pace is."""
        return JobSnapshot(job, QUEUED, self._pace.wait(job, job.created))

    def state(self, job: Job) -> JobState:
        """How far ``job`` is. That is no poll."""
        return self._pace.state(job, self._clock())

    def page(self, owner: str, *, after: str | None, limit: int, newest_first: bool) -> JobPage | None:
        """A page of the owner's jobs; ``None`` if ``after`` is none of them."""
        return self._store.page(owner, after=after, limit=limit, newest_first=newest_first)

    def reference(self, job: Job) -> bytes | None:
        """The picture that ``job`` was made of; ``None`` where somebody else let go of it meanwhile."""
        return self._store.reference(job.owner, job.id)

    def remove(self, job: Job) -> bool:
        """Let go of a job; ``False`` where somebody else did, meanwhile."""
        return self._store.remove(job.owner, job.id) is not None

    def latest(self, limit: int) -> list[Job]:
        """Up to ``limit`` jobs of all owners, the newest first."""
        return self._store.latest(limit)

    def count(self) -> int:
        """How many jobs there are."""
        return self._store.count()

    def held(self) -> int:
        """How many bytes of pictures are kept."""
        return self._store.held()

    def clear(self) -> None:
        """Forget every job."""
        self._store.clear()

    def _keep(self, make: Callable[[], Job], reference: Sequence[bytes]) -> Job | Awaitable[Job]:
        """Make a job and keep it, under an id that no other has."""
        draws = drawn(make)
        if self._offload.waits(size_of(reference)):
            return self._keep_later(draws, reference)
        while not self._store.add(job := next(draws), reference):
            pass
        return self._kept(job)

    async def _keep_later(self, draws: Iterator[Job], reference: Sequence[bytes]) -> Job:
        while not await self._offload.add(job := next(draws), reference):
            pass
        return self._kept(job)

    def _kept(self, job: Job) -> Job:
        """The job, now that it is kept and its end is known to the dispatcher."""
        if self._dispatcher is not None and (due := self._pace.reaches(job)) is not None:
            self._expect(job, due)
        return job

    def _expect(self, job: Job, due: float) -> None:
        if self._dispatcher is not None and self._event_shape is not None:
            self._dispatcher.expect(job.owner, job.id, due, self._event_shape)


def _fated(job: Job, change: dict[str, Any]) -> Job:
    return msgspec.structs.replace(job, fate=msgspec.structs.replace(job.fate or JobOverride(), **change))
