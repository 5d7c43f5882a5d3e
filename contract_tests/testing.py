"""What the fixture `videos_contract` gives: an endpoint or an application is judged within somebody else's test."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from contract_tests.cli import settings_for
from contract_tests.command_line import Arguments, parse
from contract_tests.errors import MisuseError
from contract_tests.inprocess import InProcess
from contract_tests.oracle.verdict import UNTESTED
from contract_tests.report import write_reports
from contract_tests.session import Outcome, Surroundings, judge_target, report_paths

#: Where an application stands that is judged without a socket.
_HERE = "http://127.0.0.1"


def read_arguments(words: list[str], folder: Path) -> Arguments:
    """The words of a command line as `contract-tests` reads them. Raises MisuseError."""
    err = io.StringIO()
    found = parse(words, os.environ, io.StringIO(), err, folder)
    if isinstance(found, int):
        raise MisuseError(err.getvalue().strip().removeprefix("contract-tests: "))
    return found


@dataclass
class VideosContract:
    """Judges by the options of a marker: those of `contract-tests run`, by name.

    `known` keeps what was judged at an address: to judge it again would be paid for again.
    """

    options: Mapping[str, Any]
    folder: Path
    known: dict[tuple[str, ...], Outcome] = field(default_factory=dict)

    def judge(self, url: str | None = None, *, app: Any = None, **options: Any) -> Outcome:
        """The outcome for an endpoint, or for an ASGI application; the test fails where neither can be judged."""
        __tracebackhide__ = True
        given = {**self.options, **options}
        named = given.pop("url", None)
        address = _HERE if app is not None else url or named
        if address is None:
            pytest.fail("videos_contract: nothing to judge: give url or app", pytrace=False)
        words = ("run", *_flags(given), "--", str(address))
        if app is None and words in self.known:
            return self.known[words]
        try:
            made = self._judge(list(words), app)
        except MisuseError as error:
            pytest.fail(f"videos_contract: {error}", pytrace=False)
        if app is None:
            self.known[words] = made
        return made

    def check(self, url: str | None = None, *, app: Any = None, **options: Any) -> Outcome:
        """Judge, and let the test fail by the rules that are broken, or where nothing could be judged."""
        __tracebackhide__ = True
        outcome = self.judge(url, app=app, **options)
        if outcome.failing:
            pytest.fail("\n\n".join(_told(outcome)), pytrace=False)
        if outcome.incomplete or all(one.verdict == UNTESTED for one in outcome.verdicts):
            pytest.fail(f"videos_contract: not all could be judged: {_why(outcome)}", pytrace=False)
        return outcome

    def _judge(self, words: list[str], app: Any) -> Outcome:
        asked = read_arguments(words, self.folder)
        settings = settings_for(asked)
        settings = replace(settings, journal=report_paths(settings.report, settings.journal))
        around = Surroundings() if app is None else Surroundings(transport=lambda: InProcess(app))
        outcome = judge_target(asked.url, settings, around)
        if settings.report is not None:
            write_reports(outcome, settings.report)
        return outcome


def _why(outcome: Outcome) -> str:
    return outcome.stopped or (f"the server {outcome.incomplete}" if outcome.incomplete else "no rule")


def _flags(options: Mapping[str, Any]) -> Iterator[str]:
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if isinstance(value, bool):
            yield from [flag] if value else []
            continue
        for text in value if isinstance(value, list | tuple) else [value]:
            yield f"{flag}={text}"


def _told(outcome: Outcome) -> Iterator[str]:
    for verdict in outcome.failing:
        found = verdict.findings[0]
        yield (
            f"{verdict.rule.id}: {verdict.rule.says}\n"
            f"sent {found.label}\nexpected {found.expected}\nactual {found.actual}"
        )
