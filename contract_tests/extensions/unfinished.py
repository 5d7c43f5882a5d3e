"""Videos that are being made: what they refuse until they are finished."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from contract_tests.extensions import content, deletion, remix
from contract_tests.extensions.recorder import Recorder
from contract_tests.extensions.step import Step
from contract_tests.extensions.videos import ENDED, RUNNING

#: Videos among which one is looked for that is being made.
_CANDIDATES = 3


class UnfinishedSuite:
    """Asks too early for what only a finished video gives."""

    def __init__(self, visit: Recorder) -> None:
        self.visit = visit
        self.tracked = visit.tracked
        self.run = visit.tracked.run
        self.contract = visit.tracked.contract

    def all(self) -> None:
        """What a video that is being made refuses."""
        for video in self._running():
            for name, early in ((content.CONTENT, content.too_early), (remix.REMIX, remix.too_early)):
                if self._is(video, *RUNNING) and self.visit.wanted(name):
                    self._early(early, video)
            if self._is(video, *RUNNING) and self.visit.wanted(deletion.DELETE):
                self._early_deletion(video)

    def _early(self, early: Callable[..., Step], video: str) -> None:
        one = early(self.contract, video)
        answer = self.run.delivery.deliver(one.case) if one.case.operation == remix.REMIX else self.visit.ask(one)
        if answer is None:
            return
        if answer.accepted:
            # Where it has been finished meanwhile, the answer is right.
            self.tracked.look(video)
        if not answer.accepted or self._is(video, *RUNNING):
            self.visit.keep(one, answer)

    def _early_deletion(self, video: str) -> None:
        answer = self.visit.ask(deletion.too_early(self.contract, video))
        again: str | None = video
        if answer.accepted and not self.run.delivery.budget.capped:
            # It may have been finished just before: that does not happen twice.
            state = str(self.tracked.state(video).get("status"))
            del self.tracked.all[video]
            again = next((one for one in self._running() if self._is(one, state)), None)
            answer = self.visit.ask(deletion.too_early(self.contract, again)) if again is not None else answer
        if again is None:
            return
        self.visit.keep(deletion.too_early(self.contract, again), answer)
        if answer.accepted:
            self.tracked.all.pop(again, None)

    def _running(self) -> Iterator[str]:
        """Videos that are being made, as a look has just shown: one that is queued, then one that is in progress.

        The longest, for they stay so for longest; a new one where creations cost nothing.
        """
        found = sorted(self.tracked.all, key=lambda video: self.tracked.all[video].seconds, reverse=True)[:_CANDIDATES]
        if self.run.created and not self.run.delivery.budget.capped:
            longest = max(self.run.created, key=lambda made: str((made[1].object or {}).get("seconds")).zfill(9))
            made = self.tracked.create(longest[0])[1]
            found = found if made is None else [made, *found]
        for state in RUNNING:
            video = next((one for one in found if one in self.tracked.all and self._comes_to(one, state)), None)
            if video is not None:
                yield video

    def _comes_to(self, video: str, state: str) -> bool:
        """Whether one of two looks shows the video in this state."""
        for _ in range(2):
            self.tracked.look(video)
            if self.tracked.all[video].seen and self._is(video, state):
                return True
            if self._is(video, *ENDED):
                return False
        return False

    def _is(self, video: str, *states: str) -> bool:
        return self.tracked.state(video).get("status") in states
