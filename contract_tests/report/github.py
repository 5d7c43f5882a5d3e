"""What GitHub Actions shows of a run: annotations, by workflow commands, and the summary of the step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from contract_tests.errors import MisuseError
from contract_tests.model.escape import printable
from contract_tests.oracle.verdict import BROKEN
from contract_tests.report.markdown import markdown
from contract_tests.session import Outcome
from contract_tests.spec.places import Places

#: Annotations of one level that GitHub shows of a step.
MOST = 10
_SUMMARY = "GITHUB_STEP_SUMMARY"


def in_actions(environment: Mapping[str, str]) -> bool:
    """Whether GitHub Actions runs this."""
    return environment.get("GITHUB_ACTIONS") == "true"


@contextmanager
def commands_held(out: TextIO, word: str) -> Iterator[list[str]]:
    """No line that is written meanwhile is a workflow command: it may hold what a server sent.

    Commands that are put into the list are written at the end. `word` is one that no server can guess.
    """
    held: list[str] = []
    out.write(f"::stop-commands::{word}\n")
    out.flush()
    try:
        yield held
    finally:
        out.writelines(f"{line}\n" for line in [f"::{word}::", *held])
        out.flush()


def annotate(outcome: Outcome, root: Path) -> Iterator[str]:
    """Workflow commands, the broken rules that fail the run first. Places are relative to `root`."""
    places, strictness = Places(outcome.contract.document, root), outcome.settings.strictness
    broken = [verdict for verdict in outcome.verdicts if verdict.verdict == BROKEN]
    for level, decides in (("error", True), ("warning", False)):
        listed = [verdict for verdict in broken if strictness.decides(verdict.rule) is decides]
        for verdict in listed[:MOST]:
            rule, first, place = verdict.rule, verdict.findings[0], places.of(verdict.rule)
            known = strictness.known.get(rule.id)
            told = [rule.says, f"sent {first.label}", f"expected {first.expected}", f"actual {first.actual}"]
            told += [] if known is None else [f"known until {known.until}: {known.reason}"]
            text = "\n".join(printable(line) for line in told)
            where = f"file={_property(place.uri)},line={place.line},title={_property(rule.id)}"
            yield f"::{level} {where}::{_data(text)}"
    more = len(broken) - sum(min(MOST, count) for count in _counts(outcome))
    if more:
        yield f"::notice::{more} more broken rules stand in the summary of the step."


def _counts(outcome: Outcome) -> tuple[int, int]:
    broken = sum(verdict.verdict == BROKEN for verdict in outcome.verdicts)
    return len(outcome.failing), broken - len(outcome.failing)


def write_summary(outcome: Outcome, root: Path, environment: Mapping[str, str]) -> None:
    """Add the report to the summary of the step, where GitHub names a file for it. Raises MisuseError."""
    path = environment.get(_SUMMARY)
    if not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(markdown(outcome, root))
    except OSError as error:
        raise MisuseError(f"The summary {path} cannot be written: {error.strerror or error}.") from error


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
