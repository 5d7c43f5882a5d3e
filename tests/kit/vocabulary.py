"""Verbs for the tests of the kit: judge a server in this process, and read what the command line says."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from contract_tests.cli import main
from contract_tests.oracle.verdict import BROKEN, HOLDS, Strictness
from contract_tests.session import Outcome, Surroundings, judge_target
from contract_tests.settings import Settings
from contract_tests.spec.document import default_path
from tests.faults.fault import CLEAN
from tests.faults.server import app as reference
from tests.kit.direct import Direct

TOKEN = "test-token"
HERE = "http://127.0.0.1:1"


class Clock:
    """A clock that moves only when somebody sleeps; it notes for how long."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def time(self) -> float:
        return time.time() + sum(self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def surroundings(app: Any, clock: Clock | None = None) -> Surroundings:
    """The application in this thread instead of a network."""
    clock = clock or Clock()
    return Surroundings(clock=time.time, sleep=clock.sleep, transport=lambda: Direct(app))


def judge(
    app: Any,
    *,
    url: str = HERE,
    strict: bool = True,
    extensions: bool = True,
    clock: Clock | None = None,
    **changes: Any,
) -> Outcome:
    """What the kit finds out about an application; by default quick, strict, with extensions, nothing charged."""
    settings = Settings(token=TOKEN, strictness=Strictness(strict, extensions), spend=None, profile="quick")
    return judge_target(url, replace(settings, **changes), surroundings(app, clock))


def broken(outcome: Outcome) -> set[str]:
    """The ids of the rules found broken."""
    return {verdict.rule.id for verdict in outcome.verdicts if verdict.verdict == BROKEN}


def holding(outcome: Outcome) -> set[str]:
    """The ids of the rules that hold."""
    return {verdict.rule.id for verdict in outcome.verdicts if verdict.verdict == HOLDS}


def reasons(outcome: Outcome) -> dict[str, str]:
    """Why each rule that was not tested was not."""
    return {verdict.rule.id: verdict.reason for verdict in outcome.verdicts}


def failing(outcome: Outcome) -> set[str]:
    """The ids of the rules that fail the run."""
    return {verdict.rule.id for verdict in outcome.failing}


def run(app: Any, *words: str, url: str = HERE, environment: dict[str, str] | None = None) -> tuple[int, str, str]:
    """Exit code, output and errors of `contract-tests run URL …` against an application in this thread, one by one."""
    alone = () if "--workers" in words else ("--workers", "1")
    return command("run", url, *words, *alone, app=app, environment=environment)


def command(*words: str, app: Any = None, environment: dict[str, str] | None = None) -> tuple[int, str, str]:
    """Exit code, output and errors of `contract-tests …`."""
    out, err = io.StringIO(), io.StringIO()
    around = None if app is None else surroundings(app)
    code = main(words, environment or {}, out, err, around)
    return code, out.getvalue(), err.getvalue()


def clean(**policies: Any) -> Any:
    """The reference server with these policies."""
    return reference(replace(CLEAN, **policies))


def edited(tmp_path: Path, *edits: tuple[str, str]) -> Path:
    """A copy of the document with these texts replaced."""
    text = default_path().read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    path = tmp_path / "edited.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def reshaped(tmp_path: Path, *changes: Callable[[Any], object]) -> Path:
    """A copy of the document with these changes made to its tree."""
    tree = yaml.safe_load(default_path().read_text(encoding="utf-8"))
    for change in changes:
        change(tree)
    path = tmp_path / "reshaped.yaml"
    path.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    return path


__all__ = [
    "HERE",
    "TOKEN",
    "Clock",
    "broken",
    "clean",
    "command",
    "edited",
    "failing",
    "holding",
    "judge",
    "reasons",
    "reshaped",
    "run",
    "surroundings",
]
