"""Random members of each class of requests, drawn and shrunk by hypothesis."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky

from contract_tests.model.case import Case
from contract_tests.model.finding import Finding
from contract_tests.runner.run import Run
from contract_tests.runner.strategies import DrawnCase, draws

#: Requests after which the search for a smaller one ends.
_ENOUGH = 300


class FuzzError(AssertionError):
    """A drawn request broke a rule; hypothesis looks for a smaller one that does."""


@dataclass
class Fuzz:
    """Draws for one run, after its table: a rule that is known to be broken is not searched again."""

    run: Run

    def all(self) -> None:
        """Every class that the profile and the settings ask for."""
        examples = self.run.settings.effort.examples
        classes = list(self._chosen()) if examples else []
        for done, drawn in enumerate(classes, 1):
            if self.run.delivery.stopped is None:
                self._search(drawn.strategy, examples)
            self.run.tell("drawn requests", done, len(classes))

    def _chosen(self) -> Iterator[DrawnCase]:
        broken = {finding.rule for finding in self.run.judgement.findings}
        asked = self.run.settings.only
        only = None if asked is None else {rule.removesuffix(".error") for rule in asked}
        for drawn in draws(self.run.contract, self.run.settings.token):
            if only is not None and drawn.rule not in only:
                continue
            if not drawn.refusal and (
                self.run.delivery.budget.capped or any(r.startswith("response.") for r in broken)
            ):
                continue
            open_one = self.run.contract.rules[drawn.rule].source == "inferred"
            if open_one and self.run.delivery.budget.empty and not self.run.settings.strictness.strict:
                continue
            if drawn.rule not in broken and f"{drawn.rule}.error" not in broken:
                yield drawn

    def _search(self, strategy: st.SearchStrategy[Case], examples: int) -> None:
        known: dict[str, list[Finding]] = {}
        # Where creations cost money nothing is sent again in search of something smaller.
        capped = self.run.delivery.budget.capped

        @seed(self.run.settings.seed)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            verbosity=Verbosity.quiet,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate,) if capped else (Phase.generate, Phase.shrink),
        )
        @given(strategy)
        def search(case: Case) -> None:
            if case.id not in known and len(known) < _ENOUGH:
                known[case.id] = self.run.judge(case, self.run.delivery.deliver(case))
            if known.get(case.id) and not capped and len(known) < _ENOUGH:
                raise FuzzError(case.label)

        try:
            search()
        except (FuzzError, Flaky):
            # What was broken stands in the judgement already; a server that changes meanwhile is judged by each answer.
            return
