"""A run: sends what is planned, judges what comes back, and comes to the table of verdicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from contract_tests.cases.contract import Contract
from contract_tests.errors import UnjudgeableError
from contract_tests.model.case import Case
from contract_tests.model.finding import Finding, Judgement
from contract_tests.model.redaction import Redactor
from contract_tests.model.request import Request
from contract_tests.model.response import Response
from contract_tests.oracle import Oracle
from contract_tests.oracle.attribution import Attribution
from contract_tests.oracle.verdict import Verdict, verdicts
from contract_tests.runner.address import is_loopback
from contract_tests.runner.delivery import Delivery
from contract_tests.runner.plan import Plan, plan
from contract_tests.runner.target_check import alike, not_the_api, speaks_tls
from contract_tests.settings import Settings

#: Seconds that two clocks may be apart: on one machine, and between machines.
_SKEW_HERE, _SKEW_ELSEWHERE = 5.0, 300.0
#: Negatives of different rules that a server must refuse for the token before the run gives up.
_PROBES = 3
_UNAUTHORISED = (401, 403)


class Progress(NamedTuple):
    """How far a run is: `done` of `total` steps of a part, the requests of the run and the creations spent so far.

    `cap` is how many may be accepted, None for any number.
    """

    part: str
    done: int
    total: int
    requests: int
    spent: int
    cap: int | None


def skew_to(url: str) -> float:
    """Seconds that the clocks here and at the address may be apart."""
    return _SKEW_HERE if is_loopback(url) else _SKEW_ELSEWHERE


ShowProgress = Callable[[Progress], None]


def is_mute(answers: Sequence[Response]) -> bool:
    """Whether all these requests, at least one, got no answer in time."""
    return bool(answers) and all(answer.timed_out for answer in answers)


def quiet(progress: Progress) -> None:
    """Show nothing."""


@dataclass
class Run:
    """One run against one target. `progress` is told after each step how far it is."""

    contract: Contract
    settings: Settings
    delivery: Delivery
    progress: ShowProgress = quiet
    judgement: Judgement = field(default_factory=Judgement)
    created: list[tuple[Case, Response]] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    held: list[Case] = field(default_factory=list)
    retrieved: list[Response] = field(default_factory=list)
    _good_answers: list[Response] = field(default_factory=list)
    _named: int = 0
    _nameless: int = 0

    def __post_init__(self) -> None:
        """Prepare what judges."""
        self.oracle = Oracle(self.contract, skew=skew_to(self.delivery.target.url))
        self.attribution = Attribution(self.contract)

    def table(self, made: Plan | None = None) -> None:
        """Send the planned requests. Raises UnjudgeableError where there is nothing to judge."""
        made = made or plan(self.contract, self.settings)
        self.skipped |= made.skipped
        good, bad, odd = made.good, made.bad, made.odd
        self.held, self.delivery.budget.held = made.held, len(made.held)
        greeted = self._greet(good, bad or made.doubtful, {case.id for case in (*bad, *made.doubtful)})
        bad, doubtful = ([case for case in part if case.id not in greeted] for part in (bad, made.doubtful))
        if self.delivery.budget.capped:
            self._all("bad requests", bad, spare=True)
            self._all("good requests", [*good[1:], *odd])
            accepted = {case.id for case, _ in self.created}
            self._all("good requests, plainly", [case for one, case in made.plain.items() if one not in accepted])
            self._all("requests that a right server may accept", doubtful, spare=True)
        else:
            self._all("requests", [*good[1:], *bad, *odd])
        self._refuse_nameless()

    def spend_rest(self) -> None:
        """Send what was held back, where nothing else has been paid for with it."""
        self.delivery.budget.held = 0
        for case in self.held:
            self.judge(case, self.delivery.deliver(case))

    def _greet(self, good: Sequence[Case], bad: Sequence[Case], planned: set[str]) -> set[str]:
        """Learn whether this is the API and takes the token, by one good request and, unless it passes, a few bad ones.

        The ids of the bad ones that were answered: they are judged, and need not be sent again.
        """
        probes: list[tuple[Case, Response | None]] = []
        if good:
            answer = self.delivery.deliver(good[0])
            if answer is not None:
                self._hear([answer])
                self._refuse_token([answer])
            self.judge(good[0], answer)
            if answer is None or (answer.accepted and answer.object is not None):
                return set()
            probes.append((good[0], answer))
        first = {case.rule: case for case in reversed(bad) if not case.wire}
        tried = [(case, self.delivery.deliver(case)) for case in list(first.values())[-_PROBES:]]
        heard = [answer for _, answer in tried if answer is not None]
        if heard and len(heard) == len(tried):
            self._hear(heard)
            self._refuse_token(heard)
        # An unknown path and a missing token, as long as all answers are alike: only an API tells them apart.
        for rule in ("path", "auth.required"):
            case = next((one for one in self.contract.bad if one.breach == rule), None)
            if case is not None and alike([answer for _, answer in [*probes, *tried] if answer is not None]):
                tried.append((case, self.delivery.deliver(case)))
        self._refuse_strangers([*probes, *tried])
        tried = [(case, answer) for case, answer in tried if case.id in planned]
        for case, answer in tried:
            self.judge(case, answer)
        return {case.id for case, answer in tried if answer is not None}

    def _refuse_strangers(self, probes: Sequence[tuple[Case, Response | None]]) -> None:
        """Give up where one answer serves requests that an API tells apart."""
        heard = [(case, answer) for case, answer in probes if answer is not None]
        looks = not_the_api(heard, self.delivery.target.url) if len(heard) == len(probes) else None
        if looks is not None:
            raise UnjudgeableError(Redactor(self.delivery.target.token).text(f"{looks}. Nothing can be judged."))

    def _refuse_nameless(self) -> None:
        """Give up where no good request passed and no refusal of a bad field names it: neither shows this API."""
        # A server that breaks down over good requests, or drops them, is at fault: that is a verdict.
        all_refused = bool(self._good_answers) and all(answer.refused for answer in self._good_answers)
        if not all_refused or not self._nameless or self._named:
            return
        first = self.delivery.journal.clean(self._good_answers[0]).summary(120)
        raise UnjudgeableError(
            f"{self.delivery.target.shown} accepted none of {len(self._good_answers)} good requests, and none of its "
            f"{self._nameless} refusals of a bad field names the field. It looks like another API, or like one that "
            f"wants a header more of every request. Nothing can be judged. To the first good request it said: {first}"
        )

    def _hear(self, answers: Sequence[Response]) -> None:
        """Give up on a target that takes connections and says nothing: to these, and to one that asks little."""
        if any(answer.status for answer in answers):
            return
        operation = self.contract.form.operation
        probe = self.delivery.ask(Case("path", f"GET {operation.path}", Request("GET", operation.path)))
        if not probe.status:
            target = self.delivery.target
            if target.url.startswith("http:") and not target.transported and speaks_tls(target.url):
                raise UnjudgeableError(
                    f"{target.shown} is a port for TLS: give an address that begins with https://. "
                    "Nothing can be judged."
                )
            told = self.delivery.journal.clean(probe).failure
            raise UnjudgeableError(f"What listens at {self.delivery.target.shown} gives no answer in HTTP: {told}.")

    def _refuse_token(self, answers: Sequence[Response]) -> None:
        if not all(answer.status in _UNAUTHORISED for answer in answers):
            return
        what = (
            "the token" if self.delivery.target.token else "a request without a token of yours (give one with --token)"
        )
        raise UnjudgeableError(
            f"The server refuses {what}: {self.delivery.journal.clean(answers[0]).summary(120)}. "
            "Without a token that it takes, nothing can be judged."
        )

    def _all(self, part: str, cases: Sequence[Case], *, spare: bool = False) -> None:
        """Deliver the cases, several at once where the settings say so; judge them in the order of the plan.

        `spare`: once a rule is known to be broken by an acceptance, its other requests are not sent.
        """
        if self.settings.workers > 1:
            with ThreadPoolExecutor(self.settings.workers) as pool:
                try:
                    answers = pool.map(partial(self.delivery.deliver, alone=False), cases)
                    unsure = self._judge_all(part, cases, answers)
                finally:
                    pool.shutdown(cancel_futures=True)
            for case, answer in unsure:
                self.judge(case, self.delivery.confirm(case, answer))
            return
        for done, case in enumerate(cases, 1):
            if not (spare and (self._taken(case.rule) or self._left_open(case))):
                self.judge(case, self.delivery.deliver(case))
            self.tell(part, done, len(cases))

    def tell(self, part: str, done: int, total: int) -> None:
        """Show that `done` of `total` steps of a part are through."""
        budget = self.delivery.budget
        self.progress(Progress(part, done, total, self.delivery.requests, budget.spent, budget.cap))

    def _judge_all(
        self, part: str, cases: Sequence[Case], answers: Iterable[Response | None]
    ) -> list[tuple[Case, Response]]:
        """Judge the answers; those are given back that may be as they are because of another request."""
        unsure = []
        for done, (case, answer) in enumerate(zip(cases, answers, strict=True), 1):
            if answer is not None and self.delivery.unsure(answer):
                unsure.append((case, answer))
            else:
                self.judge(case, answer)
            self.tell(part, done, len(cases))
        return unsure

    def _left_open(self, case: Case) -> bool:
        """Whether a right server may accept it, while nothing more may be accepted."""
        inferred = case.rule in self.contract.inferred
        return inferred and self.delivery.budget.empty and not self.settings.strictness.strict

    def _taken(self, rule: str) -> bool:
        found = (finding for finding in self.judgement.findings if finding.rule == rule)
        return any(finding.answer is not None and finding.answer.accepted for finding in found)

    def judge(self, case: Case, answer: Response | None) -> list[Finding]:
        """Judge one answer and remember what follows; None was not sent and shows nothing."""
        if answer is None:
            return []
        self._notice(case, answer)
        verdict = self.oracle.judge(case, answer)
        self.judgement.add(verdict)
        if not case.refusal_due and answer.accepted:
            self.attribution.accepted(case.levels)
            self.created.append((case, answer))
        self.delivery.journal.write("judged", id=case.id, broken=sorted({f.rule for f in verdict.findings}))
        return verdict.findings

    @property
    def is_mute(self) -> bool:
        """Whether every good request got no answer in time, so that nothing is known of answers."""
        return is_mute(self._good_answers)

    def _notice(self, case: Case, answer: Response) -> None:
        """Count what shows whether this is the API: answers to good requests, refusals that name the field at fault."""
        if not case.refusal_due:
            self._good_answers.append(answer)
            return
        field = self.contract.rules[case.breach or ""].field
        if field is not None and not case.wire:
            named = answer.refused and field.encode() in answer.body
            self._named, self._nameless = self._named + named, self._nameless + (not named)

    def verdicts(self) -> list[Verdict]:
        """The table, once all is sent."""
        self.attribution.observe(self.judgement.findings)
        placed = Judgement(self.judgement.judged, [self.attribution.place(one) for one in self.judgement.findings])
        return verdicts(
            self.contract, placed, self._reasons(), self._otherwise(), strict=self.settings.strictness.strict
        )

    def _reasons(self) -> dict[str, str]:
        reasons = dict(self.skipped)
        answers = reasons.pop("response.", None)
        for rule in self.contract.rules:
            if not self.contract.document.has(rule.at):
                reasons[rule.id] = f"the document has nothing at {rule.at}"
            elif (answers and rule.id.startswith("response.")) or (
                answers and rule.id.endswith((".optional", ".default"))
            ):
                reasons.setdefault(rule.id, answers)
            elif rule.source == "extension" and not self.settings.strictness.extensions:
                reasons.setdefault(rule.id, "an extension; --extensions judges it")
        return reasons

    def _otherwise(self) -> str:
        return self.delivery.stopped or "no answer that shows it"
