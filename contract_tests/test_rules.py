"""One test a rule: `pytest --pyargs contract_tests --videos-url URL --videos-token T`."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from contract_tests.cases.contract import Contract, load
from contract_tests.cli import settings_for
from contract_tests.errors import MisuseError
from contract_tests.oracle.verdict import BROKEN, UNTESTED
from contract_tests.pytest_plugin import arguments
from contract_tests.report import write_reports
from contract_tests.session import Outcome, Surroundings, judge_target, report_paths


@cache
def _contract(config: pytest.Config) -> Contract:
    return load(arguments(config).settings.document, arguments(config).settings.dialects)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each rule of the document."""
    config = metafunc.config
    rules = [] if config.getoption("--videos-url") is None else [rule.id for rule in _contract(config).rules]
    metafunc.parametrize("rule", rules)


@pytest.fixture(scope="session")
def outcome(request: pytest.FixtureRequest) -> Outcome:
    """The run, made once; of the requests only those that the selected rules need."""
    config = request.config
    chosen = {
        str(item.callspec.params["rule"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and "outcome" in item.fixturenames
    }
    everything = {rule.id for rule in _contract(config).rules}
    try:
        asked = arguments(config)
        settings = settings_for(asked)
        settings = replace(settings, only=None if chosen == everything else frozenset(chosen))
        settings = replace(settings, journal=report_paths(settings.report, None))
        made = judge_target(asked.url, settings, Surroundings())
    except MisuseError as error:
        pytest.exit(f"contract-tests: {error}", returncode=2)
    if settings.report is not None:
        write_reports(made, settings.report)
    if made.lost and not made.failing:
        pytest.exit(f"contract-tests: {made.stopped}", returncode=2)
    return made


def test_rule(rule: str, outcome: Outcome) -> None:
    """The rule holds. One that does not decide is an expected failure, one that was not tested is skipped."""
    __tracebackhide__ = True
    verdict = next(one for one in outcome.verdicts if one.rule.id == rule)
    if verdict.verdict == UNTESTED:
        pytest.skip(verdict.reason)
    if verdict.verdict == BROKEN:
        found = verdict.findings[0]
        told = f"{verdict.rule.says}\nsent {found.label}\nexpected {found.expected}\nactual {found.actual}"
        if not outcome.settings.strictness.decides(verdict.rule):
            pytest.xfail(told)
        pytest.fail(told, pytrace=False)
