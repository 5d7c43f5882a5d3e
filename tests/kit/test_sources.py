"""The document decides only what it says: what it leaves open breaks inferred rules, and one cause breaks one rule."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from contract_tests.oracle.verdict import BROKEN
from contract_tests.session import Outcome
from contract_tests.spec.rules import EMPTY, ONCE, ONLY, TYPES, WHOLE
from tests.faults import CATALOGUE
from tests.faults.checks import Checks, Form, read_form
from tests.faults.fields import DEFAULTS
from tests.faults.wire import Request
from tests.faults.wire import Response as Answer
from tests.kit.vocabulary import broken, clean, failing, judge

PICTURES = tuple(f"image/{name}" for name in ("png", "jpeg", "webp", "gif", "bmp", "tiff"))


def of_document(outcome: Outcome) -> set[str]:
    return {one.rule.id for one in outcome.verdicts if one.verdict == BROKEN and one.rule.source == "document"}


def twice(answer: Answer) -> Answer:
    return replace(answer, body=answer.body.replace(b'"object": "video"', b'"object": "video", "object": "video"'))


def fraction(key: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda video: video | {key: float(video[key])}


def empty_is_absent(name: str) -> Callable[[str, str], str]:
    return lambda field, value: DEFAULTS[name] if field == name and not value else value


def names_in_any_case(b: Checks, request: Request) -> Form:
    return Form([replace(part, name=part.name.lower()) for part in read_form(b, request).parts])


LEFT_OPEN: dict[str, tuple[str, dict[str, Any]]] = {
    "other types are read": (f"input_reference.is-image{TYPES}", {"image_types": PICTURES}),
    "WebP is not read": (f"input_reference.is-image{TYPES}", {"image_types": PICTURES[:2]}),
    "an alias": (f"path{ONLY}", {"creates": lambda method, path: method == "POST" and path.endswith("/videos")}),
    "a trailing slash": (
        f"path{ONLY}",
        {"creates": lambda method, path: method == "POST" and path.rstrip("/") == "/v1/videos"},
    ),
    "progress with a fraction": (f"response.progress{WHOLE}", {"created": fraction("progress")}),
    "created_at with a fraction": (
        f"response.created_at{WHOLE}",
        {"created": fraction("created_at"), "retrieved": fraction("created_at")},
    ),
    "empty seconds": (f"seconds.enum{EMPTY}", {"plain": empty_is_absent("seconds")}),
    "empty size": (f"size.enum{EMPTY}", {"plain": empty_is_absent("size")}),
    "empty model": (f"model.enum{EMPTY}", {"plain": empty_is_absent("model")}),
    "names in any case": ("fields.unknown", {"read": names_in_any_case}),
    "a key twice": (f"response.media-type{ONCE}", {"finish": twice}),
}


@pytest.mark.parametrize("name", LEFT_OPEN)
def test_what_the_document_leaves_open_breaks_an_inferred_rule_alone(name: str) -> None:
    rule, policies = LEFT_OPEN[name]
    outcome = judge(clean(**policies), strict=False, extensions=False)
    assert rule in broken(outcome)
    assert (of_document(outcome), failing(outcome)) == (set(), set())


@pytest.mark.parametrize("name", LEFT_OPEN)
def test_where_little_may_be_paid_for_it_fails_no_run_either(name: str) -> None:
    _, policies = LEFT_OPEN[name]
    assert failing(judge(clean(**policies), strict=False, extensions=False, spend=0)) == set()


ONE_CAUSE = {
    "model-pro-refused": "model.enum",
    "model-default-pro": "model.default",
    "fit-default-only": "input_reference.matches-size",
    "four-keys": "response.keys",
    "method-all-200": "method",
    "model-null": "response.model",
    "size-object": "response.size",
    "seconds-number": "response.seconds",
    "seconds-decimal": "response.seconds.echo",
    "model-dated": "response.model.echo",
    "id-sixteen": "response.id.unique",
    "crash-emoji": "response.status-code",
    "gzip-claimed": "response.media-type",
}


@pytest.mark.parametrize("name", ONE_CAUSE)
def test_one_cause_breaks_one_rule_of_the_document(name: str) -> None:
    assert of_document(judge(CATALOGUE[name].build())) == {ONE_CAUSE[name]}


@pytest.mark.parametrize("name", ["error-gzip-claimed", "retrieve-seconds-number"])
def test_what_the_document_says_nothing_of_breaks_none_of_its_rules(name: str) -> None:
    outcome = judge(CATALOGUE[name].build())
    assert (of_document(outcome), CATALOGUE[name].rule in broken(outcome)) == (set(), True)


@pytest.mark.parametrize("spend", [1, 3, 5])
def test_a_server_without_the_larger_model_breaks_one_rule_of_the_document(spend: int) -> None:
    assert len(of_document(judge(CATALOGUE["model-pro-refused"].build(), spend=spend))) == 1
