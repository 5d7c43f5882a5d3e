"""The reports of a session, written into one folder."""

from __future__ import annotations

import json
from pathlib import Path

from contract_tests.report import reproduction as reproduce
from contract_tests.report.html_report import page
from contract_tests.report.json_report import data
from contract_tests.report.junit import junit
from contract_tests.session import Outcome


def write_reports(outcome: Outcome, folder: Path) -> None:
    """Write junit.xml, report.json, report.html and a folder for each finding worth one."""
    made = data(outcome)
    (folder / "report.json").write_text(json.dumps(made, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "junit.xml").write_text(junit(outcome), encoding="utf-8")
    (folder / "report.html").write_text(page(outcome), encoding="utf-8")
    for verdict in outcome.verdicts:
        for index, finding in enumerate(verdict.findings):
            place = reproduce.folder_of(verdict.findings, index)
            if place is not None and finding.case is not None:
                reproduce.write(finding, finding.case.request, outcome.target, folder / place)
