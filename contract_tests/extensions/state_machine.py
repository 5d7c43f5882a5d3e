"""Walks through the lives of videos: a hypothesis state machine that creates and retrieves in any order."""

from __future__ import annotations

from functools import partial

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, precondition, rule, run_state_machine_as_test

from contract_tests.extensions.retrieval import FOUND, NOT_FOUND
from contract_tests.extensions.videos import Videos

#: Failed walks after which the search for a shorter one ends.
_ENOUGH = 30
#: Bytes of the largest body that walks send.
_LARGEST = 2**20
#: Picks one of a list by what is left after division by its length.
_NUMBERS = st.integers(min_value=0, max_value=10**6)


class StateMachineError(AssertionError):
    """A step of a walk broke a rule; hypothesis looks for a shorter walk that does."""


class StateMachineRuns:
    """The walks of one run, through videos of its own."""

    def __init__(self, tracked: Videos) -> None:
        self.tracked = tracked
        self.failed = 0
        # As it stands before the walks, which create more: a walk that is repeated must be the same.
        # A body at the limit is sent once: a server that keeps uploads would let go of earlier videos for its sake.
        self.good = [case for case, _ in tracked.run.created if len(case.request.body) <= _LARGEST]

    def all(self) -> None:
        """As many as the profile asks for; none where what they would show is known to be broken."""
        run = self.tracked.run
        known = self.tracked.rules()
        if not self.tracked.all or any(finding.rule in known for finding in run.judgement.findings):
            return
        chosen = settings(
            max_examples=run.settings.effort.walks,
            stateful_step_count=run.settings.effort.steps,
            database=None,
            deadline=None,
            verbosity=Verbosity.quiet,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate,) if run.delivery.budget.capped else (Phase.generate, Phase.shrink),
        )
        walk = seed(run.settings.seed)(partial(VideoStateMachine, self))
        try:
            # Any callable that gives a machine will do, whatever its annotation says.
            run_state_machine_as_test(walk, settings=chosen)  # type: ignore[arg-type]
        except (StateMachineError, Flaky):
            # What was broken stands in the judgement already; time may have mended it meanwhile.
            return

    def fail(self, what: str) -> None:
        """A step of a walk found something: a shorter walk is looked for, but not for long."""
        self.failed += 1
        if self.failed <= _ENOUGH and not self.tracked.run.delivery.budget.capped:
            raise StateMachineError(what)


class VideoStateMachine(RuleBasedStateMachine):
    """One walk. Where creations are counted it goes through the videos that there are.

    Hypothesis keeps every class of machine for ever: one class for all runs, so that none of them is kept with it.
    """

    videos = Bundle("videos")

    def __init__(self, walks: StateMachineRuns) -> None:
        super().__init__()
        self.walks = walks
        self.tracked = walks.tracked

    @rule(target=videos, number=_NUMBERS)
    def take(self, number: int) -> str:
        """A video that there is already."""
        return list(self.tracked.all)[number % len(self.tracked.all)]

    @precondition(lambda self: bool(self.walks.good) and not self.tracked.run.delivery.budget.capped)
    @rule(target=videos, number=_NUMBERS)
    def create(self, number: int) -> str:
        """A new video."""
        case = self.walks.good[number % len(self.walks.good)]
        accepted, made = self.tracked.create(case)
        if not accepted:
            self.walks.fail(case.label)
        return made or next(iter(self.tracked.all))

    @rule(video=videos)
    def retrieve(self, video: str) -> None:
        """A video is retrieved once more."""
        if self.tracked.look(video).findings:
            self.walks.fail(FOUND)

    @rule(video=consumes(videos))
    def finish(self, video: str) -> None:
        """A video is retrieved for the last time in this walk, twice."""
        self.retrieve(video)
        self.retrieve(video)

    @rule(digits=st.text("0123456789abcdef", min_size=1, max_size=48))
    def stranger(self, digits: str) -> None:
        """An id that nobody was given is retrieved."""
        video = f"video_{digits}"
        if video not in self.tracked.all and self.tracked.look_for_stranger(video).findings:
            self.walks.fail(NOT_FOUND)
