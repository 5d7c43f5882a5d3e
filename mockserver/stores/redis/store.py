"""The store in Redis: processes on several machines may share it."""

from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from typing import Any, ClassVar
from urllib.parse import SplitResult

import msgspec
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from mockserver.jobs.job import Job
from mockserver.stores.base import LOOK, Bounds, Finished, JobPage, StoreUnavailable, leaving
from mockserver.stores.redis import scripts
from mockserver.stores.redis.shared import RedisStateStore

BOUNDS = Bounds(jobs=100_000, bytes=2**30)
"""What is kept if nothing else is said. Redis keeps it in memory."""

LAYOUT = "1:"
"""Below the prefix, before every key: a later version that keeps jobs otherwise keeps them elsewhere."""

TIMEOUT_SECONDS = 2.0
"""How long Redis may take to accept a connection, and to answer."""

PAUSE_SECONDS = 1.0
"""After a call that failed and took its time, for so long others fail at once: a server that cannot keep jobs still
answers quickly."""

SLOW_SECONDS = 0.1
"""A call that failed took its time, if it took so long."""

GLANCE = 8
"""How many of the jobs added first are fetched, to find one that may go, before all that there are to look at."""

CLEARED_AT_ONCE = 10_000
"""Jobs forgotten in one step, for which Redis answers nobody else: a few hundredths of a second."""

_TEXTS: tuple[tuple[type[redis.RedisError], str], ...] = (
    (redis.TimeoutError, f"does not answer within {TIMEOUT_SECONDS:g} s"),
    (redis.BusyLoadingError, "is still loading what it holds"),
    (redis.AuthenticationError, "refuses the user or the password"),
    (redis.exceptions.AuthenticationWrongNumberOfArgsError, "refuses the user or the password"),
    (redis.exceptions.OutOfMemoryError, "has no room left, its maxmemory is used up"),
    (redis.ReadOnlyError, "is a replica that cannot be written to"),
)

encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Job).decode


