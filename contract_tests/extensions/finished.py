"""A completed video: it is downloaded, remixed, and deleted at last."""

from __future__ import annotations

from contract_tests.extensions import content, deletion, listing, remix
from contract_tests.extensions.paging import Paging
from contract_tests.extensions.recorder import Recorder
from contract_tests.extensions.second import SecondToken
from contract_tests.extensions.step import Step, part_of
from contract_tests.model.response import Response
from contract_tests.oracle.media import read_media


class FinishedSuite:
    """Asks for everything that a completed video gives."""

    def __init__(self, visit: Recorder, second: SecondToken) -> None:
        self.visit = visit
        self.second = second
        self.tracked = visit.tracked
        self.run = visit.tracked.run
        self.contract = visit.tracked.contract

    def all(self, plain: str | None, far: str | None) -> None:
        """Download and delete the one named plain, remix the one named far; where it is not completed, another one."""
        self._failed()
        done = [video for video in self.tracked.all if self.tracked.state(video).get("status") == "completed"]
        if not done:
            return
        if self.visit.wanted(listing.LIST):
            Paging(self.visit).glance()
        shown = plain if plain in done else done[0]
        if self.visit.wanted(content.CONTENT):
            self._content(str(shown))
        if self.visit.wanted(remix.REMIX):
            self._remix(str(far if far in done else shown))
            if self.visit.wanted(content.CONTENT):
                # By now another video is the newest.
                self.visit.send(content.download(self.contract, self.tracked.state(str(shown)), None, None))
        self.second.late(str(shown))
        left = [video for video in (str(shown), *done) if video in self.tracked.all]
        if left and self.visit.wanted(deletion.DELETE):
            self._delete(list(dict.fromkeys(left)))

    def _failed(self) -> None:
        """A video that has failed gives nothing."""
        failed = next((one for one in self.tracked.all if self.tracked.state(one).get("status") == "failed"), None)
        if failed is None:
            return
        if self.visit.wanted(content.CONTENT):
            self.visit.send(content.too_early(self.contract, failed, "once it has failed"))
        if self.visit.wanted(remix.REMIX):
            self.visit.pay(remix.too_early(self.contract, failed, "once it has failed"))

    def _content(self, video: str) -> None:
        told = self.tracked.state(video)
        whole = self.visit.send(content.download(self.contract, told, None, None))
        unnamed = read_media(whole.body).to_json() if whole.accepted else None
        for variant in content.variants(self.contract):
            self.visit.send(content.download(self.contract, told, variant, unnamed))
        if whole.accepted:
            for one, expected in content.ranges(self.contract, video, whole.body):
                self.visit.send(one, expected)
        for one in (*content.other_variants(self.contract, video), *content.other_methods(self.contract, video)):
            self.visit.send(one)
        self.visit.uninvited(content.CONTENT, video)

    def _remix(self, video: str) -> None:
        source = self.tracked.state(video)
        plain, longest = (
            remix.remix(self.contract, source, list(self.tracked.all), again=one) for one in (False, True)
        )
        capped = self.run.delivery.budget.capped
        # Where few are paid for, the longest is tried first: to be refused costs nothing.
        good = longest if capped else plain
        for one in remix.refusals(self.contract, video):
            self.visit.pay(one)
        self.visit.uninvited(remix.REMIX, base=good)
        if self._paid():
            return
        self.run.delivery.budget.held = 0
        answer = self.visit.pay(good)
        if answer is not None and answer.refused and capped:
            answer = self.visit.pay(plain)
        if answer is None:
            cap = self.run.delivery.budget.cap
            reason = f"a remix is paid for like a creation, and no more than {cap} may be accepted"
            self.run.skipped.setdefault(remix.ANSWER, self.run.delivery.stopped or reason)
            return
        told = answer.object or {}
        if answer.accepted and told.get("id") not in self.tracked.all:
            made = self.tracked.begin(answer)
            if made is not None:
                self.visit.send(remix.kept(self.contract, made, video))
            # Its source stays as it was.
            self.tracked.look(video)
        if answer.accepted and not self.run.delivery.budget.capped:
            again = self.visit.pay(remix.remix(self.contract, source, list(self.tracked.all), again=True))
            if again is not None:  # pragma: no branch - where nothing is capped, everything is sent
                self.tracked.begin(again)

    def _paid(self) -> bool:
        """Whether the earlier run has paid for a remix; what came of it is judged again."""
        record = self.run.delivery.record
        for event in record.steps if record is not None else ():
            if event["check"] == "remixed":
                self.visit.kept[remix.REMIX].append((Step.from_json(event), Response.from_json(event["answer"])))
        sent = () if record is None else record.sendings()
        return any(case.operation == remix.REMIX and not case.refusal_due for case, _ in sent)

    def _delete(self, videos: list[str]) -> None:
        video, *others = videos
        if self.visit.uninvited(deletion.DELETE, video):
            del self.tracked.all[video]
            if not others:
                return
            video = others[0]
        answer = self.visit.send(deletion.deletion(self.contract, video))
        if not answer.accepted:
            return
        del self.tracked.all[video]
        for name in ("retrieveVideo", deletion.DELETE, content.CONTENT):
            if self.visit.wanted(name):
                self.visit.send(deletion.gone(self.contract, name, video))
        if self.visit.wanted(remix.REMIX):
            self.visit.pay(remix.of_gone(self.contract, deletion.DELETE, video))
        for other in list(self.tracked.all)[:1]:
            self.tracked.look(other)
        if self.run.created and not self.run.delivery.budget.capped:
            # The id that has become free is not given again.
            self.tracked.create(self.run.created[0][0])
        if self.visit.wanted(listing.LIST):
            absent = listing.absent(self.contract, deletion.ANSWER, video, Paging(self.visit).largest)
            self.visit.send(part_of(deletion.DELETE, absent))
