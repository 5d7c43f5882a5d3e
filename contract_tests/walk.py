"""Walks through the lives of videos: a hypothesis state machine that creates and retrieves in any order."""

from __future__ import annotations

import math

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyFailure
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, precondition, rule, run_state_machine_as_test

from contract_tests.answer import Answer
from contract_tests.case import Case
from contract_tests.finding import Judgement
from contract_tests.lifecycle import (
    FOUND,
    NOT_FOUND,
    Life,
    judge_retrieved,
    judge_stranger,
    other_methods,
    retrieval,
    shape,
    uninvited,
)
from contract_tests.oracle.refusal import allowed, judge_refusal
from contract_tests.run import Run

#: Seconds between two looks at a video that is not finished.
_PAUSE = 0.25
#: Looks at a video once it is finished: it stays as it is.
_AGAIN = 2
#: Failed walks after which the search for a shorter one ends.
_ENOUGH = 30
_LACKING = "the server lacks the operation, which is no fault"
#: Made up; none of them is an id that a server could have given.
_STRANGERS = ("video_" + 48 * "0", "video_123", "0", "null")


class Lifecycle:
    """Judges the retrieval of videos: those that the run has created, and those that walks create."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.contract = run.contract
        self.lives: dict[str, Life] = {}
        self.failed = 0

    def all(self) -> None:
        """Everything, from whether there is such an operation to whether a video is ever completed."""
        if self.contract.retrieve is None:
            return
        self._take_over()
        if not self._offered():
            self.run.skipped |= dict.fromkeys(self._rules(), _LACKING)
            return
        for stranger in self._strangers():
            self.look_for_stranger(stranger)
        for video_id in sorted(self.lives, key=lambda video: self.lives[video].seconds)[:3]:
            self.look(video_id)
        self._uninvited()
        self._other_methods()
        self._walk()
        self._wait()

    def _take_over(self) -> None:
        for _, answer in self.run.created:
            self.begin(answer)

    def begin(self, answer: Answer) -> str | None:
        """A video was created; its id, if the answer has one."""
        body = answer.object or {}
        video_id = body.get("id")
        # An id that is no plain word would lead elsewhere in a path.
        if not isinstance(video_id, str) or not video_id.replace("_", "").replace("-", "").isalnum():
            return None
        self.lives.setdefault(video_id, Life(body))
        return video_id

    def _offered(self) -> bool:
        """Whether the server has the operation: it says so, or a wrong id gets another answer than a wrong path."""
        known = next(iter(self.lives), None)
        case = retrieval(self.contract, known or _STRANGERS[0])
        answer = self.run.courier.ask(case)
        if answer.status == 405:
            # Who lists the method among those allowed has the operation, and refuses it.
            return case.request.method in allowed(answer)
        if not answer.refused or answer.status != 404:
            return True
        elsewhere = self.run.courier.ask(retrieval(self.contract, f"{known or _STRANGERS[0]}/none/such"))
        return shape(answer) != shape(elsewhere)

    def _strangers(self) -> list[str]:
        known = next(iter(self.lives), None)
        near = [] if known is None else [known[:-1] + ("0" if known[-1] != "0" else "1"), known[:-1], f"{known}0"]
        return [*_STRANGERS, *(one for one in near if one not in self.lives)]

    def look_for_stranger(self, video_id: str) -> Judgement:
        """Retrieve an id that nobody was given."""
        case = retrieval(self.contract, video_id, NOT_FOUND)
        answer = self.run.courier.ask(case)
        self._write(case, video_id, answer)
        return self._keep(judge_stranger(self.contract, case, answer))

    def look(self, video_id: str) -> Judgement:
        """Retrieve a video that was created."""
        case = retrieval(self.contract, video_id)
        answer = self.run.courier.ask(case)
        self._write(case, video_id, answer)
        return self._keep(judge_retrieved(self.contract, self.lives[video_id], case, answer))

    def _write(self, case: Case, video_id: str, answer: Answer) -> None:
        created = self.lives[video_id].created if video_id in self.lives else None
        self.run.courier.journal.observed(case, video_id, created, answer)

    def _keep(self, verdict: Judgement) -> Judgement:
        self.run.judgement.add(verdict)
        return verdict

    def _uninvited(self) -> None:
        """A video is shown to nobody without a token, and to no other token where the server knows its own."""
        known = next(iter(self.lives), None)
        ways = {"none": "auth.required", "basic": "auth.scheme"}
        ways |= {"unknown": "auth.key"} if self.run.settings.token else {}
        for name, broken in ways.items() if known is not None else ():
            case = uninvited(self.contract, str(known), name, broken)
            answer = self.run.courier.ask(case)
            self._write(case, str(known), answer)
            self._keep(judge_refusal(self.contract, case, answer))

    def _other_methods(self) -> None:
        """The path of a video refuses methods that the document lacks there, and lists those that it has."""
        known = next(iter(self.lives), None)
        for case in () if known is None else other_methods(self.contract, known):
            answer = self.run.courier.ask(case)
            self._write(case, str(known), answer)
            self._keep(judge_refusal(self.contract, case, answer))

    def _walk(self) -> None:
        effort = self.run.settings.effort
        # What is known to be broken needs no walk to show it.
        if not self.lives or any(finding.rule in self._rules() for finding in self.run.judgement.findings):
            return
        machine = seed(self.run.settings.seed)(_machine(self))
        chosen = settings(
            max_examples=effort.walks,
            stateful_step_count=effort.steps,
            database=None,
            deadline=None,
            verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate,) if self.run.courier.purse.capped else (Phase.generate, Phase.shrink),
        )
        try:
            run_state_machine_as_test(machine, settings=chosen)
        except (BrokenError, FlakyFailure):
            # What was broken stands in the judgement already; time may have mended it meanwhile.
            return

    def fail(self, what: str) -> None:
        """A step of a walk found something: a shorter walk is looked for, but not for long."""
        self.failed += 1
        if self.failed <= _ENOUGH and not self.run.courier.purse.capped:
            raise BrokenError(what)

    def _rules(self) -> set[str]:
        return {one.id for one in self.contract.rules if one.source == "extension" or one.id.startswith(NOT_FOUND)}

    def _wait(self) -> None:
        """Look at the oldest video until it is finished, or the patience of the profile is at its end."""
        seen_once = [video for video, life in self.lives.items() if life.seen]
        # The shortest is finished first, and of equals the oldest.
        oldest = min(seen_once, key=lambda video: self.lives[video].seconds, default=None)
        patience = self.run.settings.effort.patience
        if oldest is not None:
            self._watch(oldest, patience)
        self.run.skipped.setdefault("retrieve.completed", f"no video was completed within {patience:g} s")

    def _watch(self, video_id: str, patience: float) -> None:
        """Look at a video until it is finished, then again; for `patience` seconds at most."""
        for _ in range(1 + math.ceil(patience / _PAUSE)):
            self.look(video_id)
            seen = self.lives[video_id].seen[-1:]
            if not seen or seen[0].get("status") in {"completed", "failed"}:
                break
            self.run.courier.sleep(_PAUSE)
        for _ in range(_AGAIN):
            self.look(video_id)


class BrokenError(AssertionError):
    """A step of a walk broke a rule; hypothesis looks for a shorter walk that does."""


def _machine(lives: Lifecycle) -> type[RuleBasedStateMachine]:
    """The state machine over these lives. Where creations are counted it walks with those that there are."""
    good = [case for case, _ in lives.run.created]
    capped = lives.run.courier.purse.capped

    class Walk(RuleBasedStateMachine):
        videos = Bundle("videos")

        @rule(target=videos, number=st.integers(min_value=0, max_value=10**6))
        def take(self, number: int) -> str:
            """A video that there is already."""
            return list(lives.lives)[number % len(lives.lives)]

        @precondition(lambda _: not capped)
        @rule(target=videos, number=st.integers(min_value=0, max_value=len(good) - 1))
        def create(self, number: int) -> str:
            """A new video."""
            case = good[number]
            answer = lives.run.courier.ask(case)
            lives.run.courier.purse.count(case, answer)
            if not answer.accepted:
                lives.run.judge(case, answer)
                lives.fail(case.label)
            return lives.begin(answer) or next(iter(lives.lives))

        @rule(video=videos)
        def retrieve(self, video: str) -> None:
            """A video is retrieved once more."""
            if lives.look(video).findings:
                lives.fail(FOUND)

        @rule(video=consumes(videos))
        def finish(self, video: str) -> None:
            """A video is retrieved for the last time in this walk, twice."""
            self.retrieve(video)
            self.retrieve(video)

        @rule(digits=st.text("0123456789abcdef", min_size=1, max_size=48))
        def stranger(self, digits: str) -> None:
            """An id that nobody was given is retrieved."""
            video = f"video_{digits}"
            if video not in lives.lives and lives.look_for_stranger(video).findings:
                lives.fail(NOT_FOUND)

    return Walk
