"""The report as JSON; report.schema.json beside this module is its schema."""

from __future__ import annotations

import json
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from contract_tests import __version__
from contract_tests.report.reproduction import folder_of
from contract_tests.session import Outcome

_TOLD = ("httpx", "hypothesis", "schemathesis", "pytest")


def schema() -> dict[str, Any]:
    """The JSON Schema that every report keeps."""
    text = (Path(__file__).parent / "report.schema.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def data(outcome: Outcome) -> dict[str, Any]:
    """What the session came to."""
    strictness = outcome.settings.strictness
    known = {rule: {"reason": one.reason, "until": one.until.isoformat()} for rule, one in strictness.known.items()}
    return {
        "target": outcome.target,
        "verdict": "broken" if outcome.failing else "holds",
        "interrupted": outcome.interrupted,
        "stopped": outcome.stopped,
        "notices": outcome.notices,
        "strict": strictness.strict,
        "extensions": strictness.extensions,
        "fail_on": strictness.fail_on,
        "profile": outcome.settings.profile,
        "seed": outcome.settings.seed,
        "spend": outcome.settings.spend,
        "requests": outcome.requests,
        "accepted": outcome.accepted,
        "unclear": outcome.unclear,
        "rate_limited": outcome.waits,
        "seconds": round(outcome.seconds, 3),
        "document": {"source": outcome.contract.document.source, "sha256": outcome.contract.document.digest},
        "versions": {"contract-tests": __version__, "python": platform.python_version(), **_versions()},
        "suggestions": [one.says for one in outcome.suggestions],
        "rules": [
            {
                "id": verdict.rule.id,
                "source": verdict.rule.source,
                "says": verdict.rule.says,
                "from": verdict.rule.origin,
                "verdict": verdict.verdict,
                "decides": strictness.decides(verdict.rule),
                "known": known.get(verdict.rule.id),
                "reason": verdict.reason,
                "findings": [
                    {**one.to_json(), "folder": folder_of(verdict.findings, index)}
                    for index, one in enumerate(verdict.findings)
                ],
            }
            for verdict in outcome.verdicts
        ],
    }


def _versions() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in _TOLD:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # pragma: no cover  each is a dependency of the kit
            continue
    return found
