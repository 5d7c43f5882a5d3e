"""The videos of a run: created by it, retrieved since, and judged by what retrieving shows."""

from __future__ import annotations

import math
from typing import Any

from contract_tests.extensions.retrieval import (
    NOT_FOUND,
    VideoHistory,
    judge_retrieved,
    judge_stranger,
    other_methods,
    retrieval,
    shape,
    uninvited,
)
from contract_tests.model.case import Case
from contract_tests.model.finding import Judgement
from contract_tests.model.response import Response
from contract_tests.oracle.refusal import allowed, judge_refusal
from contract_tests.oracle.silence import silence
from contract_tests.runner.journal import Record
from contract_tests.runner.run import Run

#: Seconds between two looks at a video that is not finished.
_PAUSE = 0.25
#: Looks at a video once it is finished: it stays as it is.
_AGAIN = 2
#: Looks at each other video that is waited for, once the oldest is finished.
_MORE = 3
LACKING = "the server lacks the operation, which is no fault"
#: Made up; none of them is an id that a server could have given.
STRANGERS = ("video_" + 48 * "0", "video_123", "0", "null")
RUNNING, ENDED = ("queued", "in_progress"), ("completed", "failed")


class Videos:
    """Judges the retrieval of videos: those that the run has created, and those that walks create."""

    def __init__(self, run: Run, record: Record | None = None) -> None:
        self.run = run
        self.contract = run.contract
        self.all: dict[str, VideoHistory] = {}
        gone = set() if record is None else record.deleted
        for _, answer in run.created:
            if (answer.object or {}).get("id") not in gone:
                self.begin(answer)

    def begin(self, answer: Response) -> str | None:
        """A video was created; its id, if the answer has one."""
        body = answer.object or {}
        video_id = body.get("id")
        # An id that is no plain word would lead elsewhere in a path.
        if not isinstance(video_id, str) or not video_id.replace("_", "").replace("-", "").isalnum():
            return None
        self.all.setdefault(video_id, VideoHistory(body))
        return video_id

    def create(self, case: Case) -> tuple[bool, str | None]:
        """A new video by a good request, where creations cost nothing: whether it was accepted, and its id."""
        answer = self.run.delivery.ask(case)
        self.run.delivery.budget.count(case, answer)
        self.run.judge(case, answer)
        return answer.accepted, self.begin(answer)

    def offered(self) -> bool:
        """Whether the server has the operation: it says so, or a wrong id gets another answer than a wrong path."""
        known = next(iter(self.all), None)
        case = retrieval(self.contract, known or STRANGERS[0])
        answer = self.run.delivery.ask(case)
        if answer.status == 405:
            # Who lists the method among those allowed has the operation, and refuses it.
            return case.request.method in allowed(answer)
        if not answer.refused or answer.status != 404:
            return True
        elsewhere = self.run.delivery.ask(retrieval(self.contract, f"{known or STRANGERS[0]}/none/such"))
        return shape(answer) != shape(elsewhere)

    def strangers(self) -> list[str]:
        """Ids that nobody was given, some of them near one that was."""
        known = next(iter(self.all), None)
        near = [] if known is None else [known[:-1] + ("0" if known[-1] != "0" else "1"), known[:-1], f"{known}0"]
        if known is not None and "_" in known:
            # A bare number or UUID may be written in several ways.
            near += [known.upper(), known.rpartition("_")[2]]
        return [*STRANGERS, *(one for one in near if one and one not in self.all)]

    def look_for_stranger(self, video_id: str) -> Judgement:
        """Retrieve an id that nobody was given."""
        case = retrieval(self.contract, video_id, NOT_FOUND)
        answer = self._ask(case, video_id)
        return self._keep(silence(case, answer) or judge_stranger(self.contract, case, answer))

    def look(self, video_id: str) -> Judgement:
        """Retrieve a video that was created."""
        case = retrieval(self.contract, video_id)
        answer = self._ask(case, video_id)
        verdict = silence(case, answer) or judge_retrieved(self.contract, self.all[video_id], case, answer)
        return self._keep(verdict)

    def state(self, video_id: str) -> dict[str, Any]:
        """The video as it was last seen."""
        life = self.all[video_id]
        return (life.seen or [life.created])[-1]

    def uninvited(self) -> None:
        """A video is shown to nobody without a token, and to no other token where the server knows its own."""
        known = next(iter(self.all), None)
        ways = {"none": "auth.required", "basic": "auth.scheme"}
        ways |= {"unknown": "auth.key"} if self.run.settings.token else {}
        for name, broken in ways.items() if known is not None else ():
            if broken not in self.contract.rules:
                continue  # this server asks for no credential
            case = uninvited(self.contract, str(known), name, broken)
            self._refused(case, str(known))

    def other_methods(self) -> None:
        """The path of a video refuses methods that the document lacks there, and lists those that it has."""
        known = next(iter(self.all), None)
        for case in () if known is None else other_methods(self.contract, known):
            self._refused(case, str(known))

    def rules(self) -> set[str]:
        """The rules that retrieving shows."""
        retrieve = self.contract.retrieve
        return set() if retrieve is None else self.contract.rules.of(retrieve)

    def wait(self, others: list[str]) -> None:
        """Look at the oldest video until it is finished, or the patience of the profile is at its end.

        The `others` are looked at with it: by then they may be finished too.
        """
        seen_once = [video for video, life in self.all.items() if life.seen]
        # The shortest is finished first, and of equals the oldest.
        oldest = min(seen_once, key=lambda video: self.all[video].seconds, default=None)
        patience = self.run.settings.effort.patience
        if oldest is not None:
            self._watch(oldest, [one for one in others if one != oldest], patience)
        self.run.skipped.setdefault("retrieve.completed", f"no video was completed within {patience:g} s")

    def _watch(self, video_id: str, others: list[str], patience: float) -> None:
        """Look at a video until it is finished, then again; for `patience` seconds at most."""
        for _ in range(1 + math.ceil(patience / _PAUSE)):
            self.look(video_id)
            for other in others:
                if self.state(other).get("status") not in ENDED:
                    self.look(other)
            seen = self.all[video_id].seen[-1:]
            if not seen or seen[0].get("status") in ENDED:
                break
            self.run.delivery.sleep(_PAUSE)
        for other in others:
            # Where asking moves a video on, it is asked for as often as the oldest was.
            for _ in range(_MORE):
                if self.state(other).get("status") not in ENDED:
                    self.look(other)
        for _ in range(_AGAIN):
            self.look(video_id)

    def _refused(self, case: Case, video_id: str) -> None:
        answer = self._ask(case, video_id)
        self._keep(silence(case, answer) or judge_refusal(self.contract, case, answer))

    def _ask(self, case: Case, video_id: str) -> Response:
        answer = self.run.delivery.ask(case)
        if answer.accepted:
            self.run.retrieved.append(answer)
        created = self.all[video_id].created if video_id in self.all else None
        self.run.delivery.journal.observed(case, video_id, created, answer)
        return answer

    def _keep(self, verdict: Judgement) -> Judgement:
        self.run.judgement.add(verdict)
        return verdict
