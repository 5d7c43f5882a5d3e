"""Jobs: how they are made, kept, asked for and told of, and how far each is by now."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from random import Random
from typing import Any, NamedTuple

import msgspec

from mockserver.jobs.clock import Clock
from mockserver.jobs.job import QUEUED, Fate, Job, JobMaker, State
from mockserver.jobs.pace import Pace
from mockserver.spec.document import Document
from mockserver.stores.base import Finished, Page, Store, StoreUnavailable
from mockserver.stores.offload import Additions
from mockserver.web.responses import VideoShape
from mockserver.webhooks.dispatcher import Dispatcher
from mockserver.webhooks.events import EventShape

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


class Standing(NamedTuple):
    """A job, how far it is, and how many seconds a client best waits before it asks again."""

    job: Job
    state: State
    wait: float


class Jobs:
    """All jobs of one mock. Makes new ones ``following`` a document only.

    What is told of them goes to ``dispatcher``, where there is one; it is set before a document is followed.
    """

    def __init__(self, pace: Pace, store: Store, random: Random, clock: Clock) -> None:
        self.dispatcher: Dispatcher | None = None
        self._pace = pace
        self._store = store
        self.is_slow = store.is_slow
        self._additions = Additions(store)
        self._random = random
        self._clock = clock

    _maker: JobMaker
    _tell: Callable[[Job, float], None] | None
    """Tells of a job when it is due; ``None`` where nobody wants to know."""

    def following(self, document: Document, shape: VideoShape) -> "Jobs":
        """The same jobs; those that are made from now on, and what is told of them, are as a document says."""
        jobs = copy(self)
        jobs._maker = JobMaker(shape.id_template, shape.echo, self._random)  # noqa: SLF001 - a copy of its own
        jobs._tell = None if self.dispatcher is None else _telling(self.dispatcher, document, self._random)  # noqa: SLF001
        return jobs

    def waits(self, size: int) -> bool:
        """Whether making a job of a picture of so many bytes waits for something, as things stand."""
        return self._additions.waits(size)

    async def make(self, owner: str, values: Mapping[str, Any], reference: Sequence[bytes], fate: Fate | None) -> Job:
        """A new job of ``owner``, kept with the chunks of its reference; ``StoreUnavailable`` where it cannot be."""
        now = self._clock()
        return await self._keep(lambda: self._maker.make(owner, values, now, fate), reference)

    def make_at_once(self, owner: str, values: Mapping[str, Any], reference: Sequence[bytes]) -> Job:
        """The same where nothing makes anybody wait, and nothing is to become of the job but its completion."""
        now = self._clock()
        return self._keep_at_once(lambda: self._maker.make(owner, values, now), reference)

    async def remix(self, source: Job, fate: Fate | None) -> Job | None:
        """A new job of what ``source`` has; ``None`` where that is gone meanwhile."""
        now, reference = self._clock(), self.reference(source)
        if reference is None:
            return None
        return await self._keep(lambda: self._maker.remix(source, now, fate), [reference])

    def get(self, owner: str, video_id: str) -> Job | None:
        """The job of that id, if ``owner`` has one. That is no poll."""
        return self._store.get(owner, video_id)

    def poll(self, owner: str, video_id: str) -> Standing | None:
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
        if self._tell and before and state.is_finished and not self._pace.state(before, now).is_finished:
            # By this poll, and by no time that the dispatcher knew of.
            self._tell(job, now)
        return Standing(job, state, self._pace.wait(job, now))

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
        if self._tell and changed is not None and changed.fate is not None and changed.fate.ended == now:
            self._tell(changed, now)
        return changed

    def _decide(self, job: Job, fate: dict[str, Any]) -> Job | None:
        """Change what will become of a job, unless it is finished."""
        return self._store.change(
            job.owner, job.id, lambda found: found if self.state(found).is_finished else _fated(found, fate)
        )

    def new(self, job: Job) -> Standing:
        """A job that was just made: queued, however fast the pace is."""
        return Standing(job, QUEUED, self._pace.wait(job, job.created))

    def state(self, job: Job) -> State:
        """How far ``job`` is. That is no poll."""
        return self._pace.state(job, self._clock())

    def outcome(self, owner: str, video_id: str) -> State | None:
        """How far the job of that id is; ``None`` if it is gone."""
        job = self._store.get(owner, video_id)
        return None if job is None else self.state(job)

    def page(self, owner: str, *, after: str | None, limit: int, newest_first: bool) -> Page | None:
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

    def nudge(self) -> None:
        """Look again at what is due: the clock was moved."""
        if self.dispatcher is not None:
            self.dispatcher.nudge()

    def close(self) -> None:
        """Give back what the store holds of the machine."""
        self._additions.close()
        self._store.close()

    async def _keep(self, make: Callable[[], Job], reference: Sequence[bytes]) -> Job:
        """Make a job and keep it, under an id that no other has."""
        if not self.is_slow:
            return self._keep_at_once(make, reference)
        draws = drawn(make)
        while not await self._additions.add(job := next(draws), reference):
            pass
        return self._kept(job)

    def _keep_at_once(self, make: Callable[[], Job], reference: Sequence[bytes]) -> Job:
        draws = drawn(make)
        while not self._store.add(job := next(draws), reference):
            pass
        return self._kept(job)

    def _kept(self, job: Job) -> Job:
        """The job, now that it is kept: who wants to be told of it will be."""
        if self._tell and (due := self._pace.reaches(job)) is not None:
            self._tell(job, due)
        return job


def _fated(job: Job, change: dict[str, Any]) -> Job:
    return msgspec.structs.replace(job, fate=msgspec.structs.replace(job.fate or Fate(), **change))


def _telling(dispatcher: Dispatcher, document: Document, random: Random) -> Callable[[Job, float], None]:
    shape = EventShape(document, random)
    return lambda job, due: dispatcher.expect(job.owner, job.id, due, shape)
