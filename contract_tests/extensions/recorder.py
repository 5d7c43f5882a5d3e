"""Visits to operations beyond the creation: each step is sent, written down, and judged once the operation is known."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace

from contract_tests.extensions import judge, offered
from contract_tests.extensions.content import seen
from contract_tests.extensions.step import Step, place, sending, step
from contract_tests.extensions.videos import LACKING, Videos
from contract_tests.model.response import Response


@dataclass
class Recorder:
    """Keeps what each operation answered, until it is clear whether the server has it."""

    tracked: Videos
    kept: dict[str, list[tuple[Step, Response]]] = field(default_factory=lambda: defaultdict(list))

    def wanted(self, operation: str) -> bool:
        """Whether the document has the operation, and the settings ask for a rule of it."""
        run = self.tracked.run
        found, only = run.contract.extension(operation), run.settings.only
        return found is not None and (only is None or bool(only & run.contract.rules.of(found)))

    def send(self, one: Step, expected: bytes = b"") -> Response:
        """Send a step that creates nothing and record it; the answer is whole. `expected` are bytes to compare with."""
        answer = self.tracked.run.delivery.ask(one.case)
        self.keep(*seen(one, answer, expected))
        return answer

    def pay(self, one: Step) -> Response | None:
        """Send a step that creates a video, or would by mistake; None where nothing may be created."""
        run = self.tracked.run
        open_one = run.contract.rules[one.case.rule].source == "inferred"
        if open_one and run.delivery.budget.empty and not run.settings.strictness.strict:
            # A right server may accept it.
            return None
        answer = run.delivery.deliver(one.case)
        if answer is not None:
            self.keep(one, answer)
        return answer

    def ask(self, one: Step) -> Response:
        """The answer to a step that may turn out to show nothing; `keep` keeps it."""
        return self.tracked.run.delivery.ask(one.case)

    def keep(self, one: Step, answer: Response) -> None:
        """Write down what came, and judge it later."""
        # 429 says nothing about the request.
        if answer.status != 429:
            self.tracked.run.delivery.journal.step(one.to_json(), answer)
            self.kept[one.case.operation].append((one, answer))

    def uninvited(self, operation: str, video: str = "", base: Step | None = None) -> bool:
        """Ask for it without a token, and by a wrong one where the server knows its own; whether any was accepted."""
        run = self.tracked.run
        ways = {"none": "auth.required"} | ({"unknown": "auth.key"} if run.settings.token else {})
        taken = False
        for name, rule in ways.items():
            if rule not in run.contract.rules:
                continue  # this server asks for no credential
            one = base or step(place(run.contract, operation, video), rule)
            one = replace(one, check="refused", case=replace(one.case, rule=rule, breach=rule))
            one = sending(one, credential=name)
            answer = self.pay(one) if base is not None else self.send(one)
            taken = taken or (answer is not None and answer.accepted)
        return taken

    def settle(self) -> None:
        """Judge what was kept. An operation that the server lacks is no fault of it."""
        run = self.tracked.run
        for name, steps in self.kept.items():
            if offered(steps):
                for one, answer in steps:
                    run.judgement.add(judge(run.contract, one, answer))
                continue
            operation = run.contract.extension(name)
            # A refusal of what must be refused does not tell whether anything is ever answered.
            if operation is not None and any(one.check != "refused" or answer.status != 404 for one, answer in steps):
                run.skipped |= dict.fromkeys(run.contract.rules.of(operation), LACKING)
