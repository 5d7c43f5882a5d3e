"""The verdict on an answer to a request that must be refused."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from contract_tests.cases.contract import Contract
from contract_tests.model.case import Case
from contract_tests.model.finding import Finding, Judgement
from contract_tests.model.response import Response
from contract_tests.spec.schema import shown, violations

NO_5XX = "error.no-5xx"
ENVELOPE = "error.envelope"


def judge_refusal(contract: Contract, case: Case, answer: Response) -> Judgement:
    """Whether it was refused at all, and whether in the documented shape: two rules, or four with the general ones."""
    verdict = Judgement()
    rules = contract.rules
    case = _own_rule(contract, case, answer)
    verdict.judged.add(case.rule)
    if NO_5XX in rules:
        verdict.judged.add(NO_5XX)
    if case.breach == "path" and 300 <= answer.status < 400:
        # To be sent on to the right path is to find nothing at the wrong one.
        return verdict
    if not answer.refused:
        verdict.findings.append(_not_refused(contract, case, answer))
        if answer.status >= 500 and NO_5XX in rules:
            verdict.findings.append(_finding(NO_5XX, case, answer, "a 4xx", 100))
        return verdict
    misshapen = _envelope(contract, answer)
    if ENVELOPE in rules:
        verdict.judged.add(ENVELOPE)
        verdict.findings += [_finding(ENVELOPE, case, answer, expected, 101) for expected in misshapen[:1]]
    shape = f"{case.breach}.error"
    if shape in rules:
        verdict.judged.add(shape)
        differences = [
            _differences(contract, rule, case, answer, misshapen) for rule in (case.breach or "", *case.also)
        ]
        if all(differences):
            verdict.findings.append(_finding(shape, case, answer, "; ".join(differences[0]), 101))
    return verdict


def _own_rule(contract: Contract, case: Case, answer: Response) -> Case:
    """A default is another one only where the answer says so; else it is the broken rule itself that is not kept."""
    field = case.rule.removesuffix(".default")
    if case.rule in {field, case.breach} or answer.refused:
        return case
    actual = (answer.object or {}).get(field)
    other = answer.accepted and actual is not None and actual != contract.form.fields[field].default
    return case if other else replace(case, rule=case.breach or case.rule)


def _not_refused(contract: Contract, case: Case, answer: Response) -> Finding:
    error = contract.rules.error(case.breach or "")
    expected = "a refusal, any 4xx" + (f" (documented: {error['status']})" if error else "")
    protects = (case.breach or "").startswith("auth.")
    category = 100 if answer.status >= 500 else 206 if protects and answer.accepted else 102 if answer.accepted else 101
    return _finding(case.rule, case, answer, expected, category)


def _finding(rule: str, case: Case, answer: Response, expected: str, category: int) -> Finding:
    return Finding(rule, case.label, answer.summary(), expected, category, case, answer)


def _envelope(contract: Contract, answer: Response) -> list[str]:
    """What is wrong with the shape of an error, each as what was due."""
    if contract.envelope is None:
        return []
    if not answer.is_json:
        return ["an error in application/json"]
    body = answer.object
    if body is None:
        return ["an error as a JSON object"]
    found = violations(contract.document, contract.envelope, body)
    return [f"{'.'.join(one.path) or 'the body'}: {one.expected}" for one in found]


def _differences(contract: Contract, rule: str, case: Case, answer: Response, misshapen: list[str]) -> list[str]:
    """How a refusal differs from the documented one of this rule, each as what was due."""
    error = contract.rules.error(rule)
    if error is None:
        return []
    expected: list[str] = []
    if answer.status != error["status"]:
        expected.append(f"status {error['status']}")
    if error["status"] == 405:
        expected += [f"a header Allow with {one}" for one in _methods_at(contract, case.request.path) - allowed(answer)]
    if misshapen:
        return expected + misshapen
    for path, part, is_text in contract.error_parts:
        wanted = _filled(contract, rule, error[part], case)
        if is_text and wanted is not None:
            wanted = str(wanted)
        actual: Any = answer.object
        for key in path:
            actual = actual.get(key) if isinstance(actual, dict) else None
        if actual != wanted:
            expected.append(f"{'.'.join(path)} {shown(wanted)}")
    return expected


def allowed(answer: Response) -> set[str]:
    """The methods that an answer lists as allowed."""
    return {name.strip().upper() for name in (answer.header("allow") or "").split(",")}


def _methods_at(contract: Contract, path: str) -> set[str]:
    """The methods that an answer of this path must list as allowed: that of the creation, or that of one video."""
    known = [contract.form.operation, *([contract.retrieve] if contract.retrieve is not None else [])]
    return {one.method.upper() for one in known if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one.path), path)}


def _filled(contract: Contract, rule: str, template: Any, case: Case) -> Any:
    if not isinstance(template, str):
        return template
    field = contract.rules[rule].field or _parameter_at(contract, rule) or _field_at_fault(contract, case)
    return template.replace("{field}", field or "")


def _parameter_at(contract: Contract, rule: str) -> str | None:
    """The parameter of an operation that a rule stands at."""
    at = contract.rules[rule].at
    node = contract.document.resolve(at) if contract.document.has(at) else None
    return str(node["name"]) if isinstance(node, dict) and {"name", "in"} <= set(node) else None


def _field_at_fault(contract: Contract, case: Case) -> str | None:
    """The field of a rule that holds for the whole form, which only the request itself can name."""
    found = contract.builder.reader.breaches(case.request.parts or ())
    for breach in found:
        if breach.field is not None:
            return breach.field
    for condition in contract.form.conditions:
        if found and found[0].at == condition.pointer:
            return condition.fields[0] if condition.fields else None
    return None