class RedisStore:
    """Keeps jobs below ``prefix`` in the Redis at ``url``; ``StoreUnavailable`` at once where that cannot be.

    A job expires ``lifetime`` seconds after it was added. What is acknowledged is as durable as that Redis makes it.
    ``timer`` gives seconds, from anywhere.
    """

    is_slow: ClassVar[bool] = True

    def __init__(
        self,
        url: SplitResult,
        prefix: str,
        lifetime: int,
        bounds: Bounds,
        finished: Finished,
        timer: Callable[[], float] = monotonic,
    ) -> None:
        self._options = (url, prefix, lifetime, bounds, finished, timer)
        self._name = url._replace(netloc=url.netloc.rpartition("@")[2], query="").geturl()
        self._prefix = f"{prefix}{LAYOUT}"
        self._lifetime = 1000 * lifetime
        self._bounds = bounds
        self._finished = finished
        self._timer = timer
        self._quiet_until = float("-inf")
        self._client = redis.Redis.from_url(
            url._replace(query="").geturl(),
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            # Whether a call whose answer was lost has done its work is not known; to do it twice is never right.
            retry=Retry(NoBackoff(), 0),
        )
        self._scripts = {
            name: self._client.register_script(scripts.PARTS + body) for name, body in scripts.BODIES.items()
        }
        self.count()  # it is said now, and not at the first job, if Redis cannot be used

    def twin(self) -> "RedisStore":
        """The same, by connections of its own."""
        return RedisStore(*self._options)

    def add(self, job: Job, reference: Sequence[bytes]) -> bool:
        """Keep a new job; ``False`` if its id is taken."""
        kept = (job.id, job.owner, repr(job.created), encode(job), b"".join(reference))
        options = (self._lifetime, self._bounds.jobs, self._bounds.bytes)
        look = GLANCE
        going: tuple[bytes, ...] = ()
        while isinstance(answer := self._run("add", *kept, *options, look, *going), list):
            look, going = self._going(answer, look)
        return bool(answer)

    def get(self, owner: str, video_id: str) -> Job | None:
        """The job, if ``owner`` has it."""
        record = self._record(owner, video_id)
        return None if record is None else self._job(record)

    def find(self, video_id: str) -> Job | None:
        """The job, whoever owns it."""
        record = self._tried(lambda: self._client.hget(f"{self._prefix}job:{video_id}", "record"))
        return None if record is None else self._job(record)

    def change(self, owner: str, video_id: str, change: Callable[[Job], Job]) -> Job | None:
        """Put ``change(job)`` in its place."""
        while (record := self._record(owner, video_id)) is not None:
            job = self._job(record)
            changed = change(job)
            if changed is job or self._run("change", video_id, record, encode(changed)):
                return changed
        return None

    def page(self, owner: str, *, after: str | None, limit: int, newest_first: bool) -> JobPage | None:
        """Up to ``limit`` jobs after ``after``, found by their rank."""
        answer = self._run("page", owner, int(after is None), after or "", limit + 1, int(newest_first))
        if answer is None:
            return None
        jobs = self._jobs(answer)
        return JobPage(tuple(jobs[:limit]), has_more=len(jobs) > limit)

    def remove(self, owner: str, video_id: str) -> Job | None:
        """Let go of a job."""
        # What cannot be read is not removed, as in any store.
        job = self.get(owner, video_id)
        return None if job is None or self._run("remove", video_id, owner) is None else job

    def latest(self, limit: int) -> list[Job]:
        """The newest by addition, whichever process added it."""
        return self._jobs(self._run("latest", limit))

    def reference(self, owner: str, video_id: str) -> bytes | None:
        """The reference, fetched from Redis."""
        content: bytes | None = self._run("reference", video_id, owner)
        return content

    def state(self) -> RedisStateStore:
        """In keys beside those of the jobs."""
        return RedisStateStore(self._client, self._tried, self._prefix, self._lifetime)

    def clear(self) -> None:
        """Let go of everything, some jobs at a time."""
        while self._run("clear", CLEARED_AT_ONCE):
            pass

    def count(self) -> int:
        """How many jobs there are, by all processes."""
        return int(self._run("count")[0])

    def held(self) -> int:
        """How many bytes the references have."""
        return int(self._run("count")[1])

    def close(self) -> None:
        """Close the connections; the next call opens them again."""
        self._client.close()

    def _going(self, first: list[bytes], look: int) -> tuple[int, tuple[bytes, ...]]:
        """How many to look at next, and the places of the jobs that go, of the ``first`` that were looked at."""
        places = {self._job(record).id: place for place, record in _pairs(first)}
        jobs = self._jobs(first)
        if look == GLANCE and not any(map(self._finished, jobs)):
            return LOOK, ()
        return GLANCE, tuple(places[job.id] for job in leaving(jobs, self._finished))

    def _record(self, owner: str, video_id: str) -> bytes | None:
        key = f"{self._prefix}job:{video_id}"
        whose, record = self._tried(lambda: self._client.hmget(key, ["owner", "record"]))
        return record if whose == owner.encode() else None

    def _run(self, name: str, *arguments: Any) -> Any:
        return self._tried(lambda: self._scripts[name](args=(self._prefix, *arguments)))

    def _tried(self, call: Callable[[], Any]) -> Any:
        """What ``call`` gives; what redis says when it fails becomes the store's own error."""
        begun = self._timer()
        if begun < self._quiet_until:
            raise self._unavailable("did not answer a moment ago, and is soon asked again")
        try:
            return call()
        except redis.RedisError as error:
            ended = self._timer()
            if ended - begun >= SLOW_SECONDS:
                self._quiet_until = ended + PAUSE_SECONDS
            raise self._unavailable(_told(error)) from None

    def _jobs(self, answer: list[bytes]) -> list[Job]:
        return [self._job(record) for _, record in _pairs(answer)]

    def _job(self, record: bytes) -> Job:
        try:
            return decode(record)
        except msgspec.DecodeError as error:
            raise self._unavailable(f"holds a job that this version cannot read: {error}") from None

    def _unavailable(self, why: str) -> StoreUnavailable:
        return StoreUnavailable(f"store {self._name}: {why}")


def _pairs(answer: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """The places and records that a script gave one after another."""
    return zip(answer[::2], answer[1::2], strict=True)


def _told(error: redis.RedisError) -> str:
    """What an error means to whoever runs the store, in one line."""
    for kind, text in _TEXTS:
        if isinstance(error, kind):
            return text
    reason = str(error).partition("\n")[0]
    return f"cannot be reached: {reason}" if isinstance(error, redis.ConnectionError) else f"fails: {reason}"
