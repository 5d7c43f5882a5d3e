"""The report as JUnit XML: one test case a rule. A breach that does not decide is a skipped test with its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from contract_tests.model.escape import printable
from contract_tests.model.finding import WFC, Finding
from contract_tests.oracle.verdict import BROKEN, UNTESTED
from contract_tests.session import Outcome
from contract_tests.spec.places import Places


def junit(outcome: Outcome) -> str:
    """The document as text."""
    strictness = outcome.settings.strictness
    failed = {verdict.rule.id for verdict in outcome.failing}
    skipped = sum(v.verdict == UNTESTED or (v.verdict == BROKEN and v.rule.id not in failed) for v in outcome.verdicts)
    counts: dict[str, Any] = {
        "tests": str(len(outcome.verdicts)),
        "failures": str(len(failed)),
        "errors": "0",
        "skipped": str(skipped),
    }
    root = ET.Element("testsuites", name="contract-tests", **counts)
    suite = ET.SubElement(root, "testsuite", name=printable(outcome.target), time=f"{outcome.seconds:.3f}", **counts)
    properties = ET.SubElement(suite, "properties")
    for name, value in (
        ("seed", outcome.settings.seed),
        ("requests", outcome.requests),
        ("accepted", outcome.accepted),
        ("unclear", outcome.unclear),
        *(("notice", notice) for notice in outcome.notices),
    ):
        ET.SubElement(properties, "property", name=name, value=printable(str(value)))
    places = Places(outcome.contract.document, Path.cwd())
    for verdict in outcome.verdicts:
        case = ET.SubElement(
            suite, "testcase", classname=f"contract.{verdict.rule.source}", name=verdict.rule.id, time="0"
        )
        place, known = places.of(verdict.rule), strictness.known.get(verdict.rule.id)
        told_of = {"says": verdict.rule.says, "from": verdict.rule.origin, "place": f"{place.uri}:{place.line}"}
        if known is not None:
            told_of["known"] = f"until {known.until}: {known.reason}"
        properties = ET.SubElement(case, "properties")
        for name, value in told_of.items():
            ET.SubElement(properties, "property", name=name, value=printable(value))
        if verdict.verdict == UNTESTED:
            ET.SubElement(case, "skipped", message=printable(verdict.reason))
        elif verdict.verdict == BROKEN:
            told = verdict.findings[0]
            message = printable(
                f"{verdict.rule.says} Sent: {told.label}. Expected: {told.expected}. Actual: {told.actual}."
            )
            if strictness.decides(verdict.rule):
                labels = sorted({WFC[one.category] for one in verdict.findings if one.category is not None})
                failure = ET.SubElement(case, "failure", message=message, type=printable("; ".join(labels) or "broken"))
                failure.text = "\n".join(printable(_line(one)) for one in verdict.findings)
            else:
                ET.SubElement(
                    case, "skipped", message=f"broken, {'a warning' if known is None else 'known'}: {message}"
                )
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _line(finding: Finding) -> str:
    return f"sent {finding.label} | expected {finding.expected} | actual {finding.actual}"
