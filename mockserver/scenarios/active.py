"""The stage: which scenarios the next request meets."""

import logging
import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Protocol

import msgspec

from mockserver.jobs.clock import Clock
from mockserver.scenarios.catalogue import Asked, Reader, ScenarioError
from mockserver.scenarios.effects import Rates, Scene
from mockserver.scenarios.examples import Ready
from mockserver.scenarios.plan import Plan
from mockserver.spec.document import Document
from mockserver.stores.shared import Entry, Window
from mockserver.web.responses import Answer

logger = logging.getLogger("mockserver")


class Change(Protocol):
    """Does something, perhaps several times, of which the last counts; gives what it gave."""

    def __call__(self, act: Callable[[], "Plan | None"]) -> "Plan | None":
        """Do it."""


class Active(msgspec.Struct):
    """Scenarios that are asked for beforehand. ``times``: how many requests they will still meet, ``None`` for all."""

    id: str
    text: str
    asked: tuple[Asked, ...]
    times: int | None
    is_standing: bool = False


class AnswerError(Exception):
    """A request asks for an answer that there is not. ``kind``: code or example."""

    def __init__(self, kind: str, value: str, allowed: Sequence[str]) -> None:
        super().__init__(f"no {kind} '{value}'")
        self.kind = kind
        self.value = value
        self.allowed = allowed


