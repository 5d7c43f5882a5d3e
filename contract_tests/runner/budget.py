"""Accepted creations cost money on a real endpoint: the budget counts them and says when to stop."""

from __future__ import annotations

import threading

from contract_tests.model.case import Case
from contract_tests.model.response import Response


class Budget:
    """How many creations may be accepted (`cap`, None for any number) and how many were.

    Only 4xx says for sure that a good request created nothing. Behind 5xx, 3xx, a reset or a time-out a gateway may
    have made and charged the video: those are `unclear`, and spent as the accepted ones are.
    """

    def __init__(self, cap: int | None, doubtful: frozenset[str] = frozenset()) -> None:
        self.cap = cap
        #: Rules that the document does not state: a right server may accept what breaks them.
        self.doubtful = doubtful
        #: Creations that are kept back, as for a remix.
        self.held = 0
        self.accepted = 0
        self.unclear = 0
        self.stopped: str | None = None
        self._lock = threading.Lock()

    @property
    def spent(self) -> int:
        """How many creations may have been charged."""
        return self.accepted + self.unclear

    @property
    def capped(self) -> bool:
        """Whether creations cost something here."""
        return self.cap is not None

    @property
    def empty(self) -> bool:
        """Whether no creation more may be accepted, beside what is kept back."""
        return self.cap is not None and self.spent >= self.cap - self.held

    def allows(self, case: Case) -> bool:
        """Whether the request may be sent now."""
        return self.stopped is None and (case.refusal_due or not self.empty)

    def cut(self, case: Case) -> None:
        """Count a request whose answer was not waited for."""
        self.count(case, Response(0))

    def count(self, case: Case, answer: Response) -> None:
        """Count what came back; stop at once where a bad request was taken and nothing is left to spend.

        One that a right server may accept ends the run only where it went over the cap.
        """
        with self._lock:
            if answer.accepted:
                self.accepted += 1
            elif not case.refusal_due and not answer.refused:
                self.unclear += 1
            if not answer.accepted or not case.refusal_due or self.cap is None:
                return
            if self.spent >= self.cap + (case.rule in self.doubtful):
                self.stopped = (
                    f"stopped: a request that had to be refused was accepted ({case.label}), "
                    f"and no more than {self.cap} may be accepted"
                )
