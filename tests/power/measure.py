"""One server judged once: what is measured, as plain values that cross the border of a process."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import islice
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from contract_tests.contract import load
from contract_tests.document import default_path
from contract_tests.errors import MisuseError
from contract_tests.inprocess import InProcess
from contract_tests.session import Surroundings, judge_target
from contract_tests.settings import Settings
from contract_tests.verdict import BROKEN, Strictness
from tests.faults import CATALOGUE, CORRECT
from tests.faults.mutants import mutants

TOKEN = "test-token"
PLAIN = """
seed = 1
[cache]
enabled = false
[generation]
database = "none"
"""


@dataclass(frozen=True)
class Task:
    """What to judge and how: `tool` is kit or schemathesis, `kind` fault, mutant or correct."""

    kind: str
    name: str
    tool: str = "kit"
    spend: int | None = None
    seed: int = 0


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


_MUTANTS: dict[str, Any] = {}


def server(task: Task) -> Any:
    """The server of the task: it has `says` and `build`."""
    if task.kind == "mutant":
        if not _MUTANTS:
            _MUTANTS.update({mutant.id: mutant for mutant in mutants()})
        return _MUTANTS[task.name]
    return CATALOGUE[task.name] if task.kind == "fault" else CORRECT[task.name]


def mutant_names(count: int, equivalent: set[str]) -> list[str]:
    """The first `count` mutants that are not known to be equivalent."""
    return list(islice((mutant.id for mutant in mutants() if mutant.id not in equivalent), count))


def measure(task: Task) -> Measured:
    """Judge one server in this process."""
    entry = server(task)
    started = time.perf_counter()
    broken, failing, requests, accepted = _schemathesis(entry) if task.tool == "schemathesis" else _kit(task, entry)
    return Measured(task, entry.says, broken, failing, requests, accepted, time.perf_counter() - started)


def _kit(task: Task, entry: Any) -> tuple[tuple[str, ...], tuple[str, ...], int, int]:
    strict = task.kind != "correct" or entry.strict
    settings = Settings(
        token=TOKEN, strictness=Strictness(strict, extensions=True), spend=task.spend, seed=task.seed, timeout=5.0
    )
    app = entry.build()
    try:
        outcome = judge_target("http://127.0.0.1:1", settings, Surroundings(transport=lambda: InProcess(app)))
    except MisuseError as error:
        # A server that refuses the right token is noticed, though not by a rule.
        return (str(error),), (str(error),), 1, 0
    broken = tuple(verdict.rule.id for verdict in outcome.verdicts if verdict.verdict == BROKEN)
    return broken, tuple(verdict.rule.id for verdict in outcome.failing), outcome.requests, outcome.accepted


def _schemathesis(entry: Any) -> tuple[tuple[str, ...], tuple[str, ...], int, int]:
    """Schemathesis as it comes, all phases, given the document and the token."""
    config = SchemathesisConfig.from_str(PLAIN)
    config.projects.default.headers = {"Authorization": f"Bearer {TOKEN}"}
    contract = load(default_path())
    operation = contract.form.operation
    tree = {**contract.document.tree, "paths": {operation.path: {operation.method: operation.node}}}
    schema = schemathesis.openapi.from_dict(tree, config=config)
    schema.app = entry.build()
    found: dict[str, None] = {}
    requests = accepted = 0
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            requests += len(event.recorder.interactions)
            answers = [one.response for one in event.recorder.interactions.values()]
            accepted += sum(answer is not None and 200 <= answer.status_code < 300 for answer in answers)
            for checks in event.recorder.checks.values():
                found.update({f"{check.name}": None for check in checks if check.failure_info is not None})
    return tuple(found), tuple(found), requests, accepted