class Stage:
    """Keeps what is asked for, and makes the plan of each request.

    A request meets what itself asks for by its header; otherwise the first of those that were asked for beforehand for
    a number of requests and concern it, and all that stand for good. ``random`` decides what is likely only.
    """

    def __init__(self, document: Document, random: Random, clock: Clock) -> None:
        self._ready = Ready(document)
        self._failures = document.failures
        self.reader = Reader(self._ready, document.failures)
        self._random = random
        self._clock = clock
        self._rates = Rates()
        self._active: list[Active] = []
        self._added = 0
        self.change: Change = lambda act: act()
        """Does what uses up something that is counted. Where several processes count, they count together."""

    @property
    def active(self) -> tuple[Active, ...]:
        """What is asked for now, in the order in which it was."""
        return tuple(self._active)

    @property
    def is_awaited(self) -> bool:
        """Whether anything is asked for."""
        return bool(self._active)

    def follow(self, document: Document) -> None:
        """Go on by another document. What is asked for and it does not know is asked for no more."""
        ready = Ready(document)
        reader = Reader(ready, document.failures)
        kept: list[Active] = []
        for active in self._active:
            try:
                kept.append(msgspec.structs.replace(active, asked=reader.read(active.text)))
            except ScenarioError as error:
                logger.warning("the scenario '%s' is asked for no more: %s", active.text, error)
        self._ready, self._failures, self.reader, self._active = ready, document.failures, reader, kept

    def add(self, text: str, times: int | None = 1) -> Active:
        """Ask for scenarios on so many requests, ``None`` for all; ``ScenarioError`` if there are none such."""
        active = Active(f"scenario_{self._added + 1}", text, self.reader.read(text), times)
        self._added += 1
        self._active.append(active)
        return active

    def stand(self, standing: Sequence[tuple[str, int | None]]) -> None:
        """Ask for what the scenario file asks for, in place of what it asked for before."""
        self._active = [active for active in self._active if not active.is_standing]
        for text, times in standing:
            self.add(text, times).is_standing = True

    def saved(self) -> tuple[list[Entry], list[Window], int]:
        """What is asked for, what counts for a rate, and how often was asked."""
        entries = [Entry(active.id, active.text, active.times, active.is_standing) for active in self._active]
        return entries, self._rates.saved(self._clock()), self._added

    def restore(self, entries: Sequence[Entry], windows: Sequence[Window], added: int) -> None:
        """Go on with what was saved, perhaps by another process."""
        known = {active.text: active.asked for active in self._active}
        self._active, self._added = [], added
        for entry in entries:
            asked = known.get(entry.text)
            if asked is None:
                asked = self._known(entry.text)
            self._active.append(Active(entry.id, entry.text, asked, entry.times, entry.is_standing))
        self._rates.restore(windows)

    def _known(self, text: str) -> tuple[Asked, ...]:
        """What is asked for elsewhere; nothing, which no request meets, where it is not known here."""
        try:
            return self.reader.read(text)
        except ScenarioError as error:
            logger.warning("the scenario '%s' is asked for elsewhere, and not known here: %s", text, error)
            return ()

    def remove(self, active_id: str | None = None) -> int:
        """Ask no more for those of this id, or for any; how many there were."""
        gone = [active for active in self._active if active_id in (None, active.id)]
        self._active = [active for active in self._active if active not in gone]
        return len(gone)

    def clear(self) -> None:
        """Ask for nothing, and forget how often was asked."""
        self._active = []
        self._rates.clear()

    def meet(self, operation: str, owner: str, prefer: str | None) -> Plan | None:
        """The plan of a request to the operation of that id; ``None`` if it meets nothing.

        ``AnswerError`` or ``ScenarioError`` where ``prefer``, the request's header, asks for what there is not.
        """
        if prefer is not None and (plan := self._preferred(operation, owner, prefer)) is not None:
            return plan
        if not self._active:
            return None
        concerned = [active for active in self._active if any(asked.concerns(operation) for asked in active.asked)]
        if any(active.times is not None or _counts(active.asked) for active in concerned):
            return self.change(lambda: self._next(operation, owner))
        return self._next(operation, owner) if concerned else None

    def play(self, asked: Sequence[Asked], operation: str, owner: str, plan: Plan | None = None) -> Plan | None:
        """``plan`` with more in it: all of those asked for that chance lets take effect."""
        if _counts(asked):
            return self.change(lambda: self._play(asked, operation, owner, plan))
        return self._play(asked, operation, owner, plan)

    def _play(self, asked: Sequence[Asked], operation: str, owner: str, plan: Plan | None = None) -> Plan | None:
        plan = Plan([]) if plan is None else msgspec.structs.replace(plan, scenarios=[*plan.scenarios])
        now = self._clock()
        scene = Scene(operation, owner, now, self._ready, self._rates, self._failures, self._random)
        for scenario, values in asked:
            if values["on"] in (None, operation) and self._random.random() < values["probability"]:
                plan.scenarios.append(scenario.name)
                scenario.effect(plan, values, scene)
        return plan if plan.scenarios else None

    def _next(self, operation: str, owner: str) -> Plan | None:
        met: list[Asked] = []
        counted = False
        for active in self.active:
            concerned = [asked for asked in active.asked if asked.concerns(operation)]
            if concerned and not (counted and active.times is not None):
                met += concerned
                counted = counted or active.times is not None
                self._count(active)
        return self._play(met, operation, owner) if met else None

    def _count(self, active: Active) -> None:
        if active.times is not None:
            active.times -= 1
            if active.times == 0:
                self._active.remove(active)

    def _preferred(self, operation: str, owner: str, prefer: str) -> Plan | None:
        asked = preferences(prefer)
        code, example = asked.get("code"), asked.get("example")
        if example is not None:
            return self._example(operation, owner, example, code)
        if code is None:
            return None
        found = self._ready.of_status(operation, code)
        return self._given(found, "code", code, lambda: self._ready.statuses(operation))

    def _example(self, operation: str, owner: str, name: str, code: str | None) -> Plan | None:
        found = self._ready.named(operation, name)
        if found is not None and code not in (None, str(found.status)):
            found = None
        elif found is None and name.partition("=")[0].partition(",")[0].strip() in self.reader.names:
            return self.play(self.reader.read(name), operation, owner)
        return self._given(found, "example", name, lambda: (*self._ready.examples(operation), *self.reader.names))

    def _given(self, found: Answer | None, kind: str, value: str, allowed: Callable[[], Sequence[str]]) -> Plan:
        if found is None:
            raise AnswerError(kind, value, allowed())
        applied = (b"preference-applied", kind.encode() + b"=" + value.encode("latin-1"))
        return Plan([kind], answer=msgspec.structs.replace(found, headers=(*found.headers, applied)))


def _counts(asked: Sequence[Asked]) -> bool:
    """Whether any of them counts requests."""
    return any(scenario.counts for scenario, _ in asked)


_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_PREFERENCE = re.compile(rf'\s*({_NAME})(?:\s*=\s*({_QUOTED}|[^\s,;"]*))?(?:[^,"]|{_QUOTED})*(?:,|$)')


def preferences(header: str) -> dict[str, str]:
    """What a header asks for, by name in lower case; several headers are joined by commas beforehand.

    Of a preference that stands there twice the first counts; parameters and what is no preference are passed over.
    """
    found: dict[str, str] = {}
    for name, value in _PREFERENCE.findall(header):
        found.setdefault(name.lower(), _unquoted(value))
    return found


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
