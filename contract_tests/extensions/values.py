"""Values that break one keyword of a schema: of a parameter in the query, or of a key in a JSON body."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs

from contract_tests.cases.contract import Contract
from contract_tests.cases.negatives.near_misses import neighbours
from contract_tests.spec.schema import violations

#: Neighbours of an enum's values that are sent: each kind once.
_KINDS = ("upper case", "one character more", "a word", "first character missing", "empty")


def typed(schema: dict[str, Any], sent: str) -> Any:
    """The text of a parameter as the type that its schema asks for; the text itself where it is no such thing."""
    return int(sent) if schema.get("type") == "integer" and re.fullmatch(r"-?\d+", sent) else sent


def breaks(contract: Contract, pointer: str, at: str, value: Any) -> bool:
    """Whether the value breaks this keyword of the schema at the pointer, and no other."""
    return [one.at for one in violations(contract.document, pointer, value)] == [at]


def rule_at(contract: Contract, at: str) -> str | None:
    """The rule that stands at a keyword of the document."""
    return next((rule.id for rule in contract.rules if rule.at == at and not rule.derived), None)


def bad_texts(contract: Contract, pointer: str, rule: str) -> Iterator[str]:
    """Texts of a parameter that break the rule and nothing else; what the document shows as wrong comes first."""
    schema, at = contract.document.resolve(pointer), contract.rules[rule].at
    found = [*contract.rules.wrong_examples(rule), *_texts(schema)]
    for text in dict.fromkeys(found):
        if breaks(contract, pointer, at, typed(schema, text)):
            yield text


def _texts(schema: dict[str, Any]) -> Iterator[str]:
    if schema.get("type") == "integer":
        yield from ("ten", "1.5", "", "1_0", "1e1")
    if "minimum" in schema:
        yield str(schema["minimum"] - 1)
    if "maximum" in schema:
        yield str(schema["maximum"] + 1)
    seen: set[str] = set()
    valid = [str(value) for value in schema.get("enum", ())]
    for how, text in neighbours(valid) if valid else ():
        if how in _KINDS and how not in seen:
            seen.add(how)
            yield text


def bad_objects(contract: Contract, pointer: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    """JSON objects that break one rule of the body's schema each: the rule, the object, what it is."""
    document = contract.document
    schema = document.resolve(pointer)
    good = {key: _sample(one) for key, one in schema.get("properties", {}).items()}
    made = [
        ({name: value for name, value in good.items() if name != key}, f"no {key}")
        for key in schema.get("required", ())
    ]
    for key, one in schema.get("properties", {}).items():
        made += [(good | {key: value}, f"{key}: {says}") for value, says in _values(one)]
    for value, says in made:
        broken = list(violations(document, pointer, value))
        rule = rule_at(contract, broken[0].at) if len(broken) == 1 else None
        if rule is not None:
            yield rule, value, says


def good_object(contract: Contract, pointer: str) -> dict[str, Any]:
    """An object with every key of the schema, as its examples have it."""
    schema = contract.document.resolve(pointer)
    return {key: _sample(one) for key, one in schema.get("properties", {}).items()}


def long_object(contract: Contract, pointer: str) -> dict[str, Any]:
    """The same, with texts as long as the schema lets them be."""
    schemas = contract.document.resolve(pointer).get("properties", {})
    good = good_object(contract, pointer)
    return {key: "a" * schemas[key].get("maxLength", len(str(value))) for key, value in good.items()}


def _sample(schema: dict[str, Any]) -> Any:
    found = (
        one for one in (*schema.get("examples", ()), *schema.get("enum", ())) if jsonschema_rs.is_valid(schema, one)
    )
    return next(found, "a" * max(1, schema.get("minLength", 1)))


def _values(schema: dict[str, Any]) -> Iterator[tuple[Any, str]]:
    yield from ((1, "a number"), (None, "null"), (["text"], "a list"), ({"text": "text"}, "an object"), (True, "true"))
    if schema.get("minLength", 0) > 0:
        yield "x" * (schema["minLength"] - 1), "too short"
    if "maxLength" in schema:
        yield "x" * (schema["maxLength"] + 1), f"{schema['maxLength'] + 1} characters"
