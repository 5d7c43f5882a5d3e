"""The command that judges one rule again as a run did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from contract_tests.options import OPTIONS
from contract_tests.report.reproduction import is_secret
from contract_tests.runner.address import is_loopback
from contract_tests.runner.network import fitted
from contract_tests.session import Outcome
from contract_tests.settings import Network, Settings, workers_for
from contract_tests.spec.rules import Rule

#: Options that have no part in what is sent and judged, or are told apart from the others.
_APART = frozenset({"token", "second-token", "rule", "report", "journal", "resume", "strict", "extensions", "baseline"})


def command(outcome: Outcome, rule: Rule, environment: Mapping[str, str]) -> Iterator[str]:
    """The words of the command. Of secrets it holds a word to replace."""
    settings = outcome.settings
    yield from ("contract-tests", "run", outcome.target, "--rule", rule.id)
    if rule.source == "inferred" or settings.strictness.strict:
        yield "--strict"
    if rule.source == "extension" or settings.strictness.extensions:
        yield "--extensions"
    if settings.strictness.fail_on is not None:
        yield from ("--fail-on", settings.strictness.fail_on)
    usual = _usual(outcome)
    for option in OPTIONS:
        holder: Any = settings.network if hasattr(settings.network, option.target) else settings
        if "run" not in option.commands or option.name in _APART or not hasattr(holder, option.target):
            continue
        value = getattr(holder, option.target)
        if value != usual[option.target]:
            for text in _texts(option.target, value):
                yield from (option.flag, text) if text is not None else (option.flag,)
    direct = settings.network.proxy is None
    if direct and fitted(settings.network, outcome.target, environment, no_proxy=False).proxy is not None:
        yield "--no-proxy"


def _usual(outcome: Outcome) -> dict[str, Any]:
    """What each option is for this target where it is not given."""
    here = is_loopback(outcome.target)
    workers = workers_for(loopback=here, capped=outcome.settings.spend is not None)
    own = {"spend": None if here else 0, "workers": workers}
    return {**vars(Settings()), **vars(Network()), **own}


def _texts(name: str, value: Any) -> Iterator[str | None]:
    """The value as it stands on a command line; None where the option has none."""
    match value:
        case None:
            yield "unlimited"
        case bool():
            yield None
        case float():
            yield f"{value:g}"
        case Path() | int():
            yield str(value)
        case str():
            yield "YOUR_PROXY" if name == "proxy" and httpx.URL(value).userinfo else value
        case _:
            yield from (_one(name, one) for one in value)


def _one(name: str, value: Any) -> str:
    if name == "headers":
        return f"{value[0]}: {'YOUR_VALUE' if is_secret(value[0]) else value[1]}"
    return ":".join(map(str, value)) if name == "resolve" else str(value)
