"""What lies beyond the creation: retrieval, list, content, remix and deletion, in an order that lets each be seen."""

from __future__ import annotations

import math

from contract_tests.extensions import content, deletion, listing, remix
from contract_tests.extensions.finished import FinishedSuite
from contract_tests.extensions.paging import Paging
from contract_tests.extensions.recorder import Recorder
from contract_tests.extensions.retrieval import NOT_FOUND
from contract_tests.extensions.second import SecondToken
from contract_tests.extensions.state_machine import StateMachineRuns
from contract_tests.extensions.step import place, step
from contract_tests.extensions.unfinished import UnfinishedSuite
from contract_tests.extensions.videos import LACKING, STRANGERS, Videos
from contract_tests.runner.journal import Record
from contract_tests.runner.run import Run
from contract_tests.spec.form import parse_dimensions


class ExtensionSuite:
    """Judges every operation beyond the creation. `record` holds what an earlier run has deleted already."""

    def __init__(self, run: Run, record: Record | None = None) -> None:
        self.run = run
        self.contract = run.contract
        self.tracked = Videos(run, record)
        self.visit = Recorder(self.tracked)
        self.second = SecondToken(self.visit)

    def all(self) -> None:
        """Everything; what deletes a video comes last. What was answered is judged, however it ends."""
        if self.contract.retrieve is None:
            return
        try:
            self._all()
        finally:
            self.visit.settle()

    def _all(self) -> None:
        if self.visit.wanted(listing.LIST):
            # Before anything is asked for that might move them on.
            Paging(self.visit).glance()
        retrieved = self.tracked.offered()
        if retrieved:
            # First, while some are only just begun.
            UnfinishedSuite(self.visit).all()
            self._retrieval()
        else:
            self.run.skipped |= dict.fromkeys(self.tracked.rules(), LACKING)
        if self.visit.wanted(listing.LIST):
            Paging(self.visit).all()
        self._strangers()
        if retrieved:
            self.second.early()
        if retrieved:
            plain, far = self._cheapest(), self._farthest()
            self.tracked.wait([video for video in dict.fromkeys((plain, far)) if video is not None])
            FinishedSuite(self.visit, self.second).all(plain, far)
        self._reasons(retrieved=retrieved)

    def _reasons(self, *, retrieved: bool) -> None:
        """Why what no answer shows was not tested."""
        patience = self.run.settings.effort.patience
        unfinished = f"no video was completed within {patience:g} s"
        if not retrieved:
            unfinished = "a video cannot be retrieved here, so that none is known to be completed"
        if not self.tracked.all:
            unfinished = "no video was created"
        told = {
            **dict.fromkeys((content.READY, remix.COMPLETED, deletion.FINISHED), "no video was seen being made"),
            **dict(self.second.reasons()),
            **dict.fromkeys((listing.ORDER, listing.FIRST), "all videos listed are of one second"),
            listing.SIZE: "there are no more videos than a page holds",
        }
        for name in (content.CONTENT, remix.REMIX, deletion.DELETE):
            operation = self.contract.extension(name)
            for rule in self.contract.rules.of(operation) if operation is not None else ():
                told.setdefault(rule, unfinished)
        for rule, reason in told.items():
            self.run.skipped.setdefault(rule, reason)

    def _retrieval(self) -> None:
        for stranger in self.tracked.strangers():
            self.tracked.look_for_stranger(stranger)
        for video_id in sorted(self.tracked.all, key=lambda video: self.tracked.all[video].seconds)[:3]:
            self.tracked.look(video_id)
        self.tracked.uninvited()
        self.tracked.other_methods()
        StateMachineRuns(self.tracked).all()

    def _strangers(self) -> None:
        """An id that nobody was given is found by no operation."""
        for name in (content.CONTENT, deletion.DELETE):
            if self.visit.wanted(name):
                self.visit.send(
                    step(place(self.contract, name, STRANGERS[0]), NOT_FOUND, says="an id that nobody was given")
                )
        if self.visit.wanted(remix.REMIX):
            self.visit.pay(remix.of_stranger(self.contract, STRANGERS[0]))

    def _cheapest(self) -> str | None:
        """The video that is quickest to make and to load, and of equals the one least like the default."""

        def cost(video: str) -> tuple[float, int]:
            life = self.tracked.all[video]
            sides = parse_dimensions(str(life.created.get("size")))
            return life.seconds * (math.prod(sides) if sides is not None else math.inf), -self._distance(video)

        return min(self.tracked.all, key=cost, default=None)

    def _farthest(self) -> str | None:
        """The video least like the default: what is made of it shows most."""
        return max(self.tracked.all, key=self._distance, default=None)

    def _distance(self, video: str) -> int:
        made = self.tracked.all[video].created
        fields = self.contract.form.fields.items()
        return sum(field.default is not None and made.get(name) != field.default for name, field in fields)
