"""The pace of jobs: how far a job is, as a pure function of the job and the time. No timers, no state."""

import re
from math import inf, nextafter
from typing import Protocol

import msgspec

from mockserver.jobs.job import Job, JobState
from mockserver.spelling import did_you_mean

LONGEST_WAIT = 10.0
SHORTEST_WAIT = 0.01
WAITS_PER_JOB = 10
"""A client is told to ask about ten times a job, at most every 10 ms and at least every 10 s."""


class Pace(Protocol):
    """How jobs progress. Times are seconds since 1970."""

    def state(self, job: Job, now: float) -> JobState:
        """How far ``job`` is at ``now``."""

    def polled(self, job: Job, now: float) -> Job:
        """``job`` after it was asked for once more at ``now``."""

    def wait(self, job: Job, now: float) -> float:
        """How many seconds a client best waits before it asks again."""

    def reaches(self, job: Job, progress: int = 100) -> float | None:
        """When ``job`` is so far, in percent, and no longer queued; ``None`` where no time brings it there."""


class TimedPace(msgspec.Struct, frozen=True):
    """Queued for ``queue`` seconds, then rendered for ``render`` seconds and ``per_second`` for each of video.

    ``jitter`` is the part by which a job may take less or more, 0 to 1.
    """

    queue: float = 0.0
    render: float = 0.0
    per_second: float = 0.0
    jitter: float = 0.0

    def state(self, job: Job, now: float) -> JobState:
        """Queued, rendering or completed, by the time since the creation."""
        starts, ends = self._times(job)
        if now >= ends:
            return JobState("completed", 100, int(ends))
        if now < starts:
            return JobState("queued", 0)
        return JobState("in_progress", int(100 * (now - starts) / (ends - starts)))

    def polled(self, job: Job, now: float) -> Job:  # noqa: ARG002 - the time alone decides
        """The job as it is."""
        return job

    def wait(self, job: Job, now: float) -> float:
        """A tenth of the whole job, and not beyond its end."""
        ends = self._times(job)[1]
        step = min(max((ends - job.created) / WAITS_PER_JOB, SHORTEST_WAIT), LONGEST_WAIT)
        return max(min(step, ends - now), SHORTEST_WAIT)

    def reaches(self, job: Job, progress: int = 100) -> float:
        """The moment from which on ``state`` says so."""
        starts, ends = self._times(job)
        moment = ends if progress >= 100 else starts + (ends - starts) * progress / 100
        while self.state(job, moment).progress < progress:
            moment = nextafter(moment, inf)
        return moment

    def _times(self, job: Job) -> tuple[float, float]:
        stretch = 1 + self.jitter * job.jitter
        starts = job.created + self.queue * stretch
        return starts, starts + (self.render + self.per_second * job.seconds) * stretch


class PolledPace(msgspec.Struct, frozen=True):
    """Completed at the ``polls``-th time it is asked for: queued at the first of several, rendering in between."""

    polls: int

    def state(self, job: Job, now: float) -> JobState:  # noqa: ARG002 - the polls alone decide
        """Queued, rendering or completed, by the number of polls so far."""
        if job.polls >= self.polls:
            return JobState("completed", 100, int(job.polled))
        if job.polls <= 1:
            return JobState("queued", 0)
        return JobState("in_progress", 100 * (job.polls - 1) // (self.polls - 1))

    def polled(self, job: Job, now: float) -> Job:
        """The job with one more poll, until the last one that counts."""
        if job.polls >= self.polls:
            return job
        return msgspec.structs.replace(job, polls=job.polls + 1, polled=now)

    def wait(self, job: Job, now: float) -> float:  # noqa: ARG002 - polls cost no time
        """No longer than a client must."""
        return SHORTEST_WAIT

    def reaches(self, job: Job, progress: int = 100) -> None:
        """No moment: polls alone bring it on."""


class OverridablePace(msgspec.Struct, frozen=True):
    """Another pace, with a halt where the fate of a job puts one."""

    pace: Pace

    def state(self, job: Job, now: float) -> JobState:
        """What the other pace says, until the job is as far as its fate lets it come."""
        state = self.pace.state(job, now)
        fate = job.fate
        if fate is not None and fate.ended is not None:
            if fate.code is None:
                return JobState("completed", 100, int(fate.ended))
            return JobState("failed", fate.at or 0, None, {"code": fate.code, "message": fate.message or ""})
        if fate is None or fate.at is None or state.status == "queued" or state.progress < fate.at:
            return state
        if fate.code is None:
            return JobState("in_progress", fate.at)
        return JobState("failed", fate.at, None, {"code": fate.code, "message": fate.message or ""})

    def polled(self, job: Job, now: float) -> Job:
        """What the other pace says."""
        return self.pace.polled(job, now)

    def wait(self, job: Job, now: float) -> float:
        """What the other pace says; of a job that stalls, what it says of a new one."""
        return self.pace.wait(job, now if job.fate is None else job.created)

    def reaches(self, job: Job, progress: int = 100) -> float | None:
        """When a job is so far, or as far as it ever comes because it fails; ``None`` for one that stalls before."""
        fate = job.fate
        if fate is not None and fate.ended is not None:
            return fate.ended
        if fate is None or fate.at is None or progress < fate.at:
            return self.pace.reaches(job, progress)
        return None if fate.code is None else self.pace.reaches(job, fate.at)


NAMED = {
    "instant": TimedPace(),
    "fast": TimedPace(queue=1, per_second=1),
    "real": TimedPace(queue=2, per_second=17, jitter=0.1),
}
"""``real``: a clip of 4 seconds was seen to take 68 seconds; guides speak of minutes."""

FORMS = "instant, fast, real, polls:N (N from 1) or queue=S,render=S (S in seconds)"
_POLLS = re.compile(r"polls:([1-9][0-9]{0,8})")
_SECONDS = r"([0-9]{1,9}(?:\.[0-9]{1,9})?)"
_TIMES = re.compile(f"queue={_SECONDS},render={_SECONDS}")


def parse_pace(text: str) -> Pace:
    """The pace that ``text`` names; ``ValueError`` that says what is allowed."""
    if text in NAMED:
        return NAMED[text]
    if polls := _POLLS.fullmatch(text):
        return PolledPace(int(polls[1]))
    if times := _TIMES.fullmatch(text):
        return TimedPace(queue=float(times[1]), render=float(times[2]))
    raise ValueError(f"'{text}' is no pace{did_you_mean(text, NAMED)}; allowed: {FORMS}")
