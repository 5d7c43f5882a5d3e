"""Control: the mock as its tests see it, from Python and, through ``panel``, over HTTP."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from mockserver.api.operations import Service
from mockserver.control.journal import Journal
from mockserver.control.metrics import LOOKED_AT, Held, Metrics
from mockserver.control.sync import Sharing
from mockserver.jobs.clock import MovableClock
from mockserver.scenarios.active import Active, Stage
from mockserver.stores.shared import Board


class Control:
    """One mock's time, scenarios, journal and jobs; of all processes that have its store, as ``sharing`` sees to it."""

    def __init__(
        self,
        service: Service,
        stage: Stage,
        clock: MovableClock,
        journal: Journal,
        sharing: Sharing,
        board: Board | None,
    ) -> None:
        self.service = service
        self.stage = stage
        self.clock = clock
        self.journal = journal
        self.metrics = Metrics()
        self.sharing = sharing
        self.board = board

    def follow(self, service: Service) -> None:
        """Go on with this service, made of the last one and another document."""
        self.stage.follow(service.document)
        self.service = service

    def advance(self, seconds: float) -> None:
        """Let so much time pass at once. ``ValueError`` if ``seconds`` is below 0, or no number."""
        self.sharing.change(lambda: self.clock.advance(seconds))
        self.service.jobs.nudge()

    def freeze(self) -> None:
        """Let time stand still."""
        self.sharing.change(self.clock.freeze)
        self.service.jobs.nudge()

    def resume(self) -> None:
        """Let time run on."""
        self.sharing.change(self.clock.resume)
        self.service.jobs.nudge()

    def fail_next(self, name: str, times: int = 1) -> Active:
        """Let the next requests meet a scenario, such as ``"rate_limit"`` or ``"fail=moderation_blocked, at=40"``.

        ``ScenarioError`` if there is none such.
        """
        return self.sharing.change(lambda: self.stage.add(name, times))

    def ask_no_more(self, active_id: str | None = None) -> int:
        """Let no request meet the scenarios of this id any more, or any; how many there were."""
        return self.sharing.change(lambda: self.stage.remove(active_id))

    @property
    def requests(self) -> list[dict[str, Any]]:
        """Every request that the journal holds, in the order in which they came, in the form that HTTP shows."""
        return self.journal.shown

    @property
    def jobs(self) -> list[dict[str, Any]]:
        """Every job as it stands now, the oldest first, in the form that HTTP shows. Looking counts as no poll."""
        return self.latest_jobs(self.service.jobs.count())[::-1]

    def latest_jobs(self, limit: int) -> list[dict[str, Any]]:
        """Up to ``limit`` jobs, the newest first: the video of each, and what no answer says."""
        return [
            {
                **self.service.shown(job),
                "owner": job.owner,
                "polls": job.polls,
                "fate": None if job.fate is None else msgspec.to_builtins(job.fate),
            }
            for job in self.service.jobs.latest(limit)
        ]

    def reset(self) -> None:
        """Make everything as it was at the start: no jobs, no journal, the clock of the machine."""
        self.service.clear()
        self.journal.clear()
        self.sharing.change(self.sharing.start_anew)
        self.service.jobs.nudge()

    def metrics_text(self) -> tuple[str, bytes]:
        """The media type and the text of the metrics. They count on through a reset, as those of any process."""
        jobs = self.service.jobs
        states: Counter[str] = Counter(jobs.state(job).status for job in jobs.latest(LOOKED_AT))
        total = self.metrics.with_those(self.board.told_by_others()) if self.board else self.metrics
        return total.text(Held(jobs.count(), states, jobs.held()))

    def health(self) -> dict[str, Any]:
        """That it is up, and how much it holds."""
        held: dict[str, Sequence[Any] | Journal] = {"requests": self.journal, "scenarios": self.stage.active}
        return {"status": "ok", "jobs": self.service.jobs.count()} | {name: len(what) for name, what in held.items()}
