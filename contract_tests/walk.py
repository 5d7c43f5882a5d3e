"""Walks through the lives of videos: a hypothesis state machine that creates and retrieves in any order."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, precondition, rule, run_state_machine_as_test

from contract_tests.lifecycle import FOUND, NOT_FOUND
from contract_tests.lives import Lives

#: Failed walks after which the search for a shorter one ends.
_ENOUGH = 30


class BrokenError(AssertionError):
    """A step of a walk broke a rule; hypothesis looks for a shorter walk that does."""


class Walks:
    """The walks of one run, through videos of its own."""

    def __init__(self, lives: Lives) -> None:
        self.lives = lives
        self.failed = 0

    def all(self) -> None:
        """As many as the profile asks for; none where what they would show is known to be broken."""
        run = self.lives.run
        known = self.lives.rules()
        if not self.lives.all or any(finding.rule in known for finding in run.judgement.findings):
            return
        chosen = settings(
            max_examples=run.settings.effort.walks,
            stateful_step_count=run.settings.effort.steps,
            database=None,
            deadline=None,
            verbosity=Verbosity.quiet,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate,) if run.courier.purse.capped else (Phase.generate, Phase.shrink),
        )
        try:
            run_state_machine_as_test(seed(run.settings.seed)(_machine(self)), settings=chosen)
        except (BrokenError, Flaky):
            # What was broken stands in the judgement already; time may have mended it meanwhile.
            return

    def fail(self, what: str) -> None:
        """A step of a walk found something: a shorter walk is looked for, but not for long."""
        self.failed += 1
        if self.failed <= _ENOUGH and not self.lives.run.courier.purse.capped:
            raise BrokenError(what)


def _machine(walks: Walks) -> type[RuleBasedStateMachine]:
    """The state machine over these lives. Where creations are counted it walks with those that there are."""
    lives = walks.lives
    good = [case for case, _ in lives.run.created]
    capped = lives.run.courier.purse.capped

    class Walk(RuleBasedStateMachine):
        videos = Bundle("videos")

        @rule(target=videos, number=st.integers(min_value=0, max_value=10**6))
        def take(self, number: int) -> str:
            """A video that there is already."""
            return list(lives.all)[number % len(lives.all)]

        @precondition(lambda _: not capped)
        @rule(target=videos, number=st.integers(min_value=0, max_value=len(good) - 1))
        def create(self, number: int) -> str:
            """A new video."""
            accepted, made = lives.create(good[number])
            if not accepted:
                walks.fail(good[number].label)
            return made or next(iter(lives.all))

        @rule(video=videos)
        def retrieve(self, video: str) -> None:
            """A video is retrieved once more."""
            if lives.look(video).findings:
                walks.fail(FOUND)

        @rule(video=consumes(videos))
        def finish(self, video: str) -> None:
            """A video is retrieved for the last time in this walk, twice."""
            self.retrieve(video)
            self.retrieve(video)

        @rule(digits=st.text("0123456789abcdef", min_size=1, max_size=48))
        def stranger(self, digits: str) -> None:
            """An id that nobody was given is retrieved."""
            video = f"video_{digits}"
            if video not in lives.all and lives.look_for_stranger(video).findings:
                walks.fail(NOT_FOUND)

    return Walk
