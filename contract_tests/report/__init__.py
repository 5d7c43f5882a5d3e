"""The reports of a session, written into one folder."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from contract_tests.errors import MisuseError
from contract_tests.model.escape import without_surrogates
from contract_tests.oracle.verdict import BROKEN
from contract_tests.report import again
from contract_tests.report import reproduction as reproduce
from contract_tests.report.html_report import page
from contract_tests.report.json_report import data
from contract_tests.report.junit import junit
from contract_tests.report.markdown import markdown
from contract_tests.report.sarif import sarif
from contract_tests.session import Outcome
from contract_tests.settings import Outputs
from contract_tests.suggestions import overlay


def write_reports(outcome: Outcome, folder: Path) -> None:
    """Write junit.xml, report.json, report.html and a folder for each finding worth one, in place of earlier ones."""
    reproduce.clear(folder)
    (folder / "report.json").write_text(json_text(outcome), encoding="utf-8")
    (folder / "junit.xml").write_text(junit(outcome), encoding="utf-8")
    (folder / "report.html").write_text(page(outcome), encoding="utf-8")
    if outcome.crash is not None:
        (folder / "crash.txt").write_text(outcome.crash, encoding="utf-8", errors="backslashreplace")
    for verdict in outcome.verdicts:
        for index, finding in enumerate(verdict.findings):
            place = reproduce.folder_of(verdict.findings, index)
            if place is not None and finding.case is not None:
                reproduce.write(finding, finding.case.request, outcome.target, folder / place, outcome.settings.network)


def json_text(outcome: Outcome) -> str:
    """The report as JSON, as text."""
    return without_surrogates(json.dumps(data(outcome), indent=2, ensure_ascii=False)) + "\n"


def write_outputs(outcome: Outcome, outputs: Outputs, root: Path) -> None:
    """Write every report that is asked for. `root`: the folder of the repository. Raises MisuseError."""
    made = {outputs.markdown: markdown, outputs.sarif: sarif}
    folder, named = outcome.settings.report, [path for path in made if path is not None]
    place = folder
    try:
        if folder is not None:
            write_reports(outcome, folder)
        for place in named:
            place.write_text(made[place](outcome, root), encoding="utf-8")
        if outputs.suggest is not None:
            place = outputs.suggest
            place.write_text(overlay(outcome.suggestions), encoding="utf-8")
        if outputs.json is not None and not outputs.json_only:
            place = outputs.json
            place.write_text(json_text(outcome), encoding="utf-8")
    except OSError as error:
        raise MisuseError(f"The report {place} cannot be written: {error.strerror or error}.") from error


def require_writable(outputs: Outputs) -> None:
    """Check, before anything is sent, that each file can be written. Raises MisuseError."""
    named = (outputs.markdown, outputs.sarif, outputs.suggest, None if outputs.json_only else outputs.json)
    for path in (one for one in named if one is not None):
        new = not path.exists()
        try:
            with path.open("ab"):
                pass
            if new:
                path.unlink()
        except OSError as error:
            raise MisuseError(f"The report {path} cannot be written: {error.strerror or error}.") from error


def ending(outcome: Outcome, environment: Mapping[str, str]) -> Iterator[str]:
    """Lines: where the report is, and one command that reproduces the first finding."""
    report = outcome.settings.report
    if report is not None:
        yield f"report: {report / 'report.html'}"
    first = next((one for one in (*outcome.failing, *outcome.verdicts) if one.verdict == BROKEN), None)
    if first is None:
        return
    place = reproduce.folder_of(first.findings, 0)
    if report is not None and place is not None:
        command = f"sh {shlex.quote(str(report / place / 'curl.sh'))}"
    else:
        command = shlex.join(again.command(outcome, first.rule, environment))
    settings = outcome.settings
    tokens = {reproduce.VARIABLE: settings.token, reproduce.SECOND_VARIABLE: settings.second_token}
    missing = [f"{name}=YOUR_TOKEN " for name, one in tokens.items() if one and environment.get(name) != one]
    yield f"the first finding again: {''.join(missing)}{command}"
