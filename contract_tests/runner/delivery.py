"""Takes a case to the target at most once: journal first, purse asked, 429 obeyed."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from contract_tests.errors import CutError, StoppedError, UnreachableError
from contract_tests.model.case import Case
from contract_tests.model.request import Request
from contract_tests.model.response import Response
from contract_tests.runner.budget import Budget
from contract_tests.runner.client import Target
from contract_tests.runner.journal import Journal, Record
from contract_tests.runner.rate_limit import TOO_MANY, Waiting, codes, reason, retry_after

#: Seconds to wait, one after the other, for a server that listens no more: it may be starting anew.
RETURNS = (0.5, 1.5, 4.0)
#: What a gateway answers whose server died or restarts, perhaps of another request.
UPSTREAM = frozenset({502, 503, 504})
#: Requests without an answer that are told of a server that is gone.
_TOLD = 4
#: Time-outs in a row after which a server is asked whether it answers anything at all.
SILENCE = 8


class Moment(NamedTuple):
    """When a request was sent and its answer came, in seconds since 1970, and what came: accepted, refused, failed."""

    sent_at: float
    received_at: float
    kind: str

    @classmethod
    def of(cls, answer: Response) -> Moment:
        """That of a request with this answer."""
        kind = "accepted" if answer.accepted else "refused" if answer.refused else "failed"
        return cls(answer.sent_at, answer.received_at, kind)


@dataclass
class Delivery:
    """Delivers cases. `sleep` waits seconds. `record` holds what an earlier run has sent already.

    `lost` tells, in one line, of a server that answered before and does no more. `max_time`: seconds after which
    nothing more is sent; None for any time. `say` tells a line of what is waited for. `max_wait`: seconds that one
    request waits for a server that says 429, all its waits together. `final`: what a 429 says that no wait mends.
    `limit` holds the last reason that the server gave for a 429, `limited_out` why the run ended of it.
    """

    target: Target
    budget: Budget
    journal: Journal
    sleep: Callable[[float], None]
    record: Record | None = None
    max_time: float | None = None
    say: Callable[[str], None] = lambda _: None
    max_wait: float = 60.0
    final: frozenset[str] = frozenset()
    requests: int = 0
    waits: int = 0
    lost: str | None = None
    limit: str | None = None
    limited_out: str | None = None
    moments: list[Moment] = field(default_factory=list)
    _heard: bool = False
    _silent: int = 0
    _unanswered: list[str] = field(default_factory=list)
    _planned: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Count what the earlier run was charged for."""
        self._waiting = Waiting(self.sleep, self.say)
        self._ends = math.inf if self.max_time is None else self.target.clock() + self.max_time
        self.target.ends = self._ends
        unknown = Response(0, failure="the earlier run ended before the answer")
        for case, answer in [] if self.record is None else self.record.sendings():
            self.budget.count(case, answer or unknown)
            self.requests += 1

    @property
    def stopped(self) -> str | None:
        """Why nothing more is sent; None while there is no reason."""
        return self.budget.stopped or self.lost or self.limited_out or self._late

    @property
    def _late(self) -> str | None:
        late = self.target.clock() >= self._ends
        return f"stopped: the {self.max_time:g} s of --max-time are over" if late else None

    def deliver(self, case: Case, *, alone: bool = True) -> Response | None:
        """The answer; None where the case may not be sent, or was sent and nobody knows what came of it.

        `alone`: no other request is under way, so that what gets no answer can be confirmed at once.
        """
        if self.record is not None and case.id in self.record.sent:
            answer = self.record.answers.get(case.id)
        elif self.stopped is not None or not self.budget.allows(case):
            answer = None
        else:
            answer = self._deliver(case, alone=alone)
        return self.confirm(case, answer) if alone else answer

    def confirm(self, case: Case, answer: Response | None) -> Response | None:
        """The answer to the case sent again, alone and on a fresh connection, where it got none and costs nothing.

        A server that closes an idle connection, or that died of another request, is silent to an innocent one.
        """
        if answer is None or not self.unsure(answer) or self.stopped is not None or not self._free(case):
            return answer
        # A server that is gone by now may have died of this request only if it listened to it, and to it alone.
        last = None if answer.reused else replace(answer, confirmed=True)
        again = self._deliver(case, alone=True, confirms=True)
        if again is None and last is not None and self.lost is not None:
            self.journal.answered(case, last)
            return last
        return answer if again is None else again

    @staticmethod
    def unsure(answer: Response) -> bool:
        """Whether the request may have got no answer, or none but a gateway's, because of another one."""
        return (not answer.status and not answer.timed_out and not answer.confirmed) or answer.status in UPSTREAM

    def _free(self, case: Case) -> bool:
        """Whether it may be sent again: it deletes nothing, and creates nothing that costs."""
        harmless = case.refusal_due or case.request.method == "GET"
        return harmless or not (self.budget.capped or case.request.method == "DELETE")

    def _deliver(self, case: Case, *, alone: bool, confirms: bool = False) -> Response | None:
        with self._lock:
            self.requests += 1
            if case.id not in self._planned:
                self._planned.add(case.id)
                self.journal.planned(case)
        self.journal.sent(case)
        try:
            answer = self._send(case, confirms=alone and (confirms or not self._free(case)))
        except UnreachableError:
            self.journal.unsent(case)
            if self.lost is None:
                raise
            return None
        except CutError:
            self.budget.cut(case)
            return None
        except StoppedError:
            self.journal.unsent(case)
            return None
        if answer.status == TOO_MANY:
            # No answer to the request: a run that goes on may send it again.
            self.journal.unsent(case)
            return None
        self.journal.answered(case, answer)
        self.budget.count(case, answer)
        return answer

    def ask(self, case: Case) -> Response:
        """The answer to a request that creates nothing: it may be sent any number of times, and is not journalled.

        Raises UnreachableError where nothing answers any more, StoppedError where the run has ended.
        """
        if self.lost is not None:
            raise UnreachableError(self.lost)
        if self._late or self.limited_out:
            raise StoppedError(self._late or self.limited_out)
        with self._lock:
            self.requests += 1
        free = self._free(case)
        answer = self._send(case, confirms=not free)
        if answer.status == TOO_MANY:
            raise StoppedError(self.stopped)
        if not free or not self.unsure(answer):
            return answer
        with self._lock:
            self.requests += 1
        try:
            return self._send(case, confirms=True)
        except UnreachableError:
            return replace(answer, confirmed=not answer.reused)

    def _send(self, case: Case, *, confirms: bool = False) -> Response:
        """Send until the answer is no 429; a refusal for the rate is no answer to the request, and costs nothing.

        `confirms`: it is sent alone, and on a fresh connection, so that silence is its own. Once the server has said
        429, no two requests are under way.
        """
        answer = None
        if self.limit is None:
            answer = self._reach(case, alone=confirms)
        if answer is None or answer.status == TOO_MANY:
            if answer is not None:
                self.limit = reason(self.journal.clean(answer))
            at_once = not self._turn.acquire(blocking=False)
            if at_once:
                # Another request has waited meanwhile.
                self._turn.acquire()
            try:
                if (answer is None or at_once) and self.stopped is None:
                    answer = self._reach(case, alone=confirms)
                answer = self._patiently(case, answer or Response(TOO_MANY), alone=confirms)
            finally:
                self._turn.release()
        if not answer.status and confirms:
            return replace(answer, confirmed=not answer.timed_out and not answer.reused)
        return answer

    def _patiently(self, case: Case, answer: Response, *, alone: bool) -> Response:
        """The answer that follows on 429s; the last of them where waiting does not help."""
        waited = 0.0
        while answer.status == TOO_MANY and self.stopped is None:
            pause = retry_after(answer)
            self.limit = reason(self.journal.clean(answer))
            if codes(answer) & self.final:
                self.limited_out = f"stopped: the server says 429, which no wait mends: {self.limit}"
            elif pause > self.max_wait:
                told = f"wants {pause:.0f} s of waiting, more than {self.max_wait:g} s"
                self.limited_out = f"stopped: the server says 429 and {told}: {self.limit}"
            elif waited + pause > self.max_wait:
                self.limited_out = f"stopped: the server kept answering 429: {self.limit}"
            else:
                with self._lock:
                    self.waits += 1
                    self.requests += 1
                self._waiting.wait(max(0.0, min(pause, self._ends - self.target.clock())), self.limit)
                waited += pause
                answer = self._reach(case, alone=alone)
        return answer

    def _reach(self, case: Case, *, alone: bool) -> Response:
        """The answer. One that listened before is waited for, as nothing was sent; what is sent is sent once."""
        pauses = iter(RETURNS)
        send = self.target.send_alone if alone else self.target.send
        while True:
            try:
                answer = send(case.request)
                break
            except UnreachableError as error:
                if self._late:
                    raise StoppedError(self._late) from error
                if not self._heard or self.lost is not None:
                    raise
                pause = next(pauses, None)
                if pause is None:
                    self._lose(str(error))
                    raise
                self.sleep(max(0.0, min(pause, self._ends - self.target.clock())))
        if answer.timed_out and self._late:
            raise CutError(self._late)
        self._listen(case, answer)
        self.moments.append(Moment.of(answer))
        return answer

    def _listen(self, case: Case, answer: Response) -> None:
        """Notice that a server answers, or that it hangs: to this request, and to all that came just before."""
        with self._lock:
            self._heard = True
            self._silent = self._silent + 1 if answer.timed_out else 0
            if not answer.status:
                # Since the last answer: whatever a server dies of is among them, or was answered.
                self._unanswered = [*self._unanswered, case.label][-_TOLD:]
            hangs = self._silent == SILENCE
        if hangs and not self._answers(case.request.path):
            seconds = self.target.transports.network.timeout
            self._lose(f"What listens at {self.target.shown} answers nothing within {seconds:g} s.")

    def _answers(self, path: str) -> bool:
        """Whether the server answers a request that asks little; the one before was sent, whatever becomes of this."""
        try:
            return self.target.send(Request("GET", path)).status > 0
        except UnreachableError:
            return False

    def _lose(self, why: str) -> None:
        told = list(dict.fromkeys(self._unanswered))
        last = ""
        if told:
            last = f" The last request{'s' if len(told) > 1 else ''} without an answer: {'; '.join(told)}."
        self.lost = f"stopped: {why}{last}"
