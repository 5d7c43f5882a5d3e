"""Active scenarios: which of them the next request meets."""

import logging
import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Protocol

import msgspec

from mockserver.jobs.clock import Clock
from mockserver.scenarios.catalogue import Directive, ScenarioError, ScenarioParser
from mockserver.scenarios.effects import EffectContext, RateLimiter
from mockserver.scenarios.examples import Examples
from mockserver.scenarios.plan import Plan
from mockserver.spec.document import Document
from mockserver.stores.shared import QueuedScenario, RateWindow
from mockserver.web.responses import Response

logger = logging.getLogger("mockserver")


class SharedChange(Protocol):
    """Runs ``act``, perhaps several times, of which the last counts; gives its result."""

    def __call__(self, act: Callable[[], "Plan | None"]) -> "Plan | None":
        """Run it."""


class PreferenceError(Exception):
    """A request asks for a response that does not exist. ``kind``: code or example."""

    def __init__(self, kind: str, value: str, allowed: Sequence[str]) -> None:
        super().__init__(f"no {kind} '{value}'")
        self.kind = kind
        self.value = value
        self.allowed = allowed


class ScenarioQueue:
    """The scenarios that the next requests meet, as texts, and the requests that count for a rate limit.

    It knows no document, so it outlives an edit of one.
    """

    def __init__(self) -> None:
        self.entries: list[QueuedScenario] = []
        self.rates = RateLimiter()
        self._added = 0

    def add(self, text: str, times: int | None = 1, *, is_standing: bool = False) -> QueuedScenario:
        """Let so many requests meet a scenario; ``None`` for all."""
        self._added += 1
        entry = QueuedScenario(f"scenario_{self._added}", text, times, is_standing)
        self.entries.append(entry)
        return entry

    def stand(self, standing: Sequence[tuple[str, int | None]]) -> None:
        """Replace the scenarios of the scenario file."""
        self.entries = [entry for entry in self.entries if not entry.is_standing]
        for text, times in standing:
            self.add(text, times, is_standing=True)

    def count(self, entry: QueuedScenario) -> None:
        """Note that a request met this entry."""
        if entry.times is not None:
            entry.times -= 1
            if entry.times == 0:
                self.entries.remove(entry)

    def remove(self, entry_id: str | None = None) -> int:
        """Remove the entry of this id, or all; how many there were."""
        gone = [entry for entry in self.entries if entry_id in (None, entry.id)]
        self.entries = [entry for entry in self.entries if entry not in gone]
        return len(gone)

    def clear(self) -> None:
        """Remove everything."""
        self.entries = []
        self.rates.clear()

    def saved(self, now: float) -> tuple[list[QueuedScenario], list[RateWindow], int]:
        """What ``restore`` takes."""
        return self.entries, self.rates.saved(now), self._added

    def restore(self, entries: Sequence[QueuedScenario], windows: Sequence[RateWindow], added: int) -> None:
        """Go on with what was saved, perhaps by another process."""
        self.entries, self._added = list(entries), added
        self.rates.restore(windows)


