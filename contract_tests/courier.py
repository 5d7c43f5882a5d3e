"""Takes a case to the target at most once: journal first, purse asked, 429 obeyed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from contract_tests.answer import Answer
from contract_tests.case import Case
from contract_tests.journal import Journal, Record
from contract_tests.spending import Purse
from contract_tests.target import Target

TOO_MANY = 429
#: Seconds that one request waits for a server that says 429, all its waits together.
PATIENCE = 60.0
#: Requests that may give up for 429 before the whole run does.
GIVE_UP = 3


@dataclass
class Courier:
    """Delivers cases. `sleep` waits seconds. `record` holds what an earlier run has sent already."""

    target: Target
    purse: Purse
    journal: Journal
    sleep: Callable[[float], None]
    record: Record | None = None
    requests: int = 0
    waits: int = 0
    gave_up: int = 0
    _planned: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Count what the earlier run was charged for."""
        unknown = Answer(0, failure="the earlier run ended before the answer")
        for case, answer in [] if self.record is None else self.record.sendings():
            self.purse.count(case, answer or unknown)
            self.requests += 1

    def deliver(self, case: Case) -> Answer | None:
        """The answer; None where the case may not be sent, or was sent and nobody knows what came of it."""
        if self.record is not None and case.id in self.record.sent:
            return self.record.answers.get(case.id)
        if not self.purse.allows(case) or self.gave_up >= GIVE_UP:
            return None
        with self._lock:
            self.requests += 1
            if case.id not in self._planned:
                self._planned.add(case.id)
                self.journal.planned(case)
        self.journal.sent(case)
        answer = self._send(case)
        self.journal.answered(case, answer)
        self.purse.count(case, answer)
        return None if answer.status == TOO_MANY else answer

    def ask(self, case: Case) -> Answer:
        """The answer to a request that creates nothing: it may be sent any number of times, and is not journalled."""
        with self._lock:
            self.requests += 1
        return self._send(case)

    def _send(self, case: Case) -> Answer:
        """Send until the answer is no 429; a refusal for the rate is no answer to the request, and costs nothing."""
        waited = 0.0
        while True:
            answer = self.target.send(case.request)
            if answer.status != TOO_MANY:
                return answer
            pause = retry_after(answer)
            if waited + pause > PATIENCE:
                with self._lock:
                    self.gave_up += 1
                return answer
            with self._lock:
                self.waits += 1
                self.requests += 1
            waited += pause
            self.sleep(pause)


def retry_after(answer: Answer) -> float:
    """Seconds that a 429 asks to wait, as a number or a date; 1 where it says nothing, never more than PATIENCE."""
    asked = (answer.header("retry-after") or "").strip()
    try:
        seconds = float(asked)
    except ValueError:
        try:
            moment = parsedate_to_datetime(asked)
            seconds = moment.timestamp() - datetime.fromtimestamp(answer.received_at, UTC).timestamp()
        except (ValueError, TypeError, OverflowError):
            seconds = 1.0
    # NaN and negative numbers are no time at all.
    return min(seconds, PATIENCE) if seconds > 0 else 1.0
