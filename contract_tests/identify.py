"""Which dialect a server speaks, found by requests that no dialect may accept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

from contract_tests.cases.contract import Contract, load
from contract_tests.errors import UnjudgeableError
from contract_tests.extensions.retrieval import NOT_FOUND, judge_stranger, retrieval, uninvited
from contract_tests.model.case import Case
from contract_tests.model.finding import Finding, Judgement
from contract_tests.model.redaction import Redactor
from contract_tests.model.response import Response
from contract_tests.oracle import Oracle, due_again
from contract_tests.oracle.refusal import judge_refusal
from contract_tests.runner.address import base_url
from contract_tests.runner.budget import Budget
from contract_tests.runner.client import Target, Transports
from contract_tests.runner.delivery import Delivery
from contract_tests.runner.journal import Journal
from contract_tests.runner.rate_limit import Pace
from contract_tests.runner.run import skew_to
from contract_tests.runner.target_check import Exchange, not_the_api
from contract_tests.session import Surroundings
from contract_tests.settings import Settings
from contract_tests.spec.overlay import find, names

#: What the document without a dialect is called.
PLAIN = "the document"
#: An id that no server gives.
_STRANGE_ID = "contract-tests-identify"
#: Facts that are told of the two best.
_FACTS = 3
#: Requests without an answer after which nothing more is sent.
_SILENT = 3


@dataclass
class Candidate:
    """A dialect and how well the server keeps its rules."""

    name: str
    contract: Contract
    judged: set[str] = field(default_factory=set)
    broken: dict[str, Finding] = field(default_factory=dict)

    @property
    def kept(self) -> int:
        """How many of the rules that were judged hold."""
        return len(self.judged) - len(self.broken)

    @property
    def share(self) -> float:
        """The share of the judged rules that hold."""
        return self.kept / len(self.judged) if self.judged else 0.0

    def add(self, verdict: Judgement) -> None:
        """Remember one verdict; of a rule the first finding."""
        self.judged |= verdict.judged & {rule.id for rule in self.contract.rules}
        for finding in verdict.findings:
            if finding.rule in self.judged:
                self.broken.setdefault(finding.rule, finding)


@dataclass(frozen=True)
class Identity:
    """The candidates, the best first; what was sent, and how many videos were made of it."""

    target: str
    candidates: list[Candidate]
    requests: int
    accepted: int
    stopped: str | None

    @property
    def facts(self) -> list[Finding]:
        """What decides between the two best: rules that the first keeps and the second breaks."""
        best, second = self.candidates[:2]
        found = [one for rule, one in second.broken.items() if rule not in best.broken]
        # What is said of a status or an envelope tells more than what is said of one field.
        return sorted(found, key=lambda one: (one.rule.endswith(".error"), one.rule))[:_FACTS]

    @property
    def is_clear(self) -> bool:
        """Whether one dialect fits better than all others: by the share, and of two equal ones by more rules kept."""
        best, second = self.candidates[:2]
        return (best.share, best.kept) > (second.share, second.kept)

    @property
    def own(self) -> list[str]:
        """Rules that the best one has and keeps, and the second has not."""
        best, second = self.candidates[:2]
        return sorted(best.judged - best.broken.keys() - {rule.id for rule in second.contract.rules})


def identify(url: str, settings: Settings, probes: int, surroundings: Surroundings) -> Identity:
    """Rank the dialects by the share of their rules that the server at `url` keeps.

    Nothing is sent that a server of any dialect may accept, but for `probes` good requests.
    Raises MisuseError or UnjudgeableError, each with one clear line.
    """
    candidates = [Candidate(PLAIN, load(settings.document))]
    candidates += [Candidate(name, load(settings.document, [find(name)])) for name in names()]
    first = candidates[0].contract.form.operation.path
    transport = surroundings.transport()
    with closing(Transports(settings.network, transport)) as transports:
        address = base_url(url, first, settings.token)
        pace = Pace(settings.rate, surroundings.clock, surroundings.sleep)
        target = Target(address, settings.token, transports, surroundings.clock, transport is not None, pace)
        journal = Journal(None, Redactor(settings.token, ""))
        delivery = Delivery(
            target,
            Budget(probes),
            journal,
            surroundings.sleep,
            max_time=settings.max_time,
            say=surroundings.say,
            max_wait=settings.max_wait,
            final=candidates[0].contract.rules.final_limits,
        )
        _Inquiry(candidates, delivery).ask(probes)
    ranked = sorted(candidates, key=lambda one: (one.share, one.kept), reverse=True)
    if not any(one.judged for one in ranked):
        raise UnjudgeableError(f"What listens at {target.shown} answers nothing that tells a dialect.")
    return Identity(target.shown, ranked, delivery.requests, delivery.budget.accepted, delivery.stopped)


class _Inquiry:
    """Sends each request once and judges its answer by every dialect in which it means something."""

    def __init__(self, candidates: Sequence[Candidate], delivery: Delivery) -> None:
        self._candidates = candidates
        self._readers = [one.contract.builder.reader for one in candidates]
        self._delivery = delivery
        self._answers: dict[str, Response | None] = {}
        self._exchanges: list[Exchange] = []

    def ask(self, probes: int) -> None:
        for asking in self._candidates:
            for case in self._refused(asking.contract):
                self._judge(case)
            self._strangers(asking)
        self._refuse_strangers()
        for case in self._good()[:probes]:
            self._judge(case)

    def _refused(self, contract: Contract) -> Iterator[Case]:
        """A request for each rule of the form that this dialect refuses, and every other one too."""
        seen: set[str] = set()
        for case in contract.bad:
            parts = case.request.parts
            if case.wire or parts is None or case.rule in seen or case.request.credential != "right":
                continue
            if len(case.request.body) < 100_000 and all(reader.breaches(parts) for reader in self._readers):
                seen.add(case.rule)
                yield case

    def _good(self) -> list[Case]:
        """Good requests of the first dialect that are good in every other one, at its own path."""
        best = max(self._candidates, key=lambda one: (one.share, one.kept))
        return [
            case
            for case in best.contract.good
            if not any(reader.breaches(case.request.parts or ()) for reader in self._readers)
        ]

    def _judge(self, case: Case) -> None:
        """Send a creation, and judge its answer by each dialect that has its path and says what is due."""
        answer = self._answer(case)
        if answer is None:
            return
        skew = skew_to(self._delivery.target.url)
        for one in self._candidates:
            due = due_again(one.contract, case)
            if due is not None and one.contract.form.operation.path == case.request.path:
                one.add(Oracle(one.contract, skew=skew).judge(due, answer))

    def _strangers(self, asking: Candidate) -> None:
        """A video that nobody was given, by the right credential and without one."""
        contract = asking.contract
        if contract.retrieve is None or NOT_FOUND not in contract.rules:
            return
        case = retrieval(contract, _STRANGE_ID, NOT_FOUND)
        answer = self._answer(case)
        if answer is not None:
            asking.add(judge_stranger(contract, case, answer))
        anonymous = uninvited(contract, _STRANGE_ID, "none", "auth.required")
        answer = self._answer(anonymous)
        if answer is None:
            return
        if "auth.required" in contract.rules:
            asking.add(judge_refusal(contract, anonymous, answer))
        else:
            # This dialect asks for no credential: what is due is what the right one gets.
            asking.add(judge_stranger(contract, replace(case, label=f"{case.label}, without a credential"), answer))

    def _answer(self, case: Case) -> Response | None:
        request = case.request
        key = "\0".join((request.method, request.path, request.credential, case.id if request.body else ""))
        if key not in self._answers:
            answer = self._delivery.deliver(case)
            self._answers[key] = answer if answer is not None and answer.status else None
            if answer is not None:
                self._exchanges.append((case, answer))
            self._refuse_silence()
        return self._answers[key]

    def _refuse_silence(self) -> None:
        """Give up on what takes connections and answers none of the first requests."""
        if len(self._exchanges) == _SILENT and not any(answer.status for _, answer in self._exchanges):
            target, answer = self._delivery.target, self._delivery.journal.clean(self._exchanges[-1][1])
            raise UnjudgeableError(f"What listens at {target.shown} gives no answer in HTTP: {answer.failure}.")

    def _refuse_strangers(self) -> None:
        """Give up on what answers all requests alike, as a page, a login or a proxy does."""
        heard = [(case, answer) for case, answer in self._exchanges if answer.status]
        looks = not_the_api(heard, self._delivery.target.url)
        if looks is not None:
            told = Redactor(self._delivery.target.token).text(looks)
            raise UnjudgeableError(f"{told}. No dialect can be told.")


def told(identity: Identity) -> Iterator[str]:
    """The ranking and the facts that decide, as lines."""
    width = max(len(one.name) for one in identity.candidates)
    for one in identity.candidates:
        yield f"{one.name:{width}}  {one.kept} of {len(one.judged)} rules kept"
    best, second = identity.candidates[:2]
    yield ""
    if identity.is_clear:
        yield f"It speaks {best.name}. Against {second.name} speaks:"
        if not identity.facts:
            yield f"  rules that only {best.name} has are kept: {', '.join(identity.own[:_FACTS])}"
        for finding in identity.facts:
            yield f"  {finding.rule}: {finding.label}"
            yield f"    expected of {second.name}: {finding.expected}"
            yield f"    actual: {finding.actual}"
    else:
        alike = [one.name for one in identity.candidates if (one.share, one.kept) == (best.share, best.kept)]
        yield f"It cannot be told apart: {', '.join(alike)}. --probe N may create N videos to be surer."
    yield ""
    yield f"{identity.requests} requests, {identity.accepted} creations accepted"
    if identity.stopped:
        yield identity.stopped
