"""Control: the mock as tests see it, from Python and, through ``routes``, over HTTP."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from mockserver.api.operations import Operations
from mockserver.control.journal import Journal
from mockserver.control.metrics import LOOKED_AT, Metrics, StoreTotals
from mockserver.control.sync import Synchronization
from mockserver.jobs.clock import MovableClock
from mockserver.jobs.job import Job
from mockserver.scenarios.active import ScenarioQueue
from mockserver.scenarios.catalogue import found
from mockserver.spelling import did_you_mean
from mockserver.stores.shared import QueuedScenario
from mockserver.web.responses import Response
from mockserver.webhooks.dispatcher import Dispatcher


class VideoError(ValueError):
    """A video cannot be controlled so; its text says why. ``answer`` is what HTTP answers."""

    def __init__(self, answer: Response) -> None:
        super().__init__(msgspec.json.decode(answer.body)["error"]["message"])
        self.answer = answer


class Control:
    """One mock's time, scenarios, journal and jobs; through ``sync``, those of all processes that share its store.

    ``metrics`` gives the counts of all processes that answer together.
    """

    def __init__(
        self,
        service: Operations,
        queue: ScenarioQueue,
        clock: MovableClock,
        journal: Journal,
        metrics: Callable[[], Metrics],
        sync: Synchronization,
        dispatcher: Dispatcher | None,
    ) -> None:
        self.service = service
        self.clock = clock
        self.journal = journal
        self.sync = sync
        self._queue = queue
        self._metrics = metrics
        self._dispatcher = dispatcher
        self.is_current = True
        """Whether the document that it goes by is still the one that is served."""

    def advance(self, seconds: float) -> None:
        """Let so much time pass at once. ``ValueError`` if ``seconds`` is below 0, or not a number."""
        self._move(lambda: self.clock.advance(seconds))

    def freeze(self) -> None:
        """Stop the clock."""
        self._move(self.clock.freeze)

    def resume(self) -> None:
        """Let the clock run on."""
        self._move(self.clock.resume)

    def _move(self, act: Callable[[], None]) -> None:
        self.sync.change(act)
        if self._dispatcher is not None:
            self._dispatcher.nudge()

    def fail_next(self, name: str, times: int = 1) -> QueuedScenario:
        """Let the next requests meet a scenario, such as ``"rate_limit"`` or ``"fail=moderation_blocked, at=40"``.

        ``ScenarioError`` if there is no such scenario.
        """
        self.service.scenarios.reader.read(name)
        return self.sync.change(lambda: self._queue.add(name, times))

    def ask_no_more(self, entry_id: str | None = None) -> int:
        """Remove the scenarios of this id, or all; how many there were."""
        return self.sync.change(lambda: self._queue.remove(entry_id))

    @property
    def scenarios(self) -> tuple[QueuedScenario, ...]:
        """The scenarios that requests meet now, in the order in which they were added."""
        return tuple(self._queue.entries)

    def finish(self, video_id: str) -> dict[str, Any]:
        """Complete a video now; it, as HTTP shows it. ``VideoError`` where it is finished already, or unknown."""
        return self._decided(video_id, self.service.jobs.finish)

    def fail(self, video_id: str, code: str | None = None) -> dict[str, Any]:
        """Let a video fail now, with a code of the document, by default its first. ``VideoError`` as ``finish``."""
        failures = self.service.document.failures
        name = next(iter(failures)) if code is None else found(code, failures)
        if name is None:
            hint = did_you_mean(str(code), failures)
            raise self._refused("control.video.code", value=code, reason=hint, allowed=list(failures))
        return self._decided(video_id, lambda job: self.service.jobs.fail(job, name, failures[name]))

    def stall(self, video_id: str) -> dict[str, Any]:
        """Let a video come no further than it is. ``VideoError`` as ``finish``."""
        return self._decided(video_id, self.service.jobs.stall)

    def expire(self, video_id: str) -> dict[str, Any]:
        """Let the content of a completed video be gone. ``VideoError`` where it is not completed, or unknown."""
        job = self._found(video_id)
        status = self.service.jobs.state(job).status
        if status != "completed":
            raise self._refused("control.video.unfinished", value=video_id, reason=status)
        return self._shown(self._still(video_id, self.service.jobs.expire(job)))

    def delete(self, video_id: str) -> None:
        """Let go of a video, finished or not. ``VideoError`` where it is unknown."""
        if not self.service.jobs.remove(self._found(video_id)):
            raise self._refused("control.video.found", value=video_id)
        self.service.forget_content(video_id)

    def job(self, video_id: str) -> dict[str, Any]:
        """One job as it stands now, as HTTP shows it. ``VideoError`` where it is unknown."""
        return self._shown(self._found(video_id))

    def _found(self, video_id: str) -> Job:
        return self._still(video_id, self.service.jobs.find(video_id))

    def _refused(self, rule: str, **words: Any) -> VideoError:
        return VideoError(self.service.refuse(rule, **words))

    def _still(self, video_id: str, job: Job | None) -> Job:
        if job is None:
            raise self._refused("control.video.found", value=video_id)
        return job

    def _decided(self, video_id: str, decide: Callable[[Job], Job | None]) -> dict[str, Any]:
        job = self._found(video_id)
        status = self.service.jobs.state(job)
        if status.is_finished:
            raise self._refused("control.video.unfinished", value=video_id, reason=status.status)
        return self._shown(self._still(video_id, decide(job)))

    @property
    def requests(self) -> list[dict[str, Any]]:
        """Every request that the journal holds, in the order in which they came, in the form that HTTP shows."""
        self.sync.flush_now()
        return self.journal.shown

    @property
    def jobs(self) -> list[dict[str, Any]]:
        """Every job as it stands now, the oldest first, in the form that HTTP shows. Looking counts as no poll."""
        return self.latest_jobs(self.service.jobs.count())[::-1]

    def latest_jobs(self, limit: int) -> list[dict[str, Any]]:
        """Up to ``limit`` jobs, the newest first: the video of each, and what no answer says."""
        return [self._shown(job) for job in self.service.jobs.latest(limit)]

    def _shown(self, job: Job) -> dict[str, Any]:
        state, fate = self.service.jobs.state(job), job.fate
        return {
            **self.service.shown(job),
            "owner": job.owner,
            "polls": job.polls,
            "fate": None if fate is None else msgspec.to_builtins(fate),
            "stalled": fate is not None and fate.stalls_at(state.progress) and state.status == "in_progress",
            "expired": fate is not None and fate.is_expired,
        }

    def reset(self) -> None:
        """Put everything back as it was at the start: no jobs, no journal, the clock of the machine."""
        self.service.clear()
        self.sync.flush_now()
        self.journal.clear()
        self._move(self.sync.start_anew)

    def metrics_text(self) -> tuple[str, bytes]:
        """The media type and the text of the metrics. They count on through a reset, as those of any process."""
        jobs = self.service.jobs
        states: Counter[str] = Counter(jobs.state(job).status for job in jobs.latest(LOOKED_AT))
        return self._metrics().text(StoreTotals(jobs.count(), states, jobs.held()))

    def health(self) -> dict[str, Any]:
        """That it is up, and how much it holds."""
        held: dict[str, Sequence[Any] | Journal] = {"requests": self.journal, "scenarios": self.scenarios}
        return {"status": "ok", "jobs": self.service.jobs.count()} | {name: len(what) for name, what in held.items()}
