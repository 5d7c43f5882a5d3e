"""One server judged once: what is measured, as plain values that cross the border of a process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice
from typing import Any

from contract_tests.cases.contract import Contract, load
from contract_tests.errors import MisuseError
from contract_tests.inprocess import InProcess
from contract_tests.model.finding import Judgement
from contract_tests.model.redaction import Redactor
from contract_tests.model.response import Response
from contract_tests.oracle.verdict import BROKEN, Strictness, failing
from contract_tests.runner.budget import Budget
from contract_tests.runner.client import Target, Transports
from contract_tests.runner.delivery import Delivery
from contract_tests.runner.journal import Journal
from contract_tests.runner.run import Run
from contract_tests.session import send_all
from contract_tests.settings import Network, Settings, workers_for
from contract_tests.spec.document import default_path
from tests.faults import CATALOGUE, CORRECT
from tests.faults.mutants import Mutant, mutants
from tests.kit.direct import Direct
from tests.power.alone import alone

TOKEN = "test-token"
HERE = "http://127.0.0.1:1"


@dataclass(frozen=True)
class Task:
    """What to judge and how.

    `kind` is fault, mutant or correct, `tool` kit or schemathesis. `first`: whether the server is at fault is all that
    is asked, so that the first finding ends the run.
    """

    kind: str
    name: str
    tool: str = "kit"
    spend: int | None = None
    seed: int = 0
    first: bool = False
    profile: str = "standard"


@dataclass(frozen=True)
class Measured:
    """What came of it. `broken` are the rules found broken, `failing` those that fail the run."""

    task: Task
    says: str
    broken: tuple[str, ...]
    failing: tuple[str, ...]
    requests: int
    accepted: int
    seconds: float


class FoundError(BaseException):
    """Something is broken; no part of a run may take it for a failure of its own."""


@dataclass
class First(Judgement):
    """A judgement that ends the run at the first finding."""

    rules: set[str] = field(default_factory=set)

    def add(self, other: Judgement) -> None:
        """Take over what another answer showed. Raises FoundError where that is a breach."""
        super().add(other)
        if any(finding.rule in self.rules for finding in other.findings):
            raise FoundError


@cache
def _contract() -> Contract:
    return load(default_path())


_REST = mutants()
_MADE: dict[str, Mutant] = {}


def mutant(name: str) -> Mutant:
    """The mutant of that name; those before it are made on the way."""
    while name not in _MADE:
        made = next(_REST)
        _MADE[made.id] = made
    return _MADE[name]


def mutant_names(equivalent: Iterable[str], count: int | None = None) -> list[str]:
    """The first `count` mutants that are not known to be equivalent, a fair sample; all where no count is given."""
    known = set(equivalent)
    return list(islice((one.id for one in mutants() if one.id not in known), count))


def entry(task: Task) -> Any:
    """The server of the task: it has `says` and `build`."""
    if task.kind == "mutant":
        return mutant(task.name)
    return CATALOGUE[task.name] if task.kind == "fault" else CORRECT[task.name]


def measure(task: Task) -> Measured:
    """Judge one server in this process."""
    server = entry(task)
    started = time.perf_counter()
    judge: Callable[[Task, Any], Measured] = _schemathesis if task.tool == "schemathesis" else _kit
    return replace(judge(task, server), seconds=time.perf_counter() - started)


def _kit(task: Task, server: Any) -> Measured:
    strictness = Strictness(strict=task.kind != "correct" or server.strict, extensions=True)
    # Several requests at once take threads; where they show nothing more, one goes without and is quicker.
    at_once = getattr(server, "at_once", False) and task.spend is None
    settings = Settings(
        token=TOKEN,
        strictness=strictness,
        spend=task.spend,
        seed=task.seed,
        network=Network(timeout=5.0),
        profile=task.profile,
        workers=workers_for(loopback=True, capped=False) if at_once else 1,
    )
    contract = _contract()
    app = server.build()
    transports = Transports(settings.network, InProcess(app) if at_once else Direct(app))
    target = Target(HERE, TOKEN, transports, time.time, transported=at_once)
    # Nobody waits for a video here: the servers of the catalogue move on by being asked.
    delivery = Delivery(target, Budget(task.spend, contract.inferred), Journal(None, Redactor(TOKEN)), lambda _: None)
    judgement = First(rules={rule.id for rule in contract.rules}) if task.first else Judgement()
    run = Run(contract, settings, delivery, judgement=judgement)
    try:
        send_all(run)
    except FoundError:
        pass
    except MisuseError as error:
        # A server that refuses the right token is noticed, though not by a rule.
        return Measured(task, server.says, (str(error),), (str(error),), delivery.requests, delivery.budget.accepted, 0)
    finally:
        transports.close()
    found = run.verdicts()
    return Measured(
        task,
        server.says,
        tuple(verdict.rule.id for verdict in found if verdict.verdict == BROKEN),
        tuple(verdict.rule.id for verdict in failing(found, strictness)),
        delivery.requests,
        delivery.budget.accepted,
        0,
    )


def _schemathesis(task: Task, server: Any) -> Measured:
    found, answers = alone(server.build(), TOKEN)
    accepted = sum(Response(status).accepted for status in answers)
    return Measured(task, server.says, tuple(found), tuple(found), len(answers), accepted, 0)
