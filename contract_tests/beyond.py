"""What lies beyond the creation: retrieval, list, content, remix and deletion, in an order that lets each be seen."""

from __future__ import annotations

import math
from collections.abc import Callable

from contract_tests.form import parse_dimensions
from contract_tests.journal import Record
from contract_tests.lifecycle import NOT_FOUND
from contract_tests.lives import LACKING, RUNNING, STRANGERS, Lives
from contract_tests.media import read_media
from contract_tests.operations import content, deletion, listing, remix
from contract_tests.operations.step import Step, part_of, place, step
from contract_tests.pages import Pages
from contract_tests.run import Run
from contract_tests.visit import Visit
from contract_tests.walk import Walks


class Beyond:
    """Judges every operation beyond the creation. `record` holds what an earlier run has deleted already."""

    def __init__(self, run: Run, record: Record | None = None) -> None:
        self.run = run
        self.contract = run.contract
        self.lives = Lives(run, record)
        self.visit = Visit(self.lives)

    def all(self) -> None:
        """Everything; what deletes a video comes last."""
        if self.contract.retrieve is None:
            return
        retrieved = self.lives.offered()
        if retrieved:
            self._retrieval()
        else:
            self.run.skipped |= dict.fromkeys(self.lives.rules(), LACKING)
        if self._wanted(listing.LIST):
            Pages(self.visit).all()
        self._strangers()
        if retrieved:
            self._while_running()
            plain, far = self._cheapest(), self._farthest()
            self.lives.wait([video for video in dict.fromkeys((plain, far)) if video is not None])
            self._once_completed(plain, far)
        self._reasons(retrieved=retrieved)
        self.visit.settle()

    def _reasons(self, *, retrieved: bool) -> None:
        """Why what no answer shows was not tested."""
        patience = self.run.settings.effort.patience
        unfinished = f"no video was completed within {patience:g} s"
        if not retrieved:
            unfinished = "a video cannot be retrieved here, so that none is known to be completed"
        if not self.lives.all:
            unfinished = "no video was created"
        told = {
            **dict.fromkeys((content.READY, remix.COMPLETED, deletion.FINISHED), "no video was seen being made"),
            listing.OWN: "no other token is known that the server takes",
            **dict.fromkeys((listing.ORDER, listing.FIRST), "all videos listed are of one second"),
            listing.SIZE: "there are no more videos than a page holds",
        }
        for name in (content.CONTENT, remix.REMIX, deletion.DELETE):
            operation = self.contract.extension(name)
            for rule in self.contract.rules.of(operation) if operation is not None else ():
                told.setdefault(rule, unfinished)
        for rule, reason in told.items():
            self.run.skipped.setdefault(rule, reason)

    def _wanted(self, operation: str) -> bool:
        """Whether the document has the operation, and the settings ask for a rule of it."""
        found, only = self.contract.extension(operation), self.run.settings.only
        return found is not None and (only is None or bool(only & self.contract.rules.of(found)))

    def _retrieval(self) -> None:
        for stranger in self.lives.strangers():
            self.lives.look_for_stranger(stranger)
        for video_id in sorted(self.lives.all, key=lambda video: self.lives.all[video].seconds)[:3]:
            self.lives.look(video_id)
        self.lives.uninvited()
        self.lives.other_methods()
        Walks(self.lives).all()

    def _strangers(self) -> None:
        """An id that nobody was given is found by no operation."""
        for name in (content.CONTENT, deletion.DELETE):
            if self._wanted(name):
                self.visit.send(
                    step(place(self.contract, name, STRANGERS[0]), NOT_FOUND, says="an id that nobody was given")
                )
        if self._wanted(remix.REMIX):
            self.visit.pay(remix.of_stranger(self.contract, STRANGERS[0]))

    def _cheapest(self) -> str | None:
        """The video that is quickest to make and to load, and of equals the one least like the default."""

        def cost(video: str) -> tuple[float, int]:
            life = self.lives.all[video]
            sides = parse_dimensions(str(life.created.get("size")))
            return life.seconds * (math.prod(sides) if sides is not None else math.inf), -self._distance(video)

        return min(self.lives.all, key=cost, default=None)

    def _farthest(self) -> str | None:
        """The video least like the default: what is made of it shows most."""
        return max(self.lives.all, key=self._distance, default=None)

    def _distance(self, video: str) -> int:
        made = self.lives.all[video].created
        fields = self.contract.form.fields.items()
        return sum(field.default is not None and made.get(name) != field.default for name, field in fields)

    def _running(self) -> str | None:
        """A video that is being made, as a look at it shows; a new one, the longest, where creations cost nothing."""
        if self.run.created and not self.run.courier.purse.capped:
            longest = max(self.run.created, key=lambda made: str((made[1].object or {}).get("seconds")).zfill(9))
            made = self.lives.create(longest[0])[1]
            found = [] if made is None else [made]
        else:
            found = sorted(self.lives.all, key=lambda video: self.lives.all[video].seconds, reverse=True)[:2]
        for video in found:
            self.lives.look(video)
            if self.lives.all[video].seen and self._is(video, *RUNNING):
                return video
        return None

    def _is(self, video: str, *states: str) -> bool:
        return self.lives.state(video).get("status") in states

    def _while_running(self) -> None:
        """What a video that is being made refuses."""
        video = self._running()
        for name, early in ((content.CONTENT, content.too_early), (remix.REMIX, remix.too_early)):
            if video is not None and self._is(video, *RUNNING) and self._wanted(name):
                self._early(early, video)
        if video is not None and self._is(video, *RUNNING) and self._wanted(deletion.DELETE):
            self._early_deletion(video)

    def _early(self, early: Callable[..., Step], video: str) -> None:
        one = early(self.contract, video)
        answer = self.run.courier.deliver(one.case) if one.case.operation == remix.REMIX else self.visit.ask(one)
        if answer is None:
            return
        if answer.accepted:
            # Where it has been finished meanwhile, the answer is right.
            self.lives.look(video)
        if not answer.accepted or self._is(video, *RUNNING):
            self.visit.keep(one, answer)

    def _early_deletion(self, video: str) -> None:
        answer = self.visit.ask(deletion.too_early(self.contract, video))
        again: str | None = video
        if answer.accepted and not self.run.courier.purse.capped:
            # It may have been finished just before: that does not happen twice.
            del self.lives.all[video]
            again = self._running()
            answer = self.visit.ask(deletion.too_early(self.contract, again)) if again is not None else answer
        if again is None:
            return
        self.visit.keep(deletion.too_early(self.contract, again), answer)
        if answer.accepted:
            self.lives.all.pop(again, None)

    def _once_completed(self, plain: str | None, far: str | None) -> None:
        done = [video for video in self.lives.all if self._is(video, "completed")]
        if not done:
            return
        shown = plain if plain in done else done[0]
        if self._wanted(content.CONTENT):
            self._content(str(shown))
        if self._wanted(remix.REMIX):
            self._remix(str(far if far in done else shown))
        if self._wanted(deletion.DELETE):
            self._delete([str(shown), *(video for video in done if video != shown)])

    def _content(self, video: str) -> None:
        told = self.lives.state(video)
        whole = self.visit.send(content.download(self.contract, told, None, None))
        unnamed = read_media(whole.body).to_json() if whole.accepted else None
        for variant in content.variants(self.contract):
            self.visit.send(content.download(self.contract, told, variant, unnamed))
        if whole.accepted:
            for one, due in content.ranges(self.contract, video, whole.body):
                self.visit.send(one, due)
        for one in content.other_variants(self.contract, video):
            self.visit.send(one)
        self.visit.uninvited(content.CONTENT, video)

    def _remix(self, video: str) -> None:
        told = self.lives.state(video)
        good = remix.remix(self.contract, told, list(self.lives.all))
        for one in remix.refusals(self.contract, video):
            self.visit.pay(one)
        self.visit.uninvited(remix.REMIX, base=good)
        answer = self.visit.pay(good)
        if answer is None:
            cap = self.run.courier.purse.cap
            reason = f"a remix is paid for like a creation, and no more than {cap} may be accepted"
            self.run.skipped.setdefault(remix.ANSWER, self.run.courier.purse.stopped or reason)
            return
        told = answer.object or {}
        if answer.accepted and told.get("id") not in self.lives.all:
            made = self.lives.begin(answer)
            if made is not None:
                self.visit.send(remix.kept(self.contract, made, video))

    def _delete(self, videos: list[str]) -> None:
        video, *others = videos
        if self.visit.uninvited(deletion.DELETE, video):
            del self.lives.all[video]
            if not others:
                return
            video = others[0]
        answer = self.visit.send(deletion.deletion(self.contract, video))
        if not answer.accepted:
            return
        del self.lives.all[video]
        for name in ("retrieveVideo", deletion.DELETE, content.CONTENT):
            if self._wanted(name):
                self.visit.send(deletion.gone(self.contract, name, video))
        if self._wanted(listing.LIST):
            absent = listing.absent(self.contract, deletion.ANSWER, video, Pages(self.visit).largest)
            self.visit.send(part_of(deletion.DELETE, absent))
