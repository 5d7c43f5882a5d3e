"""The report as SARIF 2.1.0 (OASIS), for code scanning: a result for each broken rule, at its line of the document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from contract_tests import __version__
from contract_tests.model.escape import without_surrogates
from contract_tests.model.finding import WFC
from contract_tests.oracle.verdict import BROKEN, Strictness, Verdict
from contract_tests.session import Outcome
from contract_tests.spec.places import Place, Places

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
#: The catalogue of fault categories, as a taxonomy.
_WFC = "Web Fuzzing Commons"
_WFC_HOME = "https://github.com/WebFuzzing/Commons"
#: Findings of one rule that are told.
_MOST = 3


def sarif(outcome: Outcome, root: Path) -> str:
    """The document as text. Places are relative to `root`, the folder of the repository."""
    places, strictness = Places(outcome.contract.document, root), outcome.settings.strictness
    broken = [verdict for verdict in outcome.verdicts if verdict.verdict == BROKEN]
    codes = sorted({code for verdict in broken for code in _codes(verdict)})
    driver = {
        "name": "contract-tests",
        "version": __version__,
        "rules": [_rule(verdict, strictness, places.of(verdict.rule)) for verdict in broken],
    }
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "invocations": [
            {
                "executionSuccessful": not (outcome.interrupted or outcome.lost or outcome.limited_out),
                "toolExecutionNotifications": [{"message": {"text": notice}} for notice in outcome.notices],
            }
        ],
        "results": [
            _result(index, verdict, strictness, places.of(verdict.rule)) for index, verdict in enumerate(broken)
        ],
        "properties": {"target": outcome.target, "seed": outcome.settings.seed, "requests": outcome.requests},
    }
    if codes:
        taxa = [{"id": f"F{code}", "shortDescription": {"text": WFC[code]}} for code in codes]
        run["taxonomies"] = [{"name": _WFC, "informationUri": _WFC_HOME, "taxa": taxa}]
    whole = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return without_surrogates(json.dumps(whole, indent=2, ensure_ascii=False)) + "\n"


def _level(verdict: Verdict, strictness: Strictness) -> str:
    return "error" if strictness.decides(verdict.rule) else "warning"


def _codes(verdict: Verdict) -> set[int]:
    return {one.category for one in verdict.findings if one.category is not None}


def _rule(verdict: Verdict, strictness: Strictness, place: Place) -> dict[str, Any]:
    rule = verdict.rule
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.says},
        "fullDescription": {"text": f"{rule.says} Source: {rule.source}, {rule.origin}." if rule.origin else rule.says},
        "help": {"text": f"contract-tests explain {rule.id}"},
        "defaultConfiguration": {"level": _level(verdict, strictness)},
        "properties": {"tags": [rule.source], "line": place.line},
    }


def _result(index: int, verdict: Verdict, strictness: Strictness, place: Place) -> dict[str, Any]:
    rule, codes = verdict.rule, sorted(_codes(verdict))
    told = [f"Sent: {one.label}. Expected: {one.expected}. Actual: {one.actual}." for one in verdict.findings[:_MOST]]
    made: dict[str, Any] = {
        "ruleId": rule.id,
        "ruleIndex": index,
        "level": _level(verdict, strictness),
        "message": {"text": "\n".join([rule.says, *told])},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": place.uri},
                    "region": {"startLine": place.line},
                }
            }
        ],
        "partialFingerprints": {"rule/v1": rule.id},
        "occurrenceCount": len(verdict.findings),
        "properties": {"wfc": [WFC[code] for code in codes]},
    }
    if codes:
        made["taxa"] = [{"id": f"F{code}", "toolComponent": {"name": _WFC}} for code in codes]
    known = strictness.known.get(rule.id)
    if known is not None:
        reason = f"{known.reason} (until {known.until})"
        made["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    return made