class ActiveScenarios:
    """Makes the plan of each request, by the scenarios of a document.

    A request meets the scenario of its own Prefer header; otherwise the first counted one of the queue that concerns
    it, and all uncounted ones. ``random`` decides where a scenario has a probability; ``change`` does what uses up
    something that is counted, for all processes together.
    """

    def __init__(
        self, document: Document, queue: ScenarioQueue, random: Random, clock: Clock, change: SharedChange
    ) -> None:
        self._ready = Examples(document)
        self._failures = document.failures
        self.reader = ScenarioParser(self._ready, document.failures)
        self._queue = queue
        self._random = random
        self._clock = clock
        self._change = change
        self._known: dict[str, tuple[Directive, ...]] = {}

    def read(self, text: str) -> tuple[Directive, ...]:
        """The scenarios that a text of the queue asks for; none, with a warning, where this document lacks them."""
        known = self._known.get(text)
        if known is None:
            try:
                known = self.reader.read(text)
            except ScenarioError as error:
                logger.warning("the scenario '%s' has no effect: %s", text, error)
                known = ()
            self._known[text] = known
        return known

    def meet(self, operation: str, owner: str, prefer: str | None) -> Plan | None:
        """The plan of a request to the operation of that id; ``None`` if it meets nothing.

        ``PreferenceError`` or ``ScenarioError`` where ``prefer``, the request's header, asks for what does not exist.
        """
        if prefer is not None and (plan := self._preferred(operation, owner, prefer)) is not None:
            return plan
        entries = self._queue.entries
        if not entries:
            return None
        concerned = [entry for entry in entries if any(asked.concerns(operation) for asked in self.read(entry.text))]
        if any(entry.times is not None or _counts(self.read(entry.text)) for entry in concerned):
            return self._change(lambda: self._next(operation, owner))
        return self._next(operation, owner) if concerned else None

    def play(self, asked: Sequence[Directive], operation: str, owner: str, plan: Plan | None = None) -> Plan | None:
        """``plan`` with the effects of those ``asked`` that apply by their probability."""
        if _counts(asked):
            return self._change(lambda: self._play(asked, operation, owner, plan))
        return self._play(asked, operation, owner, plan)

    def _play(self, asked: Sequence[Directive], operation: str, owner: str, plan: Plan | None = None) -> Plan | None:
        plan = Plan([]) if plan is None else msgspec.structs.replace(plan, scenarios=[*plan.scenarios])
        scene = EffectContext(
            operation, owner, self._clock(), self._ready, self._queue.rates, self._failures, self._random
        )
        for scenario, values in asked:
            if values["on"] in (None, operation) and self._random.random() < values["probability"]:
                plan.scenarios.append(scenario.name)
                scenario.effect(plan, values, scene)
        return plan if plan.scenarios else None

    def _next(self, operation: str, owner: str) -> Plan | None:
        met: list[Directive] = []
        counted = False
        for entry in tuple(self._queue.entries):
            concerned = [asked for asked in self.read(entry.text) if asked.concerns(operation)]
            if concerned and not (counted and entry.times is not None):
                met += concerned
                counted = counted or entry.times is not None
                self._queue.count(entry)
        return self._play(met, operation, owner) if met else None

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

    def _given(self, found: Response | None, kind: str, value: str, allowed: Callable[[], Sequence[str]]) -> Plan:
        if found is None:
            raise PreferenceError(kind, value, allowed())
        applied = (b"preference-applied", kind.encode() + b"=" + value.encode("latin-1"))
        return Plan([kind], answer=msgspec.structs.replace(found, headers=(*found.headers, applied)))


def _counts(asked: Sequence[Directive]) -> bool:
    """Whether any of them counts requests."""
    return any(scenario.counts for scenario, _ in asked)


_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r'[^\s,;"]*')
_SPACE = re.compile(r"\s*")


def preferences(header: str) -> dict[str, str]:
    """What a header asks for, by name in lower case; several headers are joined by commas beforehand.

    Of a preference that stands there twice the first counts; parameters and what is no preference are passed over. One
    pass, in time that grows with the length of the header.
    """
    found: dict[str, str] = {}
    at = 0
    while at < len(header):
        start = _end(_SPACE, header, at)
        name = _TOKEN.match(header, start)
        value, at = "", start
        if name is not None:
            at = _end(_SPACE, header, name.end())
            if header.startswith("=", at):
                value, at = _value(header, _end(_SPACE, header, at + 1))
        rest = at
        at = _end_of_element(header, at)
        if name is not None and _is_rest(header[rest:at]):
            found.setdefault(name[0].lower(), value)
        at += 1
    return found


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return at if match is None else match.end()


def _value(header: str, at: int) -> tuple[str, int]:
    """A token or a quoted string, without quotes and escapes, and where it ends."""
    if not header.startswith('"', at):
        end = _end(_VALUE, header, at)
        return header[at:end], end
    characters = []
    at += 1
    while at < len(header) and header[at] != '"':
        at += header[at] == "\\" and at + 1 < len(header)
        characters.append(header[at])
        at += 1
    return "".join(characters), at + 1


def _end_of_element(header: str, at: int) -> int:
    """Where the comma is that ends an element of a list; a comma within quotes is none."""
    while at < len(header) and header[at] != ",":
        at = _value(header, at)[1] if header[at] == '"' else at + 1
    return at


def _is_rest(text: str) -> bool:
    """Whether this may follow a preference: nothing, or its parameters."""
    return not text.strip() or text.lstrip().startswith(";")
