"""Known failures: broken rules that are accepted, each with a reason and an end date, in a file of YAML."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from contract_tests.errors import MisuseError
from contract_tests.oracle.verdict import HOLDS, KnownFailure, Verdict
from contract_tests.spelling import did_you_mean

#: Days for which a failure is accepted that nobody has set an end to.
DAYS = 90
_KEYS = ("rule", "reason", "until")
_HEAD = "# Broken rules that are accepted until the end of the day named. Each needs a reason.\n"


def read_baseline(path: Path) -> dict[str, KnownFailure]:
    """The known failures by rule. Raises MisuseError naming the file and the line."""
    try:
        top = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise MisuseError(
            f"The baseline {path} cannot be read: {getattr(error, 'strerror', None) or error}."
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = 1 if mark is None else mark.line + 1
        raise MisuseError(
            f"The baseline {path}, line {line}: it is no YAML: {getattr(error, 'problem', error)}."
        ) from error
    found: dict[str, KnownFailure] = {}
    if top is None:
        return found
    try:
        for node in _entries(top):
            one = _known(node, found)
            found[one.rule] = one
    except _FaultError as error:
        raise MisuseError(f"The baseline {path}, line {error.line}: {error}.") from error
    return found


class _FaultError(Exception):
    def __init__(self, node: yaml.Node, says: str) -> None:
        super().__init__(says)
        self.line = node.start_mark.line + 1


def _entries(top: yaml.Node) -> list[yaml.Node]:
    if not isinstance(top, yaml.SequenceNode):
        raise _FaultError(top, f"a list is due, of entries with {', '.join(_KEYS)}")
    return list(top.value)


def _known(node: yaml.Node, others: Mapping[str, KnownFailure]) -> KnownFailure:
    if not isinstance(node, yaml.MappingNode):
        raise _FaultError(node, f"an entry with {', '.join(_KEYS)} is due")
    values: dict[str, yaml.Node] = {}
    for key, value in node.value:
        name = str(key.value)
        if name not in _KEYS:
            hint = did_you_mean(name, _KEYS)
            raise _FaultError(key, f"unknown key '{name}'{hint}; allowed: {', '.join(_KEYS)}")
        if name in values:
            raise _FaultError(key, f"'{name}' is given twice")
        values[name] = value
    texts = {}
    for name in _KEYS:
        if name not in values:
            raise _FaultError(node, f"'{name}' is missing")
        if not isinstance(values[name], yaml.ScalarNode) or not str(values[name].value).strip():
            raise _FaultError(values[name], f"'{name}' is no text")
        texts[name] = " ".join(str(values[name].value).split())
    if texts["rule"] in others:
        raise _FaultError(values["rule"], f"the rule '{texts['rule']}' stands there twice")
    try:
        until = date.fromisoformat(texts["until"])
    except ValueError:
        told = f"until: '{texts['until']}' is no date; allowed: YYYY-MM-DD"
        raise _FaultError(values["until"], told) from None
    return KnownFailure(texts["rule"], texts["reason"], until)


def out_of_date(known: Mapping[str, KnownFailure], verdicts: Iterable[Verdict], today: date) -> list[str]:
    """A line for each known failure that is past its date, or gone: its rule holds, or there is no such rule."""
    found = {verdict.rule.id: verdict.verdict for verdict in verdicts}
    lines = []
    for one in known.values():
        if one.rule not in found:
            lines.append(f"Known failure {one.rule}: there is no such rule any more; take it out of the baseline.")
        elif found[one.rule] == HOLDS:
            lines.append(f"Known failure {one.rule}: the rule holds now; take it out of the baseline.")
        elif one.until < today:
            lines.append(f"Known failure {one.rule}: it was accepted until {one.until}, which is past.")
    return lines


def baseline_of(report: Path, known: Mapping[str, KnownFailure], today: date, until: date | None) -> str:
    """The baseline of what fails in a report, as YAML. What was known keeps its reason and its date.

    `report`: report.json, or its folder. Raises MisuseError for what is no report.
    """
    path = report / "report.json" if report.is_dir() else report
    try:
        rules = json.loads(path.read_text(encoding="utf-8"))["rules"]
        broken = [one for one in rules if one["verdict"] == "broken" and (one["decides"] or one.get("known"))]
        entries = [_entry(known.get(one["id"]) or _new(one, today, until)) for one in broken]
    except OSError as error:
        raise MisuseError(f"The report {path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise MisuseError(
            f"The file {path} is no report.json of contract-tests: {type(error).__name__} {error}."
        ) from error
    return _HEAD + "".join(entries)


def _new(rule: dict[str, Any], today: date, until: date | None) -> KnownFailure:
    kept = rule.get("known")
    if kept:
        return KnownFailure(rule["id"], kept["reason"], date.fromisoformat(kept["until"]))
    first = rule["findings"][0]
    reason = f"Seen on {today}: {first['request']}; expected {first['expected']}; actual {first['actual']}"
    return KnownFailure(rule["id"], reason, until or today + timedelta(days=DAYS))


def _entry(one: KnownFailure) -> str:
    made = [{"rule": one.rule, "reason": one.reason, "until": one.until}]
    return yaml.safe_dump(made, sort_keys=False, allow_unicode=True, width=110)
